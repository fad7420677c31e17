"""How threads wait where greenlets would: until something happens, a timeout is over, or somebody ends them."""

from __future__ import annotations

import threading
import time
from typing import Any, Protocol

__all__ = ["Patience", "PatientCondition", "current", "pause"]

#: How often a thread that may be ended looks whether it is to be, in seconds.
_LOOK = 0.05


class Deadline(Protocol):
    """A timeout that runs."""

    #: When it is over, by the monotonic clock.
    ends_at: float

    def expire(self) -> BaseException:
        """Ends it, and gives what it raises."""
        ...


class Patience(threading.local):
    """What may end the waiting of a thread."""

    def __init__(self) -> None:
        #: Timeouts that run, in the order in which they were started.
        self.deadlines: list[Deadline] = []
        #: The greenlet that this thread is; none for threads of the server.
        self.greenlet: Any = None

    def check(self) -> None:
        """Raises what is due.

        Raises:
            BaseException: What the greenlet is ended with, or what a timeout raises that is over.
        """
        if self.greenlet is not None:
            self.greenlet.raise_pending()
        now = time.monotonic()
        due = [deadline for deadline in self.deadlines if deadline.ends_at <= now]
        if due:
            raise min(due, key=lambda deadline: deadline.ends_at).expire()

    def slice(self, ends_at: float | None) -> float | None:
        """Gives how long to wait at most before `check` is to be called again; none is for ever."""
        moments = [deadline.ends_at for deadline in self.deadlines]
        if ends_at is not None:
            moments.append(ends_at)
        now = time.monotonic()
        if self.greenlet is not None:
            moments.append(now + _LOOK)
        return max(min(moments) - now, 0.0) if moments else None


current = Patience()


class PatientCondition(threading.Condition):
    """A condition whose `wait` ends early as `Patience` says."""

    def wait(self, timeout: float | None = None) -> bool:
        """Waits until notified, or for so many seconds; gives whether it was notified."""
        ends_at = None if timeout is None else time.monotonic() + timeout
        while True:
            current.check()
            is_notified = super().wait(current.slice(ends_at))
            if is_notified:
                return True
            current.check()
            if ends_at is not None and time.monotonic() >= ends_at:
                return False


def pause(seconds: float) -> None:
    """Waits for a number of seconds."""
    condition = PatientCondition()
    with condition:
        condition.wait(seconds)
