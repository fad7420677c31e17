"""Patterns, commands and what services share, in tests."""

from __future__ import annotations

import pytest

from zato.server.service import Service
from zato.testing import Runner

#: What callbacks were told, by the type of the channel.
told: list[tuple[str, object]] = []


class Double(Service):
    name = "invocations.double"

    def handle(self) -> None:
        self.response.payload = self.request.payload * 2


class Fails(Service):
    name = "invocations.fails"

    def handle(self) -> None:
        raise RuntimeError(f"attempt of {self.request.payload}")


class Told(Service):
    name = "invocations.told"

    def handle(self) -> None:
        told.append((self.channel.type, self.request.payload))


class FansOut(Service):
    name = "invocations.fans-out"

    def handle(self) -> None:
        targets = {"invocations.double": 4, "invocations.fails": 5}
        self.response.payload = self.patterns.fanout.invoke(targets, "invocations.told", "invocations.told")


class Retries(Service):
    name = "invocations.retries"

    def handle(self) -> None:
        retry = self.patterns.invoke_retry
        retry.invoke_async("invocations.fails", 7, repeats=2, seconds=60, callback="invocations.told")


class Counts(Service):
    name = "invocations.counts"

    def handle(self) -> None:
        with self.lock("invocations"):
            count = self.cache.get("count", 0) + 1
            self.cache.set("count", count)
        self.response.payload = count


class Commands(Service):
    name = "invocations.commands"

    def handle(self) -> None:
        result = self.commands.invoke("echo hello")
        self.response.payload = [result.is_ok, result.stdout.strip()]


@pytest.fixture(autouse=True)
def nothing_told() -> None:
    told.clear()


def check_fan_out(cid: str) -> None:
    assert [kind for kind, _ in told] == ["fanout-on-target", "fanout-on-target", "fanout-on-final"]
    *targets, final = [message for _, message in told]
    assert [(message["target"], message["ok"], message["response"]) for message in targets] == [  # type: ignore[index]
        ("invocations.double", True, 8),
        ("invocations.fails", False, None),
    ]
    assert {message["cid"] for message in targets} == {cid}  # type: ignore[index]
    assert [item["ok"] for item in final["data"]] == [True, False]  # type: ignore[index]


def test_calls_of_a_fan_out_are_the_tests_to_run(zato: Runner) -> None:
    cid = zato.call(FansOut)
    waiting = zato.async_invocations
    assert [(call.service, call.payload, call.channel) for call in waiting] == [
        ("invocations.double", 4, "fanout-call"),
        ("invocations.fails", 5, "fanout-call"),
    ]
    assert told == []
    # The failure is told to the callbacks, as in a server, and is not raised.
    assert zato.run_async()[:2] == [8, None]
    check_fan_out(cid)


def test_a_fan_out_can_run_while_its_service_does(zato: Runner) -> None:
    zato.async_invocations.run_at_once = True
    check_fan_out(zato.call(FansOut))


def test_retries_in_the_background_do_not_wait(zato: Runner) -> None:
    zato.call(Retries)
    zato.run_async()
    assert [call.service for call in zato.async_invocations] == ["invocations.fails"] * 3 + ["invocations.told"]
    ((_, message),) = told
    assert message["ok"] is False  # type: ignore[index]
    assert message["target"] == "invocations.fails"  # type: ignore[index]


def test_callbacks_of_asynchronous_calls_wait_as_well(zato: Runner) -> None:
    class Calls(Service):
        name = "invocations.calls"

        def handle(self) -> None:
            self.invoke_async(Double, 3, callback=[Told])

    zato.call(Calls)
    (call,) = zato.async_invocations
    assert call.callbacks == ["invocations.told"]
    assert zato.run_async() == [6, ""]
    assert told == [("invoke-async-callback", 6)]


def test_caches_are_empty_when_a_test_begins() -> None:
    for _ in range(2):
        with Runner() as zato:
            assert [zato.call(Counts), zato.call(Counts)] == [1, 2]


def test_commands_run(zato: Runner) -> None:
    assert zato.call(Commands) == [True, "hello"]


def test_a_service_is_found_by_name_and_target(zato: Runner) -> None:
    class Calls(Service):
        name = "invocations.calls-target"

        def handle(self) -> None:
            self.response.payload = self.invoke("invocations.double@server1", 2)

    assert zato.call(Calls) == 4


def test_xml_is_a_data_format(zato: Runner) -> None:
    class Names(Service):
        name = "invocations.names"
        input = "name"
        output = "name"

        def handle(self) -> None:
            self.response.payload.name = self.request.input.name

    response = zato.invoke(Names, "<request><name>Ann</name></request>", data_format="xml")
    assert response.content_type == "application/xml"
    assert "<name>Ann</name>" in response.text
