"""What patterns of all kinds have in common: whom they call back, and how they write times and exceptions."""

from __future__ import annotations

import datetime as dt
import logging
import traceback
from typing import Any

from zato import _core

__all__ = ["call_back", "has_old_messages", "service_names", "timestamp", "traceback_text", "utc_now"]

_OLD = ("2.0", "3.0", "3.1")


def has_old_messages(service: Any) -> bool:
    """Whether a service belongs to a version up to 3.1, whose messages are what a broker could carry."""
    return service._zato_profile in _OLD


def utc_now() -> dt.datetime:
    """The time in UTC, without a time zone, as services of up to 3.2 get it."""
    return dt.datetime.now(dt.timezone.utc).replace(tzinfo=None)


def timestamp(service: Any, moment: dt.datetime) -> str:
    """A moment the way messages to a service's callbacks have it: ISO 8601 from 3.2 on."""
    return moment.strftime("%Y-%m-%d %H:%M:%S") if has_old_messages(service) else moment.isoformat()


def traceback_text(error: BaseException) -> str:
    """An exception with its traceback, as text."""
    return "".join(traceback.format_exception(type(error), error, error.__traceback__))


def service_names(given: Any) -> list[str]:
    """Gives the names of services: one or several, each a name or a class; none for nothing.

    Raises:
        KeyError: If one of them is not deployed.
    """
    if not given:
        return []
    items = given if isinstance(given, (list, tuple, set, frozenset)) else [given]
    return [_core.service_name(item) for item in items]


def call_back(service: Any, callback: str, message: dict[str, Any], channel: str, cid: str) -> None:
    """Runs a callback, later or, if nothing more can be queued, at once; what keeps it from running is logged.

    Args:
        service: The service that the pattern belongs to.
        callback: Name of the callback service.
        message: Its payload, of which it gets a copy of its own.
        channel: Type of the channel that it sees.
        cid: Correlation ID of the pattern; the callback has one of its own.
    """
    try:
        service._zato_start(
            None, True, callback, dict(message), channel=channel, zato_ctx={"in_reply_to": cid}
        )
    except Exception:
        logging.getLogger("zato").exception("callback service `%s` of %s was not run", callback, cid)
