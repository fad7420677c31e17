"""Attributes of services for parts of the server that are not there (reference service-api 3.5, 3.6).

Each says what is missing when it is used, where there would be an AttributeError otherwise. What gets implemented is
defined by `Service` itself, which wins.
"""

from __future__ import annotations

from typing import Any

from zato.common._missing import missing_object

__all__ = ["AbsentFacades"]


class AbsentFacades:
    """The attributes; using one raises `MissingFeature`."""

    __slots__ = ()

    amqp: Any = missing_object("self.amqp", "AMQP connections")
    as2: Any = missing_object("self.as2", "AS2 and AS4 connections")
    as4: Any = missing_object("self.as4", "AS2 and AS4 connections")
    audit_pii: Any = missing_object("self.audit_pii", "an audit log of personal data")
    aws: Any = missing_object("self.aws", "AWS connections")
    cassandra_conn: Any = missing_object("self.cassandra_conn", "Cassandra connections")
    cassandra_query: Any = missing_object("self.cassandra_query", "Cassandra connections")
    cloud: Any = missing_object("self.cloud", "cloud connections")
    definition: Any = missing_object("self.definition", "Kafka connections")
    email: Any = missing_object("self.email", "mail connections")
    es: Any = missing_object("self.es", "Elasticsearch connections")
    fhir: Any = missing_object("self.fhir", "HL7 connections")
    grpc: Any = missing_object("self.grpc", "gRPC connections")
    ibm_mq: Any = missing_object("self.ibm_mq", "IBM MQ connections")
    im: Any = missing_object("self.im", "connections to messengers")
    keysight: Any = missing_object("self.keysight", "Keysight connections")
    kvdb: Any = missing_object("self.kvdb", "Redis connections")
    llm: Any = missing_object("self.llm", "connections to language models")
    microsoft: Any = missing_object("self.microsoft", "connections to Microsoft services")
    mllp: Any = missing_object("self.mllp", "HL7 connections")
    mongodb: Any = missing_object("self.mongodb", "MongoDB connections")
    odata: Any = missing_object("self.odata", "OData connections")
    publish: Any = missing_object("self.publish", "publish/subscribe")
    pubsub: Any = missing_object("self.pubsub", "publish/subscribe")
    redis: Any = missing_object("self.redis", "Redis connections")
    sap: Any = missing_object("self.sap", "SAP connections")
    search: Any = missing_object("self.search", "search connections")
    security: Any = missing_object("self.security", "access to bearer tokens")
    servers: Any = missing_object("self.servers", "calls to other servers")
    sftp: Any = missing_object("self.sftp", "SFTP connections")
    slack: Any = missing_object("self.slack", "connections to messengers")
    smb: Any = missing_object("self.smb", "SMB connections")
    soap: Any = missing_object("self.soap", "outgoing SOAP connections")
    sso: Any = missing_object("self.sso", "single sign-on")
    translate: Any = missing_object("self.translate", "Redis connections")
    worker_store: Any = missing_object("self.worker_store", "the worker store of 2.0-3.2")
    wsx: Any = missing_object("self.wsx", "WebSocket connections")
