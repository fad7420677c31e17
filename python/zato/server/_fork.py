"""The end of processes that services fork off."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from typing import NoReturn

_logger = logging.getLogger("zato")


def leave(error: BaseException | None) -> NoReturn:
    """Ends a forked child whose service is over, the way Python ends a program.

    The child has none of the threads of the worker, so that what comes after a service in a worker would wait for
    them for ever. Functions registered with `atexit` do not run: they are the worker's, and may wait for threads too.

    Args:
        error: What the service raised, if anything.
    """
    code = 1
    try:
        code = _exit_code(error)
    finally:
        for stream in (sys.stdout, sys.stderr):
            # A stream may be closed, full or gone; there is nobody to tell.
            with contextlib.suppress(Exception):
                stream.flush()
        os._exit(code)


def _exit_code(error: BaseException | None) -> int:
    if error is None:
        return 0
    if not isinstance(error, SystemExit):
        _logger.error("a service failed in a forked child", exc_info=error)
        return 1
    if error.code is None:
        return 0
    if isinstance(error.code, int):
        return error.code & 0xFF
    print(error.code, file=sys.stderr)  # noqa: T201 - as Python does
    return 1
