from __future__ import annotations

import json
import os
import sys
from base64 import b64decode, b64encode
from types import SimpleNamespace
from typing import Any

import pytest

from zato.bunch import Bunch
from zato.common._missing import MissingFeature
from zato.common.exception import BadRequest, Forbidden
from zato.server.service import _html
from zato.server.service._input import ServiceInput
from zato.server.service.internal import AdminService, Ping, PubPing
from zato.server.service.internal.helpers import (
    Echo,
    HTMLService,
    IBMMQLogger,
    InputLogger,
    JSONRawRequestLogger,
    ServiceGateway,
    TLSLogger,
    WebSocketsGateway,
)
from zato.server.service.internal.service import Invoke, ServiceInvoker


class Response:
    """What these services use of a response."""

    def __init__(self) -> None:
        self.payload: Any = ""
        self.headers: dict[str, Any] = {}
        self.content_type = ""
        self.status_code = 200


def make(
    cls: type, *, channel: str = "http-soap", profile: str = "3.2", allowed: list[str] | None = None, **request: Any
) -> Any:
    """An instance in the middle of a call."""
    server = SimpleNamespace(profile=profile, invoker_allows_internal=allowed or [])
    made = type(cls.__name__, (cls,), {"server": server})()
    made.cid = "abc"
    made.channel = SimpleNamespace(type=channel, name="invoker")
    made.response = Response()
    made.request = SimpleNamespace(**request)
    made.calls = []

    def invoke(name: str, *arguments: Any, **options: Any) -> Any:
        made.calls.append((name, arguments, options))
        if name == "broken":
            fail_inside(name)
        options.get("zato_response_headers_container", {})["X-Target"] = "1"
        return made.answer

    made.invoke = invoke
    return made


#: Raises `KeyError('missing')` the way the native `invoke` does, without a frame of Python.
INVOKES_NOTHING = "{missing}".format


def fail_inside(name: str) -> None:
    raise KeyError(name)


ENVELOPE = {"result": "ZATO_OK", "cid": "abc", "details": ""}


@pytest.mark.compat("1.2-ping", "1.2-zato.server.service.internal")
def test_ping_answers_in_the_shape_of_the_profile() -> None:
    new = make(Ping)
    new.handle()
    assert new.response.payload == {"pong": "zato", "zato_env": ENVELOPE}
    old = make(PubPing, profile="2.0")
    old.handle()
    assert old.response.payload == {"zato_env": ENVELOPE, "zato_ping_response": {"pong": "zato"}}
    inside = make(Ping, channel="invoke")
    inside.handle()
    assert inside.response.payload == {"zato_ping_response": {"pong": "zato"}}


@pytest.mark.compat("1.2-echo")
def test_echo_gives_the_raw_request_back() -> None:
    echo = make(Echo, raw_request=b"x")
    echo.handle()
    assert echo.response.payload == b"x"
    assert issubclass(Echo, AdminService) and InputLogger().handle() is None


def invoker(
    name: str = "crm.get",
    *,
    payload: Any = "",
    query: dict[str, str] | None = None,
    method: str = "GET",
    allowed: list[str] | None = None,
) -> Any:
    http = SimpleNamespace(path=Bunch(service_name=name), params={}, GET=Bunch(query or {}), method=method)
    made = make(ServiceInvoker, http=http, payload=payload, allowed=allowed)
    made.answer = {"a": 1}
    return made


@pytest.mark.parametrize(
    ("payload", "query", "expected"),
    [
        ("", None, ""),
        (b"", {"a": "1"}, {"a": "1"}),
        (b'{"b": 2}', {"a": "1"}, {"b": 2, "a": "1"}),
        ({"a": 2}, {"a": "1"}, {"a": "1"}),
        (b"[1]", None, [1]),
        ([1], {"a": "1"}, [1]),
    ],
)
def test_the_generic_url_merges_body_and_query(payload: Any, query: dict[str, str] | None, expected: Any) -> None:
    made = invoker(payload=payload, query=query, method="POST")
    made.handle()
    name, arguments, options = made.calls[0]
    assert (name, arguments) == ("crm.get", (expected,))
    assert options["wsgi_environ"]["REQUEST_METHOD"] == "POST"
    assert options["skip_response_elem"] is False
    assert made.response.payload == '{"a":1}' and made.response.content_type == "text/plain"
    assert made.response.headers == {"X-Target": "1"}


