"""The library `anyjson`, which 2.0 and 3.0 shipped: JSON through whatever library is best."""

from __future__ import annotations

from json import loads as _loads
from typing import Any

from zato.common.json_internal import dumps as _dumps

__all__ = ["deserialize", "dumps", "force_implementation", "implementation", "loads", "serialize"]


def dumps(data: Any) -> str:
    """Writes JSON text.

    Raises:
        TypeError: For objects that JSON has not.
    """
    return _dumps(data)


def loads(text: str | bytes) -> Any:
    """Reads JSON text.

    Raises:
        ValueError: If it is no JSON.
    """
    return _loads(text)


serialize = dumps
deserialize = loads


class _Implementation:
    """The library that is used."""

    name = "json"
    dumps = staticmethod(dumps)
    loads = staticmethod(loads)


implementation = _Implementation()


def force_implementation(name: str) -> None:
    """Does nothing: there is one implementation, whatever it is called."""
