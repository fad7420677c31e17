"""Operations on all entries of a cache whose keys have something in common (reference connections 24.2)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from zato import _core

__all__ = ["Families"]

_Text = str | bytes


class Families(_core.Cache):
    """Reads, writes, drops and expires entries by what their keys have in common.

    Text is compared with keys that are text, bytes with keys that are bytes; numbers are never meant. Regular
    expressions have the syntax of Rust's `regex` and are looked for anywhere in a key. What is given by key are
    dictionaries. With a `limit`, those entries are taken that were used most recently; 0 is no limit, and an expiry
    of 0 is for ever. All of them raise ValueError if there is nothing to compare with, or if a regular expression
    cannot be used.
    """

    __slots__ = ()

    def get_by_prefix(self, prefix: _Text, details: bool = False, limit: int = 0) -> dict[Any, Any]:
        """Reads entries whose keys begin with a text; gives values, or entries with details, by key."""
        return self._get_matching("prefix", prefix, details, limit)

    def get_by_suffix(self, suffix: _Text, details: bool = False, limit: int = 0) -> dict[Any, Any]:
        """Reads entries whose keys end with a text; gives values, or entries with details, by key."""
        return self._get_matching("suffix", suffix, details, limit)

    def get_by_regex(self, regex: _Text, details: bool = False, limit: int = 0) -> dict[Any, Any]:
        """Reads entries whose keys match a regular expression; gives values, or entries with details, by key."""
        return self._get_matching("regex", regex, details, limit)

    def get_contains(self, what: _Text, details: bool = False, limit: int = 0) -> dict[Any, Any]:
        """Reads entries whose keys contain a text; gives values, or entries with details, by key."""
        return self._get_matching("contains", what, details, limit)

    def get_not_contains(self, what: _Text, details: bool = False, limit: int = 0) -> dict[Any, Any]:
        """Reads entries whose keys do not contain a text; gives values, or entries with details, by key."""
        return self._get_matching("not_contains", what, details, limit)

    def get_contains_all(self, what: Iterable[_Text], details: bool = False, limit: int = 0) -> dict[Any, Any]:
        """Reads entries whose keys contain all of several texts; gives values, or entries with details, by key."""
        return self._get_matching("contains_all", what, details, limit)

    def get_contains_any(self, what: Iterable[_Text], details: bool = False, limit: int = 0) -> dict[Any, Any]:
        """Reads entries whose keys contain one of several texts; gives values, or entries with details, by key."""
        return self._get_matching("contains_any", what, details, limit)

    def set_by_prefix(
        self, prefix: _Text, value: Any, expiry: float = 0.0, return_found: bool = False, limit: int = 0
    ) -> dict[Any, Any] | None:
        """Writes to all entries whose keys begin with a text; gives previous values if asked to."""
        return self._set_matching("prefix", prefix, value, expiry, return_found, limit)

    def set_by_suffix(
        self, suffix: _Text, value: Any, expiry: float = 0.0, return_found: bool = False, limit: int = 0
    ) -> dict[Any, Any] | None:
        """Writes to all entries whose keys end with a text; gives previous values if asked to."""
        return self._set_matching("suffix", suffix, value, expiry, return_found, limit)

    def set_by_regex(
        self, regex: _Text, value: Any, expiry: float = 0.0, return_found: bool = False, limit: int = 0
    ) -> dict[Any, Any] | None:
        """Writes to all entries whose keys match a regular expression; gives previous values if asked to."""
        return self._set_matching("regex", regex, value, expiry, return_found, limit)

    def set_contains(
        self, what: _Text, value: Any, expiry: float = 0.0, return_found: bool = False, limit: int = 0
    ) -> dict[Any, Any] | None:
        """Writes to all entries whose keys contain a text; gives previous values if asked to."""
        return self._set_matching("contains", what, value, expiry, return_found, limit)

    def set_not_contains(
        self, what: _Text, value: Any, expiry: float = 0.0, return_found: bool = False, limit: int = 0
    ) -> dict[Any, Any] | None:
        """Writes to all entries whose keys do not contain a text; gives previous values if asked to."""
        return self._set_matching("not_contains", what, value, expiry, return_found, limit)

    def set_contains_all(
        self, what: Iterable[_Text], value: Any, expiry: float = 0.0, return_found: bool = False, limit: int = 0
    ) -> dict[Any, Any] | None:
        """Writes to all entries whose keys contain all of several texts; gives previous values if asked to."""
        return self._set_matching("contains_all", what, value, expiry, return_found, limit)

    def set_contains_any(
        self, what: Iterable[_Text], value: Any, expiry: float = 0.0, return_found: bool = False, limit: int = 0
    ) -> dict[Any, Any] | None:
        """Writes to all entries whose keys contain one of several texts; gives previous values if asked to."""
        return self._set_matching("contains_any", what, value, expiry, return_found, limit)

    def delete_by_prefix(self, prefix: _Text, return_found: bool = False, limit: int = 0) -> dict[Any, Any] | None:
        """Drops entries whose keys begin with a text; gives their values if asked to."""
        return self._delete_matching("prefix", prefix, return_found, limit)

    def delete_by_suffix(self, suffix: _Text, return_found: bool = False, limit: int = 0) -> dict[Any, Any] | None:
        """Drops entries whose keys end with a text; gives their values if asked to."""
        return self._delete_matching("suffix", suffix, return_found, limit)

    def delete_by_regex(self, regex: _Text, return_found: bool = False, limit: int = 0) -> dict[Any, Any] | None:
        """Drops entries whose keys match a regular expression; gives their values if asked to."""
        return self._delete_matching("regex", regex, return_found, limit)

    def delete_contains(self, what: _Text, return_found: bool = False, limit: int = 0) -> dict[Any, Any] | None:
        """Drops entries whose keys contain a text; gives their values if asked to."""
        return self._delete_matching("contains", what, return_found, limit)

    def delete_not_contains(self, what: _Text, return_found: bool = False, limit: int = 0) -> dict[Any, Any] | None:
        """Drops entries whose keys do not contain a text; gives their values if asked to."""
        return self._delete_matching("not_contains", what, return_found, limit)

    def delete_contains_all(
        self, what: Iterable[_Text], return_found: bool = False, limit: int = 0
    ) -> dict[Any, Any] | None:
        """Drops entries whose keys contain all of several texts; gives their values if asked to."""
        return self._delete_matching("contains_all", what, return_found, limit)

    def delete_contains_any(
        self, what: Iterable[_Text], return_found: bool = False, limit: int = 0
    ) -> dict[Any, Any] | None:
        """Drops entries whose keys contain one of several texts; gives their values if asked to."""
        return self._delete_matching("contains_any", what, return_found, limit)

    def expire_by_prefix(self, prefix: _Text, expiry: float = 0.0, limit: int = 0) -> bool:
        """Gives entries whose keys begin with a text another time to live; gives whether there are any."""
        return self._expire_matching("prefix", prefix, expiry, limit)

    def expire_by_suffix(self, suffix: _Text, expiry: float = 0.0, limit: int = 0) -> bool:
        """Gives entries whose keys end with a text another time to live; gives whether there are any."""
        return self._expire_matching("suffix", suffix, expiry, limit)

    def expire_by_regex(self, regex: _Text, expiry: float = 0.0, limit: int = 0) -> bool:
        """Gives entries whose keys match a regular expression another time to live; gives whether there are any."""
        return self._expire_matching("regex", regex, expiry, limit)

    def expire_contains(self, what: _Text, expiry: float = 0.0, limit: int = 0) -> bool:
        """Gives entries whose keys contain a text another time to live; gives whether there are any."""
        return self._expire_matching("contains", what, expiry, limit)

    def expire_not_contains(self, what: _Text, expiry: float = 0.0, limit: int = 0) -> bool:
        """Gives entries whose keys do not contain a text another time to live; gives whether there are any."""
        return self._expire_matching("not_contains", what, expiry, limit)

    def expire_contains_all(self, what: Iterable[_Text], expiry: float = 0.0, limit: int = 0) -> bool:
        """Gives entries whose keys contain all of several texts another time to live; gives whether there are any."""
        return self._expire_matching("contains_all", what, expiry, limit)

    def expire_contains_any(self, what: Iterable[_Text], expiry: float = 0.0, limit: int = 0) -> bool:
        """Gives entries whose keys contain one of several texts another time to live; gives whether there are any."""
        return self._expire_matching("contains_any", what, expiry, limit)
