"""The simplest client: services by name, JSON both ways (3.1 and later; reference operations 20.1)."""

from __future__ import annotations

from typing import Any

from zato.client._transport import Session
from zato.common.json_internal import dumps

__all__ = ["APIClient", "APIResponse"]

_ABSENT = "(None)"


class APIResponse:
    """What a service answered.

    Args:
        inner: The HTTP response.
    """

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        #: Whether the status is 200, and no other one.
        self.is_ok: bool = inner.status_code == 200
        self.headers: Any = inner.headers
        #: Correlation ID, `(None)` if the server does not tell it.
        self.cid: str = inner.headers.get("X-Zato-CID") or _ABSENT
        self.response_time: str = inner.headers.get("X-Response-Time") or _ABSENT
        #: What was answered, empty text unless `is_ok`.
        self.data: Any = ""
        #: The body of an error, none if `is_ok`.
        self.details: str | None = None
        if self.is_ok:
            self.data = inner.json() if inner.text else ""
        else:
            self.details = inner.text

    @property
    def ok(self) -> bool:
        """Whether the call succeeded (4.1)."""
        return self.is_ok

    def __repr__(self) -> str:
        return f"<{type(self).__name__} is_ok:`{self.is_ok}` cid:`{self.cid}` details:`{self.details}`>"


class APIClient:
    """Invokes services by name.

    Args:
        address: Where the server is, for instance `http://localhost:17010`.
        username: Who the client is, for HTTP Basic Auth.
        password: Its password.
        path: Path of the URL; the name of the service is put where the braces are.
        tls_verify: Whether certificates of servers are checked, or the file of authorities to check against.
        tls_cert: The client's own certificate.
    """

    def __init__(
        self,
        address: str,
        username: str,
        password: str,
        path: str = "/zato/api/invoke/{}",
        tls_verify: Any = None,
        tls_cert: Any = None,
    ) -> None:
        self.address: str = address.rstrip("/")
        self.auth: tuple[str, str] = (username, password)
        self.path = path
        self.tls_verify: Any = True if tls_verify is None else tls_verify
        self.tls_cert = tls_cert
        self.session: Any = Session()

    def by_verb(self, verb: str, service: str, request: Any = None) -> APIResponse:
        """Invokes a service with an HTTP verb.

        Args:
            verb: The verb, for instance `POST`.
            service: Name of the service.
            request: What it is given, as JSON; nothing if it is None.

        Raises:
            OSError: If the server cannot be reached.
            ValueError: If what it answered is no JSON.
        """
        response = self.session.request(
            verb,
            self.address + self.path.format(service),
            data=None if request is None else dumps(request),
            headers={"Content-Type": "application/json"},
            auth=self.auth,
            verify=self.tls_verify,
            cert=self.tls_cert,
        )
        return APIResponse(response)

    def invoke(self, service: str, request: Any = None) -> APIResponse:
        """Invokes a service with POST; see `by_verb`."""
        return self.by_verb("POST", service, request)

    def get(self, service: str, request: Any = None) -> APIResponse:
        """Invokes a service with GET; see `by_verb`."""
        return self.by_verb("GET", service, request)

    def post(self, service: str, request: Any = None) -> APIResponse:
        """Invokes a service with POST; see `by_verb`."""
        return self.by_verb("POST", service, request)

    def put(self, service: str, request: Any = None) -> APIResponse:
        """Invokes a service with PUT; see `by_verb`."""
        return self.by_verb("PUT", service, request)

    def patch(self, service: str, request: Any = None) -> APIResponse:
        """Invokes a service with PATCH; see `by_verb`."""
        return self.by_verb("PATCH", service, request)

    def delete(self, service: str, request: Any = None) -> APIResponse:
        """Invokes a service with DELETE; see `by_verb`."""
        return self.by_verb("DELETE", service, request)
