"""Repeated calls (reference service-api 4.5)."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from zato import _core
from zato.common.api import CHANNEL
from zato.common.exception import TimeoutException, ZatoException
from zato.server import _delays
from zato.server.service._patterns_message import call_back, service_names, timestamp, utc_now

__all__ = ["InvokeRetry", "Retry"]


class InvokeRetry:
    """`self.patterns.invoke_retry`."""

    __slots__ = ("_service",)

    def __init__(self, service: Any) -> None:
        self._service = service

    def invoke(self, target: Any, *args: Any, **kwargs: Any) -> Any:
        """Runs a service and, if it raises, runs it again, up to `repeats` times more.

        Args:
            target: The service.
            args: What it is invoked with, as for `self.invoke`.
            kwargs: Likewise, besides `repeats`, how many times to run it again; `seconds` or `minutes`, how long to
                wait in between; and `async_fallback`, whether to do that in the background. Then there has to be a
                `callback`, the service or services to run in the end, and there may be a `context`, which they get.

        Returns:
            The response; or the correlation ID of the calls in the background, if the first one failed.

        Raises:
            ZatoException: If the service failed each time; the last exception is its cause.
            ValueError: If options are missing, contradict each other, or name a callback that is not deployed.
            KeyError: If the service is not deployed.
        """
        is_fallback = bool(kwargs.pop("async_fallback", False))
        retry = self._retry(target, args, kwargs, needs_callback=is_fallback)
        left = retry.repeats
        while True:
            try:
                return self._service.invoke(retry.target, *args, **kwargs)
            except Exception as error:
                if isinstance(error, TimeoutException) and error.msg is None:
                    # It is this service whose time is over.
                    raise
                if not is_fallback and not left:
                    tries = retry.repeats + 1
                    message = f"service `{retry.target}` failed {tries} times, the last time with {error!r}"
                    raise ZatoException(self._service.cid, message) from error
            if is_fallback:
                return retry.begin_after_pause(self._service)
            left -= 1
            time.sleep(retry.seconds)

    def invoke_async(self, target: Any, *args: Any, **kwargs: Any) -> str:
        """Runs a service in the background and, if it raises, runs it again; see `invoke`.

        Returns:
            The correlation ID it is run with.

        Raises:
            ValueError: If options are missing, contradict each other, or name a callback that is not deployed.
            KeyError: If the service is not deployed.
        """
        kwargs.pop("async_fallback", None)
        return self._retry(target, args, kwargs, needs_callback=True).begin(self._service)

    def _retry(self, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any], *, needs_callback: bool) -> Retry:
        """Takes the options of this pattern out of keyword arguments."""
        repeats = kwargs.pop("repeats", None)
        seconds, minutes = kwargs.pop("seconds", None), kwargs.pop("minutes", None)
        callback, context = kwargs.pop("callback", None), kwargs.pop("context", None)
        if repeats is None or repeats < 0:
            raise ValueError("`repeats` says how many times to run the service again; give a number from 0 on")
        if (seconds is None) == (minutes is None):
            raise ValueError("give either `seconds` or `minutes`, how long to wait between calls")
        if needs_callback and not callback:
            raise ValueError("`callback` is missing, the service to run when the calls in the background are over")
        return Retry(
            source=self._service.name,
            target=_core.service_name(target),
            args=args,
            kwargs=kwargs,
            repeats=int(repeats),
            seconds=float(seconds if minutes is None else minutes * 60),
            callbacks=_deployed(callback),
            context=context,
            orig_cid=self._service.cid,
        )


def _deployed(callback: Any) -> list[str]:
    try:
        return service_names(callback)
    except KeyError as error:
        raise ValueError(f"callback service `{error.args[0]}` is not deployed") from None


@dataclass
class Retry:
    """Calls of one service until one of them ends well, in the background, and what follows."""

    source: str
    target: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    #: How many times the service is run again.
    repeats: int
    #: How long to wait in between.
    seconds: float
    callbacks: list[str]
    context: Any
    orig_cid: str
    call_cid: str = field(default_factory=lambda: _core.new_cid())
    _requested_at: Any = field(default_factory=utc_now)
    _left: int = 0

    def begin(self, service: Any) -> str:
        """Runs the service now; gives the correlation ID of the calls."""
        self._left = self.repeats
        self.call_cid = str(self.kwargs.get("cid") or self.call_cid)
        self._call(service)
        return self.call_cid

    def begin_after_pause(self, service: Any) -> str:
        """Runs the service for the second time, the first call having failed already."""
        self._left = self.repeats
        self._after_failure(service)
        return self.call_cid

    def _call(self, service: Any) -> None:
        def on_end(response: Any, error: BaseException | None) -> None:
            if error is None:
                self._end(service, response, is_ok=True)
                return
            logging.getLogger("zato").warning(
                "service `%s` failed (%s), it is run again %s times at most", self.target, self.call_cid, self._left,
                exc_info=error,
            )  # fmt: skip
            self._after_failure(service)

        options = {"channel": CHANNEL.INVOKE_ASYNC, **self.kwargs, "cid": self.call_cid}
        if len(self.args) > 1:
            # The channel was given by its position.
            del options["channel"]
        try:
            service._zato_start(on_end, False, self.target, *self.args, **options)
        except Exception as error:  # noqa: BLE001 - it counts as a failed call
            on_end(None, error)

    def _after_failure(self, service: Any) -> None:
        if not self._left:
            self._end(service, None, is_ok=False)
            return
        self._left -= 1

        def go_on(is_over: bool) -> None:
            if is_over:
                self._end(service, None, is_ok=False)
            else:
                self._call(service)

        _delays.later(self.seconds, go_on)

    def _end(self, service: Any, response: Any, *, is_ok: bool) -> None:
        message = {
            "ok": is_ok,
            "source": self.source,
            "target": self.target,
            "retry_repeats": self.repeats,
            "retry_seconds": int(self.seconds) if self.seconds.is_integer() else self.seconds,
            "call_cid": self.call_cid,
            "orig_cid": self.orig_cid,
            "req_ts_utc": timestamp(service, self._requested_at),
            "resp_ts_utc": timestamp(service, utc_now()),
            "response": response,
            "context": self.context,
        }
        for callback in self.callbacks:
            call_back(service, callback, message, CHANNEL.INVOKE_ASYNC, self.call_cid)
