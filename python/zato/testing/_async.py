"""Calls that services make with `self.invoke_async`."""

from __future__ import annotations

from typing import Any

from zato._core import AsyncInvocation

__all__ = ["AsyncInvocations"]


class AsyncInvocations(list[AsyncInvocation]):
    """The calls in the order in which they were made; none of them runs before the test says so.

    Each has `service`, `payload`, `cid`, `channel`, `data_format`, `callbacks` and `in_reply_to`, and `run()`, which
    gives what the service produced.
    """

    def __init__(self) -> None:
        super().__init__()
        #: Whether calls run when they are made, inside of the service that makes them. What they raise is raised there.
        self.run_at_once = False
        self._run: list[AsyncInvocation] = []

    def of(self, service: str) -> list[AsyncInvocation]:
        """Gives the calls of one service."""
        return [call for call in self if call.service == service]

    def run_all(self) -> list[Any]:
        """Runs every call that has not run yet, callbacks and calls made meanwhile included.

        Returns:
            What the services produced, in the order of the calls.

        Raises:
            Exception: What a service raises; calls after it stay to be run.
        """
        results: list[Any] = []
        while waiting := [call for call in self if not any(call is done for done in self._run)]:
            self._run.append(waiting[0])
            results.append(waiting[0].run())
        return results

    def take(self, call: AsyncInvocation) -> None:
        """Takes a call; what the native part calls."""
        self.append(call)
        if self.run_at_once:
            self._run.append(call)
            call.run()