def test_the_generic_url_answers_text_as_json_text() -> None:
    made = invoker("zato.ping", allowed=["zato.ping"])
    made.answer = "x"
    made.handle()
    assert made.response.payload == '"x"'
    assert made.calls[0][2]["skip_response_elem"] is True


@pytest.mark.parametrize("allowed", [[], ["pub.zato.ping", "other", "zato"]])
@pytest.mark.parametrize("name", ["zato.ping", "zato.service.invoke", "pub.zato.service.service-invoker"])
def test_the_generic_url_knows_no_internal_services(name: str, allowed: list[str]) -> None:
    made = invoker(name, allowed=allowed)
    with pytest.raises(BadRequest) as refused:
        made.handle()
    assert refused.value.msg == f"No such service `{name}`"
    assert made.calls == []


@pytest.mark.parametrize("allowed", ["zato.ping", "invoker"])
def test_the_generic_url_runs_internal_services_that_are_listed_or_whose_channel_is(allowed: str) -> None:
    made = invoker("zato.ping", allowed=[allowed])
    made.answer = {"pong": "zato"}
    made.handle()
    assert made.response.payload == '{"pong":"zato"}'


def test_the_generic_url_passes_a_refusal_on() -> None:
    made = invoker()
    made.answer = Response()
    made.answer.status_code = 400
    made.handle()
    assert made.response.status_code == 400 and made.response.payload == ""


def test_a_body_that_is_not_json_is_refused() -> None:
    with pytest.raises(BadRequest) as caught:
        invoker(payload=b"{").handle()
    assert caught.value.needs_msg and "not valid JSON" in caught.value.msg
    with pytest.raises(BadRequest):
        invoker("").handle()


def test_key_errors_of_a_service_are_not_taken_for_a_missing_service() -> None:
    with pytest.raises(KeyError):
        invoker("broken").handle()


def test_a_missing_service_is_not_named_to_callers_of_the_generic_url() -> None:
    made = invoker("missing")
    made.invoke = INVOKES_NOTHING
    with pytest.raises(BadRequest) as caught:
        made.handle()
    assert caught.value.msg == "No such service `missing`" and not caught.value.needs_msg


def test_a_missing_service_is_named_to_administrators() -> None:
    made = invoke(name="missing")
    made.invoke = INVOKES_NOTHING
    with pytest.raises(BadRequest) as caught:
        made.handle()
    assert caught.value.msg == "No such service `missing`" and caught.value.needs_msg


def invoke(**given: Any) -> Any:
    made = make(Invoke, input=ServiceInput(given))
    made.answer = {"a": 1}
    made.invoke_async = lambda *arguments: made.calls.append((arguments[0], arguments[1:], {})) or "new-cid"
    return made


def encoded(text: str) -> str:
    return b64encode(text.encode()).decode()


@pytest.mark.compat("1.2-service-invoke")
@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ("", ""),
        (encoded('{"a": 1}'), {"a": 1}),
        (encoded("a=1\nb = x=y\n"), {"a": "1", "b": "x=y"}),
        (encoded("plain text"), "plain text"),
        ({"a": 1}, {"a": 1}),
    ],
)
def test_services_are_invoked_with_decoded_payloads(payload: Any, expected: Any) -> None:
    made = invoke(name="crm.get", payload=payload, data_format="json", timeout=5)
    made.handle()
    name, arguments, options = made.calls[0]
    assert (name, arguments[0], arguments[1:3]) == ("crm.get", expected, ("invoke", "json"))
    assert options["timeout"] == 5.0
    answer = made.response.payload
    assert answer["zato_env"] == ENVELOPE
    assert json.loads(b64decode(answer["zato_service_invoke_response"]["response"])) == {"a": 1}
    assert float(made.response.headers["X-Zato-Response-Time"]) >= 0
    assert made.response.headers["X-Zato-Response-Time-Human"].endswith("ms")


