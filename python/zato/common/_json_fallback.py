"""JSON form of objects that the JSON writer does not know (reference service-api 1.3, 6.1)."""

from __future__ import annotations

import dataclasses
import json
from decimal import Decimal
from typing import Any


def dump_slowly(value: Any, is_pretty: bool) -> bytes:
    """Writes JSON that orjson refuses: integers beyond 64 bits, and nesting of more than 254 levels.

    Raises:
        TypeError: For objects that have no JSON form.
        RecursionError: For objects that contain themselves.
    """
    form: dict[str, Any] = {"indent": 4} if is_pretty else {"separators": (",", ":")}
    text = json.dumps(value, default=dump_fallback, ensure_ascii=False, **form)
    return text.encode("utf-8", "surrogatepass")


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
    if not isinstance(value, type):
        # Models of pydantic 2, then dataclasses; models of ours have `to_dict`, which users may override.
        if hasattr(value, "model_dump"):
            return value.model_dump(mode="json", by_alias=True)
        if hasattr(value, "__dataclass_fields__") and not hasattr(value, "to_dict"):
            names = [field.name for field in dataclasses.fields(value)]
            return {name: getattr(value, name) for name in names if hasattr(value, name)}
    for method in ("to_zato", "to_dict", "asdict", "_asdict"):
        convert = getattr(value, method, None)
        if callable(convert) and not isinstance(value, type):
            return convert()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "hex") and hasattr(value, "urn"):
        return str(value)
    raise TypeError(f"objects of class `{type(value).__module__}.{type(value).__qualname__}` have no JSON form")
