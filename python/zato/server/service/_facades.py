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
    cassandra_conn: Any = missing_object("self.cassandra_conn", "Cassandra connections")
    cassandra_query: Any = missing_object("self.cassandra_query", "Cassandra connections")
    cloud: Any = missing_object("self.cloud", "cloud connections")
    email: Any = missing_object("self.email", "mail connections")
    es: Any = missing_object("self.es", "Elasticsearch connections")
    im: Any = missing_object("self.im", "connections to messengers")
    kvdb: Any = missing_object("self.kvdb", "Redis connections")
    publish: Any = missing_object("self.publish", "publish/subscribe")
    pubsub: Any = missing_object("self.pubsub", "publish/subscribe")
    redis: Any = missing_object("self.redis", "Redis connections")
    search: Any = missing_object("self.search", "search connections")
    security: Any = missing_object("self.security", "bearer token definitions")
    sso: Any = missing_object("self.sso", "single sign-on")
    translate: Any = missing_object("self.translate", "Redis connections")
    wsx: Any = missing_object("self.wsx", "WebSocket connections")
