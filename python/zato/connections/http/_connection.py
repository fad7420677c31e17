"""What services call (reference connections 12.2, 12.3)."""

from __future__ import annotations

import base64
import datetime
import typing
from collections.abc import Callable
from typing import Any, NoReturn

from zato import _core
from zato.bunch import Bunch
from zato.common.exception import Inactive, TimeoutException
from zato.connections.http import _request
from zato.connections.http._errors import RequestException
from zato.connections.http._response import PreparedRequest, Response

__all__ = ["RESTConnection"]

#: How often a waiting thread looks whether the time of its service is over, in seconds.
_LOOK = 0.5
_OPTIONS = frozenset({
    "allow_redirects", "auth", "auth_scopes", "cert", "cookies", "files", "headers", "json", "model", "proxies",
    "sec_def_name", "stream", "timeout", "verify",
})  # fmt: skip


class RESTConnection:
    """An outgoing REST or plain HTTP connection. Answers of any status are answers; nothing is sent twice."""

    def __init__(self, native: _core.RestConnection) -> None:
        self._native = native

    @property
    def name(self) -> str:
        """Name of the connection."""
        return self._native.name

    @property
    def address(self) -> str:
        """Host and path, with placeholders."""
        return self._native.address

    @property
    def config(self) -> Bunch:
        """What the connection is configured to be; a copy, without secrets."""
        native = self._native
        name, sec_type, username = native.security or (None, None, None)
        return Bunch(
            id=native.id,
            name=native.name,
            is_active=native.is_active,
            address=native.address,
            address_host=native.host,
            address_url_path=native.url_path,
            data_format=native.data_format,
            content_type=native.content_type,
            ping_method=native.ping_method,
            pool_size=native.pool_size,
            timeout=native.timeout,
            security_name=name,
            sec_type=sec_type,
            username=username,
        )

    @property
    def auth(self) -> tuple[str, str] | None:
        """Type and username of the security definition in use."""
        known = self._native.security
        return (known[1], known[2]) if known else None

    def get(self, cid: str, params: Any = None, *args: Any, **kwargs: Any) -> Response:
        """Sends a GET; see `http_request`."""
        return self.http_request("GET", cid, "", params, *args, **kwargs)

    def delete(self, cid: str, data: Any = "", params: Any = None, *args: Any, **kwargs: Any) -> Response:
        """Sends a DELETE; see `http_request`."""
        return self.http_request("DELETE", cid, data, params, *args, **kwargs)

    def options(self, cid: str, data: Any = "", params: Any = None, *args: Any, **kwargs: Any) -> Response:
        """Sends OPTIONS; see `http_request`."""
        return self.http_request("OPTIONS", cid, data, params, *args, **kwargs)

    def head(self, cid: str, params: Any = None, *args: Any, **kwargs: Any) -> Response:
        """Sends a HEAD; see `http_request`."""
        return self.http_request("HEAD", cid, "", params, *args, **kwargs)

    def post(self, cid: str, data: Any = "", params: Any = None, *args: Any, **kwargs: Any) -> Response:
        """Sends a POST; see `http_request`."""
        return self.http_request("POST", cid, data, params, *args, **kwargs)

    send = post

    def put(self, cid: str, data: Any = "", params: Any = None, *args: Any, **kwargs: Any) -> Response:
        """Sends a PUT; see `http_request`."""
        return self.http_request("PUT", cid, data, params, *args, **kwargs)

    def patch(self, cid: str, data: Any = "", params: Any = None, *args: Any, **kwargs: Any) -> Response:
        """Sends a PATCH; see `http_request`."""
        return self.http_request("PATCH", cid, data, params, *args, **kwargs)

    def http_request(
        self, method: str, cid: str, data: Any = "", params: Any = None, *args: Any, **options: Any
    ) -> Response:
        """Sends a request and gives its response.

        Args:
            method: HTTP method.
            cid: Correlation ID; sent in `X-Zato-CID`.
            data: Body. Text and bytes are sent as they are, other objects by the data format of the connection.
            params: Values of placeholders in the path; the rest goes into the query string.
            args: Not taken.
            options: `headers`, `timeout` (seconds, or a pair for connecting and for silence), `allow_redirects`,
                `stream`, `verify`, `cert`, `proxies`, `cookies`, `files`, `json`, `auth`, `model`, `sec_def_name`,
                `auth_scopes`.

        Raises:
            Inactive: If the connection is not active.
            ValueError: If the path cannot be built of the parameters.
            TimeoutException: If there was no connection or no answer in time.
            RequestException: If there was no answer for another reason.
        """
        if not self._native.is_active:
            raise Inactive(self.name)
        return self._send(method, cid, data, params, args, options, self._native.address)

    def _send(
        self, method: str, cid: str, data: Any, params: Any, args: Any, options: dict[str, Any], address: str
    ) -> Response:
        unknown = [name for name in options if name not in _OPTIONS]
        if args or unknown:
            what = ", ".join(f"`{name}`" for name in unknown) or "further positional arguments"
            raise TypeError(f"calls of connections do not take {what}")
        native = self._native
        given = {str(name): str(value) for name, value in (options.get("headers") or {}).items()}
        lower = {name.lower(): name for name in given}
        wanted = given[lower["content-type"]] if "content-type" in lower else native.content_type
        if (value := options.get("json")) is not None:
            body, content_type = _request.body_of(value, "json", wanted or "application/json")
        elif files := options.get("files"):
            body, content_type = _request.multipart(data or {}, files)
        else:
            body, content_type = _request.body_of(data, native.data_format, wanted)
        headers = {**_request.default_headers(cid), "Content-Type": content_type}
        headers = {name: value for name, value in headers.items() if name.lower() not in lower} | given
        if cookies := options.get("cookies"):
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in dict(cookies).items())
        if auth := options.get("auth"):
            token = base64.b64encode(f"{auth[0]}:{auth[1]}".encode()).decode()
            headers["Authorization"] = f"Basic {token}"
        url = _request.url_of(cid, address, params)
        scopes = options.get("auth_scopes")
        cert = options.get("cert")
        try:
            call = native.start(
                method.upper(), url, list(headers.items()), body,
                _timeout(options.get("timeout", native.timeout)),
                bool(options.get("allow_redirects", True)), bool(options.get("stream")), options.get("verify"),
                [] if not cert else [cert] if isinstance(cert, str) else list(cert),
                list((options.get("proxies") or {}).items()),
                " ".join(scopes) if isinstance(scopes, list | tuple) else scopes or None,
                options.get("sec_def_name") or None,
            )  # fmt: skip
            # In turns, so that the thread notices when the time of its service is over.
            while (answer := call.wait(_LOOK)) is None:
                pass
        except TimeoutException as error:
            error.cid = cid
            raise
        response = Response(answer, PreparedRequest(method.upper(), url, headers, body))
        if not options.get("stream"):
            self._read(cid, response, options.get("model"))
        return response

    def _read(self, cid: str, response: Response, model: Any) -> None:
        content_type = response.headers.get("content-type", "")
        is_json = self._native.data_format == "json" or content_type.split(";")[0].strip() == "application/json"
        if not is_json and model is None:
            return
        if not response.content.strip():
            response.data = ""
            return
        try:
            data = response.json()
        except ValueError as error:
            if not response.ok:
                response.data = response.text
                return
            message = f"CID:{cid} Could not parse JSON response of `{self.name}` ({response.status_code}): {error}"
            raise ValueError(f"{message}; it begins with {response.text[:200]!r}") from None
        response.data = _as_model(model, data) if model is not None and response.ok else data

    def ping(
        self, cid: str, return_response: bool = False, log_verbose: bool = False, *, ping_path: str = "/"
    ) -> Any:
        """Sends a request of the ping method, even if the connection is not active.

        Args:
            cid: Correlation ID.
            return_response: Whether to give the response instead of a text.
            log_verbose: Whether the text is logged.
            ping_path: Path to use instead of that of the connection, which may have placeholders.

        Returns:
            Text with the time, the request, the status and how long it took.
        """
        native = self._native
        address = native.host.rstrip("/") + ping_path if "{" in native.address else native.address
        response = self._send(native.ping_method, cid, "", None, (), {"stream": True}, address)
        response.close()
        if return_response:
            return response
        now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None).isoformat()
        text = (
            f"UTC: {now}\n{native.ping_method} {address}\nCode: {response.status_code}\n"
            f"Response time: {response.elapsed}"
        )
        if log_verbose:
            import logging

            logging.getLogger("zato").info("ping of %s\n%s", self.name, text)
        return text

    def upload(
        self, cid: str, item: Any, field_name: str = "data", mime_type: str = "text/plain", **options: Any
    ) -> Response:
        """Sends a file as a form.

        Args:
            cid: Correlation ID.
            item: Path of the file, or what is in it as bytes.
            field_name: Name of the form's field.
            mime_type: What sort of file it is.
            options: See `http_request`.
        """
        from pathlib import Path

        is_path = isinstance(item, str | Path)
        content = Path(item).read_bytes() if is_path else item
        file = (Path(item).name if is_path else field_name, content, mime_type)
        return self.http_request("POST", cid, {}, files={field_name: file}, **options)

    def rest_call(
        self,
        *,
        cid: str,
        data: Any = "",
        model: Any = None,
        callback: Callable[..., Any] | None = None,
        params: Any = None,
        headers: dict[str, str] | None = None,
        method: str = "",
        sec_def_name: str | None = None,
        auth_scopes: Any = None,
        log_response: bool = True,
    ) -> Any:
        """Sends a request and gives its data, mapped by the callback; see `http_request`.

        Returns:
            `None` if there was no answer at all, which is logged (3.2).

        Raises:
            Exception: With the text of the response, if its status is not 2xx.
        """
        import logging

        logger = logging.getLogger("zato")
        try:
            response = self.http_request(
                method or "GET", cid, data, params, headers=headers, model=model, sec_def_name=sec_def_name,
                auth_scopes=auth_scopes,
            )  # fmt: skip
        except RequestException as error:
            # What 3.2 does; callers look at the result.
            logger.warning("REST call of `%s` failed: %s", self.name, error)
            return None
        if log_response:
            logger.info("REST call of `%s` gave %s: %s", self.name, response.status_code, response.text)
        if not 200 <= response.status_code < 300:
            raise Exception(response.text)
        found = response.data
        if callback is None:
            return found
        return callback(found, cid=cid, id=None, model=model, callback=callback)

    rest_invoke = rest_call

    @property
    def session(self) -> NoReturn:
        """Not available: connections do not use `requests`.

        Raises:
            AttributeError: Always.
        """
        raise AttributeError("connections have no `requests` session; give `verify`, `cert` or `proxies` with the call")

    impl = session

    def __repr__(self) -> str:
        return f"<RESTConnection {self.name} {self.address}>"


def _timeout(value: Any) -> tuple[float | None, float | None]:
    """How long connecting and how long silence may last; 0 and `None` are no limit."""
    connect, read = value if isinstance(value, tuple | list) else (value, value)
    return (float(connect) if connect else None, float(read) if read else None)


def _as_model(model: Any, data: Any) -> Any:
    """Makes instances of a model, or of the model that a list is declared of."""
    if typing.get_origin(model) is list:
        (element,) = typing.get_args(model)
        return [_as_model(element, item) for item in data]
    return model.from_dict(data)
