"""HTTP exceptions under the import path of 2.0 (reference service-api 1.3)."""

from zato.common.exception import (
    BadRequest,
    ClientHTTPError,
    Conflict,
    Forbidden,
    MethodNotAllowed,
    NotFound,
    TooManyRequests,
    Unauthorized,
)

__all__ = [
    "BadRequest",
    "ClientHTTPError",
    "Conflict",
    "Forbidden",
    "MethodNotAllowed",
    "NotFound",
    "TooManyRequests",
    "Unauthorized",
]
