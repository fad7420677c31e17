"""`gevent.greenlet`: a function that runs next to the one that has started it, here in a thread."""

from __future__ import annotations

import contextvars
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from zato.server._logging import COROUTINE_CID, current_cid
from zato.server._old.gevent._waiting import PatientCondition, current, pause
from zato.server._old.gevent.timeout import Timeout

__all__ = ["Greenlet", "GreenletExit", "getcurrent", "iwait", "joinall", "killall", "wait"]

_logger = logging.getLogger("zato")

#: Told whenever a greenlet ends, whichever it is.
_any_end = PatientCondition()


class GreenletExit(BaseException):
    """Ends a greenlet without being an error; its value is the exception."""


class Greenlet:
    """A function in a thread of its own. Subclasses may define `_run` instead of giving one.

    Args:
        run: The function.
        args: What it is called with.
        kwargs: What it is called with by name.
    """

    def __init__(self, run: Callable[..., Any] | None = None, *args: Any, **kwargs: Any) -> None:
        if run is not None:
            self._run = run
        self.args = args
        self.kwargs = kwargs
        self.value: Any = None
        self.exception: BaseException | None = None
        self._delay = 0.0
        self._pending: BaseException | None = None
        self._is_over = False
        self._thread: threading.Thread | None = None
        self._links: list[Callable[[Greenlet], Any]] = []

    @classmethod
    def spawn(cls, *args: Any, **kwargs: Any) -> Greenlet:
        """Makes one and starts it."""
        made = cls(*args, **kwargs)
        made.start()
        return made

    @classmethod
    def spawn_later(cls, seconds: float, *args: Any, **kwargs: Any) -> Greenlet:
        """Makes one and starts it after a number of seconds."""
        made = cls(*args, **kwargs)
        made.start_later(seconds)
        return made

    def _run(self, *args: Any, **kwargs: Any) -> Any:
        """Does the work, where a subclass defines it."""

    @property
    def name(self) -> str:
        """Name of its thread."""
        return f"greenlet-{getattr(self._run, '__name__', 'run').strip('_')}"

    def start(self) -> None:
        """Starts it, unless it was started or ended."""
        with _any_end:
            if self._thread is not None or self._is_over:
                return
            context = contextvars.copy_context()
            context.run(COROUTINE_CID.set, current_cid())
            self._thread = threading.Thread(target=context.run, args=(self._live,), name=self.name, daemon=True)
        self._thread.start()

    def start_later(self, seconds: float) -> None:
        """Starts it after a number of seconds."""
        self._delay = seconds
        self.start()

    def _live(self) -> None:
        current.greenlet = self
        try:
            if self._delay:
                pause(self._delay)
            self.raise_pending()
            self.value = self._run(*self.args, **self.kwargs)
        except GreenletExit as error:
            self.value = error
        except BaseException as error:
            self.exception = error
            _logger.warning("%s failed", self.name, exc_info=True)
        finally:
            self._end()

    def _end(self) -> None:
        with _any_end:
            self._is_over = True
            links, self._links = self._links, []
            _any_end.notify_all()
        for link in links:
            self._tell(link)

    def _tell(self, link: Callable[[Greenlet], Any]) -> None:
        try:
            link(self)
        except Exception:
            _logger.warning("a function that waited for %s failed", self.name, exc_info=True)

    def raise_pending(self) -> None:
        """Raises what somebody has ended it with, if anybody has.

        Raises:
            BaseException: That.
        """
        pending, self._pending = self._pending, None
        if pending is not None:
            raise pending

    def __bool__(self) -> bool:
        return self._thread is not None and not self._is_over

    @property
    def started(self) -> bool:
        """Whether it runs."""
        return bool(self)

    @property
    def dead(self) -> bool:
        """Whether it is over."""
        return self._is_over

    def ready(self) -> bool:
        """Whether it is over."""
        return self._is_over

    def successful(self) -> bool:
        """Whether it is over and has raised nothing."""
        return self._is_over and self.exception is None

    def join(self, timeout: float | None = None) -> None:
        """Waits until it is over, or for a number of seconds."""
        with _any_end:
            _any_end.wait_for(self.ready, timeout)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Gives what the function has given, and raises what it has raised.

        Raises:
            Timeout: If it is not over in time.
        """
        if block:
            self.join(timeout)
        if not self._is_over:
            raise Timeout(timeout if block else 0)
        if self.exception is not None:
            raise self.exception
        return self.value

    def kill(self, exception: Any = GreenletExit, block: bool = True, timeout: float | None = None) -> None:
        """Ends it at the next place where it waits."""
        with _any_end:
            is_waiting_to_start = self._thread is None
            if not self._is_over:
                self._pending = exception() if isinstance(exception, type) else exception
        if is_waiting_to_start:
            self.value = self._pending
            self._end()
        if block:
            self.join(timeout)

    def throw(self, exception: Any = GreenletExit) -> None:
        """Ends it with an exception, without waiting."""
        self.kill(exception, block=False)

    def rawlink(self, callback: Callable[[Greenlet], Any]) -> None:
        """Has a function called with it once it is over."""
        with _any_end:
            is_over = self._is_over
            if not is_over:
                self._links.append(callback)
        if is_over:
            self._tell(callback)

    link = rawlink

    def unlink(self, callback: Callable[[Greenlet], Any]) -> None:
        """Takes `link` back."""
        with _any_end:
            self._links = [link for link in self._links if link != callback]

    def link_value(self, callback: Callable[[Greenlet], Any]) -> None:
        """Has a function called if it ends without an exception."""
        self.rawlink(lambda ended: callback(ended) if ended.successful() else None)

    def link_exception(self, callback: Callable[[Greenlet], Any]) -> None:
        """Has a function called if it ends with an exception."""
        self.rawlink(lambda ended: None if ended.successful() else callback(ended))


class _Main(Greenlet):
    """What `getcurrent` gives in a thread that is no greenlet."""


def getcurrent() -> Greenlet:
    """Gives the greenlet that calls."""
    if current.greenlet is not None:
        return current.greenlet
    return _Main()


def iwait(objects: Iterable[Any], timeout: float | None = None, count: int | None = None) -> Iterator[Any]:
    """Gives greenlets, and anything else with `ready`, in the order in which they are ready.

    Args:
        objects: What to wait for.
        timeout: For how many seconds at most.
        count: How many of them to give at most.
    """
    waiting = list(objects)
    left = len(waiting) if count is None else min(count, len(waiting))
    ends_at = None if timeout is None else time.monotonic() + timeout
    while left > 0:
        ready = [item for item in waiting if item.ready()][:left]
        for item in ready:
            waiting.remove(item)
            left -= 1
            yield item
        if ready:
            continue
        if ends_at is not None and time.monotonic() >= ends_at:
            return
        _wait_for_any(waiting, None if ends_at is None else ends_at - time.monotonic())


def _wait_for_any(waiting: list[Any], seconds: float | None) -> None:
    # Events are not told of here, so these are looked at now and then.
    limit = seconds if all(isinstance(item, Greenlet) for item in waiting) else min(seconds or 0.02, 0.02)
    with _any_end:
        _any_end.wait_for(lambda: any(item.ready() for item in waiting), limit)


def wait(objects: Iterable[Any] = (), timeout: float | None = None, count: int | None = None) -> list[Any]:
    """Waits for greenlets, and gives those that are ready."""
    return list(iwait(objects, timeout, count))


def joinall(
    greenlets: Iterable[Any], timeout: float | None = None, raise_error: bool = False, count: int | None = None
) -> list[Any]:
    """Waits until greenlets are over, and gives those that are.

    Raises:
        BaseException: What one of them has raised, with `raise_error`.
    """
    done = []
    for ended in iwait(greenlets, timeout, count):
        if raise_error and getattr(ended, "exception", None) is not None:
            raise ended.exception
        done.append(ended)
    return done


def killall(
    greenlets: Iterable[Any], exception: Any = GreenletExit, block: bool = True, timeout: float | None = None
) -> None:
    """Ends greenlets."""
    chosen = list(greenlets)
    for item in chosen:
        item.kill(exception, block=False)
    if block:
        joinall(chosen, timeout)
