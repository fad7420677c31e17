"""REST connections of tests, as services see them (reference connections 12.2, 12.3)."""

from __future__ import annotations

from typing import Any

from zato.bunch import Bunch
from zato.testing._rest import RestConnection

__all__ = ["RestInvoker", "RestItem", "RestShortcut"]


class _Methods:
    """The methods of a connection, for a service."""

    def _send(self, method: str, cid: Any, data: Any, params: Any, options: dict[str, Any]) -> Any:
        raise NotImplementedError

    def get(self, cid: Any = "", params: Any = None, *_arguments: Any, **options: Any) -> Any:
        """Sends a GET."""
        return self._send("GET", cid, options.pop("data", ""), params, options)

    def post(self, cid: Any = "", data: Any = "", params: Any = None, *_arguments: Any, **options: Any) -> Any:
        """Sends a POST."""
        return self._send("POST", cid, data, params, options)

    send = post

    def put(self, cid: Any = "", data: Any = "", params: Any = None, *_arguments: Any, **options: Any) -> Any:
        """Sends a PUT."""
        return self._send("PUT", cid, data, params, options)

    def patch(self, cid: Any = "", data: Any = "", params: Any = None, *_arguments: Any, **options: Any) -> Any:
        """Sends a PATCH."""
        return self._send("PATCH", cid, data, params, options)

    def delete(self, cid: Any = "", data: Any = "", params: Any = None, *_arguments: Any, **options: Any) -> Any:
        """Sends a DELETE."""
        return self._send("DELETE", cid, data, params, options)

    def options(self, cid: Any = "", data: Any = "", params: Any = None, *_arguments: Any, **options: Any) -> Any:
        """Sends an OPTIONS."""
        return self._send("OPTIONS", cid, data, params, options)

    def head(self, cid: Any = "", params: Any = None, *_arguments: Any, **options: Any) -> Any:
        """Sends a HEAD."""
        return self._send("HEAD", cid, "", params, options)

    def http_request(self, method: str, cid: Any = "", data: Any = "", params: Any = None, **options: Any) -> Any:
        """Sends a request with any method."""
        return self._send(method, cid, data, params, options)

    def upload(self, cid: Any, item_path: str, field_name: str = "data", mime_type: str = "text/plain") -> Any:
        """Sends a file; the test sees its path as the body."""
        options = {"field_name": field_name, "mime_type": mime_type}
        return self._send("POST", cid, item_path, None, options)

    def rest_call(
        self,
        *,
        cid: Any = "",
        data: Any = "",
        model: Any = None,
        callback: Any = None,
        params: Any = None,
        headers: Any = None,
        method: str = "GET",
        **options: Any,
    ) -> Any:
        """Makes a call and gives the body, as a model if there is one, turned into something else by `callback`."""
        response = self._send(method, cid, data, params, {**options, "headers": headers, "model": model})
        return callback(response.data, cid=cid, raw_response=response) if callback else response.data


class RestInvoker(_Methods):
    """`self.out.rest[name].conn` of a service."""

    def __init__(self, connection: RestConnection) -> None:
        self._connection = connection
        self.address = f"{connection.host}{connection.url_path}"

    def _send(self, method: str, cid: Any, data: Any, params: Any, options: dict[str, Any]) -> Any:
        return self._connection.call(method, cid, data, params, options)

    def ping(self, cid: Any = "", **_options: Any) -> str:
        """Says that the connection is there."""
        return f"{self._connection.name} is a connection of a test"


class RestItem:
    """`self.out.rest[name]` of a service."""

    def __init__(self, connection: RestConnection) -> None:
        self.conn = RestInvoker(connection)
        self.name = connection.name
        self.ping = self.conn.ping

    @property
    def config(self) -> Any:
        """What the test says about it."""
        connection = self.conn._connection
        return Bunch(
            name=connection.name,
            is_active=connection.is_active,
            address_host=connection.host,
            address_url_path=connection.url_path,
        )


class RestShortcut:
    """`self.rest[name]` of a service (3.2): the same methods without a CID, which is left out if it is given."""

    def __init__(self, invoker: RestInvoker, cid: str) -> None:
        self._invoker = invoker
        self._cid = cid

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._invoker, name)
        if not callable(method) or name == "rest_call":
            return method

        def call(*arguments: Any, **options: Any) -> Any:
            # `http_request` has the method first.
            first = list(arguments[:1]) if name == "http_request" else []
            rest = list(arguments[len(first) :])
            if rest and rest[0] == self._cid:
                del rest[0]
            options.pop("cid", None)
            return method(*first, self._cid, *rest, **options)

        return call
