"""What services see of a request: its body in every form, parameters, headers, channel and caller."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from environment import Environment, environment

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """An environment whose channels lead to services that tell what they see."""
    root = tmp_path_factory.mktemp("env") / "qs"
    with environment(root, fixtures=("services/reads.py",)) as made:
        made.enmasse(
            {
                "security": [{"name": "t.basic", "type": "basic_auth", "username": "crm", "password": "s3cret"}],
                "channel_rest": [
                    channel("/payload", "payload", data_format="json"),
                    channel("/plain", "payload"),
                    channel("/bunches", "bunches", data_format="json"),
                    channel("/http/{kind}/{number}", "http", data_format="json"),
                    channel("/http-plain", "http"),
                    channel("/path-first/{number}", "http", data_format="json", url_params_pri="path-over-qs"),
                    channel("/unmerged/{number}", "http", data_format="json", merge_url_params_req=False),
                    channel("/form", "form", data_format="form"),
                    channel("/input", "input", data_format="json"),
                    channel("/input/{two}", "input", data_format="json"),
                    channel("/require-any", "require-any", data_format="json"),
                    channel("/unknown-input", "unknown-input", data_format="json"),
                    channel("/environ/{number}", "environ", data_format="json", security="t.basic"),
                    channel("/channel", "channel", data_format="json", security="t.basic"),
                    channel("/open", "channel"),
                    channel("/context", "context", data_format="json"),
                    channel("/invoked", "invoked", data_format="json"),
                ],
            }
        )
        yield made


def channel(path: str, service: str, **fields: object) -> dict[str, object]:
    return {"name": f"t{path}", "url_path": path, "service": f"reads.{service}"} | fields


# Bodies (reference service-api 7)


@pytest.mark.compat("3.1-data-format", "3.2-cid", "3.2-data-format", "3.2-payload", "3.2-raw-request", "7-json")
@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        ('{"a": [1, "ż"]}', "dict", "{'a': [1, 'ż']}"),
        ("[1, 2.5, null]", "list", "[1, 2.5, None]"),
        ('"text"', "str", "'text'"),
        ("7", "int", "7"),
        ("true", "bool", "True"),
        ("null", "NoneType", "None"),
        ("", "str", "''"),
    ],
)
def test_json_arrives_as_objects_of_python(served: Environment, body: str, kind: str, text: str) -> None:
    seen = served.request("POST", "/payload", body.encode()).json()
    assert seen["payload"] == {"class": kind, "text": text}
    assert seen["raw_request"] == {"class": "bytes", "text": body.encode().decode("latin-1")}
    assert seen["same_again"] is True
    assert seen["aliases"] is True
    assert seen["cid"] is True
    assert seen["data_format"] == ["json"] * 3
    assert seen["transport"] == ["plain_http"] * 2


@pytest.mark.compat("7-broken-json")
def test_json_that_is_broken_arrives_as_bytes(served: Environment) -> None:
    seen = served.request("POST", "/payload", '{"a": ').json()
    assert seen["payload"] == {"class": "bytes", "text": '{"a": '}


@pytest.mark.compat("7-none")
def test_without_a_data_format_the_body_stays_bytes(served: Environment) -> None:
    seen = served.request("POST", "/plain", bytes(range(256))).json()
    assert seen["payload"] == {"class": "bytes", "text": bytes(range(256)).decode("latin-1")}
    assert served.get("/plain").json()["payload"] == {"class": "bytes", "text": ""}


def test_nothing_is_input_where_nothing_is_declared(served: Environment) -> None:
    assert served.post("/payload", {"a": 1}).json()["input"] == {"class": "NoneType", "text": "None"}


@pytest.mark.compat("3.2-bunchified", "3.2-deepcopy")
def test_requests_become_bunches(served: Environment) -> None:
    seen = served.post("/bunches", {"customer": {"name": "Ann"}, "tags": [{"label": "x"}]}).json()
    assert seen == {"name": "Ann", "tags": "x", "is_bunch": True, "same": True, "payload": "Ann"}


@pytest.mark.compat("7-form")
def test_a_form_arrives_as_a_dictionary(served: Environment) -> None:
    seen = served.request("POST", "/form", "a=1&b=x+y&a=2&empty=&z=%C5%BC", FORM).json()
    assert seen["form"] == {"a": "2", "b": "x y", "empty": "", "z": "ż"}


@pytest.mark.compat("7-form")
def test_a_multipart_form_arrives_as_a_dictionary(served: Environment) -> None:
    body = (
        '--XX\r\nContent-Disposition: form-data; name="a"\r\n\r\none\r\n'
        '--XX\r\nContent-Disposition: form-data; name="doc"; filename="d.txt"\r\nContent-Type: text/plain\r\n\r\n'
        "content of the file\r\n--XX--\r\n"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=XX"}
    seen = served.request("POST", "/form", body, headers).json()
    assert seen == {"form": {"a": "one", "doc": "content of the file"}, "bytes": ["doc"]}


@pytest.mark.compat("7-form-other")
def test_what_is_no_form_stays_what_it_is(served: Environment) -> None:
    seen = served.request("POST", "/form", "a=1", {"Content-Type": "text/plain"}).json()
    assert seen == {"class": "bytes", "text": "a=1"}


# Parameters and headers (reference service-api 3.2)


@pytest.mark.compat(
    "3.2-channel-params", "3.2-get", "3.2-http-headers", "3.2-http-to-dict", "3.2-path", "3.2-user-agent",
)  # fmt: skip
def test_parameters_of_path_and_query_string(served: Environment) -> None:
    answer = served.get("/http/book/42?tag=a&tag=b&empty=&number=43&z=%C5%BC+x", headers={
        "User-Agent": "test/1.0", "X-My-Header": "mine"})  # fmt: skip
    seen = answer.json()
    assert seen["method"] == "GET"
    assert seen["GET"] == {"tag": ["a", "b"], "empty": "", "number": "43", "z": "ż x"}
    assert seen["by_attribute"] == ["a", "b"]
    assert seen["path"] == {"kind": "book", "number": "42"}
    assert seen["params"] == {"kind": "book", "number": "42"}
    assert seen["channel_params"] == {"kind": "book", "tag": ["a", "b"], "empty": "", "number": "43", "z": "ż x"}
    assert seen["POST"] == {}
    assert seen["user_agent"] == "test/1.0"
    assert seen["header"] == "mine"
    assert seen["merge"] is True
    assert {"method", "GET", "POST", "path", "params", "headers"} <= set(seen["to_dict"])


@pytest.mark.compat("3.2-url-priority")
def test_the_path_wins_where_the_channel_says_so(served: Environment) -> None:
    assert served.get("/path-first/1?number=2&other=3").json()["channel_params"] == {"number": "1", "other": "3"}


@pytest.mark.compat("3.2-merge")
def test_nothing_is_merged_where_the_channel_says_so(served: Environment) -> None:
    seen = served.get("/unmerged/1?number=2").json()
    for name in ("GET", "POST", "params", "channel_params"):
        assert seen[name] == {}
    assert seen["merge"] is False


@pytest.mark.compat("3.2-form-data", "3.2-post", "7-none-form")
def test_forms_are_seen_on_channels_without_a_data_format(served: Environment) -> None:
    seen = served.request("POST", "/http-plain?a=0", "a=1&a=2&b=", FORM).json()
    assert seen["POST"] == {"a": ["1", "2"], "b": ""}
    assert seen["form"] == {"a": ["1", "2"], "b": ""}
    assert seen["GET"] == {"a": "0"}
    assert served.request("POST", "/http/book/1", '{"a": 1}').json()["POST"] == {}


# Input (reference service-api 5.5, 5.6)


@pytest.mark.compat("3.2-input-access", "5.5-undeclared", "5.6-dict")
def test_declared_input_is_a_dictionary_with_attributes(served: Environment) -> None:
    seen = served.post("/input", {"one": "1", "undeclared": "x"}).json()
    assert seen == {
        "input": {"one": "1", "three": "", "two": ""},
        "attribute": "1",
        "item": "1",
        "get": "default",
        "is_dict": True,
        "copied": True,
    }


@pytest.mark.compat("5.5-params-win")
def test_parameters_of_the_url_win_over_the_body(served: Environment) -> None:
    seen = served.request("POST", "/input/from-path?one=from-query", '{"one": "body", "two": "body", "three": "body"}')
    assert seen.json()["input"] == {"one": "from-query", "two": "from-path", "three": "body"}


@pytest.mark.compat("5.5-undeclared-params")
def test_parameters_that_were_not_declared_are_input_too(served: Environment) -> None:
    assert served.get("/input?one=1&more=2").json()["input"] == {"one": "1", "two": "", "three": "", "more": "2"}


@pytest.mark.compat("3.2-require-any")
def test_at_least_one_of_several_can_be_required(served: Environment) -> None:
    assert served.post("/require-any", {"b": "x"}).text == "ok"
    refused = served.post("/require-any", {"a": "", "c": "x"})
    assert refused.status == 500
    assert "a" in str(refused.json()["details"])


@pytest.mark.compat("3.2-input-access")
def test_unknown_input_is_answered_with_what_there_is(served: Environment) -> None:
    text = served.post("/unknown-input", {"b": "x"}).text
    assert "`nothing`" in text
    assert "`a`, `b`" in text


# Where it came from


@pytest.mark.compat("3.1-wsgi-environ", "3.2-wsgi-keys")
def test_the_environment_of_wsgi(served: Environment) -> None:
    headers = {"X-My-Header": "mine", "Content-Type": "application/json", "User-Agent": "test/1.0"}
    seen = served.request("POST", "/environ/7?q=1%202", '{"a": 1}', headers, ("crm", "s3cret")).json()
    expected = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/environ/7",
        "QUERY_STRING": "q=1%202",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_PORT": str(served.port),
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": "8",
        "HTTP_X_MY_HEADER": "mine",
        "HTTP_USER_AGENT": "test/1.0",
        "wsgi.url_scheme": "http",
        "zato.http.raw_request": '{"a": 1}',
        "zato.http.remote_addr": "127.0.0.1",
        "zato.http.GET": {"q": "1 2"},
        "zato.http.POST": {},
        "zato.http.path_params": {"number": "7"},
        "zato.request.payload": {"a": 1},
    }
    assert {key: seen.get(key) for key in expected} == expected
    assert seen["zato.channel_item"]["name"] == "t/environ/{number}"
    definition = seen["zato.sec_def"]
    assert (definition["name"], definition["type"], definition["username"]) == ("t.basic", "basic_auth", "crm")
    for key in (
        "zato.request_timestamp", "zato.request_timestamp_utc", "zato.local_tz", "zato.http.response.headers",
        "zato.http.response.status", "REMOTE_PORT", "SERVER_NAME", "wsgi.input",
    ):  # fmt: skip
        assert key in seen, key


@pytest.mark.compat("3.1-channel", "3.1-security")
def test_a_channel_with_a_caller(served: Environment) -> None:
    seen = served.post("/channel", {}, auth=("crm", "s3cret")).json()
    assert seen["id"] is True
    assert seen["name"] == "t/channel"
    assert seen["type"] == "http-soap"
    assert seen["data_format"] == "json"
    assert seen["is_internal"] is False
    assert "/channel" in seen["match_target"]
    assert seen["is_chan"] is True
    assert seen["is_sec"] is True
    assert seen["security"].items() >= {"name": "t.basic", "type": "basic_auth", "username": "crm"}.items()
    assert set(seen["security"]) == {"id", "name", "type", "username"}
    assert "impl" in seen["with_impl"]
    assert seen["attributes"] == ["t.basic", "basic_auth", "crm", True]
    assert {"id", "name", "type", "security"} <= set(seen["to_dict"])


@pytest.mark.compat("3.1-channel-text")
def test_a_channel_equals_its_type(served: Environment) -> None:
    seen = served.get("/open").json()
    assert seen["equals"] == [True, True, False, True]
    assert seen["contained"] is True
    assert seen["found"] == "by type"
    assert seen["text"] == "http-soap"
    assert seen["is_secured"] is False
    assert seen["security"] == {"id": None, "name": None, "type": None, "username": None}


@pytest.mark.compat("3.1-cid", "3.1-environ", "3.1-invocation-time", "3.1-slow-threshold")
def test_facts_about_the_invocation(served: Environment) -> None:
    seen = served.get("/context").json()
    assert re.fullmatch("[0-9a-f]{24}", seen["cid"])
    assert seen["environ"] == {"mine": 1}
    assert not seen["job_type"]
    assert seen["in_reply_to"] is None
    assert 0.05 <= seen["age"] < 5, "the time is that of the beginning, whenever it is asked for"
    assert seen["naive"] is True
    assert seen["slow_threshold"] == 99999
    assert isinstance(seen["usage"], int)


@pytest.mark.compat("3.1-data-format", "3.1-environ", "3.1-wsgi-environ", "3.2-method", "3.2-raw-request")
def test_a_call_from_another_service_has_no_http_side(served: Environment) -> None:
    assert served.get("/invoked").json() == {
        "payload": {"a": 1},
        "raw": {"a": 1},
        "channel": ["invoke", True],
        "method": None,
        "http": [{}, {}, {}],
        "wsgi_environ": {},
        "environ": {"given": 2, "more": 3},
        "data_format": "dict",
        "channel_params": {},
    }
