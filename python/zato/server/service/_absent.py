"""Names of `zato.server.service` that stand for parts of the server that are not there (reference service-api 1.1)."""

from zato.common._missing import missing_class

__all__ = ["AMQPFacade", "DataverseClient", "PatternsFacade", "PubSub", "WSXFacade"]

_HOME = "zato.server.service"

AMQPFacade = missing_class("AMQPFacade", "AMQP connections", _HOME)
DataverseClient = missing_class("DataverseClient", "connections to Microsoft Dataverse", _HOME)
PatternsFacade = missing_class("PatternsFacade", "invocation patterns", _HOME)
PubSub = missing_class("PubSub", "publish/subscribe", _HOME)
WSXFacade = missing_class("WSXFacade", "WebSocket connections", _HOME)
