"""Headers of responses, whose names are the same in any case (RFC 9110 5.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping

__all__ = ["Headers"]


class Headers(MutableMapping[str, str]):
    """Headers by name, in any case; several of one name are joined by commas, as in `requests`."""

    __slots__ = ("_values",)

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._values: dict[str, tuple[str, str]] = {}
        for name, value in pairs:
            known = self._values.get(name.lower())
            self._values[name.lower()] = (name, f"{known[1]}, {value}" if known else value)

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()][1]

    def __setitem__(self, name: str, value: str) -> None:
        self._values[name.lower()] = (name, value)

    def __delitem__(self, name: str) -> None:
        del self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._values.values())

    def __len__(self) -> int:
        return len(self._values)

    def __eq__(self, other: object) -> bool:
        if not hasattr(other, "items"):
            return NotImplemented
        theirs = {str(name).lower(): value for name, value in other.items()}  # type: ignore[attr-defined]
        return {name: value for name, (_, value) in self._values.items()} == theirs

    __hash__ = None  # type: ignore[assignment]

    def copy(self) -> Headers:
        """Gives another object with the same headers."""
        return Headers(self.items())

    def lower_items(self) -> Iterator[tuple[str, str]]:
        """Gives names in lower case, with their values."""
        return ((name, value) for name, (_, value) in self._values.items())

    def __repr__(self) -> str:
        return repr(dict(self.items()))
