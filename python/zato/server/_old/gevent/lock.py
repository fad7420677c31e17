"""`gevent.lock`: semaphores."""

from __future__ import annotations

from typing import Any

from zato.server._old.gevent._waiting import PatientCondition

__all__ = ["BoundedSemaphore", "DummySemaphore", "RLock", "Semaphore"]


class Semaphore:
    """Lets at most so many in at once."""

    def __init__(self, value: int = 1) -> None:
        if value < 0:
            raise ValueError("semaphore initial value must be >= 0")
        self.counter = value
        self._changed = PatientCondition()

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        """Goes in, waiting for it if need be; gives whether it came to that."""
        with self._changed:
            if not self._changed.wait_for(lambda: self.counter > 0, timeout if blocking else 0):
                return False
            self.counter -= 1
            return True

    def release(self) -> int:
        """Goes out; gives how many may come in."""
        with self._changed:
            self.counter += 1
            self._changed.notify()
            return self.counter

    def locked(self) -> bool:
        """Whether nobody may come in."""
        return self.counter <= 0

    def ready(self) -> bool:
        """Whether somebody may come in."""
        return self.counter > 0

    def wait(self, timeout: float | None = None) -> int:
        """Waits until somebody may come in; gives how many may."""
        with self._changed:
            self._changed.wait_for(self.ready, timeout)
            return self.counter

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class BoundedSemaphore(Semaphore):
    """A semaphore that nobody may leave who has not come in."""

    def __init__(self, value: int = 1) -> None:
        super().__init__(value)
        self._bound = value

    def release(self) -> int:
        """Goes out; gives how many may come in.

        Raises:
            ValueError: If nobody is in.
        """
        if self.counter >= self._bound:
            raise ValueError("Semaphore released too many times")
        return super().release()


class DummySemaphore:
    """Lets everybody in."""

    def __init__(self, value: int | None = None) -> None:
        pass

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        """Goes in."""
        return True

    def release(self) -> int:
        """Goes out."""
        return 1

    def locked(self) -> bool:
        """Whether nobody may come in."""
        return False

    def wait(self, timeout: float | None = None) -> int:
        """Gives that somebody may come in."""
        return 1

    def __enter__(self) -> None:
        """Goes in."""

    def __exit__(self, *_: object) -> None:
        """Goes out."""


class RLock:
    """A lock that its owner may take several times."""

    def __init__(self, _hub: Any = None) -> None:
        self._block = Semaphore(1)
        self._owner: int | None = None
        self._count = 0

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        """Takes it; gives whether it came to that."""
        import threading

        caller = threading.get_ident()
        if self._owner != caller:
            if not self._block.acquire(blocking, timeout):
                return False
            self._owner = caller
        self._count += 1
        return True

    def release(self) -> None:
        """Gives it back.

        Raises:
            RuntimeError: If somebody else has it.
        """
        import threading

        if self._owner != threading.get_ident():
            raise RuntimeError("cannot release un-acquired lock")
        self._count -= 1
        if not self._count:
            self._owner = None
            self._block.release()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()
