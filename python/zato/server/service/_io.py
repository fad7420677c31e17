"""Elements of input and output declarations (reference service-api 1.1, 5.3, 5.4).

An element knows its name, whether it is required, its default and its kind. The server converts the common kinds
itself; `_convert` does the others.
"""

from __future__ import annotations

from typing import Any, ClassVar, Union

from zato.common.api import NOT_GIVEN

Declared = Union["Elem", str]


class _NotGiven:
    """The class of `NotGiven`."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "<NotGiven>"


#: Stands for a value that was not given, under its name of 3.2.
NotGiven: Any = _NotGiven()


class Elem:
    """Base of all elements; `-` before the name makes it optional.

    Args:
        name: Name of the element in requests and responses.
        default: Value of the element if it is optional and does not come.
    """

    kind: ClassVar[str] = "as_is"

    def __init__(self, name: str, *args: Any, default: Any = NOT_GIVEN, **options: Any) -> None:
        if not isinstance(name, str):
            raise ValueError(f"names of elements are strings, `{name!r}` is not")
        self.is_required: bool = not name.startswith("-")
        self.name: str = name.removeprefix("-")
        if not self.name:
            raise ValueError("an element has an empty name")
        self.default = default
        self.args = args
        self.options = options

    @property
    def has_default(self) -> bool:
        """Whether the declaration names a default."""
        is_named = isinstance(self.default, str) and self.default == NOT_GIVEN
        return not is_named and self.default is not NotGiven

    def describe(self) -> dict[str, Any]:
        """Gives the element as plain data, the way the native part and the converters take it."""
        description: dict[str, Any] = {
            "name": self.name,
            "kind": self.kind,
            "is_required": self.is_required,
            "default": self.default if self.has_default else None,
            "keys": [],
        }
        description.update({name: self.options[name] for name in ("format", "encoding") if name in self.options})
        return description

    def __repr__(self) -> str:
        return f"{type(self).__name__}({'' if self.is_required else '-'}{self.name})"


class AsIs(Elem):
    """Anything, handed over untouched."""


class Text(Elem):
    """Text; bytes are decoded by `encoding`, which is UTF-8 if it is not given."""

    kind = "text"


class Bool(Elem):
    """A boolean; also read from words such as `true` or `no`."""

    kind = "bool"


class Int(Elem):
    """An integer."""

    kind = "int"


class Float(Elem):
    """A floating point number."""

    kind = "float"


class CSV(Elem):
    """Comma-separated text outside, a list inside."""

    kind = "csv"


class List(Elem):
    """A list; a single value becomes a list of one."""

    kind = "list"


class _WithKeys(Elem):
    """An element that may declare the keys it has."""

    def describe(self) -> dict[str, Any]:
        description = super().describe()
        description["keys"] = [_nested(key).describe() for key in self.args]
        return description


def _nested(key: Declared) -> Elem:
    """Keys that are plain names are kept as they come, whatever they are called."""
    return AsIs(key) if isinstance(key, str) else as_element(key)


class Dict(_WithKeys):
    """A dictionary; with declared keys, only those are kept. `-key` is optional."""

    kind = "dict"


class DictList(_WithKeys):
    """A list of dictionaries; keys are declared as for `Dict`."""

    kind = "dict_list"


class UTC(Elem):
    """Text of a time whose `+00:00` is cut off."""

    kind = "utc"


class _Moment(Elem):
    """An element that may name its format, by position as well (3.0)."""

    def describe(self) -> dict[str, Any]:
        description = super().describe()
        if self.args:
            description.setdefault("format", self.args[0])
        return description


class Date(_Moment):
    """A date; inside it is a `datetime`, outside `YYYY-MM-DD` unless there is a `format` of `strftime`."""

    kind = "date"


class DateTime(_Moment):
    """A point in time; a `datetime` inside, ISO 8601 outside unless there is a `format` of `strftime`."""

    kind = "date_time"


class Decimal(Elem):
    """A `decimal.Decimal` inside, text outside."""

    kind = "decimal"


class UUID(Elem):
    """A `uuid.UUID` inside, 32 hexadecimal digits outside."""

    kind = "uuid"


class Secret(Elem):
    """Text that must not show up in logs."""

    kind = "secret"


Boolean = Bool
Integer = Int
Unicode = Text
ListOfDicts = DictList
Opaque = Nested = AsIs
ForceType = SIOElem = IOElem = Elem


def as_element(item: Declared, patterns: dict[str, Any] | None = None) -> Elem:
    """Turns a plain name into an element of the kind its name suggests; elements are given back as they are.

    Args:
        item: A name or an element.
        patterns: Name patterns by kind, `{"bool": {"exact": [], "prefix": [], "suffix": []}, "int": ..., ...}`; none
            makes every plain name text.

    Raises:
        ValueError: For anything else than names and elements.
    """
    if isinstance(item, Elem):
        return item
    if not isinstance(item, str):
        raise ValueError(f"`{item!r}` is neither a name nor an element such as Int('name')")
    name = item.removeprefix("-")
    classes: dict[str, type[Elem]] = {"bool": Bool, "int": Int, "secret": Secret}
    for kind, class_ in classes.items():
        found = (patterns or {}).get(kind) or {}
        if (
            name in found.get("exact", ())
            or name.startswith(tuple(found.get("prefix", ())))
            or name.endswith(tuple(found.get("suffix", ())))
        ):
            return class_(item)
    return Text(item)
