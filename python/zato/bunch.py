"""Dictionaries whose keys are attributes as well (reference service-api 1.3, `zato.bunch`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["Bunch", "bunchify", "debunchify", "unbunchify"]


class Bunch(dict[str, Any]):
    """A dictionary with attribute access; methods of `dict` win over keys of the same name."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __delattr__(self, name: str) -> None:
        try:
            del self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *(key for key in self if isinstance(key, str))]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{key}={value!r}' for key, value in self.items())})"

    def __reduce__(self) -> Any:
        return type(self), (dict(self),)

    def copy(self) -> Bunch:
        """Gives a shallow copy of the same class."""
        return type(self)(self)

    def toDict(self) -> dict[str, Any]:  # noqa: N802 - the name of the PyPI `bunch` package
        """Gives plain dictionaries all the way down."""
        return debunchify(self)

    @staticmethod
    def fromDict(value: Any) -> Any:  # noqa: N802 - the name of the PyPI `bunch` package
        """Does what `bunchify` does."""
        return bunchify(value)


def bunchify(value: Any) -> Any:
    """Turns dictionaries into bunches all the way down; other values are given back as they are."""
    if isinstance(value, Mapping):
        return Bunch((key, bunchify(item)) for key, item in value.items())
    if isinstance(value, list):
        return [bunchify(item) for item in value]
    if type(value) is tuple:
        return tuple(bunchify(item) for item in value)
    return value


def debunchify(value: Any) -> Any:
    """Turns bunches into plain dictionaries all the way down; the opposite of `bunchify`."""
    if isinstance(value, Mapping):
        return {key: debunchify(item) for key, item in value.items()}
    if isinstance(value, list):
        return [debunchify(item) for item in value]
    if type(value) is tuple:
        return tuple(debunchify(item) for item in value)
    return value


unbunchify = debunchify
