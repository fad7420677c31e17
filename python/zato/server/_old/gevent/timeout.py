"""`gevent.timeout`: limits of time for what waits."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from zato.server._old.gevent._waiting import current

__all__ = ["Timeout", "with_timeout"]

_MISSING: Any = object()


class Timeout(BaseException):
    """Raises itself, or another exception, in the thread that started it, at the next place where that waits.

    Args:
        seconds: After how long; never, without it.
        exception: What is raised instead of the timeout. With `False`, a `with` block ends without an exception.
    """

    def __init__(self, seconds: float | None = None, exception: Any = None, *_args: Any, **_options: Any) -> None:
        super().__init__()
        self.seconds = seconds
        self.exception = exception
        self.ends_at = 0.0

    @classmethod
    def start_new(cls, timeout: Any = None, exception: Any = None, **_options: Any) -> Timeout:
        """Gives a timeout that runs: the one that is given, or a new one of so many seconds."""
        made = timeout if isinstance(timeout, Timeout) else cls(timeout, exception)
        if not made.pending:
            made.start()
        return made

    def start(self) -> None:
        """Begins to run.

        Raises:
            AssertionError: If it runs already.
        """
        if self.pending:
            raise AssertionError(f"{self!r} is already started")
        if self.seconds is not None:
            self.ends_at = time.monotonic() + self.seconds
            current.deadlines.append(self)

    @property
    def pending(self) -> bool:
        """Whether it runs."""
        return any(deadline is self for deadline in current.deadlines)

    def cancel(self) -> None:
        """Stops running."""
        current.deadlines[:] = [deadline for deadline in current.deadlines if deadline is not self]

    close = cancel

    def expire(self) -> BaseException:
        """Stops running, and gives what it raises."""
        self.cancel()
        if self.exception is None or isinstance(self.exception, (bool, str)):
            return self
        return self.exception() if isinstance(self.exception, type) else self.exception

    def __enter__(self) -> Timeout:
        if not self.pending:
            self.start()
        return self

    def __exit__(self, kind: Any, value: BaseException | None, traceback: Any) -> bool:
        self.close()
        return value is self and self.exception is False

    def __str__(self) -> str:
        if self.seconds is None:
            return ""
        word = "second" if self.seconds == 1 else "seconds"
        extra = f": {self.exception}" if isinstance(self.exception, str) else ""
        return f"{self.seconds} {word}{extra}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} seconds={self.seconds}>"


def with_timeout(
    seconds: float | None, function: Callable[..., Any], *args: Any, timeout_value: Any = _MISSING, **options: Any
) -> Any:
    """Calls a function with a limit of time.

    Raises:
        Timeout: If it is over and there is no `timeout_value` to give instead.
    """
    timeout = Timeout.start_new(seconds)
    try:
        return function(*args, **options)
    except Timeout as error:
        if error is timeout and timeout_value is not _MISSING:
            return timeout_value
        raise
    finally:
        timeout.close()
