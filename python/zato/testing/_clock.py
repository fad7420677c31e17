"""Time that stands still."""

from __future__ import annotations

import datetime as dt
from types import TracebackType
from typing import Protocol

from zato.common.util import _clock

__all__ = ["FrozenTime", "Moment", "moment_of"]

#: A point in time: a `datetime`, a `date`, ISO 8601 text, or seconds since 1970. UTC unless it says otherwise.
Moment = dt.datetime | dt.date | str | float


class _Clock(Protocol):
    def set_time(self, seconds: float | None) -> None:
        """Holds the clock of the native part still, or lets it go on."""


class FrozenTime:
    """The time services see, until `stop`, the end of the `with` block, or the end of the test.

    `self.time`, `self.invocation_time` and `zato.common.util.api.utcnow` stand still. What asks Python itself, such as
    `datetime.now()`, does not; `time-machine` and `freezegun` are packages that stop that as well.
    """

    def __init__(self, core: _Clock, moment: Moment) -> None:
        self._core = core
        self._previous = _clock.current_time
        self._is_stopped = False
        self.move_to(moment)
        _clock.current_time = self._current_time

    @property
    def now(self) -> dt.datetime:
        """The time it is, in UTC."""
        return self._now

    def move_to(self, moment: Moment) -> None:
        """Makes it another time."""
        self._now = moment_of(moment)
        self._core.set_time(self._now.timestamp())

    def tick(self, seconds: float | dt.timedelta = 1) -> None:
        """Makes it later."""
        step = seconds if isinstance(seconds, dt.timedelta) else dt.timedelta(seconds=seconds)
        self.move_to(self._now + step)

    def stop(self) -> None:
        """Lets time go on; does nothing the second time."""
        if not self._is_stopped:
            self._is_stopped = True
            _clock.current_time = self._previous
            self._core.set_time(None)

    def __enter__(self) -> FrozenTime:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _current_time(self, zone: dt.tzinfo | None = None) -> dt.datetime:
        return self._now.astimezone(zone) if zone else self._now.astimezone().replace(tzinfo=None)


def moment_of(moment: Moment) -> dt.datetime:
    """Gives a point in time as a `datetime` in UTC.

    Raises:
        ValueError: For text that is no ISO 8601 time.
    """
    if isinstance(moment, str):
        # Python 3.10 does not read the letter.
        moment = dt.datetime.fromisoformat(moment.removesuffix("Z") + "+00:00" if moment.endswith("Z") else moment)
    if isinstance(moment, (int, float)):
        return dt.datetime.fromtimestamp(moment, dt.timezone.utc)
    if not isinstance(moment, dt.datetime):
        moment = dt.datetime(moment.year, moment.month, moment.day)
    return moment.replace(tzinfo=dt.timezone.utc) if moment.tzinfo is None else moment.astimezone(dt.timezone.utc)
