"""`self.patterns`: several services at the same time, and one of them several times (reference service-api 4.5)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import pytest
from environment import Environment, environment, wait_for

ON_TARGET = {"source", "target", "response", "req_ts_utc", "resp_ts_utc", "ok", "exception", "cid"}
ON_FINAL = {"source", "req_ts_utc", "on_target", "on_final", "data"}
OLD_TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """An environment with services that use patterns."""
    with environment(tmp_path_factory.mktemp("env") / "qs", fixtures=("services/patterns.py",)) as made:
        made.enmasse({"service": [{"name": "patterns.off", "is_active": False}]})
        yield made


def start(served: Environment, kind: str, service: str = "patterns.starts", **given: Any) -> dict[str, Any]:
    answer = served.invoke(service, {"kind": kind, **given})
    assert answer.status == 200, answer.text
    return answer.json()


def notes(served: Environment, cid: str, count: int) -> list[dict[str, Any]]:
    """Waits for so many notes about a pattern, and checks that there are no more."""

    def found() -> list[dict[str, Any]]:
        everything = served.invoke("patterns.notes").json()
        return [note for note in everything if cid in (note["cid"], note["in_reply_to"])]

    wait_for(lambda: len(found()) >= count, what=f"{count} notes about {cid}")
    seen = found()
    assert len(seen) == count, seen
    return seen


def only(seen: list[dict[str, Any]], what: str) -> list[dict[str, Any]]:
    return [note for note in seen if note["what"] == what]


# Fan-out


@pytest.mark.compat("3.2-wsgi-context", "4.5-fanout", "4.5-channels", "4.5-on-target", "4.5-on-final", "4.5-context")
@pytest.mark.compat("7-patterns")
def test_a_fan_out_runs_targets_and_then_callbacks(served: Environment) -> None:
    targets = {"patterns.first": {"a": 1}, "patterns.second": "text"}
    callbacks = ["patterns.on-target", "patterns.on-target2"]
    started = start(served, "fanout", targets=targets, on_final="patterns.on-final", on_target=callbacks)
    cid = started["cid"]
    assert re.fullmatch("[0-9a-f]{24}", cid)
    assert cid != started["own"]
    seen = notes(served, cid, 7)
    for what, payload in (("first", {"a": 1}), ("second", "text")):
        (target,) = only(seen, what)
        assert (target["payload"], target["channel"], target["cid"]) == (payload, "fanout-call", cid)
        assert (target["fanout_cid"], target["parallel_exec_cid"]) == (cid, None)
    assert len(only(seen, "on-target")) == len(only(seen, "on-target2")) == 2
    for note in only(seen, "on-target"):
        message = note["payload"]
        assert set(message) == {*ON_TARGET, "phase"}
        assert note["channel"] == "fanout-on-target"
        assert note["in_reply_to"] == cid
        assert note["cid"] != cid, "a callback is an invocation of its own"
        assert (message["source"], message["cid"], message["phase"]) == ("patterns.starts", cid, "on-target")
        assert (message["ok"], message["exception"]) == (True, None)
        assert dt.datetime.fromisoformat(message["req_ts_utc"]) <= dt.datetime.fromisoformat(message["resp_ts_utc"])
    responses = {note["payload"]["target"]: note["payload"]["response"] for note in only(seen, "on-target")}
    assert responses == {"patterns.first": {"from": "first"}, "patterns.second": "second"}
    (final,) = only(seen, "on-final")
    assert final["channel"] == "fanout-on-final"
    message = final["payload"]
    assert set(message) == {*ON_FINAL, "phase"}
    assert (message["phase"], message["on_target"], message["on_final"]) == ("on-final", callbacks, "patterns.on-final")
    assert final["is_datetime"]
    assert [item["target"] for item in message["data"]] == ["patterns.first", "patterns.second"]


@pytest.mark.compat("4.5-on-target", "4.5-on-final", "4.5-exception", "7-patterns")
def test_up_to_3_1_messages_are_what_a_broker_could_carry(served: Environment) -> None:
    targets = {"patterns.first": {"a": 1}, "patterns.second": "text", "patterns.fails": ""}
    started = start(served, "fanout", "patterns.old-starts", targets=targets, on_final=["patterns.on-final"])
    seen = notes(served, started["cid"], 3)
    assert only(seen, "first")[0]["payload"] in ('{"a":1}', '{"a": 1}')
    assert only(seen, "second")[0]["payload"] == "text"
    message = only(seen, "on-final")[0]["payload"]
    assert set(message) == ON_FINAL
    assert re.fullmatch(OLD_TIME, message["req_ts_utc"])
    assert (message["on_target"], message["on_final"]) == ("", ["patterns.on-final"])
    assert set(message["data"]) == set(targets)
    failed = message["data"]["patterns.fails"]
    assert set(failed) == ON_TARGET
    assert (failed["ok"], failed["response"]) == (False, None)
    assert failed["exception"].startswith("Traceback")
    assert "it fails" in failed["exception"]
    assert re.fullmatch(OLD_TIME, failed["resp_ts_utc"])


@pytest.mark.compat("4.5-exception", "4.5-fanout")
def test_a_fan_out_tells_callbacks_whatever_happened_to_targets(served: Environment) -> None:
    targets = {"patterns.fails": "", "no.such.service": "", "patterns.off": "", "patterns.first": ""}
    callbacks = {"on_final": "patterns.on-final", "on_target": "patterns.on-target"}
    started = start(served, "fanout", targets=targets, cid="my-own-cid", **callbacks)
    assert started["cid"] == "my-own-cid"
    seen = notes(served, "my-own-cid", 6)
    told = {note["payload"]["target"]: note for note in only(seen, "on-target")}
    assert set(told) == set(targets)
    assert all(told[target]["is_exception"] for target in list(targets)[:3])
    assert told["patterns.fails"]["payload"]["exception"] == ["ValueError", "it fails"]
    assert told["no.such.service"]["payload"]["exception"] == ["KeyError", "no.such.service"]
    assert told["patterns.off"]["payload"]["exception"][0] == "Inactive"
    assert told["patterns.first"]["payload"]["ok"] is True
    (final,) = only(seen, "on-final")
    assert [item["ok"] for item in final["payload"]["data"]] == [False, False, False, True]


def test_fan_outs_of_one_request_do_not_mix(served: Environment) -> None:
    given = [{"targets": {"patterns.first": number}, "on_final": "patterns.on-final"} for number in range(5)]
    cids = {start(served, "fanout", **pattern)["cid"] for pattern in given}
    assert len(cids) == 5
    for cid in cids:
        (final,) = only(notes(served, cid, 2), "on-final")
        assert [item["cid"] for item in final["payload"]["data"]] == [cid]


def test_targets_run_at_the_same_time(served: Environment) -> None:
    targets = {"patterns.meets": "", "patterns.meets-too": "", "patterns.meets-as-well": ""}
    started = start(served, "fanout", targets=targets, on_final="patterns.on-final")
    (final,) = notes(served, started["cid"], 1)
    assert [item["response"] for item in final["payload"]["data"]] == list(targets)


def test_a_fan_out_to_nothing_is_over_at_once(served: Environment) -> None:
    started = start(served, "fanout", targets={}, on_final="patterns.on-final")
    (final,) = notes(served, started["cid"], 1)
    assert final["payload"]["data"] == []
    assert final["payload"]["on_target"] is None


@pytest.mark.compat("1.1-PatternsFacade")
def test_classes_stand_for_services(served: Environment) -> None:
    started = served.invoke("patterns.objects").json()
    assert started["is_facade"] is True
    (final,) = only(notes(served, started["cid"], 5), "on-final")
    assert [item["target"] for item in final["payload"]["data"]] == ["patterns.first", "patterns.second"]
    assert final["payload"]["on_target"] == ["patterns.on-target"]
    assert final["payload"]["on_final"] == "patterns.on-final"


def test_an_unknown_callback_is_refused_before_anything_runs(served: Environment) -> None:
    given = {"kind": "fanout", "targets": {"patterns.first": ""}, "on_final": "no.such"}
    answer = served.invoke("patterns.starts", given)
    assert answer.status == 500
    assert "no.such" in answer.text


# Parallel execution


@pytest.mark.compat("3.2-wsgi-context", "4.5-parallel", "4.5-channels", "4.5-exception", "4.5-context", "7-patterns")
def test_parallel_execution_runs_a_callback_for_each_target(served: Environment) -> None:
    targets = {"patterns.first": {"a": 1}, "patterns.fails": ""}
    started = start(served, "parallel", targets=targets, on_target=["patterns.on-target"])
    cid = started["cid"]
    seen = notes(served, cid, 3)
    (target,) = only(seen, "first")
    assert (target["channel"], target["cid"]) == ("parallel-exec-call", cid)
    assert (target["fanout_cid"], target["parallel_exec_cid"]) == (None, cid)
    told = {note["payload"]["target"]: note for note in only(seen, "on-target")}
    assert {note["channel"] for note in told.values()} == {"parallel-exec-on-target"}
    assert set(told["patterns.first"]["payload"]) == {*ON_TARGET, "phase"}
    assert told["patterns.first"]["payload"]["response"] == {"from": "first"}
    failed = told["patterns.fails"]["payload"]
    assert failed["ok"] is False
    assert failed["exception"].startswith("Traceback"), "a text, also from 3.2 on"


# Invoke/retry


def tries(served: Environment, key: str) -> dict[str, Any]:
    return served.invoke("patterns.tries", {"key": key}).json()


def retry(served: Environment, key: str, failures: int, kind: str = "retry", **options: Any) -> dict[str, Any]:
    given = {"target": "patterns.flaky", "payload": {"key": key, "failures": failures}, "seconds": 0.05}
    return start(served, kind, **given | options)


@pytest.mark.compat("4.5-retry")
def test_a_late_success_is_the_result(served: Environment) -> None:
    assert retry(served, "at-once", 0, repeats=3) == {"result": {"tries": 1}}
    assert retry(served, "late", 2, repeats=3) == {"result": {"tries": 3}}
    assert retry(served, "last", 3, repeats=3) == {"result": {"tries": 4}}
    seen = tries(served, "last")
    assert seen["count"] == 4
    assert all(pause >= 0.05 for pause in seen["pauses"])


@pytest.mark.compat("4.5-retry")
def test_repeated_failures_end_in_an_exception(served: Environment) -> None:
    failed = retry(served, "never", 99, repeats=2)
    assert (failed["error"], failed["cause"]) == ("ZatoException", "RuntimeError")
    assert "patterns.flaky" in failed["text"]
    assert "try 3" in failed["text"]
    assert tries(served, "never")["count"] == 3


@pytest.mark.compat("4.5-retry-async")
def test_after_one_failure_the_rest_may_go_on_in_the_background(served: Environment) -> None:
    options = {"repeats": 3, "async_fallback": True, "callback": "patterns.callback", "context": {"of": "mine"}}
    assert retry(served, "no-need", 0, **options) == {"result": {"tries": 1}}
    cid = retry(served, "falls-back", 2, **options)["result"]
    assert re.fullmatch("[0-9a-f]{24}", cid)
    (note,) = notes(served, cid, 1)
    message = note["payload"]
    assert set(message) == {
        "ok", "source", "target", "retry_repeats", "retry_seconds", "call_cid", "orig_cid", "req_ts_utc", "resp_ts_utc",
        "response", "context",
    }  # fmt: skip
    assert message["ok"] is True
    assert (message["source"], message["target"]) == ("patterns.starts", "patterns.flaky")
    assert (message["retry_repeats"], message["retry_seconds"]) == (3, 0.05)
    assert (message["response"], message["context"]) == ({"tries": 3}, {"of": "mine"})
    seen = tries(served, "falls-back")
    assert message["call_cid"] == cid
    assert {cid, message["orig_cid"]} == set(seen["cids"])


@pytest.mark.compat("4.5-retry-async")
def test_all_calls_may_be_in_the_background(served: Environment) -> None:
    options = {"kind": "retry-async", "callback": ["patterns.callback"]}
    started = retry(served, "behind", 1, repeats=2, **options)
    assert started["cid"] != started["own"]
    (note,) = notes(served, started["cid"], 1)
    assert (note["payload"]["ok"], note["payload"]["response"]) == (True, {"tries": 2})
    assert note["payload"]["orig_cid"] == started["own"]
    assert tries(served, "behind")["cids"] == [started["cid"]]
    started = retry(served, "in-vain", 99, repeats=1, **options)
    (note,) = notes(served, started["cid"], 1)
    assert (note["payload"]["ok"], note["payload"]["response"], note["payload"]["context"]) == (False, None, None)
    assert tries(served, "in-vain")["count"] == 2


def test_minutes_are_sixty_seconds(served: Environment) -> None:
    options = {"kind": "retry-async", "callback": "patterns.callback", "minutes": 2, "seconds": None}
    (note,) = notes(served, retry(served, "minutes", 0, repeats=1, **options)["cid"], 1)
    assert note["payload"]["retry_seconds"] == 120


@pytest.mark.compat("4.5-retry-arguments")
@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"callback": "patterns.callback"}, "repeats"),
        ({"repeats": 1}, "callback"),
        ({"repeats": 1, "callback": "patterns.callback", "minutes": 1}, "seconds"),
        ({"repeats": 1, "callback": "patterns.callback", "seconds": None}, "seconds"),
        ({"repeats": 1, "callback": "no.such"}, "no.such"),
    ],
)
def test_options_that_make_no_sense_are_refused(served: Environment, options: dict[str, Any], named: str) -> None:
    refused = retry(served, "refused", 0, async_fallback=True, **options)
    assert refused["error"] == "ValueError"
    assert named in refused["text"]
    assert tries(served, "refused")["count"] == 0


def test_an_unknown_target_is_not_tried(served: Environment) -> None:
    assert retry(served, "x", 0, repeats=1, target="no.such.target")["error"] == "KeyError"


@pytest.mark.compat("1.2-invoke-retry")
def test_the_service_behind_retries_may_be_invoked(served: Environment) -> None:
    message = {"target": "patterns.flaky", "retry_repeats": 2, "retry_seconds": 0.01, "callback": "patterns.callback"}
    message["args"] = [{"key": "service", "failures": 1}]
    allowed = served.invoke("patterns.invokes-retry", message)
    assert allowed.status == 200, allowed.text
    (note,) = notes(served, allowed.json()["cid"], 1)
    assert note["payload"]["ok"] is True
    assert tries(served, "service")["count"] == 2


# Ends of workers


def test_callbacks_come_when_the_worker_ends(tmp_path_factory: pytest.TempPathFactory) -> None:
    with environment(tmp_path_factory.mktemp("env") / "qs", fixtures=("services/patterns.py",)) as own:
        logged = "from zato.server.service import Service\nclass Logs(Service):\n    name = 'logs'\n"
        logged += "    def handle(self):\n        self.logger.info('told %s', sorted(self.request.payload))\n"
        own.deploy("logs.py", logged)
        own.wait_for_service("logs")
        start(own, "fanout", targets={"patterns.busy": {"seconds": 1.0}}, on_final="logs", on_target="logs")
        options = {"kind": "retry-async", "callback": "logs", "seconds": 3600}
        retry(own, "waits", 99, repeats=1, **options)
        wait_for(lambda: tries(own, "waits")["count"] == 1)
        own.stop()
        told = [line for line in own.log().splitlines() if "told [" in line]
        assert len(told) == 3 + 1, told
        assert sum("'phase'" in line for line in told) == 2
        assert sum("'retry_repeats'" in line for line in told) == 1
