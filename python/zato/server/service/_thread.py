"""Threads that services start (reference service-api 3.4, `spawn`)."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from typing import Any

from zato.server._logging import COROUTINE_CID, current_cid


class ServiceThread:
    """One running function; it has the methods of the greenlet that earlier versions gave back."""

    def __init__(self, function: Callable[[], Any], name: str) -> None:
        self.value: Any = None
        self.exception: BaseException | None = None
        self._function = function
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @classmethod
    def spawn(cls, function: Callable[..., Any], *args: Any, **options: Any) -> ServiceThread:
        """Starts a function in a thread of its own, with the context variables and the CID of the caller."""
        context = contextvars.copy_context()
        context.run(COROUTINE_CID.set, current_cid())
        name = f"service-{getattr(function, '__name__', 'thread')}"
        started = cls(lambda: context.run(function, *args, **options), name)
        started._thread.start()
        return started

    def _run(self) -> None:
        try:
            self.value = self._function()
        except BaseException as error:
            self.exception = error
            import logging

            logging.getLogger("zato").warning("thread %s failed", self._thread.name, exc_info=True)
        finally:
            del self._function

    def ready(self) -> bool:
        """Whether the function is done."""
        return not self._thread.is_alive()

    @property
    def dead(self) -> bool:
        """Whether the function is done."""
        return self.ready()

    def successful(self) -> bool:
        """Whether the function is done and raised nothing."""
        return self.ready() and self.exception is None

    def join(self, timeout: float | None = None) -> None:
        """Waits until the function is done, or for a number of seconds."""
        self._thread.join(timeout)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Gives the function's result, waiting for it; raises what it raised.

        Raises:
            TimeoutError: If it is not done in time.
        """
        if block:
            self._thread.join(timeout)
        if self._thread.is_alive():
            raise TimeoutError(f"thread {self._thread.name} is still running")
        if self.exception is not None:
            raise self.exception
        return self.value
