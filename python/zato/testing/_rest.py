"""REST connections of tests (reference connections 12)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from zato.common.exception import HTTPException
from zato.common.json_internal import dumps, loads
from zato.testing._answers import Answers, plain
from zato.testing._response import Headers

__all__ = ["RestCall", "RestConnection", "RestResponse"]

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass
class RestCall:
    """One call that a service made."""

    method: str
    cid: str
    #: The body, as the service gave it.
    data: Any = ""
    #: Parameters, as the service gave them.
    params: dict[str, Any] = field(default_factory=dict[str, Any])
    headers: dict[str, Any] = field(default_factory=dict[str, Any])
    #: Path of the connection with its placeholders filled in.
    path: str = ""
    #: Parameters that are not part of the path.
    query: dict[str, Any] = field(default_factory=dict[str, Any])
    #: Everything else, for instance `model` and `timeout`.
    options: dict[str, Any] = field(default_factory=dict[str, Any])


class RestResponse:
    """What a service gets of a REST connection: the attributes of a response of `requests`, and `data`.

    Args:
        data: Body: text, bytes, or objects that are sent as JSON.
        status_code: HTTP status.
        headers: Headers; the content type of objects is JSON unless these say otherwise.
    """

    def __init__(self, data: Any = "", status_code: int = 200, headers: Mapping[str, Any] | None = None) -> None:
        is_raw = isinstance(data, (str, bytes))
        self.status_code = status_code
        self.headers: Headers = Headers(dict(headers or {}))
        if not is_raw and "Content-Type" not in self.headers:
            self.headers["Content-Type"] = "application/json"
        body = data if is_raw else dumps(plain(data))
        self.content: bytes = body.encode("utf-8") if isinstance(body, str) else body
        self.encoding = "utf-8"
        self.url = ""
        self.reason = ""
        self.elapsed: dt.timedelta = dt.timedelta()
        self.cookies: dict[str, str] = {}
        self.history: list[Any] = []
        self.data: Any = self._read()

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode("utf-8", "replace")

    @property
    def ok(self) -> bool:
        """Whether the status is below 400."""
        return self.status_code < 400

    def json(self) -> Any:
        """Gives the body as objects.

        Raises:
            ValueError: If it is not JSON.
        """
        return loads(self.content)

    def raise_for_status(self) -> None:
        """Does nothing for statuses below 400.

        Raises:
            Exception: `requests.HTTPError` if that package is installed, `HTTPException` otherwise.
        """
        if self.ok:
            return
        message = f"{self.status_code} {self.reason or 'Error'} for url: {self.url}"
        try:
            from requests import HTTPError
        except ImportError:
            raise HTTPException("", message, self.status_code) from None
        given: Any = self
        raise HTTPError(message, response=given)

    def _read(self) -> Any:
        is_json = "json" in self.headers.get("Content-Type", "").lower()
        return self.json() if is_json and self.content else self.text


class RestConnection:
    """A REST connection, as a test has it.

    Args:
        name: Its name.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        #: Host and path of the connection; a path may have placeholders, such as `/clients/{id}`.
        self.host = ""
        self.url_path = ""
        #: Whether it is active; calling one that is not raises `Inactive`.
        self.is_active = True
        #: Calls in the order in which they were made.
        self.calls: list[RestCall] = []
        self._answers = Answers(f"self.out.rest[{name!r}]")

    def set_response(
        self,
        response: Any = "",
        *,
        method: str = "",
        path: str = "",
        status_code: int = 200,
        headers: Mapping[str, Any] | None = None,
        request: Any = None,
    ) -> None:
        """Says what calls get. Of several answers that fit a call, the one set last is given.

        Args:
            response: The body: objects are sent as JSON; text and bytes as they are. An exception is raised. A function
                is called with the `RestCall` and gives one of these.
            method: Which HTTP method it is for; any by default.
            path: Which path it is for, filled in; any by default.
            status_code: HTTP status.
            headers: Headers.
            request: What has to be sent, as body or as parameters: a value, or a list of several.
        """
        self._answers.add(_only(response, method, path, request), [(response, status_code, headers)], is_endless=True)

    def set_responses(self, responses: Iterable[Any], *, method: str = "", path: str = "", request: Any = None) -> None:
        """Says what calls get one after the other: bodies, exceptions, or `RestResponse` objects.

        Raises:
            LookupError: In the service, once there are no more.
        """
        answers = [(response, 200, None) for response in responses]
        self._answers.add(_only(None, method, path, request), answers, is_endless=False)

    @property
    def last_call(self) -> RestCall:
        """The latest call.

        Raises:
            LookupError: If there was none.
        """
        if not self.calls:
            raise LookupError(f"no service called connection `{self.name}`")
        return self.calls[-1]

    def call(self, method: str, cid: str, data: Any, params: Any, options: dict[str, Any]) -> RestResponse:
        """Takes a call of a service."""
        from zato.common.exception import Inactive

        if not self.is_active:
            raise Inactive(self.name)
        headers = dict(options.pop("headers", None) or {})
        if "json" in options and not data:
            data = options.pop("json")
        given = dict(params or {})
        path, query = self._fill(given)
        made = RestCall(method.upper(), cid, data, given, headers, path, query, options)
        self.calls.append(made)
        response, status_code, answer_headers = self._answers.next_for(made)
        if callable(response) and not isinstance(response, type):
            response = response(made)
        if isinstance(response, BaseException) or (isinstance(response, type) and issubclass(response, BaseException)):
            raise response
        if not isinstance(response, RestResponse):
            response = RestResponse(response, status_code, answer_headers)
        response.url = response.url or f"{self.host}{path}"
        model = options.get("model")
        if model is not None:
            response.data = as_model(response.data, model)
        return response

    def _fill(self, params: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        names = _PLACEHOLDER.findall(self.url_path)
        if names and not params:
            raise ValueError(f"No parameters given for URL path `{self.url_path}`")
        missing = [name for name in names if name not in params]
        if missing:
            raise ValueError(f"Could not build URL path `{self.url_path}`, there is no parameter `{missing[0]}`")
        path = _PLACEHOLDER.sub(lambda match: str(params[match.group(1)]), self.url_path)
        return path, {name: value for name, value in params.items() if name not in names}


def as_model(data: Any, model: Any) -> Any:
    """Makes a model, or a list of models for `list_[Model]`, of the body of a response."""
    from zato.common.marshal_.api import MarshalAPI

    inner = getattr(model, "__args__", None)
    if inner:
        return [as_model(item, inner[0]) for item in data]
    return MarshalAPI().from_dict(None, data, model)


def _only(response: Any, method: str, path: str, request: Any) -> Any:
    """Gives the condition on a call."""
    wanted = [plain(item) for item in request] if isinstance(request, list) else [plain(request)]

    def fits(call: RestCall) -> bool:
        if (method and method.upper() != call.method) or (path and path != call.path):
            return False
        return request is None or _body(call.data) in wanted or (bool(call.params) and plain(call.params) in wanted)

    fits.__doc__ = f"{method or 'any method'} {path}".strip()
    return fits


def _body(data: Any) -> Any:
    if isinstance(data, (str, bytes)) and data:
        try:
            return loads(data)
        except ValueError:
            return data
    return plain(data)
