"""From dictionaries to models (reference service-api 5.8)."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping
from datetime import date, datetime, timezone
from typing import Any, TypeVar

from zato.common.exception import ElementIsNotAList, ElementMissing
from zato.common.marshal_._fields import ModelField, fields_of
from zato.common.marshal_._markers import DateTimeWithZone, isotimestamp

__all__ = ["build", "build_dataclass"]

_Made = TypeVar("_Made")

# What optional values without a default are if they do not come; anything else is None.
_EMPTY: dict[Any, Any] = {str: "", int: 0, bool: False, float: 0.0, list: [], dict: {}}


def build(
    class_: type[_Made], data: Mapping[str, Any], extra: Mapping[str, Any] | None = None, path: str = ""
) -> _Made:
    """Makes an instance of a model, and of those it consists of.

    Fields are visited in alphabetical order; keys that are no fields are dropped. The constructor does not run.

    Args:
        class_: The model's class.
        data: Values by field.
        extra: More values, which win.
        path: Where the model is in the whole, for messages.

    Raises:
        ElementMissing: If a required value did not come; it knows the path.
        ElementIsNotAList: If something else came where a list is required.
        ValueError: If a date or a number cannot be read.
    """
    instance = object.__new__(class_)
    for field in fields_of(class_):
        setattr(instance, field.name, _value(field, data, extra, f"{path}/{field.name}"))
    return instance


def _value(field: ModelField, data: Mapping[str, Any], extra: Mapping[str, Any] | None, path: str) -> Any:
    if extra is not None and field.name in extra:
        value = extra[field.name]
    elif field.name in data:
        value = data[field.name]
    else:
        return _absent(field, path)
    if value is None:
        if field.is_optional:
            return None
        if _is_nested(field.type):
            raise ElementMissing(path)
        return value
    if field.item_type is not None:
        return _items(field, value, path)
    return _one(field.type, value, path)


def _absent(field: ModelField, path: str) -> Any:
    if field.has_default:
        return field.make_default()
    if not field.is_optional:
        raise ElementMissing(path)
    empty = _EMPTY.get(typing.get_origin(field.type) or field.type)
    return empty.copy() if isinstance(empty, (list, dict)) else empty


def _items(field: ModelField, value: Any, path: str) -> Any:
    if not isinstance(value, (list, tuple)):
        raise ElementIsNotAList(path)
    return [_one(field.item_type, item, f"{path}[{index}]") for index, item in enumerate(value)]


def _is_nested(class_: Any) -> bool:
    return isinstance(class_, type) and (hasattr(class_, "zato_get_fields") or dataclasses.is_dataclass(class_))


def _one(class_: Any, value: Any, path: str) -> Any:
    if _is_nested(class_):
        if isinstance(value, class_):
            return value
        if not isinstance(value, Mapping):
            raise ElementMissing(path)
        return build(class_, value, None, path)
    if not value or not isinstance(class_, type):
        return value
    if class_ is int:
        return value if isinstance(value, int) else int(value)
    if issubclass(class_, date) or class_ is isotimestamp:
        return _moment(class_, value)
    return value


def _moment(class_: Any, value: Any) -> Any:
    if type(value) is class_:
        return value
    from zato.server.service._convert import parse_date_time

    moment = parse_date_time(value)
    if class_ is isotimestamp:
        return moment.isoformat()
    if class_ is date:
        return moment.date()
    if class_ is DateTimeWithZone:
        zone = moment.tzinfo or timezone.utc
        return DateTimeWithZone.combine(moment.date(), moment.time(), zone)
    return moment if class_ is datetime else value


def build_dataclass(class_: type[_Made], data: Mapping[str, Any]) -> _Made:
    """Makes a dataclass through its constructor, and those it consists of, from dictionaries.

    Raises:
        ValueError: If a field without a default is missing.
        TypeError: If the class is no dataclass.
    """
    if not dataclasses.is_dataclass(class_):
        raise TypeError(f"`{class_!r}` is not a dataclass")
    arguments = {}
    for field in fields_of(class_):
        if field.name in data:
            arguments[field.name] = _plain(field, data[field.name])
        elif not field.has_default:
            if not field.is_optional:
                raise ValueError(f"field `{field.name}` of {class_.__name__} is missing")
            arguments[field.name] = None
    return class_(**arguments)


def _plain(field: ModelField, value: Any) -> Any:
    nested = field.item_type if field.item_type is not None else field.type
    if not (isinstance(nested, type) and dataclasses.is_dataclass(nested)):
        return value
    if field.item_type is not None and isinstance(value, (list, tuple)):
        return [build_dataclass(nested, item) if isinstance(item, Mapping) else item for item in value]
    return build_dataclass(nested, value) if isinstance(value, Mapping) else value
