"""JSON form of objects that the JSON writer does not know (reference service-api 1.3, 6.1)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any


def dump_fallback(value: Any) -> Any:
    """Gives something that JSON has for an object that it has not; called by orjson, which knows dates and UUIDs.

    Raises:
        TypeError: For objects that nothing can be made of, naming their class.
    """
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, (bytes, bytearray)):
        return value.decode("utf-8")
    if isinstance(value, (set, frozenset)):
        return list(value)
    for method in ("to_zato", "to_dict", "asdict", "_asdict"):
        convert = getattr(value, method, None)
        if callable(convert) and not isinstance(value, type):
            return convert()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "hex") and hasattr(value, "urn"):
        return str(value)
    raise TypeError(f"objects of class `{type(value).__module__}.{type(value).__qualname__}` have no JSON form")
