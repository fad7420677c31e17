"""What becomes of payloads and exceptions, cell by cell, under the profile of each version."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from profiles import Profiled

compat = pytest.mark.compat

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
VALUES = [
    ("6.1-text", "text", "zażółć"),
    ("6.1-dict", "dict", {"a/b": "ż", "c": [1, {"d": None}]}),
    ("6.1-dict", "bunch", {"a": 1}),
    ("6.1-list", "list", [1, {"a": 2}]),
    ("6.1-list", "tuple", [1, 2]),
    ("6.1-list", "models", [{"name": "Ann", "size": 3}]),
    ("6.1-number", "number", 7),
    ("6.1-number", "fraction", 1.5),
    ("6.1-number", "true", True),
    ("6.1-model", "model", {"name": "Ann", "size": 3}),
    ("6.1-to-dict", "to-dict", {"a": 1}),
    ("6.1-to-dict", "to-json", {"a": 1}),
    ("6.1-rich", "rich", {"at": "2030-01-02T03:00:00", "on": "2030-01-02", "price": "1.10", "raw": "x"}),
    ("6.1-row", "named", {"a": 1, "b": 2}),
    ("6.1-row", "row", {"id": 1, "name": "Ann"}),
    ("6.1-row", "rows", [{"id": 1, "name": "Ann"}]),
    ("6.1-huge", "huge", {"a": 2**70}),
]


# Payloads (reference service-api 6.1)


@pytest.mark.parametrize("prefix", ["json", "plain", "form"])
@pytest.mark.parametrize(("kind", "value"), [pytest.param(*rest, marks=compat(row)) for row, *rest in VALUES])
def test_what_payloads_become(profiled: Profiled, prefix: str, kind: str, value: Any) -> None:
    answer = profiled.zato.get(f"/{prefix}/audit.gives?kind={kind}")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == ("application/json" if prefix == "json" else "text/plain")
    assert (answer.text if isinstance(value, str) else answer.json()) == value


@compat("6.1-bytes")
def test_bytes_are_the_body(profiled: Profiled) -> None:
    for prefix in ("json", "plain"):
        assert profiled.zato.get(f"/{prefix}/audit.gives?kind=bytes").body == b"\xff\x00"


@compat("6.1-falsy")
@pytest.mark.parametrize("kind", ["empty-text", "empty-list", "false", "zero"])
def test_what_is_false_is_an_empty_body(profiled: Profiled, kind: str) -> None:
    for prefix in ("json", "plain"):
        answer = profiled.zato.get(f"/{prefix}/audit.gives?kind={kind}")
        assert (answer.status, answer.body) == (200, b"")


@compat("6.1-empty-dict")
def test_an_empty_dictionary_is_sent_where_json_is_spoken(profiled: Profiled) -> None:
    assert profiled.zato.get("/json/audit.gives?kind=empty-dict").body == b"{}"
    assert profiled.zato.get("/plain/audit.gives?kind=empty-dict").body == b""


@compat("6.1-none")
def test_none_is_refused_or_ignored(profiled: Profiled) -> None:
    answer = profiled.zato.get("/json/audit.gives?kind=none")
    assert answer.status == profiled.by_profile(500, 200, 200)
    if not profiled.is_old:
        assert answer.body == b""


@compat("6.1-other", "6.1-mapped")
@pytest.mark.parametrize("kind", ["other", "mapped"])
def test_other_objects_are_refused(profiled: Profiled, kind: str) -> None:
    assert "Cannot serialise value of type" in profiled.details(f"audit.gives?kind={kind}", 500)


@compat("6.1-unknown-inside")
def test_objects_inside_that_have_no_json_form_are_refused(profiled: Profiled) -> None:
    assert "HasNothing" in profiled.details("audit.gives?kind=inside", 500)


@compat("6.1-generator")
def test_generators_are_events_of_a_stream(profiled: Profiled) -> None:
    answer = profiled.zato.get("/json/audit.gives?kind=generator")
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert answer.text == "data: 0\n\ndata: 1\n\n"


@compat("6.1-json-text", "6.1-json-indent")
def test_the_text_of_json_is_compact_and_indented_by_four_under_4_1(profiled: Profiled) -> None:
    value = {"a/b": "ż", "c": [1, {"d": None}]}
    compact = '{"a/b":"ż","c":[1,{"d":null}]}'
    indented = json.dumps(value, indent=4, ensure_ascii=False)
    assert profiled.zato.get("/json/audit.gives?kind=dict").text == profiled.by_profile(compact, compact, indented)
    huge = profiled.zato.get("/json/audit.gives?kind=huge").text
    assert ("\n    " in huge) == (profiled.profile == "4.1"), "numbers the fast writer does not know"


# Content types and headers (reference service-api 6.2)


@compat("6.2-content-type", "6.2-header-wins")
def test_content_types_are_those_of_the_channel(profiled: Profiled) -> None:
    assert profiled.zato.get("/json/audit.undecided").headers["Content-Type"] == "application/json"
    assert profiled.zato.get("/plain/audit.logger").headers["Content-Type"] == "text/plain"
    assert profiled.zato.get("/plain-fails/plain").headers["Content-Type"] == "text/plain"
    assert profiled.zato.get("/json-fails/plain").headers["Content-Type"] == "application/json"


@compat("6.2-dispatcher")
def test_answers_without_a_channel_are_text(profiled: Profiled) -> None:
    assert profiled.zato.get("/no/such").headers["Content-Type"] == "text/plain"


# Errors (reference service-api 1.4, 6.3, 6.4)

EXCEPTIONS = [
    ("6.3-bad-request", "bad-request", (400, 400, 400), ("hidden", "Bad request", "Bad request")),
    ("6.3-bad-request", "bad-request-told", (400, 400, 400), ("told", "told", "told")),
    ("6.3-own-status", "unauthorized", (401, 401, 401), ("who are you",) * 3),
    ("6.3-own-status", "forbidden", (403, 403, 403), ("not you",) * 3),
    ("6.3-own-status", "not-found", (404, 404, 404), ("no such customer",) * 3),
    ("6.3-own-status", "own-not-found", (404, 404, 404), ("mine",) * 3),
    ("6.3-own-status", "method-not-allowed", (405, 405, 405), ("not so",) * 3),
    ("6.3-own-status", "too-many-requests", (429, 429, 429), ("slow down",) * 3),
    ("6.3-conflict", "conflict", (409, 409, 409), ("taken",) * 3),
    ("6.3-conflict", "unavailable", (503, 503, 503), ("come back",) * 3),
    ("6.3-internal", "internal", (500, 500, 500), ("told as well",) * 3),
    ("6.3-element-missing", "element-missing", (500, 400, 400), ("Element missing: /customer/name",) * 3),
    ("6.3-inactive", "inactive", (404, 404, 404), ("Service inactive",) * 3),
]


@pytest.mark.parametrize(
    ("kind", "statuses", "details"), [pytest.param(*rest, marks=compat(row, "6.4-json")) for row, *rest in EXCEPTIONS]
)
def test_exceptions_become_answers(
    profiled: Profiled, kind: str, statuses: tuple[int, ...], details: tuple[str, ...]
) -> None:
    status, told = profiled.by_profile(*statuses), profiled.by_profile(*details)
    answer = profiled.zato.get(f"/json-fails/{kind}")
    assert answer.status == status
    assert answer.headers["X-Before"] == "survives"
    body = answer.json()
    if profiled.is_old:
        assert set(body) == {"zato_env"}
        body = body["zato_env"]
    assert body == {"result": profiled.by_profile("ZATO_ERROR", "Error", "Error"), "cid": body["cid"], "details": told}
    plain = profiled.zato.get(f"/plain-fails/{kind}")
    assert (plain.status, plain.text, plain.headers["Content-Type"]) == (status, told, "text/plain")


@compat("1.4-unauthorized", "6.3-own-status")
def test_a_challenge_is_sent_if_there_is_one(profiled: Profiled) -> None:
    assert profiled.zato.get("/json-fails/unauthorized").headers["WWW-Authenticate"] == 'Basic realm="here"'
    assert profiled.zato.get("/json-fails/unauthorized-silent").headers["WWW-Authenticate"] is None


@compat("6.3-reportable", "1.4-reportable", "1.4-backend-invocation-error")
def test_exceptions_with_a_status_of_their_own_keep_it_under_4_1(profiled: Profiled) -> None:
    assert profiled.details("audit.reported", profiled.by_profile(500, 500, 418)) == "teapot"
    assert profiled.details("audit.reported?backend=1", profiled.by_profile(500, 500, 400)) == "backend"


@compat("6.3-other-exceptions", "6.3-details", "6.4-empty-details", "6.4-other")
def test_what_any_other_exception_tells(profiled: Profiled) -> None:
    answer = profiled.zato.get("/json-fails/plain")
    empty = profiled.zato.get("/json-fails/empty").json()
    plain = profiled.zato.get("/plain-fails/plain")
    assert answer.status == plain.status == 500
    if profiled.is_old:
        assert "Traceback (most recent call last)" in answer.json()["zato_env"]["details"]
        assert plain.text.startswith("Traceback (most recent call last)")
    else:
        assert answer.json()["details"] == ["one", 2, {"three": [4]}]
        assert plain.text == 'one, 2, {"three":[4]}'
        assert set(empty) == {"result", "cid"}


@compat("6.3-inactive")
def test_a_channel_that_is_switched_off_is_not_found(profiled: Profiled) -> None:
    assert profiled.zato.get("/off").status == 404


@compat("6.3-no-url")
def test_a_url_that_no_channel_has(profiled: Profiled) -> None:
    answer = profiled.zato.get("/no/such")
    assert answer.status == 404
    old = r"CID:`[0-9a-f]{24}` Unknown URL:`/no/such` or SOAP action:``"
    new = r"URL not found \(CID:[0-9a-f]{24}\)"
    assert re.fullmatch(profiled.by_profile(old, new, new), answer.text)


@compat("6.3-wrong-method")
def test_a_method_that_the_channel_does_not_take(profiled: Profiled) -> None:
    answer = profiled.zato.request("POST", "/get", "{}")
    assert answer.status == profiled.by_profile(405, 404, 405)
    assert (answer.headers["Allow"] is not None) == (profiled.profile != "3.2")


@compat("6.3-unsupported-method")
def test_a_method_that_the_server_does_not_take(profiled: Profiled) -> None:
    answer = profiled.zato.request("BREW", "/json/audit.logger")
    body = answer.json()
    assert answer.status == 405
    assert (body["zato_env"] if profiled.is_old else body)["details"] == "Unsupported HTTP method"


# Payloads of requests (reference service-api 7)


@compat("7-broken-json")
def test_broken_json_is_400_before_3_2_and_bytes_after(profiled: Profiled) -> None:
    answer = profiled.zato.request("POST", "/json/audit.names", '{"a": ')
    assert answer.status == profiled.by_profile(400, 200, 200)
    if profiled.is_old:
        assert "not valid JSON" in answer.json()["zato_env"]["details"]
    assert profiled.zato.request("POST", "/json/audit.both", '{"a": ').status == 400
