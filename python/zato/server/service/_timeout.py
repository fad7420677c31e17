"""What `self.invoke(.., timeout=..)` raises when the time is over (reference service-api 4.1)."""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import Any

from zato.common.exception import TimeoutException

__all__ = ["invocation_timeout"]


def invocation_timeout(cid: str, message: str, seconds: float) -> TimeoutException:
    """Makes the exception: a `TimeoutException`, and a `gevent.Timeout` as well where services have that.

    Earlier versions raised the latter. It exists in a process only if something has imported gevent, and services that
    catch it have.

    Args:
        cid: Correlation ID of the call.
        message: What took too long.
        seconds: How long the call was allowed to take.
    """
    timeout = getattr(sys.modules.get("gevent"), "Timeout", None)
    is_class = isinstance(timeout, type) and issubclass(timeout, BaseException)
    made = (_of_both(timeout) if is_class else TimeoutException)(cid, message)
    made.seconds = seconds  # type: ignore[attr-defined]
    return made


@lru_cache(maxsize=4)
def _of_both(timeout: Any) -> type[TimeoutException]:
    def no_construction(self: Any, cid: str, message: str) -> None:
        # gevent's own constructor would start a timer.
        TimeoutException.__init__(self, cid, message)

    members = {name: getattr(TimeoutException, name) for name in ("__module__", "__doc__")}
    members["__init__"] = no_construction
    return type("TimeoutException", (TimeoutException, timeout), members)
