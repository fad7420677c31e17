"""Python's `logging` on top of the server's log: levels, files and formats are decided there."""

from __future__ import annotations

import logging
import sys
from contextvars import ContextVar
from types import FrameType
from typing import Any

from zato import _core

#: Correlation ID of a coroutine; several of them share the thread of the event loop.
COROUTINE_CID: ContextVar[str | None] = ContextVar("zato_cid", default=None)

_INTERNAL_FILES = frozenset({logging.__file__, __file__})
_ACCEPTED = frozenset({"exc_info", "extra", "stack_info", "stacklevel"})


def current_cid() -> str | None:
    """Gives the correlation ID of the invocation that is running here, if there is one."""
    return COROUTINE_CID.get() or _core.current_cid()


class ServiceLogger(logging.Logger):
    """A logger that takes any keyword, as `self.logger` did in 2.0 (`cid=...`), and asks the server about levels."""

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802 - overrides the standard library
        """Whether a record of this level would be written."""
        return super().isEnabledFor(level) and _core.log_enabled(self.name, level)

    def _log(self, level: int, msg: object, args: Any, **options: Any) -> None:  # type: ignore[override]
        if options and not options.keys() <= _ACCEPTED:
            options = {name: value for name, value in options.items() if name in _ACCEPTED}
        super()._log(level, msg, args, **options)

    def findCaller(self, stack_info: bool = False, stacklevel: int = 1) -> tuple[str, int, str, str | None]:  # noqa: N802
        """Finds where the logger was called; this module counts as part of `logging`."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename in _INTERNAL_FILES:
            frame = frame.f_back
        while frame is not None and stacklevel > 1:
            frame, stacklevel = frame.f_back, stacklevel - 1
        if frame is None:
            return "(unknown file)", 0, "(unknown function)", None
        stack = None
        if stack_info:
            import traceback

            stack = "Stack (most recent call last):\n" + "".join(traceback.format_stack(frame)).rstrip("\n")
        return frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name, stack


def get_service_logger(name: str) -> ServiceLogger:
    """Gives the logger of a service; the same object that `logging.getLogger` gives from then on."""
    logger = logging.getLogger(name)
    if type(logger) is logging.Logger:
        logger.__class__ = ServiceLogger
    return logger  # type: ignore[return-value]


class ServerHandler(logging.Handler):
    """Hands records to the server, which needs no lock of ours."""

    def __init__(self) -> None:
        super().__init__()
        self._traceback = logging.Formatter()

    def handle(self, record: logging.LogRecord) -> Any:
        """Emits a record unless a filter drops it."""
        passed = self.filter(record)
        if isinstance(passed, logging.LogRecord):
            record = passed
        if passed:
            self.emit(record)
        return passed

    def emit(self, record: logging.LogRecord) -> None:
        """Formats a record and hands it over; what nobody wants is not formatted."""
        if not _core.log_enabled(record.name, record.levelno):
            return
        try:
            message = record.getMessage()
            if record.exc_info and not record.exc_text:
                record.exc_text = self._traceback.formatException(record.exc_info)
            details = [text for text in (record.exc_text, record.stack_info) if text]
            _core.log(record.levelno, record.name, "\n".join([message, *details]), record.lineno, current_cid())
        except Exception:  # noqa: BLE001 - a wrong format string must not break the service
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - overrides the standard library
        """Says in the log itself that a record could not be formatted, and where."""
        error = sys.exc_info()[1]
        message = f"log message {record.msg!r} does not fit its arguments {record.args!r}: {error}"
        _core.log(logging.ERROR, record.name, message, record.lineno, current_cid())


def install() -> None:
    """Makes the server's log the only target of Python's loggers. Called once, when a worker starts.

    Levels that services and libraries set themselves still count; beyond that, the server decides for each logger,
    and may change its mind at any time.
    """
    logging.setLoggerClass(ServiceLogger)
    for logger in list(logging.root.manager.loggerDict.values()):
        if type(logger) is logging.Logger:
            logger.__class__ = ServiceLogger
    logging.root.setLevel(1)
    logging.root.handlers[:] = [ServerHandler()]
    logging.captureWarnings(True)
