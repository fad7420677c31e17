"""REST connections of tests (reference connections 12)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from zato.common.json_internal import dumps, loads
from zato.testing._answers import Answers, plain
from zato.testing._response import Headers

__all__ = ["RestCall", "RestConnection", "RestResponse"]


@dataclass
class RestCall:
    """One call that a service made."""

    method: str
    cid: str
    #: The body, as the service gave it.
    data: Any = ""
    #: Parameters, as the service gave them.
    params: Any = field(default_factory=dict[str, Any])
    #: Headers, as the service gave them.
    headers: dict[str, Any] = field(default_factory=dict[str, Any])
    #: Path of the connection with its placeholders filled in.
    path: str = ""
    #: Parameters that are not part of the path.
    query: dict[str, Any] = field(default_factory=dict[str, Any])
    #: Everything else, for instance `model` and `timeout`.
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    #: What would have been sent: the address, all headers but those of the security definition, and the body.
    url: str = ""
    sent_headers: Headers = field(default_factory=Headers)
    body: bytes = b""


class RestResponse:
    """A response that a test sets; what a service gets for it is a `zato.connections.http.Response`.

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

    @property
    def reason(self) -> str:
        """What the standard calls the status."""
        known = {int(status): status.phrase for status in HTTPStatus}
        return known.get(self.status_code, "")


class RestConnection:
    """A REST connection, as a test has it. What services call is a real one whose requests end here.

    Args:
        name: Its name.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        #: Host and path of the connection; a path may have placeholders, such as `/clients/{id}`.
        self.host = ""
        self.url_path = ""
        #: Data format: `json`, `form`, `xml` or none; it decides how objects are sent and what has to come back.
        self.data_format = ""
        #: Content type of requests; empty to have it follow from what is sent.
        self.content_type = ""
        #: Seconds that calls may take; only recorded.
        self.timeout: float | None = 10.0
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

    def answer_to(self, call: RestCall) -> RestResponse:
        """Records a call of a service and gives what it gets.

        Raises:
            LookupError: If nothing is set for it.
            BaseException: What the test set.
        """
        self.calls.append(call)
        response, status_code, headers = self._answers.next_for(call)
        if callable(response) and not isinstance(response, type):
            response = response(call)
        if isinstance(response, BaseException) or (isinstance(response, type) and issubclass(response, BaseException)):
            raise response
        return response if isinstance(response, RestResponse) else RestResponse(response, status_code, headers)


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
