"""Clients of single channels (reference operations 20.3)."""

from __future__ import annotations

from typing import Any, ClassVar

from zato.client._response import JSONResponse, JSONSIOResponse, RawDataResponse, Response, XMLResponse
from zato.client._transport import Session
from zato.common.json_internal import dumps

__all__ = ["JSONClient", "JSONSIOClient", "RawDataClient", "XMLClient"]


class RawDataClient:
    """Sends text to one path, and gives what comes back as it is.

    Args:
        address: Where the server is, for instance `http://localhost:17010`.
        path: Path of the channel.
        auth: Name and password for HTTP Basic Auth.
        session: What sends requests, a `requests.Session` for instance; by default the standard library does.
        to_bunch: Whether dictionaries in responses become bunches.
        max_response_repr: How many characters of a response its representation shows.
        max_cid_repr: How many characters of a CID it shows.
        tls_verify: Whether certificates of servers are checked, or the file of authorities to check against.
    """

    _response: ClassVar[type[Response]] = RawDataResponse
    _content_type: ClassVar[str] = "text/plain"

    def __init__(
        self,
        address: str,
        path: str,
        auth: tuple[str, str] | None = None,
        session: Any = None,
        to_bunch: bool = False,
        max_response_repr: int = 2500,
        max_cid_repr: int = 5,
        tls_verify: Any = True,
    ) -> None:
        self.service_address: str = address.rstrip("/") + path
        self.auth = auth
        self.session: Any = session or Session()
        self.to_bunch = to_bunch
        self.max_response_repr = max_response_repr
        self.max_cid_repr = max_cid_repr
        self.tls_verify = tls_verify

    def invoke(self, payload: Any = "", headers: dict[str, str] | None = None, **_options: Any) -> Response:
        """Sends a payload with POST.

        Raises:
            OSError: If the server cannot be reached.
        """
        response = self.session.request(
            "POST",
            self.service_address,
            data=self._encode(payload),
            headers={"Content-Type": self._content_type, **(headers or {})},
            auth=self.auth,
            verify=self.tls_verify,
        )
        return self._response(response, self.to_bunch, self.max_response_repr, self.max_cid_repr)

    def _encode(self, payload: Any) -> Any:
        return payload


class JSONClient(RawDataClient):
    """Sends JSON to one path, and reads JSON."""

    _response = JSONResponse
    _content_type = "application/json"

    def _encode(self, payload: Any) -> Any:
        return payload if isinstance(payload, (str, bytes)) else dumps(payload)


class JSONSIOClient(JSONClient):
    """Sends JSON to one path, and reads JSON with `zato_env` and an element around the data."""

    _response = JSONSIOResponse


class XMLClient(RawDataClient):
    """Sends XML to one path, and reads XML (2.0, 3.0). Needs the library `lxml`."""

    _response = XMLResponse
    _content_type = "application/xml"

    def _encode(self, payload: Any) -> Any:
        if isinstance(payload, (str, bytes)):
            return payload
        from zato.server.service._xml import dump

        return dump(payload)
