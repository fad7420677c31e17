"""Requests and responses under their historical import path (reference service-api 1.1)."""

from zato._core import HTTPRequestData, Request, Response

__all__ = ["HTTPRequestData", "Request", "Response"]
