"""What clients see over HTTP."""

from __future__ import annotations

import re
import socket

import pytest
from environment import Environment, wait_for

ECHO = """\
from zato.server.service import Service

class Echo(Service):
    def handle(self):
        self.response.payload = {
            'params': dict(self.request.http.params), 'get': dict(self.request.http.GET),
            'channel_params': dict(self.request.channel_params), 'payload': self.request.payload,
            'method': self.request.http.method,
        }

class Raw(Service):
    def handle(self):
        self.response.payload = self.request.raw_request

class Stream(Service):
    def handle(self):
        self.response.content_type = 'text/event-stream'
        self.response.payload = (f'data: {i}\\n\\n' for i in range(3))

class Fails(Service):
    def handle(self):
        raise ValueError('not this', 7)

class Missing(Service):
    input = 'one', '-two'
    output = 'three'
    def handle(self):
        self.response.payload.three = self.request.input.one

class Verbs(Service):
    def handle_GET(self):
        self.response.payload = 'got'
    def handle_POST(self):
        self.response.payload = 'posted'
"""


@pytest.fixture(scope="module")
def served(zato: Environment) -> Environment:
    zato.deploy("http_api.py", ECHO)
    channels = [
        {"name": "t.echo", "url_path": "/echo/{kind}/{number}", "service": "http-api.echo", "data_format": "json"},
        {"name": "t.raw", "url_path": "/raw", "service": "http-api.raw"},
        {"name": "t.stream", "url_path": "/stream", "service": "http-api.stream"},
        {"name": "t.fails", "url_path": "/fails", "service": "http-api.fails", "data_format": "json"},
        {"name": "t.fails.text", "url_path": "/fails.text", "service": "http-api.fails"},
        {"name": "t.missing", "url_path": "/missing", "service": "http-api.missing", "data_format": "json"},
        {"name": "t.verbs", "url_path": "/verbs", "service": "http-api.verbs"},
    ]
    zato.enmasse({"channel_rest": channels})
    wait_for(lambda: zato.get("/verbs").text == "got")
    return zato


@pytest.mark.compat("1.2-ping", "6.4-admin")
def test_ping_has_the_shape_of_3_2(zato: Environment) -> None:
    answer = zato.get("/zato/ping")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    value = answer.json()
    assert value["pong"] == "zato"
    assert value["zato_env"]["result"] == "ZATO_OK"
    assert re.fullmatch("[0-9a-f]{24}", value["zato_env"]["cid"])
    assert value["zato_env"]["details"] == ""


def test_the_invoke_channel_needs_credentials(zato: Environment) -> None:
    refused = zato.get("/zato/api/invoke/demo.ping")
    assert refused.status == 401
    assert refused.headers["WWW-Authenticate"].startswith('Basic realm="')
    assert zato.invoke("demo.ping").status == 200
    assert zato.invoke("no.such").status == 400
    assert "no.such" not in zato.invoke("no.such").text


def test_the_invoke_channel_runs_only_internal_services_that_are_listed(zato: Environment) -> None:
    assert zato.invoke("pub.zato.ping").json()["pong"] == "zato"
    hidden, missing = zato.invoke("zato.ping"), zato.invoke("zato.pong")
    assert (hidden.status, missing.status) == (400, 400)
    for answer in (hidden, missing):
        answer.body = re.sub(rb"[0-9a-f]{24}|p[io]ng", b"?", answer.body)
    assert hidden.body == missing.body, "nobody can tell what is hidden from what is missing"


def test_path_parameters_query_string_and_json_body(served: Environment) -> None:
    value = served.post("/echo/book/42?number=43&tag=a&tag=b&empty=", {"title": "Zażółć"}).json()
    assert value["params"] == {"kind": "book", "number": "42"}
    assert value["get"] == {"number": "43", "tag": ["a", "b"], "empty": ""}
    assert value["channel_params"]["number"] == "43"
    assert value["payload"] == {"title": "Zażółć"}
    assert value["method"] == "POST"


