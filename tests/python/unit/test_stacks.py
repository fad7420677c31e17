from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest

from test_async import run
from zato.bunch import Bunch
from zato.server import _stacks
from zato.server._values import describe_named
from zato.server.service import Service


class Hostile:
    """Hangs, or would, whenever anybody asks it anything."""

    def __init__(self) -> None:
        object.__setattr__(self, "city", "Warsaw")

    def _refuse(self, *_: Any) -> Any:
        raise SystemExit("somebody ran the code of a service")

    __repr__ = __str__ = __eq__ = __hash__ = __bool__ = __len__ = __iter__ = __getattr__ = _refuse  # type: ignore
    __class__ = property(_refuse)  # type: ignore[assignment]


class HostileDict(dict):  # type: ignore[type-arg]
    items = __iter__ = __len__ = __repr__ = Hostile._refuse  # type: ignore[assignment]


@dataclass
class Order:
    number: int
    db_password: str
    items: list[str] = field(default_factory=list)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was written to the log."""
    lines: list[str] = []
    monkeypatch.setattr(_stacks._logger, "warning", lambda text, *arguments: lines.append(text % arguments))
    return lines


def test_a_thread_is_written_with_arguments_and_locals(written: list[str]) -> None:
    inside, leave = threading.Event(), threading.Event()

    class Crm(Service):
        name = "crm.get"
        cid = "abc"  # type: ignore[assignment]

        def handle(self, order_id: int = 17, *rest: str, **options: Any) -> None:
            customer = {"name": "Maria", "password": "hidden"}
            inside.set()
            leave.wait(30)
            del customer

    thread = threading.Thread(target=Crm().handle, args=(42, "x"), kwargs={"is_new": True}, name="worker thread")
    thread.start()
    assert inside.wait(30)
    _stacks.write()
    leave.set()
    thread.join()
    first, *others = written
    assert first.startswith("Stacks of worker process")
    (text,) = [text for text in others if text.startswith("Thread worker thread")]
    assert text.startswith("Thread worker thread, service crm.get, CID abc, most recent call last:\n")
    assert ", in handle\n    leave.wait(30)\n      argument self = <" in text
    arguments = "argument order_id = 42\n      argument rest = ('x',)\n      argument options = {'is_new': True}\n"
    assert f"\n      {arguments}" in text
    assert "\n      local customer = {'name': 'Maria', 'password': ******}\n" in text
    assert text.index("in run") < text.index("in handle"), "the most recent call comes last"
    assert not any("in write" in text for text in others), "the thread that looks is of no interest"


def test_waiting_coroutines_are_written(written: list[str]) -> None:
    started, leave = threading.Event(), threading.Event()

    async def inner(customer_id: int) -> None:
        while not leave.is_set():
            started.set()
            await asyncio.sleep(0.01)

    async def handle() -> None:
        secret_password = "hidden"  # noqa: F841
        await inner(7)

    running = run(handle())
    assert started.wait(30)
    found: list[str] = []
    while not found:
        # Between two sleeps it runs, and is part of the stack of its thread.
        _stacks.write()
        found = [text for text in written if text.startswith("Coroutine")]
    leave.set()
    assert running.outcome() is None
    assert "argument customer_id = 7" in found[0]
    assert "local secret_password = ******" in found[0]
    assert found[0].index("in handle") < found[0].index("in inner")


def test_nothing_of_a_service_is_run() -> None:
    assert describe_named("place", Hostile()).endswith(".Hostile city='Warsaw'>")
    assert describe_named("password", Hostile()) == "******"
    assert describe_named("pair", ["password", Hostile()]) == "['password', ******]"
    assert describe_named("many", HostileDict(a=Hostile())).startswith("{'a': <")


def test_secrets_are_hidden_by_name_at_any_depth() -> None:
    assert describe_named("db_password", "hidden") == "******"
    assert describe_named("password", None) == "None"
    assert describe_named("password", "") == "''"
    assert describe_named("order", Order(1, "hidden", ["a"])).endswith(
        "Order number=1, db_password=******, items=['a']>"
    )
    headers = [("Authorization", "Basic hidden"), (b"x-password", b"hidden"), ("Host", "a")]
    assert describe_named("headers", headers) == (
        "[('Authorization', ******), (b'x-password', ******), ('Host', 'a')]"
    )
    assert describe_named("given", Bunch(a=Bunch(password="hidden"))) == "{'a': {'password': ******}}"
    assert "hunter2" not in describe_named("body", "x" * 190 + "hunter2")


def test_descriptions_are_short_and_say_what_things_are() -> None:
    assert describe_named("text", "x" * 5000) == f"'{'x' * 199}..."
    assert describe_named("items", list(range(1000))).endswith(", 19, ...]")
    assert len(describe_named("items", ["y" * 300] * 20)) < 1010
    assert describe_named("number", 1 << 5000) == "<int of 5001 bits>"
    assert describe_named("day", date(2026, 1, 2)) == "datetime.date(2026, 1, 2)"
    assert describe_named("error", ValueError("no", 1)) == "<ValueError ('no', 1)>"
    assert describe_named("nested", [[[[[1]]]]]) == "[[[<list>]]]"
    assert describe_named("kind", Order).endswith("type Order>")
    assert describe_named("function", run).endswith("function run>")
    loop: list[Any] = []
    loop.append(loop)
    assert describe_named("loop", loop) == "[[[<list>]]]"
