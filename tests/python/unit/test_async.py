from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from fake_core import Records
from zato.server import _async
from zato.server._logging import current_cid


class Completion:
    """What the native part hands over with a coroutine."""

    def __init__(self, cid: str | None = None) -> None:
        self.cid = cid
        self.ended = threading.Event()
        self.errors: list[BaseException | None] = []
        self.is_expired = False

    def __call__(self, error: BaseException | None) -> None:
        self.errors.append(error)
        self.ended.set()

    def expire(self) -> None:
        self.is_expired = True

    def outcome(self) -> BaseException | None:
        assert self.ended.wait(30)
        (error,) = self.errors
        return error


def run(coroutine: Any, timeout: float | None = None) -> Completion:
    completion = Completion()
    _async.run(coroutine, completion, timeout)
    return completion


async def give_in() -> None:
    await asyncio.sleep(0)


async def fail(error: BaseException) -> None:
    await asyncio.sleep(0)
    raise error


def test_coroutines_that_wait_and_those_that_do_not_end() -> None:
    async def at_once() -> None:
        pass

    assert run(at_once()).outcome() is None
    assert run(give_in()).outcome() is None


def test_all_run_on_one_thread_at_the_same_time() -> None:
    threads, barrier = set(), []

    async def meet() -> None:
        threads.add(threading.current_thread().name)
        barrier.append(1)
        while len(barrier) < 200:
            await asyncio.sleep(0)

    assert [completion.outcome() for completion in [run(meet()) for _ in range(200)]] == [None] * 200
    assert threads == {"zato-asyncio"}


@pytest.mark.parametrize("error", [ValueError("x"), SystemExit(3), KeyboardInterrupt(), asyncio.CancelledError()])
def test_whatever_is_raised_is_reported_and_the_loop_goes_on(error: BaseException) -> None:
    assert run(fail(error)).outcome() is error
    assert run(give_in()).outcome() is None

    async def at_once() -> None:
        raise error

    assert run(at_once()).outcome() is error
    assert run(give_in()).outcome() is None


def test_the_first_step_has_a_current_task() -> None:
    async def needs_task() -> None:
        assert asyncio.current_task() is not None
        await asyncio.wait_for(give_in(), 10)

    assert run(needs_task()).outcome() is None


def test_time_limits_answer_and_cancel() -> None:
    cancelled = threading.Event()

    async def forever() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    completion = run(forever(), timeout=0.01)
    assert isinstance(completion.outcome(), asyncio.CancelledError)
    assert completion.is_expired and cancelled.is_set()
    assert not run(give_in(), timeout=30).is_expired


def test_each_coroutine_logs_its_own_cid(log: Records) -> None:
    seen: dict[str, list[str | None]] = {}

    async def look(cid: str) -> None:
        seen[cid] = [current_cid()]
        await asyncio.sleep(0)
        seen[cid].append(current_cid())

    completions = [Completion(f"cid{number}") for number in range(3)]
    for completion in completions:
        _async.run(look(completion.cid or ""), completion)
    assert all(completion.outcome() is None for completion in completions)
    assert seen == {f"cid{number}": [f"cid{number}"] * 2 for number in range(3)}
    assert current_cid() is None


def test_threads_may_wait_for_coroutines() -> None:
    done = []

    async def work() -> None:
        await asyncio.sleep(0)
        done.append(threading.current_thread().name)

    _async.wait(work())
    assert done == ["zato-asyncio"]
    with pytest.raises(ValueError, match="no"):
        _async.wait(fail(ValueError("no")))


def test_coroutines_may_wait_for_coroutines_without_blocking_themselves() -> None:
    done = []

    async def inner() -> None:
        await asyncio.sleep(0)
        done.append("inner")

    async def outer() -> None:
        _async.wait(inner())
        done.append("outer")

    assert run(outer()).outcome() is None
    assert done == ["inner", "outer"]


def test_a_callback_that_ends_the_process_does_not_end_the_loop() -> None:
    async def plant() -> None:
        def leave() -> None:
            raise SystemExit(3)

        asyncio.get_running_loop().call_soon(leave)

    run(plant()).outcome()
    assert run(give_in()).outcome() is None


def test_draining_waits_for_running_coroutines() -> None:
    started, release = threading.Event(), threading.Event()

    async def work() -> None:
        started.set()
        while not release.is_set():
            await asyncio.sleep(0.001)

    completion = run(work())
    assert started.wait(30)
    assert not _async.drain(0.01)
    release.set()
    assert _async.drain(30)
    assert completion.outcome() is None
