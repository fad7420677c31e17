"""Why there is no answer (reference connections 12.5).

Services of earlier versions catch the exceptions of `requests`, which their calls were made with. Where a service has
imported that library, what is raised is an exception of it as well.
"""

from __future__ import annotations

import sys
from typing import Any

from zato.common.exception import TimeoutException

__all__ = [
    "ConnectTimeout",
    "ConnectionError",
    "ContentError",
    "HTTPError",
    "InvalidRequest",
    "ReadTimeout",
    "RequestException",
    "SSLError",
    "TokenError",
    "TooManyRedirects",
    "error_of",
    "status_error",
]


class RequestException(OSError):  # noqa: N818 - its name in `requests`
    """Base of what calls of outgoing HTTP connections raise.

    Args:
        message: What happened.
        response: The response it is about, if there is one.
    """

    def __init__(self, message: str = "", response: Any = None) -> None:
        # Not the next in line: that may be a class of `requests`, which is made otherwise.
        OSError.__init__(self, message)
        self.response: Any = response
        self.request: Any = getattr(response, "request", None)


class ConnectionError(RequestException):  # noqa: A001 - its name in `requests`
    """No connection could be made, or it broke before there was an answer."""


class SSLError(ConnectionError):
    """The certificate of the peer is not accepted, or TLS failed otherwise."""


class ConnectTimeout(ConnectionError, TimeoutException):  # noqa: N818 - its name in `requests`
    """There was no connection within the time limit."""

    def __init__(self, message: str = "", response: Any = None) -> None:
        ConnectionError.__init__(self, message, response)
        self.cid: str | None = None
        self.msg: str | None = message


class ReadTimeout(RequestException, TimeoutException):
    """The peer was silent for longer than the time limit."""

    def __init__(self, message: str = "", response: Any = None) -> None:
        RequestException.__init__(self, message, response)
        self.cid: str | None = None
        self.msg: str | None = message


class TooManyRedirects(RequestException):
    """Redirects went on for too long, or led nowhere."""


class InvalidRequest(RequestException, ValueError):  # noqa: N818 - it says what it is
    """The request, or the configuration of its connection, is not valid; nothing was sent."""


class ContentError(RequestException):
    """The body of the answer broke off, cannot be decoded or is too large."""


class TokenError(RequestException):
    """The authorization server gave no token."""


class HTTPError(RequestException):
    """The answer has a status of 400 or above; raised by `Response.raise_for_status` only."""


_CLASSES: dict[str, tuple[type[RequestException], str]] = {
    "connect-timeout": (ConnectTimeout, "ConnectTimeout"),
    "read-timeout": (ReadTimeout, "ReadTimeout"),
    "connection": (ConnectionError, "ConnectionError"),
    "tls": (SSLError, "SSLError"),
    "redirect": (TooManyRedirects, "TooManyRedirects"),
    "request": (InvalidRequest, "InvalidURL"),
    "body": (ContentError, "ChunkedEncodingError"),
    "token": (TokenError, "RequestException"),
    "status": (HTTPError, "HTTPError"),
}

_combined: dict[str, type[RequestException]] = {}


def error_of(kind: str, message: str) -> RequestException:
    """Makes the exception of a failure.

    Args:
        kind: What sort of failure it is, by its name in the native part.
        message: What happened.
    """
    return _class_of(kind)(message)


def status_error(message: str, response: Any) -> RequestException:
    """Makes the exception that a status of 400 or above is on request."""
    return _class_of("status")(message, response)


def _class_of(kind: str) -> type[RequestException]:
    own, name = _CLASSES[kind]
    theirs = getattr(sys.modules.get("requests.exceptions"), name, None)
    if theirs is None:
        return own
    if kind not in _combined:
        # `requests` sets its attributes from keywords; ours wins and is all that runs.
        _combined[kind] = type(own.__name__, (own, theirs), {"__module__": own.__module__, "__doc__": own.__doc__})
    return _combined[kind]
