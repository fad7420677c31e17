"""Outgoing REST connections, against a server that records what it gets (reference connections 12)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from environment import Environment, environment, free_port, wait_for
from peer import Peer, peer


@pytest.fixture(scope="module")
def recorder() -> Iterator[Peer]:
    """The server that connections lead to."""
    with peer() as running:
        yield running


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, recorder: Peer) -> Iterator[Environment]:
    """An environment with connections to the recorder."""

    def connection(name: str, path: str = "/", **fields: Any) -> dict[str, Any]:
        return {"name": name, "host": recorder.host, "url_path": path, **fields}

    security = [
        {"name": "basic", "type": "basic_auth", "username": "us", "password": "pw"},
        {"name": "key", "type": "apikey", "header": "X-Key", "password": "kk"},
        {"name": "bearer", "type": "bearer_token", "username": "me", "password": "right",
         "auth_endpoint": f"{recorder.host}/token", "scopes": ["a", "b"]},
        {"name": "denied", "type": "bearer_token", "username": "me", "password": "wrong",
         "auth_endpoint": f"{recorder.host}/token"},
    ]  # fmt: skip
    connections = [
        connection("peer", "/things/{id}", data_format="json"),
        connection("plain", "/plain"),
        connection("form", "/form", data_format="form"),
        connection("typed", "/typed", content_type="application/vnd.x+json"),
        connection("peer by key", "/by-key", security="key"),
        connection("by basic", "/by-basic", security_name="basic"),
        connection("by bearer", "/by-bearer", security="bearer"),
        connection("guarded", "/guarded", security="bearer"),
        connection("by denied", "/by-denied", security="denied"),
        connection("anything", "/{path}"),
        connection("pieces", "/pieces"),
        connection("slow", "/slow/{seconds}", timeout=0.3),
        connection("off", "/off", is_active=False),
        connection("not-found", "/status/404"),
        {"name": "nobody", "host": f"http://127.0.0.1:{free_port()}", "timeout": 2},
    ]
    names = "call facade lookups failing pieces modeled adapter old-adapter failed models"
    channels = [
        {"name": name, "url_path": f"/{name}", "service": f"outside.{name}", "data_format": "json"}
        for name in names.split()
    ]
    root = tmp_path_factory.mktemp("env") / "qs"
    with environment(root, fixtures=("services/outside.py",)) as made:
        made.enmasse({"security": security, "outgoing_rest": connections, "channel_rest": channels})
        yield made


def call(served: Environment, connection: str, method: str = "get", *args: Any, **options: Any) -> Any:
    """Has a service call a connection; gives what the response was."""
    given = {"connection": connection, "method": method, "args": args, "options": options}
    answer = served.post("/call", given)
    assert answer.status == 200, answer.text
    return answer.json()


def failure(served: Environment, connection: str, params: Any = None, **options: Any) -> Any:
    """Has a service call a connection; gives what was raised."""
    return served.post("/failing", {"connection": connection, "params": params, "options": options}).json()


@pytest.mark.compat("3.5-rest-methods", "3.5-rest-headers")
@pytest.mark.parametrize("method", ["get", "post", "send", "put", "patch", "delete", "options"])
def test_each_method_sends_what_it_is_called(served: Environment, recorder: Peer, method: str) -> None:
    got = call(served, "plain", method)
    assert got["status"] == 200 and got["data"]["method"] == {"send": "POST"}.get(method, method.upper())
    assert recorder.last().headers["x-zato-cid"]
    assert recorder.last().headers["x-zato-component"] == "server1"
    assert "T" in recorder.last().headers["x-zato-msg-ts"]


@pytest.mark.compat("3.5-rest-params")
def test_parameters_fill_the_path_and_the_rest_is_the_query_string(served: Environment, recorder: Peer) -> None:
    call(served, "peer", "get", {"id": "a b/c", "q": ["1", "2"], "none": None, "text": "x&y"})
    assert recorder.last().path == "/things/a%20b/c"
    assert recorder.last().query == {"q": ["1", "2"], "text": ["x&y"]}
    call(served, "peer", "get", {"id": "x?y#z"})
    assert recorder.last().path == "/things/x%3Fy%23z" and recorder.last().query == {}


@pytest.mark.compat("3.5-rest-params")
def test_paths_that_cannot_be_built_are_value_errors(served: Environment, recorder: Peer) -> None:
    count = len(recorder.seen)
    for params, message in [
        (None, "No parameters given for URL path"),
        ({"other": 1}, "Could not build URL path"),
        ({"id": "../admin"}, "would lead out of it"),
        ({"id": "%2e%2E/admin"}, "would lead out of it"),
    ]:
        got = failure(served, "peer", params)
        assert "ValueError" in got["error"] and message in got["message"], got
    assert len(recorder.seen) == count


@pytest.mark.compat("3.5-rest-body")
def test_bodies_are_written_by_the_data_format(served: Environment, recorder: Peer) -> None:
    call(served, "peer", "post", {"a": [1, "ż"]}, {"id": 1})
    assert json.loads(recorder.last().body) == {"a": [1, "ż"]}
    assert recorder.last().headers["content-type"] == "application/json"
    call(served, "form", "post", {"a": "1 2", "b": ["x", "y"]})
    assert recorder.last().body == b"a=1+2&b=x&b=y"
    call(served, "plain", "post", "ż text")
    assert recorder.last().body == "ż text".encode() and recorder.last().headers["content-type"] == "text/plain"
    call(served, "plain", "post", {"a": 1})
    assert recorder.last().headers["content-type"] == "application/x-www-form-urlencoded"
    call(served, "typed", "post", "{}")
    assert recorder.last().headers["content-type"] == "application/vnd.x+json"
    call(served, "typed", "post", "{}", headers={"content-type": "text/own", "X-Own": "ż"})
    assert recorder.last().headers["content-type"] == "text/own"
    call(served, "plain", "post", json={"j": 1})
    assert json.loads(recorder.last().body) == {"j": 1}
    assert served.post("/models", {}).json()["sent"] == '{"method":"a","path":"b"}'


@pytest.mark.compat("3.5-rest-security")
def test_credentials_go_with_requests(served: Environment, recorder: Peer) -> None:
    call(served, "by basic")
    assert recorder.last().headers["authorization"] == "Basic dXM6cHc="
    call(served, "peer by key")
    assert recorder.last().headers["x-key"] == "kk"
    call(served, "plain", sec_def_name="key")
    assert recorder.last().headers["x-key"] == "kk"
    call(served, "plain", auth=["a", "b"])
    assert recorder.last().headers["authorization"] == "Basic YTpi"
    assert "no active security definition `nothing`" in failure(served, "plain", sec_def_name="nothing")["message"]


@pytest.mark.compat("3.5-rest-security")
def test_bearer_tokens_are_fetched_once_and_again_when_refused(served: Environment, recorder: Peer) -> None:
    asked = [one for one in recorder.seen if one.path == "/token"]
    assert not asked
    for _ in range(3):
        call(served, "by bearer")
        assert recorder.last().headers["authorization"] == "Bearer token-1"
    (asked,) = [one for one in recorder.seen if one.path == "/token"]
    assert asked.body == b"grant_type=client_credentials&client_id=me&client_secret=right&scope=a+b"
    assert call(served, "guarded")["status"] == 401, "nothing is sent twice"
    assert call(served, "guarded")["status"] == 200
    assert recorder.last().headers["authorization"] == "Bearer token-2"
    got = failure(served, "by denied")
    assert got["error"][0] == "TokenError" and "`denied`" in got["message"] and "invalid_client" in got["message"]
    assert "wrong" not in got["message"]


@pytest.mark.compat("3.5-rest-response")
def test_responses_have_the_shape_of_requests(served: Environment) -> None:
    got = call(served, "anything", "get", {"path": "text"})
    assert (got["data"], got["text"], got["type"]) == ("zażółć", "zażółć", "text/plain; charset=utf-8")
    assert got["cookies"] == {"a": "1"} and got["reason"] == "OK"
    assert call(served, "anything", "get", {"path": "empty"})["data"] == ""
    assert call(served, "anything", "get", {"path": "gzip"})["data"] == {"packed": True}
    got = call(served, "not-found")
    assert (got["status"], got["ok"], got["data"]) == (404, False, "status 404")
    got = failure(served, "anything", {"path": "broken"})
    assert "Could not parse JSON response of `anything`" in got["message"] and "Exception" in got["error"]


def test_redirects_are_followed_unless_told_otherwise(served: Environment) -> None:
    got = call(served, "anything", "get", {"path": "redirect"})
    assert got["history"] == [302] and got["url"].endswith("/landed?from=redirect")
    got = call(served, "anything", "get", {"path": "redirect"}, allow_redirects=False)
    assert (got["status"], got["history"]) == (302, [])
    assert failure(served, "anything", {"path": "loop"})["error"][0] == "TooManyRedirects"


def test_bodies_can_be_read_piece_by_piece(served: Environment) -> None:
    got = served.post("/pieces", {}).json()
    assert got["lines"] == [f"line {number}" for number in range(5)]
    assert got["sized"] == [16, 16, 3] and got["whole"] == 35


@pytest.mark.compat("3.5-rest-failures")
def test_failures_are_exceptions_that_say_what_happened(served: Environment) -> None:
    assert failure(served, "slow", {"seconds": "3"}) == {"timeout": "ReadTimeout", "cid": True}
    assert failure(served, "slow", {"seconds": "0.6"}, timeout=0.1)["timeout"] == "ReadTimeout"
    got = failure(served, "nobody")
    assert got["error"][0] == "ConnectionError" and "OSError" in got["error"] and "refused" in got["message"]
    assert failure(served, "off") == {"inactive": "`off` is inactive"}
    assert failure(served, "anything", {"path": "hang-up"})["error"][0] == "ConnectionError"
    assert failure(served, "anything", {"path": "cut"})["error"][0] == "ContentError"
    got = failure(served, "plain", hooks={})
    assert got["error"][0] == "TypeError" and "`hooks`" in got["message"]


def test_connections_are_kept_open(served: Environment, recorder: Peer) -> None:
    call(served, "plain")
    port = recorder.last().port
    for _ in range(5):
        call(served, "plain")
        assert recorder.last().port == port


@pytest.mark.compat("3.5-rest", "3.5-rest-methods")
def test_lookups_find_what_there_is(served: Environment, recorder: Peer) -> None:
    got = served.post("/lookups", {}).json()
    assert got["missing"] is None and got["is_there"] == [True, False]
    assert "there is no outgoing REST connection `absent`; there are `anything`, `by basic`" in got["key"]
    assert got["config"] == [recorder.host, None, 10.0]
    assert "Code: 200" in got["ping"] and recorder.host in got["ping"]
    assert "`$NO_SUCH_VARIABLE`, which is not set" in got["env"]


@pytest.mark.compat("3.5-rest-facade")
def test_the_facade_takes_no_correlation_id(served: Environment, recorder: Peer) -> None:
    got = served.post("/facade", {}).json()
    first, second, third = got["found"]
    assert (first["path"], json.loads(first["body"])) == ("/things/7", {"a": 1})
    assert (second, third) == ("/by-key", "/things/8")
    assert recorder.last().headers["x-zato-cid"] == got["cid"]


@pytest.mark.compat("3.5-rest-model")
def test_models_come_out_of_calls(served: Environment) -> None:
    assert served.post("/modeled", {}).json() == {"one": ["Seen", "GET"], "mapped": "/things/2"}


@pytest.mark.compat("1.6-connection")
def test_adapters_call_what_they_declare(served: Environment, recorder: Peer) -> None:
    assert served.post("/adapter", {}).json() == {"mapped": "/things/5"}
    assert recorder.last().query == {"q": ["x y"]} and json.loads(recorder.last().body) == {"asked": True}
    assert json.loads(served.post("/old-adapter", {"a": 1}).json()["body"]) == {"a": 1, "extra": 1}
    assert served.post("/failed", {}).status == 500


def test_changed_connections_are_used_at_once(served: Environment, recorder: Peer) -> None:
    moved = {"name": "moving", "host": recorder.host, "url_path": "/before"}
    served.enmasse({"outgoing_rest": [moved]})
    assert call(served, "moving")["data"]["path"] == "/before"
    served.enmasse({"outgoing_rest": [{**moved, "url_path": "/after"}]})
    assert call(served, "moving")["data"]["path"] == "/after"


def test_a_waiting_service_ends_when_its_time_is_over(served: Environment) -> None:
    limited = {"name": "limited", "url_path": "/limited", "service": "outside.waiting", "timeout": 1}
    served.enmasse({"channel_rest": [limited]})
    assert served.get("/limited").status == 504
    wait_for(lambda: "waiting ended by TimeoutException" in served.log(), 5, "the service is interrupted")
