"""From dictionaries to models (reference service-api 5.8).

What a model consists of is worked out once per class, by `reader_of`; reading goes through the result. Paths are linked
tuples that become text only if something is wrong.
"""

from __future__ import annotations

import dataclasses
import threading
import typing
from collections.abc import Callable, Mapping
from datetime import date, datetime, timezone
from typing import Any, NamedTuple, TypeVar

from zato.common.exception import ElementIsNotAList, ElementMissing, ModelValidationError
from zato.common.marshal_._fields import ModelField, fields_of
from zato.common.marshal_._markers import DateTimeWithZone, isotimestamp

__all__ = ["Path", "Reader", "build", "build_dataclass", "is_nested", "path_text", "reader_of"]

_Made = TypeVar("_Made")

#: Where something is in the whole: the path of what it is in, and its name or its number in a list.
Path = tuple[Any, Any]

_Convert = Callable[[Any, Path, Any], Any]

# What optional values without a default are if they do not come; anything else is None.
_EMPTY: dict[Any, Any] = {str: "", int: 0, bool: False, float: 0.0, list: [], dict: {}}

# No integer that JSON can carry as one is beyond these; the parser makes a float of those that are.
_LARGEST_EXACT = 2.0**63


class _Field(NamedTuple):
    name: str
    #: Makes of a value what the field promises; none if it stays as it is.
    convert: _Convert | None
    #: Values of exactly this class need no conversion.
    exact: type | None
    is_required: bool
    make_absent: Callable[[], Any] | None
    absent: Any


class Reader:
    """Makes instances of one class."""

    __slots__ = ("_created", "_fields", "_make", "class_")

    def __init__(self, class_: type) -> None:
        self.class_ = class_
        self._fields: tuple[_Field, ...] = ()
        self._make: Callable[[dict[str, Any]], Any] = _maker(class_)
        created = getattr(class_, "after_created", None)
        self._created = created if created is not None and not hasattr(created, "zato_is_default") else None

    def prepare(self) -> None:
        """Works out the fields; apart from the constructor, because models may contain themselves."""
        has_constructor = _has_constructor(self.class_)
        omitted = {
            field.name for field in dataclasses.fields(self.class_) if has_constructor and not field.init
        }
        self._fields = tuple(_compile(field) for field in fields_of(self.class_) if field.name not in omitted)

    def read(
        self,
        data: Mapping[str, Any],
        extra: Mapping[str, Any] | None = None,
        path: Path | None = None,
        context: Any = None,
    ) -> Any:
        """Makes an instance.

        Args:
            data: Values by field.
            extra: More values, which win.
            path: Where the model is in the whole.
            context: Makes what `after_created` is given of data and class; without it the hook does not run.

        Raises:
            ElementMissing: If a required value did not come; it knows the path.
            ElementIsNotAList: If something else came where a list is required.
            ValueError: If a date or a number cannot be read.
        """
        values: dict[str, Any] = {}
        for name, convert, exact, is_required, make_absent, absent in self._fields:
            if extra and name in extra:
                value = extra[name]
            elif name in data:
                value = data[name]
                if convert is None or type(value) is exact:
                    values[name] = value
                    continue
            elif is_required:
                raise ElementMissing(path_text((path, name)))
            else:
                values[name] = absent if make_absent is None else make_absent()
                continue
            values[name] = value if convert is None else convert(value, (path, name), context)
        instance = self._make(values)
        if context is not None and self._created is not None:
            instance.after_created(context(data, self.class_))
        return instance


# Where a class keeps what makes its instances: it must not outlive the class, which a deployment may replace.
_READER = "_zato_reader"

# Readers that are not complete yet, which only the thread that makes them may see.
_unfinished: dict[type, Reader] = {}
_making = threading.RLock()


def reader_of(class_: type) -> Reader:
    """Gives what makes instances of a class.

    Raises:
        NameError: If an annotation is text that names nothing.
        TypeError: If the class cannot be made a dataclass.
    """
    known = class_.__dict__.get(_READER)
    if known is not None:
        return known
    with _making:
        reader = class_.__dict__.get(_READER) or _unfinished.get(class_)
        if reader is not None:
            return reader
        is_outermost = not _unfinished
        fields_of(class_)
        reader = _unfinished[class_] = Reader(class_)
        try:
            reader.prepare()
            if is_outermost:
                # Those inside may refer to those around them, so all are published together.
                for made in _unfinished.values():
                    setattr(made.class_, _READER, made)
        finally:
            if is_outermost:
                _unfinished.clear()
        return reader


def build(
    class_: type[_Made], data: Mapping[str, Any], extra: Mapping[str, Any] | None = None, context: Any = None
) -> _Made:
    """Makes an instance of a model, and of those it consists of; see `Reader.read`.

    Fields are visited in alphabetical order; keys that are no fields are dropped. The constructor runs if `@dataclass`
    made it, so that `__post_init__` does, too; others do not run.
    """
    return reader_of(class_).read(data, extra, None, context)


def path_text(path: Path | None) -> str:
    """Gives a path the way messages have it: `/user_list[0]/name`."""
    parts: list[str] = []
    while path is not None:
        path, part = path
        parts.append(f"[{part}]" if isinstance(part, int) else f"/{part}")
    return "".join(reversed(parts)) or "/"


