"""Adapters: what they make of a request before a connection gets it, and of what comes back."""
# ruff: noqa: RUF012 - services declare such attributes

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from zato.common._missing import MissingFeature
from zato.common.exception import HTTPException
from zato.server.service import ODataAdapter, PubSubHook, RESTAdapter, SAPAdapter, WSXAdapter, WSXHook
from zato.server.service.adapter import JSONAdapter


class Connection:
    """Records calls and answers as told."""

    def __init__(self, status: int = 200, text: str = '{"ok": true}') -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.response = SimpleNamespace(status_code=status, text=text)

    def post(self, *args: Any, **options: Any) -> Any:
        self.calls.append((*args, options))
        return self.response

    def rest_call(self, **options: Any) -> Any:
        self.calls.append((options,))
        return "answer"


def run(cls: type, payload: Any = "", connection: Connection | None = None, **given: Any) -> Any:
    """Runs a service with a connection called `crm`, and gives it."""
    attributes: dict[str, Any] = {
        "cid": "abc",
        "request": SimpleNamespace(payload=payload, input=given),
        "response": SimpleNamespace(payload=None),
    }
    if connection is not None:
        attributes["out"] = SimpleNamespace(rest={"crm": SimpleNamespace(conn=connection)})
    service = type(cls.__name__, (cls,), attributes)()
    service.handle()
    return service


class Send(JSONAdapter):
    outconn = "crm"
    method = "POST"


@pytest.mark.compat("1.2-zato.server.service.adapter", "1.5-params", "1.5-query")
def test_payload_and_parameters_become_the_body() -> None:
    class Own(Send):
        params = {"b": 2, "c": 3}
        force_in_qs = ["c", "absent"]

    connection = Connection()
    payload = {"a": 1, "b": 1}
    service = run(Own, payload, connection)
    assert connection.calls == [("abc", {"params": {"c": 3}, "data": '{"a":1,"b":2}'})]
    assert service.response.payload == {"ok": True} and payload == {"a": 1, "b": 1}


@pytest.mark.compat("1.5-params", "1.5-query", "1.5-response")
def test_parameters_may_lose_and_go_to_the_query_string() -> None:
    class Own(Send):
        params = {"b": 2}
        apply_params = "apply-before-request"
        params_to_qs = True
        load_response = False

    connection = Connection()
    service = run(Own, {"b": 1}, connection)
    assert connection.calls == [("abc", {"params": {"b": 1}})]
    assert service.response.payload == '{"ok": true}'
    run(Send, "", connection)
    assert connection.calls[-1] == ("abc", {"params": {}, "data": "{}"})
    run(Send, "text", connection)
    assert connection.calls[-1] == ("abc", {"params": {}, "data": "text"})


@pytest.mark.compat("1.5-echo", "1.5-errors")
def test_errors_of_the_other_side_are_raised_and_echo_is_answered_at_once() -> None:
    with pytest.raises(HTTPException) as error:
        run(Send, {}, Connection(503, "down"))
    assert (error.value.status, error.value.msg) == (503, "down")

    class Tolerant(Send):
        raise_error_on = ["4"]
        load_response = False

    assert run(Tolerant, {}, Connection(503, "down")).response.payload == "down"
    assert run(Send, {"echo": True}).response.payload == {"echo": True}


@pytest.mark.compat("1.1-vendor-adapters", "1.5-required")
def test_adapters_say_what_is_missing() -> None:
    with pytest.raises(KeyError, match="there is no outgoing REST connection"):
        run(Send, {})
    with pytest.raises(ValueError, match="class JSONAdapter needs the attribute `outconn`"):
        run(JSONAdapter, {})
    with pytest.raises(ValueError, match="needs the attribute `conn_name`"):
        run(RESTAdapter)
    with pytest.raises(MissingFeature, match="needs SAP connections"):
        run(SAPAdapter)
    with pytest.raises(MissingFeature, match="needs OData connections"):
        run(type("Own", (ODataAdapter,), {}))


@pytest.mark.compat("1.1-RESTAdapter", "1.6-ids")
def test_attributes_of_a_rest_adapter_are_enough() -> None:
    class Own(RESTAdapter):
        conn_name = "crm"
        has_query_string_id = True
        has_json_id = True
        json_id_param = "number"
        sec_def_name = "token"

    connection = Connection()
    service = run(Own, connection=connection, id=7, number=8)
    assert service.response.payload == "answer"
    (options,) = connection.calls[0]
    assert options == {
        "cid": "abc",
        "data": {"number": 8},
        "model": None,
        "callback": None,
        "params": {"id": 7},
        "headers": {},
        "method": "GET",
        "sec_def_name": "token",
        "auth_scopes": "",
        "log_response": False,
    }


@pytest.mark.compat("1.6-conn-name", "1.6-map-response", "1.6-methods")
def test_methods_of_a_rest_adapter_win() -> None:
    class Own(RESTAdapter):
        conn_name = "other"

        def get_conn_name(self) -> str:
            return "crm"

        def get_request(self) -> Any:
            return {"a": 1}

        def get_query_string(self, params: Any) -> Any:
            return {"q": 1}

        def get_path_params(self, params: Any) -> Any:
            return {"p": params["q"] + 1}

        def get_method(self) -> str:
            return "patch"

        def get_headers(self) -> Any:
            return {"X-A": "b"}

        def get_auth_bearer(self) -> str:
            return "t"

        def get_auth_scopes(self) -> str:
            return "s"

        def get_sec_def_name(self) -> str:
            return "d"

        def map_response(self, data: Any, **_: Any) -> Any:
            return data

    connection = Connection()
    run(Own, connection=connection)
    (options,) = connection.calls[0]
    assert options["callback"]("x") == "x"
    assert options["headers"] == {"Authorization": "Bearer t", "X-A": "b"}
    del options["callback"], options["headers"]
    assert options == {
        "cid": "abc",
        "data": {"a": 1},
        "model": None,
        "params": {"q": 1, "p": 2},
        "method": "PATCH",
        "sec_def_name": "d",
        "auth_scopes": "s",
        "log_response": False,
    }


@pytest.mark.compat("1.1-hooks", "2.7-dispatch")
def test_hooks_run_the_method_of_what_happened() -> None:
    called = []

    class Own(PubSubHook):
        def before_publish(self) -> None:
            called.append("before_publish")

    def context(hook_type: str) -> Any:
        return SimpleNamespace(hook_type=hook_type)

    def hook(cls: type, hook_type: str) -> None:
        attributes = {"request": SimpleNamespace(input=SimpleNamespace(ctx=context(hook_type)))}
        type(cls.__name__, (cls,), attributes)().handle()

    hook(Own, "pubsub_before_publish")
    hook(Own, "pubsub_on_subscribed")
    hook(WSXHook, "wsx_on_connected")
    assert called == ["before_publish"]
    with pytest.raises(ValueError, match="class WSXHook has no method for hooks of type `other`"):
        hook(WSXHook, "other")
    assert WSXAdapter().on_message_received(context("")) is None
