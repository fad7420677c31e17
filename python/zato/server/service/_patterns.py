"""`self.patterns` (reference service-api 4.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zato.server.service._patterns_fanout import FanOut, ParallelExec
from zato.server.service._patterns_retry import InvokeRetry

if TYPE_CHECKING:
    from zato.server.service._service import Service

__all__ = ["PatternsFacade"]


class PatternsFacade:
    """Ways to invoke several services, or one of them several times.

    Args:
        service: The service that invokes.
    """

    __slots__ = ("_service",)

    def __init__(self, service: Service, *_unused: Any) -> None:
        self._service = service

    @property
    def fanout(self) -> FanOut:
        """Runs services at the same time, and others when all of them are done."""
        return FanOut(self._service)

    @property
    def parallel(self) -> ParallelExec:
        """Runs services at the same time, and others when each of them is done."""
        return ParallelExec(self._service)

    @property
    def invoke_retry(self) -> InvokeRetry:
        """Runs a service again if it fails."""
        return InvokeRetry(self._service)
