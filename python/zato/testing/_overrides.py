"""Attributes that are something else for as long as a test runs."""

from __future__ import annotations

from typing import Any

__all__ = ["Overrides"]

_ABSENT = object()


class Overrides:
    """Sets attributes of classes and modules and puts back what was there.

    Services find `self.out` and the like on their class, which costs a server nothing, and where a test puts its own.
    """

    def __init__(self) -> None:
        self._kept: list[tuple[Any, str, Any]] = []

    def set(self, owner: Any, name: str, value: Any) -> None:
        """Sets an attribute until `restore`."""
        self._kept.append((owner, name, vars(owner).get(name, _ABSENT)))
        setattr(owner, name, value)

    def restore(self) -> None:
        """Puts everything back, the last first."""
        while self._kept:
            owner, name, value = self._kept.pop()
            if value is _ABSENT:
                delattr(owner, name)
            else:
                setattr(owner, name, value)
