"""The event loop of a worker: one thread runs the coroutines of all services (execution model 7.10)."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
from collections import deque
from collections.abc import Coroutine
from concurrent import futures
from types import CoroutineType, FrameType, GeneratorType
from typing import Any, Protocol

from zato.server import _fork
from zato.server._logging import COROUTINE_CID, current_cid

_logger = logging.getLogger("zato")
_IS_EAGER = sys.version_info >= (3, 12)


class Completion(Protocol):
    """Takes the end of a coroutine; called on the loop's thread."""

    @property
    def cid(self) -> str | None:
        """Correlation ID of the run, for log lines."""

    def __call__(self, error: BaseException | None) -> None:
        """Takes the exception that ended the coroutine, if one did."""

    def expire(self) -> None:
        """Answers the caller, because the time is over."""


def run(coroutine: Coroutine[Any, Any, Any], completion: Completion, timeout: float | None = None) -> None:
    """Starts a coroutine on the loop; gives back at once.

    Args:
        coroutine: What `handle` gave.
        completion: Is called with the outcome.
        timeout: Seconds after which the coroutine is canceled.
    """
    _the_loop().submit(coroutine, completion, timeout)


def wait(coroutine: Coroutine[Any, Any, Any]) -> None:
    """Runs a coroutine to its end while this thread waits, for `self.invoke` of an asynchronous service.

    On the loop's own thread, which must not wait for itself, the coroutine gets a loop and a thread of its own.
    """
    loop = _the_loop()
    waiter = _Waiter(current_cid())
    if loop.is_current_thread():
        thread = threading.Thread(target=_run_alone, args=(coroutine, waiter), name="zato-asyncio-nested")
        thread.start()
        thread.join()
    else:
        loop.submit(coroutine, waiter, None)
        waiter.event.wait()
    if waiter.error is not None:
        raise waiter.error


def drain(seconds: float) -> bool:
    """Waits until no coroutine is running; gives whether that came in time."""
    return _loop is None or _loop.drain(seconds)


def suspended() -> list[list[FrameType]]:
    """Gives the frames of every coroutine that waits for something, the innermost first; from any thread."""
    return [] if _loop is None else _loop.suspended()


class _Waiter:
    """The completion of a coroutine that a thread waits for."""

    def __init__(self, cid: str | None) -> None:
        self.cid = cid
        self.event = threading.Event()
        self.error: BaseException | None = None
        self._pid = os.getpid()

    def __call__(self, error: BaseException | None) -> None:
        if os.getpid() != self._pid:
            # The thread that waits is not in this process.
            _fork.leave(error)
        self.error = error
        self.event.set()

    def expire(self) -> None:
        """Does nothing; such runs have no time limit of their own."""


def _run_alone(coroutine: Coroutine[Any, Any, Any], waiter: _Waiter) -> None:
    asyncio.run(_carry(coroutine, waiter, None, set()))


class _Loop:
    """An event loop on a thread of its own, fed by a queue.

    Many coroutines are handed over with one wake-up. On Python 3.12 and later the first step of each runs at once,
    so that one which never waits costs no turn of the loop.
    """

    def __init__(self) -> None:
        self._queue: deque[tuple[Coroutine[Any, Any, Any], Completion, float | None]] = deque()
        self._is_signaled = False
        self._tasks: set[asyncio.Task[Any]] = set()
        self._loop = _new_event_loop()
        self._thread = threading.Thread(target=self._run, name="zato-asyncio", daemon=True)
        self._thread.start()

    def is_current_thread(self) -> bool:
        """Whether the caller is the loop's thread."""
        return threading.get_ident() == self._thread.ident

    def submit(self, coroutine: Coroutine[Any, Any, Any], completion: Completion, timeout: float | None) -> None:
        """Queues a coroutine."""
        self._queue.append((coroutine, completion, timeout))
        if not self._is_signaled:
            self._is_signaled = True
            self._loop.call_soon_threadsafe(self._begin_queued)

    def drain(self, seconds: float) -> bool:
        """Waits until all coroutines have ended."""
        settled = asyncio.run_coroutine_threadsafe(self._settle(), self._loop)
        try:
            settled.result(seconds)
        except futures.TimeoutError:
            settled.cancel()
            return False
        return True

    def suspended(self) -> list[list[FrameType]]:
        """Gives the frames of the services' coroutines that wait, the innermost first."""
        return [frames for task in self._tasks.copy() if (frames := _frames(task.get_coro()))]

    async def _settle(self) -> None:
        while self._queue or self._tasks:
            await (asyncio.wait(self._tasks) if self._tasks else asyncio.sleep(0))

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        while True:
            try:
                self._loop.run_forever()
            except BaseException:
                _logger.exception("a callback raised in the event loop, which goes on")

    def _begin_queued(self) -> None:
        self._is_signaled = False
        while self._queue:
            coroutine, completion, timeout = self._queue.popleft()
            carried = _carry(coroutine, completion, timeout, self._tasks)
            if _IS_EAGER:
                task = asyncio.Task(carried, loop=self._loop, eager_start=True)  # type: ignore[call-arg]
            else:
                task = self._loop.create_task(carried)
            if not task.done():
                # The loop itself knows tasks by weak references only.
                self._tasks.add(task)


async def _carry(
    coroutine: Coroutine[Any, Any, Any],
    completion: Completion,
    timeout: float | None,
    tasks: set[asyncio.Task[Any]],
) -> None:
    """Awaits a coroutine and reports its end. Nothing it raises may reach the loop, not even `SystemExit`."""
    COROUTINE_CID.set(completion.cid)
    task: Any = asyncio.current_task()
    timer = None
    if timeout is not None:
        timer = asyncio.get_running_loop().call_later(timeout, _expire, task, completion)
    error: BaseException | None = None
    try:
        await coroutine
    except GeneratorExit:
        raise
    except BaseException as raised:  # noqa: BLE001 - the caller is told
        error = raised
    finally:
        if timer is not None:
            timer.cancel()
        tasks.discard(task)
    try:
        completion(error)
    except BaseException:
        _logger.exception("the outcome of a coroutine could not be reported")


def _frames(coroutine: Any) -> list[FrameType]:
    """Follows what a coroutine awaits; gives nothing for one that runs at this moment or has ended."""
    frames: list[FrameType] = []
    # What carries the service's own coroutine is of no interest.
    awaited: Any = coroutine.cr_await
    while isinstance(awaited, (CoroutineType, GeneratorType)):
        if isinstance(awaited, CoroutineType):
            frame, awaited = awaited.cr_frame, awaited.cr_await
        else:
            frame, awaited = awaited.gi_frame, awaited.gi_yieldfrom
        if frame is not None:
            frames.insert(0, frame)
    return frames


def _expire(task: asyncio.Task[Any], completion: Completion) -> None:
    completion.expire()
    task.cancel("the service took longer than it may")
    _logger.warning("a coroutine took longer than it may and was canceled; the caller was answered")


def _new_event_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop  # type: ignore[import-not-found]
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


_loop: _Loop | None = None
_starting = threading.Lock()


def _the_loop() -> _Loop:
    """Gives the loop of this process; it starts when it is first needed."""
    global _loop
    if _loop is None:
        with _starting:
            if _loop is None:
                _loop = _Loop()
    return _loop


def _forget_in_child() -> None:
    """A forked child has no thread for the loop; it gets a new one when it needs one."""
    global _loop, _starting
    _loop, _starting = None, threading.Lock()


os.register_at_fork(after_in_child=_forget_in_child)
