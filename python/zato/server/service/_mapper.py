"""Copies values between messages (reference service-api 3.6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from zato.common.util.time_ import TimeUtil

if TYPE_CHECKING:
    from zato.server.service._json_pointer import JSONPointer
    from zato.server.service._xpath import XPath

__all__ = ["Mapper"]

_ABSENT: Any = object()


class Mapper:
    """Copies values from one document to another.

    Args:
        source: Access to where values come from.
        target: Access to where they go.
    """

    __slots__ = ("_source", "_target")

    def __init__(self, source: JSONPointer | XPath, target: JSONPointer | XPath) -> None:
        self._source = source
        self._target = target

    @property
    def source(self) -> Any:
        """The document values come from."""
        return self._source.doc

    @property
    def target(self) -> Any:
        """The document values go to."""
        return self._target.doc

    def map(self, from_: str, to: str) -> None:
        """Copies one value; what the source does not have is left out.

        Args:
            from_: Name or expression in the source.
            to: Name or expression in the target.
        """
        value = self._source.get(from_, _ABSENT)
        if value is not _ABSENT:
            self._target.set(to, value)

    def map_many(self, pairs: Mapping[str, str] | Iterable[tuple[str, str]]) -> None:
        """Copies several values; see `map`."""
        items: Any = pairs.items() if isinstance(pairs, Mapping) else pairs
        for from_, to in items:
            self.map(from_, to)

    def set_time(self, to: str, from_: str | None = None, from_format: str | None = None, to_format: str = "") -> None:
        """Sets a time: that of the source in another format, or the current one in UTC.

        Args:
            to: Name or expression in the target.
            from_: Name or expression in the source; none is the current time.
            from_format: Format of the time in the source, in tokens of Arrow.
            to_format: Format in the target; if empty, `YYYY-MM-DDTHH:mm:ss`.
        """
        times, form = TimeUtil(), to_format or "YYYY-MM-DDTHH:mm:ss"
        if from_ is None:
            self._target.set(to, times.utcnow(form))
            return
        value = self._source.get(from_, _ABSENT)
        if value is not _ABSENT:
            self._target.set(to, times.reformat(value, from_format or "YYYY-MM-DDTHH:mm:ss", form))

    def set_func(self, to: str, func: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Sets what a function gives.

        Args:
            to: Name or expression in the target.
            func: The function.
            args: Its positional arguments.
            kwargs: Its named arguments.
        """
        self._target.set(to, func(*args, **kwargs))
