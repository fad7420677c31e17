"""Names of `zato.server.service` that stand for parts of the server that are not there (reference service-api 1.1)."""

from zato.common._missing import Missing

__all__ = ["AMQPFacade", "DataverseClient", "PubSub", "WSXFacade"]


class AMQPFacade(Missing, needs="AMQP connections"):
    """Not available: needs AMQP connections."""


class DataverseClient(Missing, needs="connections to Microsoft Dataverse"):
    """Not available: needs connections to Microsoft Dataverse."""


class PubSub(Missing, needs="publish/subscribe"):
    """Not available: needs publish/subscribe."""


class WSXFacade(Missing, needs="WebSocket connections"):
    """Not available: needs WebSocket connections."""