def is_nested(class_: Any) -> bool:
    """Whether values of a type are models or dataclasses."""
    return isinstance(class_, type) and (hasattr(class_, "zato_get_fields") or dataclasses.is_dataclass(class_))


def _has_constructor(class_: type) -> bool:
    """Whether `@dataclass` made the constructor that the class has."""
    for ancestor in class_.__mro__:
        if "__init__" in vars(ancestor):
            parameters = vars(ancestor).get("__dataclass_params__")
            return parameters is not None and parameters.init
    return False


def _maker(class_: type) -> Callable[[dict[str, Any]], Any]:
    if _has_constructor(class_):
        return lambda values: class_(**values)
    is_plain = class_.__setattr__ is object.__setattr__ and not any(
        hasattr(getattr(class_, field.name, None), "__set__") for field in dataclasses.fields(class_)
    )

    def make(values: dict[str, Any]) -> Any:
        instance = object.__new__(class_)
        if is_plain:
            instance.__dict__ = values
        else:
            for name, value in values.items():
                setattr(instance, name, value)
        return instance

    return make


def _compile(field: ModelField) -> _Field:
    if field.item_type is not None:
        convert: _Convert | None = _list_converter(_converter(field.item_type))
    else:
        convert = _converter(field.type)
    exact = field.type if convert is not None and isinstance(field.type, type) and not is_nested(field.type) else None
    if convert is not None and exact is None:
        refused: type[ModelValidationError] | None = None
        if not field.is_optional:
            is_required_list = field.item_type is not None and not field.has_default
            refused = ElementMissing if is_nested(field.type) else ElementIsNotAList if is_required_list else None
        convert = _guarded(convert, refused)
    make_absent, absent = None, None
    if field.has_default:
        make_absent, absent = (field.make_default, None) if field.has_factory else (None, field.default)
    elif field.is_optional:
        empty = _EMPTY.get(typing.get_origin(field.type) or field.type)
        make_absent, absent = (type(empty), None) if isinstance(empty, (list, dict)) else (None, empty)
    is_required = not field.has_default and not field.is_optional
    return _Field(field.name, convert, exact, is_required, make_absent, absent)


def _guarded(convert: _Convert, refused: type[ModelValidationError] | None) -> _Convert:
    """Lets `None` pass, or raises an error where a model or a list is required."""

    def guarded(value: Any, path: Path, context: Any) -> Any:
        if value is None:
            if refused is not None:
                raise refused(path_text(path))
            return None
        return convert(value, path, context)

    return guarded


def _list_converter(convert: _Convert | None) -> _Convert:
    def items(value: Any, path: Path, context: Any) -> Any:
        if not isinstance(value, (list, tuple)):
            raise ElementIsNotAList(path_text(path))
        if convert is None:
            return list(value)
        return [convert(item, (path, index), context) for index, item in enumerate(value)]

    return items


def _converter(class_: Any) -> _Convert | None:
    """Gives what makes values of a type; none for types whose values stay as they come (str, float, bool, Decimal)."""
    if is_nested(class_):
        return _model_converter(class_)
    if typing.get_origin(class_) is list:
        arguments = typing.get_args(class_)
        return _list_converter(_converter(arguments[0])) if arguments else None
    if typing.get_origin(class_) is dict:
        arguments = typing.get_args(class_)
        return _dict_converter(_converter(arguments[1])) if arguments and is_nested(arguments[1]) else None
    if not isinstance(class_, type):
        return None
    if class_ is int:
        return _integer
    if class_ is isotimestamp or issubclass(class_, date):
        return _moment_converter(class_)
    return None


def _model_converter(class_: type) -> _Convert:
    reader = reader_of(class_)

    def model(value: Any, path: Path, context: Any) -> Any:
        if isinstance(value, class_):
            return value
        if not isinstance(value, Mapping):
            raise ElementMissing(path_text(path))
        return reader.read(value, None, path, context)

    return model


def _dict_converter(convert: _Convert | None) -> _Convert:
    def values(value: Any, path: Path, context: Any) -> Any:
        if not isinstance(value, Mapping) or convert is None:
            raise ElementMissing(path_text(path))
        return {key: convert(item, (path, key), context) for key, item in value.items()}

    return values


def _integer(value: Any, path: Path, _context: Any) -> Any:
    if isinstance(value, int) or not value:
        return value
    if isinstance(value, float) and abs(value) >= _LARGEST_EXACT:
        raise _TooLargeError(path_text(path))
    try:
        return int(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"element `{path_text(path)}`: {error}") from None


class _TooLargeError(ModelValidationError):
    """An integer came whose digits the JSON parser does not keep."""

    reason_text = "Integer is beyond 64 bits"


def _moment_converter(class_: type) -> _Convert:
    def moment(value: Any, path: Path, _context: Any) -> Any:
        if not value or type(value) is class_:
            return value
        try:
            return _moment(class_, value)
        except ValueError as error:
            raise ValueError(f"element `{path_text(path)}`: {error}") from None

    return moment


def _moment(class_: type, value: Any) -> Any:
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
