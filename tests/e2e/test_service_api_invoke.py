"""Services that call services, now and later, and what else they have at hand: clock, threads, facts."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import pytest
from environment import Environment, environment, wait_for


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """An environment with services that call each other."""
    root = tmp_path_factory.mktemp("env") / "qs"
    with environment(root, fixtures=("services/calls.py",)) as made:
        made.enmasse(
            {
                "channel_rest": [
                    {"name": name, "url_path": f"/{name}", "service": f"calls.{name}", "data_format": "json"}
                    for name in ("passes", "starts", "slow")
                ]
            }
        )
        yield made


@pytest.fixture(scope="module")
def forms(served: Environment) -> dict[str, Any]:
    answer = served.invoke("calls.forms")
    assert answer.status == 200, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def errors(served: Environment) -> dict[str, Any]:
    answer = served.invoke("calls.errors")
    assert answer.status == 200, answer.text
    return answer.json()


# Calls that are waited for (reference service-api 4.1)


@pytest.mark.compat("4.1-name", "4.1-class", "4.1-target", "4.3-by-impl-name")
@pytest.mark.parametrize("form", ["positional", "by_name", "by_zato_name", "by_class", "by_impl_name", "with_target"])
def test_a_service_is_named_in_many_ways(forms: dict[str, Any], form: str) -> None:
    assert forms[form] == {"name": "ann"}


@pytest.mark.compat("4.1-keywords-as-payload")
def test_without_a_payload_the_keywords_are_it(forms: dict[str, Any]) -> None:
    assert forms["keywords"] == {"a": 1, "name": "bob"}
    assert forms["keywords_and_options"] == {"a": 1}
    assert forms["nothing"] == ""


@pytest.mark.compat("4.1-keywords", "4.1-seen", "4.1-signature", "7-invoke")
def test_the_target_sees_what_it_was_given(forms: dict[str, Any]) -> None:
    assert forms["json"] == {"a": 1}
    assert forms["as_it_is"] == '{"a": 1}'
    assert forms["channel"] == "scheduler"
    assert forms["data_format"] == "json"
    assert forms["environ"] == {"x": 1}
    assert forms["channel_params"] == {"id": "7"}


@pytest.mark.compat("2.5-accept-target", "4.2-as-bunch", "4.2-declared", "4.2-nothing", "4.2-objects", "4.2-refused")
@pytest.mark.compat("4.2-serialize", "4.2-skip-response-elem")
def test_the_caller_gets_what_the_target_produced(forms: dict[str, Any]) -> None:
    declared = {"name": "ANN", "row_count": 0}
    assert forms["declared"] == {"response": declared}
    assert forms["skip_response_elem"] == declared
    assert forms["flat"] == {"name": "ann"}
    assert re.fullmatch(r'\{"response": ?\{"name": ?"ANN", ?"row_count": ?0\}\}', forms["serialized"])
    assert forms["bunch"] == [True, "ANN"]
    assert forms["text"] == "text"
    assert forms["text_as_bunch"] == "text"
    assert forms["silent"] == ""
    assert forms["refused"] == 400


@pytest.mark.compat("4.2-objects", "7-invoke")
def test_a_call_runs_in_place_by_reference(forms: dict[str, Any]) -> None:
    assert forms["same_thread"] is True
    assert forms["by_reference"] is True
    assert forms["payload_by_reference"] is True
    assert forms["same_cid"] is True
    assert forms["own_cid"] == "a" * 24
    assert forms["deep"] == 6


@pytest.mark.compat("4.1-unknown", "4.4-unknown")
def test_calls_that_cannot_be_made(errors: dict[str, Any]) -> None:
    assert errors["unknown"][0] == "KeyError"
    assert errors["unknown_args"] == ["no.such"]
    assert errors["unknown_async"][0] == "KeyError"
    assert errors["itself"][0] == "ZatoException"
    assert "calls.errors" in errors["itself"][1]
    assert errors["no_name"][0] == "TypeError"
    assert errors["number"][0] == "TypeError"


@pytest.mark.compat("4.1-exceptions")
def test_exceptions_of_the_target_reach_the_caller_unchanged(errors: dict[str, Any], served: Environment) -> None:
    assert errors["raises"] == ["NotFound", "nothing here"]
    assert errors["raises_cid"] is True
    assert errors["raises_in_time"] == ["NotFound", "nothing here"]
    assert errors["missing_input"][0] == "ElementMissing"
    assert "name" in errors["missing_input"][1]
    answer = served.get("/passes")
    assert answer.status == 404
    assert answer.json()["details"] == "nothing here"
    assert answer.headers["X-Outer"] == "outer"
    assert answer.headers["X-Inner"] is None


@pytest.mark.compat("4.1-timeout")
def test_a_call_can_be_limited_in_time(errors: dict[str, Any]) -> None:
    assert errors["timeout"][0] == "TimeoutException"
    assert "calls.slow" in errors["timeout"][1]
    assert errors["quiet_timeout"] == {"result": None}
    assert errors["in_time"] == {"result": "slow"}


@pytest.mark.compat("4.1-unknown", "6.3-inactive")
def test_a_service_can_be_switched_off(served: Environment) -> None:
    assert served.invoke("calls.inactive").json() == "active"
    served.enmasse({"service": [{"name": "calls.inactive", "is_active": False}]})
    assert served.invoke("calls.errors").json()["inactive"] == ["Inactive", "`calls.inactive` is inactive"]
    assert served.invoke("calls.inactive").status == 404
    served.enmasse({"service": [{"name": "calls.inactive", "is_active": True}]})
    assert served.invoke("calls.inactive").json() == "active"


def test_a_service_can_be_limited_in_time(served: Environment) -> None:
    served.enmasse({"service": [{"name": "calls.slow", "timeout": 1}]})
    assert served.post("/slow", "0.01").text == "slow"
    assert served.post("/slow", "3").status == 504
    served.enmasse({"service": [{"name": "calls.slow", "timeout": 0}]})
    assert served.post("/slow", "1.2").text == "slow"


# The invoke channel (reference connections 3.1)


def test_the_invoke_channel_passes_headers_query_strings_and_verbs_on(served: Environment) -> None:
    auth = ("pubapi", served.credentials()["pubapi"])
    url = "/zato/api/invoke/"
    answer = served.get(f"{url}calls.sets-headers", auth=auth)
    assert answer.json() == {"a": 1}
    assert answer.headers["X-Inner"] == "inner"
    assert served.get(f"{url}calls.target?a=1&b=2", auth=auth).json()["payload"] == {"a": "1", "b": "2"}
    merged = served.request("POST", f"{url}calls.target?a=1", '{"a": 0, "c": 3}', auth=auth).json()
    assert merged["payload"] == {"a": "1", "c": 3}
    assert served.get(f"{url}calls.target", auth=auth).json()["payload"] in ("", None)
    assert served.invoke("calls.declared", {"name": "ann"}).json() == {"response": {"name": "ANN", "row_count": 0}}
    assert served.invoke("calls.raises").status == 404
    broken = served.request("POST", f"{url}calls.target", "{", auth=auth)
    assert broken.status == 400
    refused = served.invoke("calls.refuses")
    assert (refused.status, refused.body) == (400, b"")


# Calls that nobody waits for (reference service-api 4.4)


def notes(served: Environment, cid: str, count: int) -> list[list[Any]]:
    """Waits until so many notes are about a CID."""
    return wait_for(
        lambda: (
            len(found := [note for note in served.invoke("calls.notes").json() if cid in note[1:2]]) >= count and found
        )
    )


@pytest.mark.compat("4.4-cid")
def test_a_call_for_later_runs_under_the_cid_that_was_given_back(served: Environment) -> None:
    started = served.post("/starts", {"how": "plain"}).json()
    assert re.fullmatch("[0-9a-f]{24}", started["cid"])
    assert started["cid"] != started["own"]
    assert started["seconds"] < 0.1, "it does not wait"
    assert notes(served, started["cid"], 1) == [["later", started["cid"], {"how": "plain"}, "invoke-async", {}, None]]


@pytest.mark.compat("4.4-environ", "4.4-json")
def test_a_call_for_later_takes_data_along(served: Environment) -> None:
    started = served.post("/starts", {"how": "environ"}).json()
    assert notes(served, started["cid"], 1)[0][4] == {"given": 1}
    started = served.post("/starts", {"how": "json"}).json()
    assert notes(served, started["cid"], 1)[0][2] in ('{"how":"json"}', '{"how": "json"}')
    started = served.post("/starts", {"how": "cid"}).json()
    assert started["cid"] == "b" * 24, "the caller may choose the CID"
    cid = served.invoke("calls.starts-class").json()["cid"]
    assert notes(served, cid, 1)[0][2] == {"how": "class"}


@pytest.mark.compat("4.4-callback", "4.4-callback-sees", "7-callback")
def test_callbacks_get_the_answer(served: Environment) -> None:
    started = served.post("/starts", {"how": "callback"}).json()
    _, callback = sorted(notes(served, started["cid"], 2), key=lambda note: note[0], reverse=True)
    assert callback[:4] == ["callback", started["cid"], {"answer": {"how": "callback"}}, "invoke-async-callback"]
    assert re.fullmatch("[0-9a-f]{24}", callback[5])
    assert callback[5] != started["cid"], "a callback is an invocation of its own"
    started = served.post("/starts", {"how": "list"}).json()
    assert {note[0] for note in notes(served, started["cid"], 3)} == {"later", "callback", "callback2"}
    started = served.post("/starts", {"how": "self"}).json()
    assert ["self", started["cid"], {"answer": {"how": "self"}}] in notes(served, started["cid"], 2)


def test_a_call_for_later_that_fails_is_logged_under_its_cid(served: Environment) -> None:
    cid = served.invoke("calls.starts-failing").json()["cid"]
    wait_for(lambda: "nobody waits for this" in served.log())
    assert any(cid in line and "calls.fails" in line for line in served.log().splitlines())


def test_a_service_may_call_itself_later(served: Environment) -> None:
    served.invoke("calls.itself", {"count": 3})
    wait_for(
        lambda: [note for note in served.invoke("calls.notes").json() if note[0] == "itself"][-1:] == [["itself", 0]]
    )


# What else services have


@pytest.mark.compat("3.8-utcnow", "3.8-days", "3.8-from", "3.8-objects")
def test_the_clock(served: Environment) -> None:
    clock = served.invoke("calls.clock").json()
    now = dt.datetime.now(dt.timezone.utc)
    assert abs(dt.datetime.fromisoformat(clock["utcnow"] + "+00:00") - now) < dt.timedelta(seconds=10)
    assert clock["utcnow_format"] in (now.strftime("%d/%m/%Y"), (now + dt.timedelta(days=1)).strftime("%d/%m/%Y"))
    assert clock["object"] in (now.year, now.year + 1)
    assert clock["default"] == "T"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", clock["now"])
    assert clock["warsaw"] in ("+0100", "+0200")
    days = [dt.date.fromisoformat(clock[name]) for name in ("yesterday", "today", "tomorrow")]
    assert days[1] - days[0] == dt.timedelta(days=1)
    assert dt.timedelta(0) <= days[2] - days[1] <= dt.timedelta(days=2)
    for name in ("isonow", "isoutcnow"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}", clock[name])
    assert clock["reformat"] == "31.1.30 12:30 PM, Thursday January"
    assert clock["one_day_from"] == "2030-02-01"
    assert clock["one_hour_from"] == "2030-01-31T13:30:00"
    assert clock["one_minute_from"] == "2030-01-31T12:31:00"
    assert abs(clock["as_float"] - now.timestamp()) < 10


def test_small_things(served: Environment) -> None:
    extras = served.invoke("calls.extras").json()
    assert extras["slept"] is True
    assert extras["spawned"] == 3
    assert extras["extract_target"] == ["a.b", "c"]
    assert extras["no_target"] == ["a.b", ""]
    expected = {
        "request.payload", "channel", "cid", "data_format", "environ", "impl_name", "invocation_time", "job_type",
        "name", "slow_threshold", "usage", "wsgi_environ",
    }  # fmt: skip
    assert expected <= set(extras["logged"])
    assert extras["suppressed"] == "(suppressed)"
    assert extras["output"] == ["(suppressed)", True]
    assert extras["server"] == ["server1", "server1", True]
    wait_for(lambda: "user message" in served.log())
