"""HTTP of the clients, in the form of the library `requests` as far as they use it."""

from __future__ import annotations

import json
import ssl
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

__all__ = ["HTTPResponse", "Session"]

# How often a connection is tried again that could not be made, and the seconds before the first time; each doubles.
_RETRIES = 4
_BACKOFF = 0.1


class HTTPResponse:
    """One response.

    Args:
        url: Where it came from.
        status_code: Its status.
        reason: The text of its status.
        headers: Its headers; names are found in any case.
        content: Its body.
    """

    def __init__(self, url: str, status_code: int, reason: str, headers: Any, content: bytes) -> None:
        self.url = url
        self.status_code = status_code
        self.reason = reason
        self.headers = headers
        self.content = content

    @property
    def ok(self) -> bool:
        """Whether the status is no error."""
        return self.status_code < 400

    @property
    def text(self) -> str:
        """The body as text."""
        charset = self.headers.get_content_charset() if hasattr(self.headers, "get_content_charset") else None
        return self.content.decode(charset or "utf-8", "replace")

    def json(self) -> Any:
        """Reads the body as JSON.

        Raises:
            ValueError: If it is none.
        """
        return json.loads(self.content)


class Session:
    """Sends requests, each on a connection of its own."""

    def request(
        self,
        method: str,
        url: str,
        *,
        data: str | bytes | None = None,
        headers: Mapping[str, Any] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        verify: bool | str | None = True,
        cert: str | tuple[str, str] | None = None,
    ) -> HTTPResponse:
        """Sends a request; statuses of errors raise nothing.

        Args:
            method: The HTTP verb.
            url: Where to.
            data: The body.
            headers: Headers by name.
            auth: Name and password for HTTP Basic Auth.
            timeout: Seconds to wait for.
            verify: Whether the server's certificate is checked, or the file of authorities that it is checked against.
            cert: The client's own certificate: a file, or one and its key.

        Raises:
            OSError: If there is no response; `urllib.error.URLError` is one.
        """
        body = data.encode("utf-8") if isinstance(data, str) else data
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"`{url}` does not begin with http:// or https://")
        request = urllib.request.Request(url, body, method=method.upper())  # noqa: S310 - the scheme was checked
        for name, value in (headers or {}).items():
            request.add_header(name, str(value))
        if auth is not None:
            token = b64encode(f"{auth[0]}:{auth[1]}".encode()).decode("ascii")
            request.add_header("Authorization", f"Basic {token}")
        handlers = [urllib.request.HTTPSHandler(context=_context(verify, cert))] if url.startswith("https:") else []
        return _send(urllib.request.build_opener(*handlers), request, timeout)


def _context(verify: bool | str | None, cert: str | tuple[str, str] | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=verify if isinstance(verify, str) else None)
    if verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if cert is not None:
        files = (cert,) if isinstance(cert, str) else cert
        context.load_cert_chain(*files)
    return context


def _send(opener: Any, request: urllib.request.Request, timeout: float | None) -> HTTPResponse:
    options = {} if timeout is None else {"timeout": timeout}
    for attempt in range(_RETRIES + 1):
        try:
            with opener.open(request, **options) as found:
                return HTTPResponse(found.url, found.status, found.reason, found.headers, found.read())
        except urllib.error.HTTPError as error:
            with error:
                return HTTPResponse(request.full_url, error.code, str(error.reason), error.headers, error.read())
        except urllib.error.URLError as error:
            # Nothing was sent yet, so trying again can do no harm.
            if not isinstance(error.reason, ConnectionRefusedError) or attempt == _RETRIES:
                raise
            time.sleep(_BACKOFF * 2**attempt)
    raise AssertionError("the loop returns or raises")
