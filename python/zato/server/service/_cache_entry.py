"""Entries of caches with their details, and the error of those whose time is over (reference connections 24.2)."""

from __future__ import annotations

from typing import Any

__all__ = ["Entry", "KeyExpiredError"]

_TIMES = ("last_read", "prev_read", "last_write", "prev_write", "expires_at")


class KeyExpiredError(KeyError):
    """The time of an entry was over, and it was not swept away yet. It is gone now: the next call finds no entry."""


class Entry:
    """A key with its value and what is known about it; what `details=True` gives.

    Times are seconds since the Unix epoch, and 0 if there is none. Each of them is there as text as well, for instance
    `last_read_iso` and `last_read_http`, which are empty if there is none.
    """

    __slots__ = (
        "expires_at",
        "expiry",
        "hash",
        "hits",
        "key",
        "last_read",
        "last_write",
        "position",
        "prev_read",
        "prev_write",
        "value",
    )

    def __init__(
        self,
        key: Any,
        value: Any,
        last_read: float,
        prev_read: float,
        last_write: float,
        prev_write: float,
        expiry: float,
        expires_at: float,
        hits: int,
        position: int,
        hash: int,  # noqa: A002 - historical name
    ) -> None:
        self.key: Any = key
        self.value: Any = value
        self.last_read: float = last_read
        self.prev_read: float = prev_read
        self.last_write: float = last_write
        self.prev_write: float = prev_write
        self.expiry: float = expiry
        self.expires_at: float = expires_at
        self.hits: int = hits
        self.position: int = position
        self.hash: int = hash

    def __getattr__(self, name: str) -> str:
        base, _, form = name.rpartition("_")
        if base in _TIMES and form in ("iso", "http"):
            return _shown(getattr(self, base), form)
        raise AttributeError(f"an entry of a cache has no attribute `{name}`")

    def __repr__(self) -> str:
        return f"<Entry {self.key!r}, position {self.position}, hits {self.hits}>"

    def to_dict(self) -> dict[str, Any]:
        """Gives all attributes, times as text among them, as a dictionary."""
        facts: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        for name in _TIMES:
            for form in ("iso", "http"):
                facts[f"{name}_{form}"] = _shown(facts[name], form)
        return facts


def _shown(seconds: float, form: str) -> str:
    if not seconds:
        return ""
    if form == "http":
        from email.utils import formatdate

        return formatdate(seconds, usegmt=True)
    from datetime import datetime, timezone

    return datetime.fromtimestamp(seconds, timezone.utc).isoformat()
