"""Conversion of declared values that the native part leaves to Python (reference service-api 5.4, 5.7)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from zato.bunch import bunchify

Description = dict[str, Any]


def convert_input(kind: str, value: Any, element: Description) -> Any:
    """Turns what came in a request into what a service sees.

    Args:
        kind: Kind of the element, for instance `date_time`.
        value: The value that came.
        element: The element's description.

    Raises:
        ValueError: If the value is no such thing.
    """
    return _INPUT[kind](value, element) if kind in _INPUT else value


def convert_output(kind: str, value: Any, element: Description) -> Any:
    """Turns what a service produced into what JSON has for it.

    Args:
        kind: Kind of the element, for instance `date_time`.
        value: The value that the service set.
        element: The element's description.

    Raises:
        ValueError: If the value is no such thing.
    """
    return _OUTPUT[kind](value, element) if kind in _OUTPUT else value


def parse_date_time(value: Any) -> dt.datetime:
    """Reads a point in time: ISO 8601, the form of mail and HTTP headers, or whatever `dateutil` reads if it is there.

    Raises:
        ValueError: If the text is no point in time.
    """
    if isinstance(value, dt.datetime):
        return value
    if isinstance(value, dt.date):
        return dt.datetime(value.year, value.month, value.day)
    if not isinstance(value, str):
        raise ValueError(f"`{value!r}` is not the text of a date")
    text = value.strip()
    try:
        return dt.datetime.fromisoformat(_iso(text))
    except ValueError:
        pass
    try:
        from dateutil.parser import parse  # type: ignore[import-untyped]
    except ImportError:
        pass
    else:
        try:
            return parse(text)
        except OverflowError as error:
            raise ValueError(str(error)) from None
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError):
        message = f"`{value}` is not a date; use ISO 8601, for instance 2030-01-31T12:30:00, or install python-dateutil"
        raise ValueError(message) from None


def _iso(text: str) -> str:
    """Makes ISO 8601 text acceptable to Python 3.10, which knows neither `Z` nor fractions of any length."""
    if text.endswith(("Z", "z")):
        text = text[:-1] + "+00:00"
    head, dot, tail = text.partition(".")
    if not dot or ("T" not in head and " " not in head):
        return text
    digits = len(tail) - len(tail.lstrip("0123456789"))
    return f"{head}.{tail[:digits][:6].ljust(6, '0')}{tail[digits:]}"


def _csv_in(value: Any, _element: Description) -> Any:
    if isinstance(value, str):
        return value.split(",") if value else []
    if isinstance(value, (list, tuple)) or value is None:
        return value
    raise ValueError(f"`{value!r}` is not comma-separated text")


def _csv_out(value: Any, _element: Description) -> Any:
    if value is None or isinstance(value, str):
        return value
    return ",".join(map(str, value))


def _list_in(value: Any, _element: Description) -> Any:
    if value is None:
        return []
    if isinstance(value, (list, tuple)):
        return bunchify(value)
    return [value]


def _list_out(value: Any, _element: Description) -> Any:
    if value is None:
        return []
    return value if isinstance(value, list) else list(value) if not isinstance(value, (str, dict)) else [value]


def _date_in(value: Any, element: Description) -> Any:
    if value is None or value == "":
        return value
    wanted = _format(element)
    if wanted is not None and isinstance(value, str):
        try:
            return dt.datetime.strptime(value, wanted)
        except ValueError:
            return parse_date_time(value)
    return parse_date_time(value)


def _format(element: Description) -> str | None:
    """Gives the format of `strftime` that an element names; none for ISO 8601."""
    wanted = element.get("format")
    return wanted if isinstance(wanted, str) and wanted != "iso" else None


def _date_out(value: Any, element: Description) -> Any:
    if value is None or value == "":
        return value
    moment, wanted = _as_date_time(value), _format(element)
    return moment.date().isoformat() if wanted is None else moment.strftime(wanted)


def _date_time_out(value: Any, element: Description) -> Any:
    if value is None or value == "":
        return value
    moment, wanted = _as_date_time(value), _format(element)
    return moment.isoformat() if wanted is None else moment.strftime(wanted)


def _as_date_time(value: Any) -> dt.datetime:
    """Numbers are seconds since the Unix epoch, objects such as Arrow's give their `datetime`."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return dt.datetime.fromtimestamp(value, dt.timezone.utc).replace(tzinfo=None)
    inner = getattr(value, "datetime", None)
    return parse_date_time(inner if isinstance(inner, dt.datetime) else value)


