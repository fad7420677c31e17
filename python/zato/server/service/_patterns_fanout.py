"""Fan-out/fan-in and parallel execution (reference service-api 4.5)."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Mapping
from typing import Any, NamedTuple

from zato import _core
from zato.common.api import CHANNEL
from zato.server.service._patterns_message import (
    call_back,
    has_old_messages,
    service_names,
    timestamp,
    traceback_text,
    utc_now,
)

__all__ = ["FanOut", "ParallelExec"]


class _Kind(NamedTuple):
    """What makes the two patterns different."""

    call: str
    on_target: str
    on_final: str
    #: Under which name targets find the pattern's correlation ID in `self.wsgi_environ`.
    context: str
    #: Whether callbacks get exceptions as objects from 3.2 on.
    has_exception_objects: bool


_FANOUT = _Kind(CHANNEL.FANOUT_CALL, CHANNEL.FANOUT_ON_TARGET, CHANNEL.FANOUT_ON_FINAL, "fanout_cid", True)
_PARALLEL = _Kind(CHANNEL.PARALLEL_EXEC_CALL, CHANNEL.PARALLEL_EXEC_ON_TARGET, "", "parallel_exec_cid", False)


class FanOut:
    """`self.patterns.fanout`."""

    __slots__ = ("_service",)

    def __init__(self, service: Any) -> None:
        self._service = service

    def invoke(self, targets: Mapping[Any, Any], on_final: Any, on_target: Any = None, cid: str | None = None) -> str:
        """Runs services at the same time, in the background, and others once all of them have ended.

        Whatever happens to targets is told to the callbacks: one that raises, is not deployed or is switched off has
        ended as well. Final callbacks are run once, after those of the last target were started.

        Args:
            targets: Payloads by service.
            on_final: Service or services to run when all targets have ended.
            on_target: Service or services to run when any target has ended.
            cid: Correlation ID of the targets; a new one if there is none.

        Returns:
            The correlation ID.

        Raises:
            KeyError: If a callback is not deployed.
        """
        return _Run(self._service, _FANOUT, targets, on_target, on_final, cid).start()


class ParallelExec:
    """`self.patterns.parallel`."""

    __slots__ = ("_service",)

    def __init__(self, service: Any) -> None:
        self._service = service

    def invoke(self, targets: Mapping[Any, Any], on_target: Any, cid: str | None = None) -> str:
        """Runs services at the same time, in the background, and others as each of them ends.

        Args:
            targets: Payloads by service.
            on_target: Service or services to run when any target has ended.
            cid: Correlation ID of the targets; a new one if there is none.

        Returns:
            The correlation ID.

        Raises:
            KeyError: If a callback is not deployed.
        """
        return _Run(self._service, _PARALLEL, targets, on_target, None, cid).start()


class _Run:
    """One run of a pattern. Targets end on any thread, at any time, some before others have begun."""

    def __init__(
        self, service: Any, kind: _Kind, targets: Mapping[Any, Any], on_target: Any, on_final: Any, cid: str | None
    ) -> None:
        self._service = service
        self._kind = kind
        self._is_old = has_old_messages(service)
        self._source = service.name
        self._targets = dict(targets)
        self._on_target = service_names(on_target)
        self._on_final = service_names(on_final)
        self._cid = cid or _core.new_cid()
        self._requested_at = utc_now()
        self._given = _as_told(on_target, self._is_old), _as_told(on_final, self._is_old)
        # In the order of the targets, whichever ends first.
        self._ended: dict[str, dict[str, Any]] = {_name(target): {} for target in self._targets}
        self._left = len(self._targets)
        self._lock = threading.Lock()

    def start(self) -> str:
        for target, payload in self._targets.items():
            self._start(target, payload)
        if not self._targets:
            self._finish()
        return self._cid

    def _start(self, target: Any, payload: Any) -> None:
        requested_at = utc_now()

        def on_end(response: Any, error: BaseException | None) -> None:
            self._end(_name(target), requested_at, response, error)

        try:
            self._service._zato_start(
                on_end,
                False,
                target,
                payload,
                self._kind.call,
                cid=self._cid,
                to_json_string=self._is_old and not isinstance(payload, (str, bytes)),
                zato_ctx={self._kind.context: self._cid},
            )
        except Exception as error:  # noqa: BLE001 - callbacks are told
            on_end(None, error)

    def _end(self, target: str, requested_at: dt.datetime, response: Any, error: BaseException | None) -> None:
        try:
            message = self._message(target, requested_at, response, error)
            self._ended[target] = message
            for callback in self._on_target:
                call_back(self._service, callback, message, self._kind.on_target, self._cid)
        finally:
            # Whatever happens, the end of the last target is the end of all.
            with self._lock:
                self._left -= 1
                is_last = self._left == 0
            if is_last:
                self._finish()

    def _message(
        self, target: str, requested_at: dt.datetime, response: Any, error: BaseException | None
    ) -> dict[str, Any]:
        message = {
            "source": self._source,
            "target": target,
            "response": response,
            "req_ts_utc": timestamp(self._service, requested_at),
            "resp_ts_utc": timestamp(self._service, utc_now()),
            "ok": error is None,
            "exception": error,
            "cid": self._cid,
        }
        if error is not None and (self._is_old or not self._kind.has_exception_objects):
            message["exception"] = traceback_text(error)
        if not self._is_old:
            message["phase"] = "on-target"
        return message

    def _finish(self) -> None:
        if not self._on_final:
            return
        on_target, on_final = self._given
        message: dict[str, Any] = {
            "source": self._source,
            "req_ts_utc": timestamp(self._service, self._requested_at) if self._is_old else self._requested_at,
            "on_target": on_target,
            "on_final": on_final,
            "data": dict(self._ended) if self._is_old else list(self._ended.values()),
        }
        if not self._is_old:
            message["phase"] = "on-final"
        for callback in self._on_final:
            call_back(self._service, callback, message, self._kind.on_final, self._cid)


def _name(target: Any) -> str:
    """Gives the name of a target, which may not be deployed."""
    return target if isinstance(target, str) else target.get_name()


def _as_told(given: Any, is_old: bool) -> Any:
    """Gives callbacks the way callbacks are told of them: as they were given, classes by their names."""
    if not given:
        return "" if is_old else None
    return [_name(item) for item in given] if isinstance(given, (list, tuple, set, frozenset)) else _name(given)
