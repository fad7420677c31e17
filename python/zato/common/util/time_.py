"""`self.time` (reference service-api 3.8)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from zato.common._missing import refuse
from zato.common.util import _clock
from zato.common.util.api import utcnow
from zato.common.util.time_format import format_time, parse_time, zone_from_name

__all__ = ["TimeUtil", "datetime_from_ms", "utc_now", "utcnow"]

_DATE = "YYYY-MM-DD"
_DATE_TIME = "YYYY-MM-DDTHH:mm:ss"
_DATE_TIME_OLD = "YYYY-MM-DD HH:mm:ss"
_DATE_TIME_MICROSECONDS = "YYYY-MM-DDTHH:mm:ss.SSSSSS"

utc_now = utcnow


def datetime_from_ms(ms: float, isoformat: bool = True) -> str | dt.datetime:
    """Turns milliseconds since the Unix epoch into a UTC time, as ISO text or as a `datetime`."""
    moment = dt.datetime(1970, 1, 1) + dt.timedelta(milliseconds=ms)
    return moment.isoformat() if isoformat else moment


class TimeUtil:
    """Current and shifted times, as text in Arrow's formats or as objects.

    Objects are Arrow's if that library is installed, and `datetime` otherwise.

    Args:
        profile: Compat profile; it decides default formats and, for 2.0, the time zone of `today`.
    """

    def __init__(self, profile: str = "3.2") -> None:
        self._is_old = profile in ("2.0", "3.0", "3.1")
        self._date_time = _DATE_TIME_OLD if self._is_old else _DATE_TIME
        self._today_zone = "UTC" if profile == "2.0" else "local"

    def utcnow(self, format: str | None = None, needs_format: bool = True) -> Any:  # noqa: A002 - public name
        """Gives the current time in UTC."""
        return self._give(_clock.current_time(dt.timezone.utc), format or self._date_time, needs_format)

    def now(
        self,
        format: str | None = None,  # noqa: A002 - public name
        tz: str | dt.tzinfo = "local",
        needs_format: bool = True,
        delta: dt.timedelta | None = None,
    ) -> Any:
        """Gives the current time in a time zone, moved by `delta`."""
        moment = _clock.current_time(zone_from_name(tz)) + (delta or dt.timedelta())
        return self._give(moment, format or self._date_time, needs_format)

    def today(
        self,
        format: str = _DATE,  # noqa: A002 - public name
        tz: str | dt.tzinfo | None = None,
        needs_format: bool = True,
    ) -> Any:
        """Gives the current date."""
        return self.now(format, tz or self._today_zone, needs_format)

    def yesterday(
        self,
        format: str = _DATE,  # noqa: A002 - public name
        tz: str | dt.tzinfo = "local",
        needs_format: bool = True,
    ) -> Any:
        """Gives the date a day ago."""
        return self.now(format, tz, needs_format, dt.timedelta(days=-1))

    def tomorrow(
        self,
        format: str = _DATE,  # noqa: A002 - public name
        tz: str | dt.tzinfo = "local",
        needs_format: bool = True,
    ) -> Any:
        """Gives the date in a day."""
        return self.now(format, tz, needs_format, dt.timedelta(days=1))

    def isonow(self, tz: str | dt.tzinfo = "local", needs_format: bool = True) -> Any:
        """Gives the current time as ISO 8601 with microseconds."""
        return self.now(_DATE_TIME_MICROSECONDS, tz, needs_format)

    def isoutcnow(self, needs_format: bool = True) -> Any:
        """Gives the current UTC time as ISO 8601 with microseconds."""
        return self.utcnow(_DATE_TIME_MICROSECONDS, needs_format)

    def utcnow_as_float(self) -> float:
        """Gives the number of seconds since the Unix epoch."""
        return _clock.current_time(dt.timezone.utc).timestamp()

    def reformat(self, value: Any, from_: str, to: str) -> str:
        """Turns the text of a time from one format into another.

        Raises:
            ValueError: If the text does not follow the first format.
        """
        return self._write(parse_time(str(value), self._checked(from_)), to)

    def one_day_from(self, date: Any, format: str = _DATE, needs_format: bool = True) -> Any:  # noqa: A002
        """Gives the time a day after another one."""
        return self._after(date, dt.timedelta(days=1), format, needs_format)

    def one_hour_from(self, date: Any, format: str = _DATE, needs_format: bool = True) -> Any:  # noqa: A002
        """Gives the time an hour after another one."""
        return self._after(date, dt.timedelta(hours=1), format, needs_format)

    def one_minute_from(self, date: Any, format: str = _DATE, needs_format: bool = True) -> Any:  # noqa: A002
        """Gives the time a minute after another one."""
        return self._after(date, dt.timedelta(minutes=1), format, needs_format)

    def _after(self, start: Any, delta: dt.timedelta, pattern: str, needs_format: bool) -> Any:
        if isinstance(start, str):
            from zato.server.service._convert import parse_date_time

            try:
                start = parse_time(start, pattern)
            except ValueError:
                start = parse_date_time(start)
        elif isinstance(start, dt.date) and not isinstance(start, dt.datetime):
            start = dt.datetime(start.year, start.month, start.day)
        else:
            start = getattr(start, "datetime", start)
        return self._give(start + delta, pattern, needs_format)

    def _give(self, moment: dt.datetime, pattern: str, needs_format: bool) -> Any:
        if needs_format:
            return self._write(moment, pattern)
        try:
            import arrow  # type: ignore[import-not-found]
        except ImportError:
            return moment
        return arrow.get(moment)

    def _write(self, moment: dt.datetime, pattern: str) -> str:
        return format_time(moment, self._checked(pattern), whole_timestamps=self._is_old)

    def _checked(self, pattern: str) -> str:
        if self._is_old and pattern.startswith("kvdb:"):
            refuse(f"date format {pattern}", "Redis connections")
        return pattern