def test_bytes_in_are_bytes_out(served: Environment) -> None:
    body = bytes(range(256)) * 10
    assert served.request("POST", "/raw", body).body == body


def test_a_chunked_request_and_a_streamed_response(served: Environment) -> None:
    answer = served.request("POST", "/raw", iter([b"one ", b"two ", b"three"]))  # type: ignore[arg-type]
    assert answer.body == b"one two three"
    streamed = served.get("/stream")
    assert streamed.headers["Transfer-Encoding"] == "chunked"
    assert streamed.headers["Content-Type"] == "text/event-stream"
    assert streamed.text == "data: 0\n\ndata: 1\n\ndata: 2\n\n"


def test_error_bodies_of_3_2(served: Environment) -> None:
    answer = served.get("/fails")
    assert answer.status == 500
    assert answer.json()["result"] == "Error"
    assert answer.json()["details"] == ["not this", 7]
    text = served.get("/fails.text")
    assert text.status == 500
    assert "not this" in text.text
    unknown = served.get("/no/such/path")
    assert unknown.status == 404
    assert re.fullmatch(r"URL not found \(CID:[0-9a-f]{24}\)", unknown.text)


def test_missing_input_is_named(served: Environment) -> None:
    answer = served.post("/missing", {"two": 2})
    assert answer.status == 400
    assert answer.json()["details"] == "Element missing: one"
    assert served.post("/missing", {"one": 1}).json() == {"three": "1"}
    broken = served.request("POST", "/missing", '{"one": ')
    assert broken.status == 400
    assert "line 1 column" in broken.text


def test_verb_handlers(served: Environment) -> None:
    assert served.get("/verbs").text == "got"
    assert served.request("POST", "/verbs").text == "posted"
    refused = served.request("DELETE", "/verbs")
    assert refused.status == 405
    assert refused.body == b""


def test_head_has_no_body_but_its_length(served: Environment) -> None:
    answer = served.request("HEAD", "/raw")
    assert answer.body == b""


@pytest.mark.parametrize(
    "head",
    [
        "POST /raw HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /raw HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "POST /raw HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n",
        "POST /raw HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\nhello",
        "GET /raw HTTP/1.1\r\nHost: x\r\nX-Folded: a\r\n b\r\n\r\n",
        "GET /raw HTTP/1.1\nHost: x\n\n",
        "GET /raw HTTP/1.1\r\n\r\n",
        "POST /raw HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello",
    ],
)
def test_smuggling_shapes_are_refused_and_the_connection_is_closed(served: Environment, head: str) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection:
        connection.sendall(head.encode() + b"GET /zato/ping HTTP/1.1\r\nHost: x\r\n\r\n")
        received = b""
        while piece := connection.recv(65536):
            received += piece
    assert received.startswith(b"HTTP/1.1 400")
    assert received.count(b"\r\nconnection: close\r\n") == 1
    assert received.count(b"\r\nserver: ") == 1


def test_metrics_and_health(served: Environment) -> None:
    assert served.get("/zato/health/live").status == 200
    assert served.get("/zato/health/ready").status == 200
    assert served.get("/metrics").status == 401
    text = served.get("/metrics", auth=("metrics", served.credentials()["metrics"])).text
    assert 'channel="t.raw"' in text
    assert "zato_" in text


def test_the_access_log_has_a_line_for_each_request(served: Environment) -> None:
    served.get("/raw?access=1", headers={"User-Agent": "access-test"})
    log = served.server / "logs" / "http_access.log"
    access = log if log.exists() else served.server / "logs" / "access.log"
    line = wait_for(lambda: [line for line in access.read_text().splitlines() if "access-test" in line])[0]
    assert '"t.raw"' in line
    # The query string is left out: it may hold secrets.
    assert '"GET /raw HTTP/1.1" 200' in line


def test_the_cid_is_on_log_lines(served: Environment) -> None:
    cid = served.get("/fails").json()["cid"]
    wait_for(lambda: cid in served.log())