def test_asynchronous_calls_answer_with_a_cid() -> None:
    made = invoke(name="crm.get", is_async=True)
    made.handle()
    assert b64decode(made.response.payload["zato_service_invoke_response"]["response"]) == b"new-cid"
    assert made.calls[0][1][1] == "invoke-async"


def test_response_times_may_be_left_out() -> None:
    made = invoke(name="crm.get", needs_response_time=False, pid=os.getpid())
    made.handle()
    assert made.response.headers == {}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "`name` or `id` of the service is missing"),
        ({"name": "a", "id": 1}, "either `name` or `id`"),
        ({"id": 1}, "No such service with id `1`"),
        ({"name": "a", "all_pids": True}, "`all_pids` is not supported"),
        ({"name": "a", "pid": 1}, "process 1 did not get this request"),
        ({"name": "a", "payload": "%%%"}, "is not Base64"),
    ],
)
def test_impossible_requests_are_refused_in_words(given: dict[str, Any], message: str) -> None:
    with pytest.raises(BadRequest) as caught:
        invoke(**given).handle()
    assert message in caught.value.msg and caught.value.needs_msg


@pytest.mark.compat("1.2-html")
def test_pages_are_made_of_templates(monkeypatch: pytest.MonkeyPatch) -> None:
    service = make(HTMLService)
    monkeypatch.setitem(sys.modules, "django.conf", None)
    with pytest.raises(MissingFeature, match="python -m pip install django"):
        service.set_html_payload({}, "x")
    monkeypatch.undo()
    pytest.importorskip("django")
    service.set_html_payload(
        {"name": "<Zażółć>", "n": 1.5}, "{% if n %}<b>{{ name }}</b> {{ n|floatformat:2 }}{% endif %}"
    )
    assert service.response.payload == "<b>&lt;Zażółć&gt;</b> 1.50".encode()
    assert service.response.content_type == "text/html; charset=utf-8"
    assert _html.render("{{ a }}", {"a": 1}) == "1"


@pytest.mark.compat("1.2-gateways")
def test_a_gateway_invokes_what_it_allows_and_nothing_else() -> None:
    class Gateway(WebSocketsGateway):
        services_allowed = ("crm.get",)

    service = make(Gateway, input=ServiceInput(service="crm.get", request={"a": 1}))
    service.answer = "x"
    service.handle()
    assert service.response.payload == "x" and service.calls == [("crm.get", ({"a": 1},), {})]
    for cls in (Gateway, WebSocketsGateway):
        with pytest.raises(Forbidden):
            make(cls, input=ServiceInput(service="zato.ping")).handle()
    assert ServiceGateway.get_name() == "helpers.service-gateway" and issubclass(ServiceGateway, Invoke)


@pytest.mark.compat("1.2-loggers")
def test_loggers_log_what_they_are_named_after() -> None:
    service = make(JSONRawRequestLogger, raw_request=b'{"a": 1}')
    lines: list[Any] = []
    service.logger = SimpleNamespace(info=lambda *line: lines.append(line[-1]))
    service.handle()
    service.request.raw_request = "no json"
    service.handle()
    assert lines == ['{"a":1}', "no json"]
    service = make(TLSLogger)
    service.logger = SimpleNamespace(info=lambda *line: lines.append(line[-1]))
    service.wsgi_environ = {"HTTP_X_ZATO_TLS_SUBJECT": "x", "HTTP_OTHER": "y"}
    service.handle()
    assert lines[-1] == {"HTTP_X_ZATO_TLS_SUBJECT": "x"}
    with pytest.raises(MissingFeature, match="ibm_mq` needs IBM MQ channels"):
        make(IBMMQLogger).handle()
