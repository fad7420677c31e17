"""What services answer: payloads of every class, statuses, headers, content types, and what exceptions become."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator

import pytest
from environment import Environment, environment, wait_for

LONG_STREAMS = ("endless-stream", "stuck-stream", "repeated-stream")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """An environment with channels of both data formats to the same services."""
    root = tmp_path_factory.mktemp("env") / "qs"
    with environment(root, fixtures=("services/answers.py", "services/fails.py")) as made:
        channels = []
        for prefix, data_format in (("json", "json"), ("plain", "")):
            for path, service in (
                ("payload/{kind}", "answers.payload"),
                ("status/{code}", "answers.status"),
                ("types", "answers.types"),
                ("nothing", "answers.nothing"),
                ("fails/{kind}", "fails.raises"),
            ):
                url_path = f"/{prefix}/{path}"
                channels.append(
                    {"name": url_path, "url_path": url_path, "service": service, "data_format": data_format}
                )
        for service in (
            "none-stays", "length", "not-declared", "headers", "replaced-headers", "bad-header", "stream",
            "broken-stream", "html", "endless-stream", "stuck-stream", "repeated-stream",
        ):  # fmt: skip
            channel = {"name": service, "url_path": f"/{service}", "service": f"answers.{service}"}
            channels.append(channel | ({"timeout": 1} if service in LONG_STREAMS else {}))
        forced = {"content_type": "application/vnd.own+json", "data_format": "json"}
        channels.append({"name": "forced", "url_path": "/forced", "service": "answers.types"} | forced)
        channels.append({"name": "chained", "url_path": "/chained", "service": "fails.chained", "data_format": "json"})
        made.enmasse({"channel_rest": channels})
        yield made


# Payloads (reference service-api 6.1)


@pytest.mark.compat("6.1-bytes", "6.1-falsy", "6.1-text")
@pytest.mark.parametrize("prefix", ["json", "plain"])
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text", "zażółć".encode()),
        ("bytes", bytes(range(256))),
        ("bytearray", b"abc"),
        ("empty text", b""),
        ("empty list", b""),
        ("zero", b""),
        ("false", b""),
        ("to_json", b'{"by": "to_json"}'),
    ],
)
def test_text_and_bytes_are_the_body(served: Environment, prefix: str, kind: str, body: bytes) -> None:
    answer = served.get(f"/{prefix}/payload/{kind.replace(' ', '%20')}")
    assert answer.status == 200
    assert answer.body == body


@pytest.mark.compat("3.3-payload", "6.1-dict", "6.1-list", "6.1-number", "6.1-to-dict")
@pytest.mark.parametrize("prefix", ["json", "plain"])
@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("dict", {"a": [1, 2.5, None, True], "ż": "gęś"}),
        ("bunch", {"a": {"b": 1}}),
        ("list", [1, {"a": "b"}]),
        ("tuple", [1, "two"]),
        ("integer", 7),
        ("float", 2.5),
        ("true", True),
        ("number keys", {"1": "a", "2": "b"}),
        ("to_dict", {"by": "to_dict"}),
        ("to_zato", {"by": "to_zato"}),
        ("large", {"a": "x" * 5_000_000}),
    ],
)
def test_objects_become_json(served: Environment, prefix: str, kind: str, value: object) -> None:
    answer = served.get(f"/{prefix}/payload/{kind.replace(' ', '%20')}")
    assert answer.status == 200
    assert json.loads(answer.body) == value


@pytest.mark.compat("6.1-empty-dict")
def test_an_empty_dictionary_is_json_only_where_json_is_spoken(served: Environment) -> None:
    assert served.get("/json/payload/empty%20dict").body == b"{}"
    assert served.get("/plain/payload/empty%20dict").body == b""


@pytest.mark.compat("6.1-rich")
def test_values_that_json_does_not_have_are_written_anyway(served: Environment) -> None:
    assert served.get("/json/payload/rich").json() == {
        "at": "2030-01-31T12:30:00",
        "zoned": "2030-01-31T12:30:00+00:00",
        "on": "2030-01-31",
        "price": "1.20",
        "id": "00000000-0000-0000-0000-000000000001",
        "tags": ["x"],
        "raw": "bytes",
        "pair": [1, 2],
        "object": {"by": "to_dict"},
    }


@pytest.mark.compat("6.1-unknown-inside")
@pytest.mark.parametrize(
    ("kind", "words"), [("nothing", "HasNothing"), ("nothing inside", "HasNothing"), ("surrogate", "surrogate")]
)
def test_what_cannot_be_written_is_an_error_that_names_it(served: Environment, kind: str, words: str) -> None:
    answer = served.get(f"/json/payload/{kind.replace(' ', '%20')}")
    assert answer.status == 500
    assert words in str(answer.json()["details"])


@pytest.mark.compat("3.3-len")
def test_nothing_assigned_is_an_empty_body(served: Environment) -> None:
    for prefix in ("json", "plain"):
        answer = served.get(f"/{prefix}/nothing")
        assert (answer.status, answer.body) == (200, b"")
    assert served.get("/none-stays").text == "before"
    assert served.get("/length").text == "5"


def test_attributes_of_a_payload_that_was_not_declared_are_an_error(served: Environment) -> None:
    assert served.get("/not-declared").status == 500


@pytest.mark.compat("6.1-generator")
def test_generators_are_streamed(served: Environment) -> None:
    answer = served.get("/stream")
    assert answer.headers["Transfer-Encoding"] == "chunked"
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert answer.text == "data: bytes\n\ndata: 1\n\ndata: 2\n\n"


@pytest.mark.compat("6.1-stream-end")
def test_a_stream_that_breaks_off_does_not_look_complete(served: Environment) -> None:
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        served.get("/broken-stream")
    wait_for(lambda: "the spring dried up" in served.log())
    assert served.get("/length").status == 200


@pytest.mark.parametrize("service", LONG_STREAMS)
def test_a_stream_ends_with_the_time_of_its_channel(served: Environment, service: str) -> None:
    begun = time.monotonic()
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        served.get(f"/{service}")
    assert 0.9 < time.monotonic() - begun < 5
    wait_for(lambda: f"the stream of service `answers.{service}` broke off" in served.log())


def test_a_client_that_does_not_read_keeps_no_thread_beyond_that_time(served: Environment) -> None:
    metrics = ("metrics", served.credentials()["metrics"])

    def running() -> str:
        lines = served.get("/metrics", auth=metrics).text.splitlines()
        return next(line.split()[1] for line in lines if line.startswith("zato_guest_running{"))

    with socket.create_connection(("127.0.0.1", served.port)) as client:
        client.sendall(b"GET /repeated-stream HTTP/1.1\r\nHost: h\r\n\r\n")
        wait_for(lambda: running() == "1")
        wait_for(lambda: running() == "0", 5)


# Statuses and headers (reference service-api 3.3, 6.2)


@pytest.mark.compat("3.3-status")
@pytest.mark.parametrize("code", [200, 201, 202, 204, 301, 304, 400, 404, 418, 422, 429, 500, 503, 511])
def test_known_statuses_are_sent(served: Environment, code: int) -> None:
    answer = served.get(f"/plain/status/{code}")
    assert answer.status == code
    assert answer.body == (b"" if code in (204, 304) else b"body")


@pytest.mark.compat("3.3-status")
@pytest.mark.parametrize(
    "code", ["0", "99", "100", "101", "103", "299", "600", "999", "70000", "-1", "text", "none", "float"]
)
def test_unknown_statuses_are_an_error_of_the_service(served: Environment, code: str) -> None:
    answer = served.get(f"/json/status/{code}")
    assert answer.status == 500
    assert answer.json()["result"] == "Error"
    assert "status" in str(answer.json()["details"])
    wait_for(lambda: answer.json()["cid"] in served.log(), what="the reason in the log")


@pytest.mark.compat("3.3-framing", "3.3-headers", "3.3-headers-replaced", "3.3-numeric")
def test_headers_are_sent(served: Environment) -> None:
    answer = served.get("/headers")
    assert answer.headers["X-Text"].encode("latin-1").decode() == "zażółć"
    assert answer.headers["X-Number"] == "7"
    assert answer.headers["X-Lower"] == "lower"
    assert answer.headers["X-Bytes"] == "value"
    assert answer.headers.get_all("Set-Cookie") == ["a=1", "b=2"]
    assert answer.headers.get_all("Content-Length") == ["4"], "framing is the business of the server"
    assert answer.headers["Transfer-Encoding"] is None
    assert answer.text == "body"
    replaced = served.get("/replaced-headers")
    assert replaced.headers["X-Before"] is None
    assert replaced.headers["X-After"] == "y"


@pytest.mark.compat("3.3-framing")
def test_a_header_cannot_smuggle_in_another(served: Environment) -> None:
    answer = served.get("/bad-header")
    assert answer.status == 500
    assert answer.headers["X-Injected"] is None


@pytest.mark.compat("3.3-content-type", "3.3-content-type-changed", "6.2-content-type", "6.2-header-wins")
@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/plain/types", "text/plain"),
        ("/json/types", "application/json"),
        ("/forced", "application/vnd.own+json"),
        ("/json/types?content_type=text/csv", "text/csv"),
        ("/forced?content_type=text/csv", "text/csv"),
        ("/json/types?header=text/xml", "text/xml"),
        ("/json/types?content_type=text/csv&header=text/xml", "text/xml"),
        ("/json/types?status=204", "application/json"),
        ("/plain/types?content_type=text/html;%20charset=utf-8", "text/html; charset=utf-8"),
    ],
)
def test_the_last_word_about_the_content_type(served: Environment, path: str, content_type: str) -> None:
    answer = served.get(path)
    assert answer.headers.get_all("Content-Type") == [content_type]
    if "status" not in path:
        assert answer.text == f"False {'content_type=' in path}"


def test_a_content_type_that_is_no_header_is_an_error(served: Environment) -> None:
    assert served.get("/json/types?content_type=a%0D%0AX-Injected:%20b").status == 500


# Exceptions (reference service-api 1.4, 6.3, 6.4)


EXCEPTIONS = [
    ("bad-request", 400, "Bad request"),
    ("bad-request-told", 400, "told"),
    ("bad-request-default", 400, "Bad request"),
    ("unauthorized", 401, "who are you"),
    ("unauthorized-silent", 401, "who are you"),
    ("forbidden", 403, "not you"),
    ("forbidden-default", 403, None),
    ("not-found", 404, "no such customer"),
    ("own-not-found", 404, "mine"),
    ("method-not-allowed", 405, "not so"),
    ("conflict", 409, "taken"),
    ("too-many-requests", 429, "slow down"),
    ("internal", 500, "told as well"),
    ("internal-default", 500, "Internal server error"),
    ("unavailable", 503, "come back"),
    ("element-missing", 400, "Element missing: /customer/name"),
    ("inactive", 404, "Service inactive"),
]


@pytest.mark.compat(
    "1.4-Conflict", "1.4-Forbidden", "1.4-Inactive", "1.4-InternalServerError", "1.4-MethodNotAllowed",
    "1.4-NotFound", "1.4-ServiceUnavailable", "1.4-TooManyRequests", "1.4-Unauthorized", "3.3-headers-of-errors",
    "6.4-json",
)  # fmt: skip
@pytest.mark.parametrize(("kind", "status", "details"), EXCEPTIONS)
def test_exceptions_have_their_statuses_and_bodies(
    served: Environment, kind: str, status: int, details: str | None
) -> None:
    answer = served.get(f"/json/fails/{kind}")
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json()
    assert set(body) == {"result", "cid", "details"}
    assert body["result"] == "Error"
    assert len(body["cid"]) == 24
    plain = served.get(f"/plain/fails/{kind}")
    assert plain.status == status
    assert plain.headers["Content-Type"] == "text/plain"
    if details is None:
        assert body["details"] == plain.text
    else:
        assert body["details"] == details
        assert plain.text == details
    for each in (answer, plain):
        assert each.headers["X-Before"] == "survives", "headers set before raising are sent"
        assert each.headers["WWW-Authenticate"] == ('Basic realm="here"' if kind == "unauthorized" else None)


def test_an_error_that_is_reported_is_500_before_4_1(served: Environment) -> None:
    answer = served.get("/json/fails/reportable")
    assert answer.status == 500
    assert answer.json()["details"] == "teapot"


@pytest.mark.compat("1.4-HTTPException", "1.4-others", "6.3-other-exceptions", "6.4-empty-details", "6.4-other")
@pytest.mark.parametrize(
    ("kind", "details"),
    [
        ("plain", ["one", 2, {"three": [4]}]),
        ("key", ["missing"]),
        ("parsing", ["cannot parse"]),
        ("timeout", ["too late"]),
        ("http", ["upstream"]),
        ("empty", None),
        ("assertion", None),
        ("object", ...),
        ("long", ["x" * 100_000]),
        ("surrogate", ...),
        ("base", ["not an Exception"]),
        ("generator", None),
        ("broken-repr", ["x"]),
    ],
)
def test_any_other_exception_is_500_with_its_arguments(served: Environment, kind: str, details: object) -> None:
    answer = served.get(f"/json/fails/{kind}")
    assert answer.status == 500
    body = answer.json()
    assert body["result"] == "Error"
    if details is None:
        assert "details" not in body
    elif details is not ...:
        assert body["details"] == details
    plain = served.get(f"/plain/fails/{kind}")
    assert plain.status == 500
    assert plain.body, "there is always something to read"


def test_the_log_has_the_traceback_under_the_cid_of_the_answer(served: Environment) -> None:
    cid = served.get("/chained").json()["cid"]
    wait_for(lambda: cid in served.log())
    wait_for(lambda: "KeyError: 'inner'" in served.log())
    log = served.log()
    assert "ValueError: outer" in log
    assert "direct cause" in log
    assert "fails.py" in log


@pytest.mark.compat("1.4-StatusAwareException")
def test_exceptions_are_the_same_from_every_home(served: Environment) -> None:
    facts = served.invoke("fails.facts").json()
    assert facts == {
        "homes": [True] * 7,
        "client_http_error": True,
        "all_in_common": True,
        "attributes": [True, "text", 400, "Bad Request", True, ["text"]],
        "own": [True, "text", ["text"], True, True],
        "inactive": "`x` is inactive",
        "families": [True] * 4,
        "constant": "ZATO_OK",
    }


# Settings of server.conf


@pytest.mark.compat("6.2-cid", "6.2-server-json", "6.3-no-details")
def test_an_administrator_decides_what_callers_are_told(tmp_path_factory: pytest.TempPathFactory) -> None:
    settings = {
        "misc": {
            "return_tracebacks": "False",
            "default_error_message": "Call us",
            "needs_x_zato_cid": "True",
            "http_server_header": "Apache",
        },
        "http_response": {"code_404_message": "Gone Fishing", "code_404_content_type": "text/x-own"},
        "content_type": {"json": "application/json; charset=utf-8"},
    }
    root = tmp_path_factory.mktemp("env") / "qs"
    with environment(root, settings=settings, fixtures=("services/fails.py",)) as zato:
        zato.channel("/fails/{kind}", "fails.raises", data_format="json")
        failed = zato.get("/fails/plain")
        assert failed.json()["details"] == "Call us"
        assert failed.headers["X-Zato-CID"] == failed.json()["cid"]
        assert failed.headers["Server"] == "Apache"
        assert failed.headers["Content-Type"] == "application/json; charset=utf-8"
        assert zato.get("/fails/conflict").json()["details"] == "taken"
        unknown = zato.get("/no/such")
        assert unknown.headers["Content-Type"] == "text/x-own"
        assert unknown.headers["X-Zato-CID"] in unknown.text
        connection = http.client.HTTPConnection("127.0.0.1", zato.port)
        connection.request("GET", "/no/such")
        assert connection.getresponse().reason == "Gone Fishing"
        connection.close()
