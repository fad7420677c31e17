"""`self.commands` and `self.broker_client`: shell commands, and messages to workers (reference service-api 3.6)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from environment import Environment, environment, wait_for


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """An environment with services that run commands."""
    with environment(tmp_path_factory.mktemp("env") / "qs", fixtures=("services/shell.py",)) as made:
        yield made


def run(served: Environment, **given: Any) -> dict[str, Any]:
    answer = served.invoke("shell.runs", given)
    assert answer.status == 200, answer.text
    return answer.json()


def results(served: Environment, cid: str) -> list[list[Any]]:
    return wait_for(lambda: [found for found in served.invoke("shell.results").json() if found[0] == cid])


@pytest.mark.compat("3.6-commands")
def test_a_command_gives_what_it_printed_and_how_it_ended(served: Environment) -> None:
    result = run(served, command="cat; echo err >&2; exit 2", stdin="in")
    assert (result["stdout"], result["stderr"], result["exit_code"]) == ("in", "err\n", 2)
    assert (result["is_ok"], result["is_timeout"], result["is_async"]) == (False, False, False)
    assert result["same_cid"] is True


@pytest.mark.compat("3.6-commands")
def test_a_command_that_takes_too_long_is_killed(served: Environment) -> None:
    begun = time.monotonic()
    result = run(served, command="echo begun; sleep 30", timeout=0.2)
    assert time.monotonic() - begun < 10
    assert (result["stdout"], result["exit_code"], result["is_timeout"]) == ("begun\n", -1, True)


@pytest.mark.compat("3.6-commands")
def test_other_services_go_on_while_a_command_runs(served: Environment) -> None:
    started = run(served, how="invoke_async", command="sleep 1; echo done", callback="shell.callback")
    assert (started["is_async"], started["exit_code"], started["same_cid"]) == (True, -1, False)
    assert results(served, started["cid"]) == [[started["cid"], "done\n", "invoke-async", started["cid"]]]


def test_callbacks_are_services_classes_and_functions(served: Environment) -> None:
    result = run(served, command="echo sync", callback="shell.callback")
    assert results(served, result["cid"]) == [[result["cid"], "sync\n", "invoke", result["cid"]]]
    result = run(served, command="echo class", is_class=True)
    assert results(served, result["cid"])[0][1] == "class\n"
    served.invoke("shell.function")
    assert results(served, "f" * 24)[0][1:3] == ["function\n", "function"]


def test_an_unknown_callback_keeps_the_command_from_being_run(served: Environment) -> None:
    file = served.root / "ran"
    answer = served.invoke("shell.runs", {"command": f"touch {file}", "callback": "no.such"})
    assert answer.status == 500
    assert not file.exists()


# Messages to the broker


@pytest.mark.compat("3.6-broker-client")
@pytest.mark.parametrize("is_one", [False, True])
def test_a_message_runs_the_service_it_names(served: Environment, is_one: bool) -> None:
    message = {"service": "shell.received", "payload": {"a": 1}, "environ": {"b": 2}, "is_one": is_one}
    cid = served.invoke("shell.publishes", message).json()["cid"]
    assert results(served, cid) == [[cid, {"a": 1}, "invoke-async", {"b": 2}]]


def test_a_message_says_what_the_service_sees(served: Environment) -> None:
    message = {"service": "shell.received", "cid": "my-cid", "channel": "scheduler"}
    assert served.invoke("shell.publishes", message).json() == {"cid": "my-cid"}
    assert results(served, "my-cid") == [["my-cid", "", "scheduler", {}]]


@pytest.mark.compat("3.6-broker-client")
def test_other_messages_are_refused(served: Environment) -> None:
    for message, named in (
        ({"action": "12345"}, "SERVICE.PUBLISH"),
        ({"action": None}, "SERVICE.PUBLISH"),
        ({}, "names no"),
        ({"service": "no.such"}, "no.such"),
    ):
        answer = served.invoke("shell.publishes", message or {"x": 1})
        assert answer.status == 500
        assert named in answer.text
