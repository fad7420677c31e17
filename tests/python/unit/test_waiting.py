"""Rows of the page on compatibility that need a part of the server which is not there: using it names the part.

Once the part is there the test of its rows fails, and the rows have to say what works instead.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from zato.common._missing import MissingFeature
from zato.server.service import Service

sys.path.insert(0, str(Path(__file__).parents[2] / "compatibility"))

from rows import read_rows

# What services do with it, by row. `self` is a service; `new` imports `module:name` and calls it.
USES = """
    1.1-PubSub                  new('zato.server.service:PubSub')
    1.1-WSXFacade               new('zato.server.service:WSXFacade')
    1.1-DataverseClient         new('zato.server.service:DataverseClient')
    1.1-AMQPFacade              new('zato.server.service:AMQPFacade')
    1.1-Outgoing                new('zato.server.service.reqresp:Outgoing')
    1.1-Cloud                   new('zato.server.service.reqresp:Cloud')
    1.1-AMQPRequestData         new('zato.server.service.reqresp:AMQPRequestData')
    1.1-IBMMQRequestData        new('zato.server.service.reqresp:IBMMQRequestData')
    1.1-IBMMQRequestData        new('zato.server.service.reqresp:WebSphereMQRequestData')
    1.1-HL7RequestData          new('zato.server.service.reqresp:HL7RequestData')
    1.1-CySimpleIO              new('zato.simpleio:CySimpleIO')
    1.1-IOProcessor             new('zato.input_output:IOProcessor')
    1.3-SecurityFacade          new('zato.common.facade:SecurityFacade')
    1.3-EncryptedLogFormatter   new('zato.enclog:EncryptedLogFormatter')
    1.3-EncryptedLogFormatter   new('zato.enclog:genkey')
    1.3-sso                     new('zato.sso:SignupCtx')
    1.3-sso                     new('zato.sso:const')
    1.6-connection              self.rest['CRM'].get()
    1.8-SOAPClient              new('zato.client:SOAPClient')
    1.8-SOAPClient              new('zato.client:SOAPSIOClient')
    1.8-XMLClient               new('zato.client:XMLClient')
    2.7-pubsub                  self.pubsub.publish('/topic', 'data')
    2.7-wsx                     self.wsx.channel['name'].broadcast('data')
    3.4-translate               self.translate('system1', 'key1', 'value1', 'system2', 'key2')
    3.4-publish                 self.publish('/topic', 'data')
    3.5-rest                    self.out.rest['CRM'].conn.get('cid')
    3.5-rest                    self.out.plain_http.get('CRM')
    3.5-rest                    self.outgoing.plain_http.get('CRM')
    3.5-rest-facade             self.rest.CRM.get()
    3.5-soap                    self.out.soap.get('CRM')
    3.5-sql                     self.out.sql.get('CRM').session()
    3.5-sql                     self.outgoing.sql['CRM']
    3.5-amqp                    self.out.amqp.send('message', 'out')
    3.5-amqp                    self.amqp.invoke('out', 'message')
    3.5-ibm-mq                  self.out.ibm_mq.send('message', 'out', 'queue')
    3.5-ibm-mq                  self.out.wmq.send('message', 'out', 'queue')
    3.5-ibm-mq                  self.outgoing.jms_wmq.send('message', 'out', 'queue')
    3.5-zmq                     self.out.zmq.send('message', 'out')
    3.5-ftp                     self.out.ftp.get('files')
    3.5-odoo                    self.out.odoo['erp'].conn.client()
    3.5-wsx                     self.out.wsx.get('peer')
    3.5-vault                   self.out.vault.get('secrets')
    3.5-sms                     self.out.sms.twilio.get('sms')
    3.5-sap                     self.out.sap.get('erp')
    3.5-stomp                   self.out.stomp.send('message', 'out')
    3.5-sftp                    self.out.sftp['files']
    3.5-ldap                    self.out.ldap['directory']
    3.5-mongodb                 self.out.mongodb['documents']
    3.5-hl7                     self.out.hl7.fhir['records']
    3.5-redis                   self.out.redis.conn
    3.5-kafka                   self.out.kafka['log']
    3.5-kafka                   self.out.def_kafka['log']
    3.5-graphql                 self.out.graphql['api']
    3.5-as2                     self.out.as2['partner']
    3.5-as2                     self.out.as4['partner']
    3.5-other                   self.out.anything
    3.5-other                   self.outgoing.anything
    7-amqp                      new('zato.server.service.reqresp:AMQPRequestData')
    7-ibm-mq                    new('zato.server.service.reqresp:IBMMQRequestData')
    7-hl7                       new('zato.server.service.reqresp:HL7RequestData')
    7-web-socket                self.wsx.channel
    7-pubsub                    self.pubsub.get_messages('/topic', 'key')
    7-zmq                       self.out.zmq['out']
"""
LINES = [line.split(maxsplit=1) for line in USES.strip().splitlines()]


def new(place: str) -> Any:
    """Makes an instance of what `module:name` stands for."""
    path, _, name = place.partition(":")
    return getattr(import_module(path), name)()


@pytest.mark.parametrize(("row", "use"), [pytest.param(*line, marks=pytest.mark.compat(line[0])) for line in LINES])
def test_what_is_missing_names_the_part_it_needs(row: str, use: str) -> None:
    needs = read_rows()[row].waits
    assert needs, f"row `{row}` does not wait for anything"
    with pytest.raises(MissingFeature) as caught:
        eval(use, {"self": Service(), "new": new})  # services are written by people
    assert f"needs {needs}, which this version does not have" in str(caught.value)
