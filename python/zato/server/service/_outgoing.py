"""`self.out`, `self.outgoing` and `self.rest`: where services find outgoing connections (reference service-api 3.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zato.common._missing import missing_object

if TYPE_CHECKING:
    from zato.connections.http import RESTConnection, RESTConnections, RESTFacade

__all__ = ["Outgoing", "Rest", "rest_connection"]


class Outgoing:
    """Outgoing connections by what they are; each has `get(name)` and `[name]`."""

    __slots__ = ()

    amqp: Any = missing_object("self.out.amqp", "AMQP connections")
    as2: Any = missing_object("self.out.as2", "AS2 and AS4 connections")
    as4: Any = missing_object("self.out.as4", "AS2 and AS4 connections")
    def_kafka: Any = missing_object("self.out.def_kafka", "Kafka connections")
    ftp: Any = missing_object("self.out.ftp", "FTP connections")
    graphql: Any = missing_object("self.out.graphql", "GraphQL connections")
    hl7: Any = missing_object("self.out.hl7", "HL7 connections")
    ibm_mq: Any = missing_object("self.out.ibm_mq", "IBM MQ connections")
    jms_wmq: Any = missing_object("self.out.jms_wmq", "IBM MQ connections")
    kafka: Any = missing_object("self.out.kafka", "Kafka connections")
    ldap: Any = missing_object("self.out.ldap", "LDAP connections")
    mongodb: Any = missing_object("self.out.mongodb", "MongoDB connections")
    odoo: Any = missing_object("self.out.odoo", "Odoo connections")
    redis: Any = missing_object("self.out.redis", "Redis connections")
    sap: Any = missing_object("self.out.sap", "SAP connections")
    sftp: Any = missing_object("self.out.sftp", "SFTP connections")
    sms: Any = missing_object("self.out.sms", "SMS connections")
    soap: Any = missing_object("self.out.soap", "outgoing SOAP connections")
    sql: Any = missing_object("self.out.sql", "SQL connections")
    stomp: Any = missing_object("self.out.stomp", "STOMP connections")
    vault: Any = missing_object("self.out.vault", "Vault connections")
    wmq: Any = missing_object("self.out.wmq", "IBM MQ connections")
    wsx: Any = missing_object("self.out.wsx", "WebSocket connections")
    zmq: Any = missing_object("self.out.zmq", "ZeroMQ connections")

    @property
    def rest(self) -> RESTConnections:
        """REST and plain HTTP connections."""
        # Servers whose services call nothing need not load it.
        from zato.connections.http import RESTConnections

        return RESTConnections()

    plain_http = rest


class Rest:
    """Gives services `self.rest`, loading it at the first use."""

    __slots__ = ()

    def __get__(self, instance: Any, owner: Any) -> RESTFacade:
        from zato.connections.http import RESTFacade

        return RESTFacade()


def rest_connection(service: Any, name: str) -> RESTConnection:
    """Gives the outgoing REST connection of a name.

    Raises:
        KeyError: If there is none of that name.
    """
    return service.out.rest[name].conn
