"""`gevent.event`: events, and results that come later."""

from __future__ import annotations

from typing import Any

from zato.server._old.gevent._waiting import PatientCondition
from zato.server._old.gevent.timeout import Timeout

__all__ = ["AsyncResult", "Event"]


class Event:
    """Something that has happened or not."""

    def __init__(self) -> None:
        self._is_set = False
        self._changed = PatientCondition()

    def is_set(self) -> bool:
        """Whether it has happened."""
        return self._is_set

    isSet = ready = is_set  # noqa: N815 - names are gevent's

    def set(self) -> None:
        """It has happened."""
        with self._changed:
            self._is_set = True
            self._changed.notify_all()

    def clear(self) -> None:
        """It has not happened."""
        self._is_set = False

    def wait(self, timeout: float | None = None) -> bool:
        """Waits until it happens, or for a number of seconds; gives whether it has happened."""
        with self._changed:
            return self._changed.wait_for(self.is_set, timeout)


class AsyncResult:
    """A value, or an exception, that comes later."""

    def __init__(self) -> None:
        self.value: Any = None
        self.exception: BaseException | None = None
        self._came = Event()

    def ready(self) -> bool:
        """Whether it has come."""
        return self._came.is_set()

    def successful(self) -> bool:
        """Whether a value has come."""
        return self.ready() and self.exception is None

    def set(self, value: Any = None) -> None:
        """Gives the value to whoever waits."""
        self.value, self.exception = value, None
        self._came.set()

    def set_exception(self, exception: BaseException, exc_info: Any = None) -> None:
        """Raises an exception for whoever waits."""
        self.exception = exception
        self._came.set()

    def __call__(self, source: Any) -> None:
        """Takes what a greenlet has given or raised, for `greenlet.link(result)`."""
        if source.successful():
            self.set(source.value)
        else:
            self.set_exception(source.exception)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Waits for the value.

        Raises:
            Timeout: If it does not come in time.
        """
        if not self._came.wait(timeout if block else 0):
            raise Timeout(timeout if block else 0)
        if self.exception is not None:
            raise self.exception
        return self.value

    def get_nowait(self) -> Any:
        """Gives the value, or raises `Timeout` if it has not come."""
        return self.get(block=False)

    def wait(self, timeout: float | None = None) -> Any:
        """Waits until it comes; gives the value, which is None for exceptions and if it does not come."""
        self._came.wait(timeout)
        return self.value
