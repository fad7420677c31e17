"""Clients that invoke services from other programs (reference service-api 1.8, operations 20).

They need nothing but the standard library; a `requests.Session` may be handed over to be used instead.
"""

from zato.client._api import APIClient, APIResponse
from zato.client._invoker import CID_NO_CLIP, AnyServiceInvoker, ZatoClient, get_client_from_credentials
from zato.client._paths import JSONClient, JSONSIOClient, RawDataClient
from zato.client._response import (
    JSONResponse,
    JSONSIOResponse,
    RawDataResponse,
    Response,
    ServiceInvokeResponse,
)
from zato.common._missing import missing_class

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
    "ZatoClient",
    "get_client_from_credentials",
]

SOAPClient = missing_class("SOAPClient", "SOAP channels", __name__)
SOAPSIOClient = missing_class("SOAPSIOClient", "SOAP channels", __name__)
XMLClient = missing_class("XMLClient", "XML channels", __name__)
