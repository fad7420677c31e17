"""What is below REST connections in a test: it takes requests as the native part does, and the test answers them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

from zato.connections.http import RESTConnection
from zato.connections.http._response import Response
from zato.testing._response import Headers
from zato.testing._rest import RestCall, RestConnection, RestResponse

__all__ = ["ServiceConnection"]

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
#: Options of calls that have a place of their own in what is recorded.
_OWN_PLACE = frozenset({"headers", "json"})


class ServiceConnection(RESTConnection):
    """A connection as services call it: the real one, on top of a test.

    Args:
        connection: The connection as the test has it.
    """

    def __init__(self, connection: RestConnection) -> None:
        super().__init__(_Transport(connection, {}))  # type: ignore[arg-type]
        self._connection = connection

    def _send(
        self, method: str, cid: str, data: Any, params: Any, args: Any, options: dict[str, Any], address: str
    ) -> Response:
        # What the service gave is not to be seen any more in what is sent.
        given = {
            "cid": cid,
            "data": options["json"] if options.get("json") is not None else data,
            "params": dict(params) if isinstance(params, Mapping) else params or {},
            "headers": dict(options.get("headers") or {}),
            "options": {name: value for name, value in options.items() if name not in _OWN_PLACE},
        }
        call = RESTConnection(_Transport(self._connection, given))  # type: ignore[arg-type]
        return call._send(method, cid, data, params, args, options, address)


class _Transport:
    """One connection, or one call of it, with the attributes of the native object."""

    id = 1
    ping_method = "HEAD"
    pool_size = 20
    is_verified = True
    security = None

    def __init__(self, connection: RestConnection, given: dict[str, Any]) -> None:
        self._connection = connection
        self._given = given
        self.name = connection.name

    @property
    def is_active(self) -> bool:
        return self._connection.is_active

    @property
    def host(self) -> str:
        return self._connection.host

    @property
    def url_path(self) -> str:
        return self._connection.url_path

    @property
    def address(self) -> str:
        return f"{self.host.rstrip('/')}{self.url_path}"

    @property
    def data_format(self) -> str:
        return self._connection.data_format

    @property
    def content_type(self) -> str:
        return self._connection.content_type

    @property
    def timeout(self) -> float | None:
        return self._connection.timeout

    def start(self, method: str, url: str, headers: list[tuple[str, str]], body: bytes, *_options: Any) -> _Call:
        """Takes a request; it is the test's own exception that it may raise."""
        host = self.host.rstrip("/")
        path, _, query = url.removeprefix(host).partition("?")
        call = RestCall(
            method=method,
            path=unquote(path),
            query=self._query(query),
            url=url,
            sent_headers=Headers(headers),
            body=body,
            **self._given,
        )
        return _Call(_Answer(self._connection.answer_to(call), url))

    def _query(self, sent: str) -> dict[str, Any]:
        """Gives parameters that are not part of the path, as the service gave them if it gave them by name."""
        params = self._given["params"]
        if not isinstance(params, dict):
            return dict(parse_qsl(sent, keep_blank_values=True))
        names = _PLACEHOLDER.findall(self.address)
        return {name: value for name, value in params.items() if name not in names}


class _Call:
    """A call that was answered."""

    def __init__(self, answer: _Answer) -> None:
        self._answer = answer

    def wait(self, seconds: float) -> _Answer:
        """Gives the answer."""
        return self._answer


class _Answer:
    """An answer with the attributes of the native object."""

    version = 11
    elapsed = 0.0
    hops = ()

    def __init__(self, response: RestResponse, url: str) -> None:
        self.status = response.status_code
        self.reason = response.reason
        self.headers = [(name.lower(), value) for name, value in response.headers.items()]
        self.url = url
        self.body = response.content

    def next_piece(self) -> None:
        """Gives nothing: the body is there as a whole."""

    def close(self) -> None:
        """Does nothing."""
