"""Requests and responses under their historical import path (reference service-api 1.1)."""

from zato._core import HTTPRequestData, Request, Response
from zato.common._missing import missing_class

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

AMQPRequestData = missing_class("AMQPRequestData", "AMQP channels", __name__)
Cloud = missing_class("Cloud", "cloud connections", __name__)
HL7RequestData = missing_class("HL7RequestData", "HL7 channels", __name__)
IBMMQRequestData = missing_class("IBMMQRequestData", "IBM MQ channels", __name__)
Outgoing = missing_class("Outgoing", "outgoing connections", __name__)
WebSphereMQRequestData = IBMMQRequestData
