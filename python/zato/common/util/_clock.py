"""The clock that services ask through `self.time` and `utcnow`."""

from __future__ import annotations

import datetime as dt

__all__ = ["current_time"]


def current_time(zone: dt.tzinfo | None = None) -> dt.datetime:
    """Gives the current time in a time zone; `zato.testing` puts another function in its place to hold time still."""
    return dt.datetime.now(zone)
