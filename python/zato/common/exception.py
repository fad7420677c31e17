"""Exceptions that services raise and catch (reference service-api 1.4). The server maps them to HTTP statuses."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

__all__ = [
    "BackendInvocationError",
    "BadRequest",
    "ClientHTTPError",
    "ClientSecurityException",
    "Conflict",
    "ConnectionException",
    "ConnectorClosedException",
    "ElementIsNotAList",
    "ElementMissing",
    "Forbidden",
    "HTTPException",
    "IBMMQException",
    "Inactive",
    "InternalServerError",
    "MethodNotAllowed",
    "ModelValidationError",
    "NoDistributionFound",
    "NotFound",
    "ParsingError",
    "ParsingException",
    "PubSubSubscriptionExists",
    "Reportable",
    "RuntimeInvocationError",
    "SerialisationError",
    "ServiceMissingException",
    "ServiceUnavailable",
    "StatusAwareException",
    "TimeoutException",
    "TooManyRequests",
    "Unauthorized",
    "ValidationException",
    "ZatoException",
]

_FORBIDDEN = "You are not authorized to access this resource"
_REASONS = {status.value: status.phrase for status in HTTPStatus}


class ZatoException(Exception):
    """Base of everything raised on purpose; `msg` is the bare message, `str()` names class and CID as well."""

    def __init__(self, cid: str | None = None, msg: Any = None) -> None:
        super().__init__(msg)
        self.cid = cid
        self.msg = msg

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {hex(id(self))} cid:`{self.cid}`, msg:`{self.msg}`>"

    def __str__(self) -> str:
        return repr(self)


class StatusAwareException(ZatoException):
    """Knows the HTTP status it stands for; `needs_msg` shows the message to callers where it would be hidden."""

    def __init__(self, cid: str | None, msg: Any, status: int, needs_msg: bool = False) -> None:
        super().__init__(cid, msg)
        self.status = status
        self.reason: str = _REASONS.get(status, "")
        self.needs_msg = needs_msg

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {hex(id(self))} cid:`{self.cid}`, status:`{self.status}`, msg:`{self.msg}`>"

    __str__ = __repr__


class HTTPException(StatusAwareException):
    """An HTTP call went wrong; answered with 500 when it escapes from a service."""


class Reportable(HTTPException):
    """Base of exceptions whose status and message are meant for the caller."""


ClientHTTPError = Reportable


class BadRequest(Reportable):
    """400. From 3.2 on callers see the message only with `needs_msg=True`."""

    def __init__(self, cid: str | None, msg: Any = "Bad request", needs_msg: bool = False) -> None:
        super().__init__(cid, msg, HTTPStatus.BAD_REQUEST.value, needs_msg)


class Conflict(Reportable):
    """409."""

    def __init__(self, cid: str | None, msg: Any) -> None:
        super().__init__(cid, msg, HTTPStatus.CONFLICT.value)


class Forbidden(Reportable):
    """403."""

    def __init__(self, cid: str | None, msg: Any = _FORBIDDEN, *_ignored: Any, **_options: Any) -> None:
        super().__init__(cid, msg, HTTPStatus.FORBIDDEN.value)


class MethodNotAllowed(Reportable):
    """405."""

    def __init__(self, cid: str | None, msg: Any) -> None:
        super().__init__(cid, msg, HTTPStatus.METHOD_NOT_ALLOWED.value)


class NotFound(Reportable):
    """404."""

    def __init__(self, cid: str | None, msg: Any) -> None:
        super().__init__(cid, msg, HTTPStatus.NOT_FOUND.value)


class Unauthorized(Reportable):
    """401; a truthy challenge becomes the `WWW-Authenticate` header."""

    def __init__(self, cid: str | None, msg: Any, challenge: str | None = None) -> None:
        super().__init__(cid, msg, HTTPStatus.UNAUTHORIZED.value)
        self.challenge = challenge


class TooManyRequests(Reportable):
    """429."""

    def __init__(self, cid: str | None, msg: Any = "Too many requests") -> None:
        super().__init__(cid, msg, HTTPStatus.TOO_MANY_REQUESTS.value)


class InternalServerError(Reportable):
    """500 whose message is shown to the caller."""

    def __init__(self, cid: str | None, msg: Any = "Internal server error") -> None:
        super().__init__(cid, msg, HTTPStatus.INTERNAL_SERVER_ERROR.value)


class ServiceUnavailable(Reportable):
    """503."""

    def __init__(self, cid: str | None, msg: Any = "Service unavailable") -> None:
        super().__init__(cid, msg, HTTPStatus.SERVICE_UNAVAILABLE.value)


class BackendInvocationError(Reportable):
    """400: a system behind this one could not be called (4.1)."""

    def __init__(self, cid: str | None, msg: Any = "Backend could not be invoked", needs_msg: bool = False) -> None:
        super().__init__(cid, msg, HTTPStatus.BAD_REQUEST.value, needs_msg)


class ParsingException(ZatoException):
    """Input could not be understood."""


class ParsingError(ParsingException):
    """Input could not be understood; the name of 3.2 in `zato.simpleio`."""


class SerialisationError(ZatoException):
    """Output does not match its declaration (3.2)."""


class ValidationException(ZatoException):
    """Input does not match its declaration (2.0, 3.0) or its JSON Schema (3.1, 3.2)."""


class ClientSecurityException(ZatoException):
    """A caller's credentials were not accepted."""


class ConnectionException(ZatoException):
    """A connection could not be established or broke."""


class TimeoutException(ConnectionException):
    """Something took longer than it may."""


class ServiceMissingException(ZatoException):
    """A service does not exist."""


class RuntimeInvocationError(ZatoException):
    """A service could not be invoked."""


class Inactive(Exception):
    """A service, channel or connection is switched off."""

    def __init__(self, name: str) -> None:
        super().__init__(f"`{name}` is inactive")
        self.name = name


class NoDistributionFound(ZatoException):
    """No deployable code was found at a path."""

    def __init__(self, path: str) -> None:
        super().__init__(None, f"No distribution found in path `{path}`")
        self.path = path


class PubSubSubscriptionExists(BadRequest):
    """400: the subscription exists already."""


class ConnectorClosedException(Exception):
    """A connector was closed while it was needed."""

    def __init__(self, exc: BaseException | None, message: str) -> None:
        super().__init__(message)
        self.inner_exc = exc


class IBMMQException(Exception):
    """A queue manager refused something (3.2)."""


class ModelValidationError(Exception):
    """400: input does not match its declaration; `elem_path` says where."""

    reason_text = "Invalid value"

    def __init__(self, elem_path: str) -> None:
        self.elem_path = elem_path
        self.reason: str = f"{self.reason_text}: {elem_path}"
        self.msg: str = self.reason
        self.status: int = HTTPStatus.BAD_REQUEST.value
        self.needs_msg = True
        super().__init__(self.msg)


class ElementMissing(ModelValidationError):
    """400: a required element did not come."""

    reason_text = "Element missing"


class ElementIsNotAList(ModelValidationError):
    """400: a list was required."""

    reason_text = "Element is not a list"
