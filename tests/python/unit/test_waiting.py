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
    1.1-Cloud                   new('zato.server.service.reqresp:Cloud')
    1.1-AMQPRequestData         new('zato.server.service.reqresp:AMQPRequestData')
    1.1-IBMMQRequestData        new('zato.server.service.reqresp:IBMMQRequestData')
    1.1-IBMMQRequestData        new('zato.server.service.reqresp:WebSphereMQRequestData')
    1.1-HL7RequestData          new('zato.server.service.reqresp:HL7RequestData')
    1.1-CySimpleIO              new('zato.simpleio:CySimpleIO')
    1.1-IOProcessor             new('zato.input_output:IOProcessor')
    1.2-publish                 new('zato.server.service.internal.pubsub:Publish').handle()
    1.3-SecurityFacade          new('zato.common.facade:SecurityFacade')
    1.3-EncryptedLogFormatter   new('zato.enclog:EncryptedLogFormatter')
    1.3-EncryptedLogFormatter   new('zato.enclog:genkey')
    1.3-sso                     new('zato.sso:SignupCtx')
    1.3-sso                     new('zato.sso:const')
    1.3-XMLMessage              new('zato.common:XMLMessage')
    1.3-SOAPMessage             new('zato.common:SOAPMessage')
    1.3-odb-other-tables        new('zato.common.odb.model:DeployedService')
    1.3-odb-other-tables        new('zato.common.odb.model:Job')
    1.3-odb-other-tables        new('zato.common.odb.model:CronStyleJob')
    1.3-lock-manager            new('zato.distlock:LockManager')
    1.8-SOAPClient              new('zato.client:SOAPClient')
    1.8-SOAPClient              new('zato.client:SOAPSIOClient')
    2.7-pubsub                  self.pubsub.publish('/topic', 'data')
    2.7-wsx                     self.wsx.channel['name'].broadcast('data')
    3.4-translate               self.translate('system1', 'key1', 'value1', 'system2', 'key2')
    3.4-publish                 self.publish('/topic', 'data')
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
    3.6-kvdb                    self.kvdb.conn.get('key')
    3.6-kvdb                    self.kvdb.translate('system1', 'key1', 'value1', 'system2', 'key2')
    3.6-kvdb                    self.kvdb.lua_container.run_lua('script')
    3.6-kvdb                    self.kvdb.get('key')
    3.6-email                   self.email.smtp.get('mail').conn.send('message')
    3.6-email                   self.email.imap.get('mail').conn.get()
    3.6-search                  self.search.es.get('index')
    3.6-search                  self.search.solr['index']
    3.6-cassandra               self.cassandra_conn.get('cluster')
    3.6-cassandra               self.cassandra_query.get('query')
    3.6-cloud                   self.cloud.aws.s3.get('files')
    3.6-cloud                   self.cloud.openstack.swift.get('files')
    3.6-cloud                   self.cloud.confluence['wiki']
    3.6-cloud                   self.cloud.dropbox['files']
    3.6-cloud                   self.cloud.jira['issues']
    3.6-cloud                   self.cloud.salesforce['crm']
    3.6-cloud                   self.cloud.ms365['office']
    3.6-aws                     self.aws['files']
    3.6-microsoft               self.microsoft['office']
    3.6-llm                     self.llm['model']
    3.6-es                      self.es['index']
    3.6-mongodb                 self.mongodb['documents']
    3.6-sftp                    self.sftp['files']
    3.6-smb                     self.smb['files']
    3.6-sap                     self.sap['erp']
    3.6-odata                   self.odata['service']
    3.6-hl7                     self.fhir['records']
    3.6-hl7                     self.mllp['records']
    3.6-ibm-mq                  self.ibm_mq['queue'].send('data')
    3.6-grpc                    self.grpc['service']
    3.6-as2                     self.as2['partner']
    3.6-as2                     self.as4['partner']
    3.6-soap                    self.soap['crm'].invoke('operation', 'message')
    3.6-redis                   self.redis.get('key')
    3.6-pubsub                  self.pubsub.publish('/topic', 'data')
    3.6-pubsub                  self.pubsub.subscribe('/topic')
    3.6-pubsub                  self.pubsub.get_messages('/topic', 'key')
    3.6-pubsub                  self.pubsub.create_topic('/topic')
    3.6-sso                     self.sso.user.login()
    3.6-security                self.security.get_bearer_token_by_name('api')
    3.6-security                self.security.get_bearer_token_by_id(1)
    3.6-wsx                     self.wsx.channel['name'].broadcast('data')
    3.6-wsx                     self.wsx.channel.invoke('cid', 'name')
    3.6-im                      self.im.slack['team']
    3.6-im                      self.im.telegram['bot']
    3.6-im                      self.slack['team']
    3.6-kafka                   self.definition.kafka['log']
    3.6-keysight                self.keysight['vision']
    3.6-server-kvdb             self.server.kvdb.conn
    3.6-server-publish          self.server.publish('/topic', 'data')
    3.6-servers                 self.servers['server2'].invoke('service')
    3.6-worker-store            self.worker_store.get('x')
    3.6-worker-store            self.server.worker_store.get('x')
    3.6-audit-pii               self.audit_pii.info('cid', 'operation')
    5.5-pubsub                  self.pubsub.get_messages('/topic', 'key')
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
