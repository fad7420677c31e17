"""Looking into nested dictionaries and lists, under its import path of 2.0 and 3.0 (reference service-api 1.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["DictNav", "ListNav"]

_ABSENT: Any = object()


class _Nav:
    """What the two have in common."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def get(self, path: Any, default: Any = None) -> Any:
        """Gives what is at a path, or the default.

        Args:
            path: Keys and indexes from the outside in, as a list; a single one may come alone.
            default: What to give if there is nothing there.
        """
        found = self._find(path)
        return default if found is _ABSENT else found

    def has_path(self, path: Any) -> bool:
        """Whether there is something at a path; see `get`."""
        return self._find(path) is not _ABSENT

    def has_key(self, key: Any, nested: bool = True) -> bool:
        """Whether a key is there, at any depth or, if not `nested`, at the top only."""
        if not nested:
            return isinstance(self._value, Mapping) and key in self._value
        return any(key in mapping for mapping in _mappings(self._value))

    def _find(self, path: Any) -> Any:
        steps = path if isinstance(path, (list, tuple)) else [path]
        value = self._value
        for step in steps:
            try:
                value = value[step]
            except (LookupError, TypeError):
                return _ABSENT
        return value


class DictNav(_Nav):
    """Looks into a dictionary.

    Args:
        value: The dictionary, which stays as it is.
    """

    def __init__(self, value: Mapping[Any, Any] | None = None) -> None:
        super().__init__({} if value is None else value)


class ListNav(_Nav):
    """Looks into a list.

    Args:
        value: The list, which stays as it is.
    """

    def __init__(self, value: Sequence[Any] | None = None) -> None:
        super().__init__([] if value is None else value)


def _mappings(value: Any) -> Iterator[Mapping[Any, Any]]:
    """Gives all dictionaries of a structure, the outer ones first."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Mapping):
            yield item
            waiting.extend(item.values())
        elif isinstance(item, (list, tuple)):
            waiting.extend(item)