def _decimal_in(value: Any, _element: Description) -> Any:
    from decimal import Decimal, InvalidOperation

    if value is None or value == "":
        return value
    try:
        return Decimal(str(value) if isinstance(value, float) else value)
    except (InvalidOperation, TypeError):
        raise ValueError(f"`{value}` is not a decimal number") from None


def _text_out(value: Any, _element: Description) -> Any:
    return None if value is None else str(value)


def _uuid_in(value: Any, _element: Description) -> Any:
    from uuid import UUID

    if value is None or value == "" or isinstance(value, UUID):
        return value
    try:
        return UUID(value)
    except (AttributeError, TypeError, ValueError):
        raise ValueError(f"`{value}` is not a UUID") from None


def _uuid_out(value: Any, _element: Description) -> Any:
    digits = getattr(value, "hex", None)
    return digits if isinstance(digits, str) else value


def _utc(value: Any, _element: Description) -> Any:
    return value.replace("+00:00", "") if isinstance(value, str) else value


def _dict_in(value: Any, element: Description) -> Any:
    if value is None and not element["is_required"]:
        return value
    if not isinstance(value, dict):
        raise ValueError(f"`{value!r}` is not a dictionary")
    return bunchify(_keys(value, element, convert_input))


def _dict_out(value: Any, element: Description) -> Any:
    if value is None:
        return value
    if not isinstance(value, dict):
        raise ValueError(f"an object of class {type(value).__name__} is not a dictionary")
    return _keys(value, element, convert_output)


def _keys(value: dict[str, Any], element: Description, convert: Callable[[str, Any, Description], Any]) -> Any:
    """Keeps the declared keys, each converted; without declared keys everything is kept."""
    keys = element.get("keys")
    if not keys:
        return value
    kept = {}
    for key in keys:
        name = key["name"]
        if name in value:
            kept[name] = _convert_key(key, value[name], convert)
        elif element.get("fills_keys"):
            kept[name] = element["default"]
        elif key["is_required"]:
            raise ValueError(f"key `{name}` is missing")
        else:
            default = key["default"]
            kept[name] = element.get("default") if default is None else default
            if kept[name] is None:
                kept[name] = ""
    return kept


def _convert_key(key: Description, value: Any, convert: Callable[[str, Any, Description], Any]) -> Any:
    """Converts the value of a nested element; kinds that the native part does at the top are done here."""
    simple: dict[str, Callable[[Any], Any]] = {"int": int, "float": float, "text": str}
    kind = key["kind"]
    try:
        if kind in simple:
            return value if value is None or value == "" else simple[kind](value)
        if kind == "bool":
            from zato.common.util.api import asbool

            return asbool(value)
        return convert(kind, value, key)
    except (OverflowError, TypeError, ValueError) as error:
        raise ValueError(f"key `{key['name']}`: {error}") from None


def _dict_list_in(value: Any, element: Description) -> Any:
    if value is None:
        return []
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"`{value!r}` is not a list of dictionaries")
    return [_dict_in(item, element) for item in value]


def _dict_list_out(value: Any, element: Description) -> Any:
    if value is None:
        return []
    return [_dict_out(item, element) for item in value]


_INPUT: dict[str, Callable[[Any, Description], Any]] = {
    "csv": _csv_in,
    "list": _list_in,
    "dict": _dict_in,
    "dict_list": _dict_list_in,
    "date": _date_in,
    "date_time": _date_in,
    "decimal": _decimal_in,
    "uuid": _uuid_in,
    "utc": _utc,
}

_OUTPUT: dict[str, Callable[[Any, Description], Any]] = {
    "csv": _csv_out,
    "list": _list_out,
    "dict": _dict_out,
    "dict_list": _dict_list_out,
    "date": _date_out,
    "date_time": _date_time_out,
    "decimal": _text_out,
    "uuid": _uuid_out,
    "utc": _utc,
}
