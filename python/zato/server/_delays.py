"""Functions that are called after a while, on one thread for all of them that exists once something waits."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable

__all__ = ["close", "later"]

#: Is called with whether it will never be time, because the worker ends.
Delayed = Callable[[bool], object]


class _Delays:
    def __init__(self) -> None:
        self._waiting: list[tuple[float, int, Delayed]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def later(self, seconds: float, function: Delayed) -> None:
        with self._changed:
            is_closed = self._is_closed
            if not is_closed:
                heapq.heappush(self._waiting, (time.monotonic() + seconds, next(self._numbers), function))
                # Forked children have no thread.
                if self._thread is None or not self._thread.is_alive():
                    self._thread = threading.Thread(target=self._run, name="zato-delays", daemon=True)
                    self._thread.start()
                self._changed.notify()
        if is_closed:
            _call(function, True)

    def close(self) -> None:
        with self._changed:
            self._is_closed = True
            waiting, self._waiting = self._waiting, []
            self._changed.notify()
        for _, _, function in sorted(waiting):
            _call(function, True)

    def _run(self) -> None:
        while (function := self._next()) is not None:
            _call(function, False)

    def _next(self) -> Delayed | None:
        with self._changed:
            while not self._is_closed:
                if not self._waiting:
                    self._changed.wait()
                elif (pause := self._waiting[0][0] - time.monotonic()) > 0:
                    self._changed.wait(pause)
                else:
                    return heapq.heappop(self._waiting)[2]
        return None


def _call(function: Delayed, is_over: bool) -> None:
    try:
        function(is_over)
    except Exception:
        logging.getLogger("zato").exception("what was to happen after a while failed")


_delays = _Delays()


def later(seconds: float, function: Delayed) -> None:
    """Calls a function after a number of seconds, or when the worker ends, which its argument tells.

    It runs on a thread that others wait for, so it should only start something.
    """
    _delays.later(seconds, function)


def close() -> None:
    """Calls everything that waits, now that the worker ends; what comes later is called at once."""
    _delays.close()
