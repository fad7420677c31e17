"""Requests and responses under their historical import path (reference service-api 1.1)."""

from zato._core import HTTPRequestData, Request, Response
from zato.common._missing import Missing
from zato.server.service._outgoing import Outgoing

__all__ = [
    "AMQPRequestData",
    "Cloud",
    "HL7RequestData",
    "HTTPRequestData",
    "IBMMQRequestData",
    "Outgoing",
    "Request",
    "Response",
    "WebSphereMQRequestData",
]


class AMQPRequestData(Missing, needs="AMQP channels"):
    """Not available: needs AMQP channels."""


class Cloud(Missing, needs="cloud connections"):
    """Not available: needs cloud connections."""


class HL7RequestData(Missing, needs="HL7 channels"):
    """Not available: needs HL7 channels."""


class IBMMQRequestData(Missing, needs="IBM MQ channels"):
    """Not available: needs IBM MQ channels."""


WebSphereMQRequestData = IBMMQRequestData
