"""Clients that invoke services from other programs (reference service-api 1.8, operations 20).

They need nothing but the standard library; a `requests.Session` may be handed over to be used instead.
"""

from zato.client._api import APIClient, APIResponse
from zato.client._invoker import CID_NO_CLIP, AnyServiceInvoker, ZatoClient, get_client_from_credentials
from zato.client._paths import JSONClient, JSONSIOClient, RawDataClient, XMLClient
from zato.client._response import (
    JSONResponse,
    JSONSIOResponse,
    RawDataResponse,
    Response,
    ServiceInvokeResponse,
    XMLResponse,
)
from zato.common._missing import Missing

__all__ = [
    "CID_NO_CLIP",
    "APIClient",
    "APIResponse",
    "AnyServiceInvoker",
    "JSONClient",
    "JSONResponse",
    "JSONSIOClient",
    "JSONSIOResponse",
    "RawDataClient",
    "RawDataResponse",
    "Response",
    "SOAPClient",
    "SOAPSIOClient",
    "ServiceInvokeResponse",
    "XMLClient",
    "XMLResponse",
    "ZatoClient",
    "get_client_from_credentials",
]


class SOAPClient(Missing, needs="SOAP channels"):
    """Not available: needs SOAP channels."""


class SOAPSIOClient(Missing, needs="SOAP channels"):
    """Not available: needs SOAP channels."""
