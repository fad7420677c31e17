"""Outgoing HTTP: what services call and what they get back (reference connections 12)."""

from zato.connections.http._connection import RESTConnection
from zato.connections.http._errors import (
    ConnectionError,  # noqa: A004 - its name in `requests`
    ConnectTimeout,
    ContentError,
    HTTPError,
    InvalidRequest,
    ReadTimeout,
    RequestException,
    SSLError,
    TokenError,
    TooManyRedirects,
)
from zato.connections.http._facade import RESTConnections, RESTFacade
from zato.connections.http._response import Response

__all__ = [
    "ConnectTimeout",
    "ConnectionError",
    "ContentError",
    "HTTPError",
    "InvalidRequest",
    "RESTConnection",
    "RESTConnections",
    "RESTFacade",
    "ReadTimeout",
    "RequestException",
    "Response",
    "SSLError",
    "TokenError",
    "TooManyRedirects",
]
