"""Types that say how a field of a model is to be read (reference service-api 1.7, 5.8)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

__all__ = ["DateTimeWithZone", "isotimestamp"]


class DateTimeWithZone(datetime):
    """A point in time with a time zone; text without one is in UTC."""


if TYPE_CHECKING:
    isotimestamp = str
else:

    class isotimestamp(str):  # noqa: N801 - historical name
        """Text of a point in time, brought into the form of ISO 8601."""

        __slots__ = ()
