"""Descriptions of values for the log: without secrets, and without running anybody's code.

`repr` is not used for objects of others: one that takes a lock, or asks a database, must not be asked to describe
itself while its thread is being looked at because it hangs.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

from zato import _core

_HIDDEN = "******"
_LONGEST_TEXT = 200
_LONGEST_VALUE = 1000
_MOST_ITEMS = 20
_DEEPEST = 3

#: Modules whose objects describe themselves without running anything else.
_HARMLESS = frozenset({"datetime", "decimal", "fractions", "ipaddress", "pathlib", "re", "uuid"})


def describe_named(name: object, value: object) -> str:
    """Describes a value, unless its name says that it is secret.

    Args:
        name: Name of a variable or attribute, or key of a dictionary.
        value: Anything.

    Returns:
        One line, of limited length.
    """
    return _named(name, value, 0)


def _named(name: object, value: object, depth: int) -> str:
    if _is_secret(name) and not _is_nothing(value):
        return _HIDDEN
    return _shortened(_described(value, depth), _LONGEST_VALUE)


def _is_secret(name: object) -> bool:
    if type(name) is bytes:
        name = name.decode("latin-1")
    return isinstance(name, str) and _core.is_secret_name(name)


def _is_nothing(value: object) -> bool:
    """Whether a value is no secret whatever its name is, which is worth knowing."""
    return value is None or type(value) is bool or (type(value) in (str, bytes) and not value)


def _described(value: object, depth: int) -> str:
    # Types are asked, never objects: `isinstance` runs code of those that pretend to be something else.
    kind = type(value)
    name = f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
    try:
        return _known(value, kind, name, depth) or _by_fields(value, name, depth)
    except Exception as error:  # noqa: BLE001 - one odd object must not hide all others
        return f"<{name}, {type(error).__name__} while it was looked at>"


def _known(value: Any, kind: type, name: str, depth: int) -> str | None:
    if issubclass(kind, (str, bytes, bytearray)):
        return _text(value, kind)
    if value is None or value is Ellipsis or kind in (bool, float, complex):
        return repr(value)
    if kind is int:
        return repr(value) if value.bit_length() < 1024 else f"<int of {value.bit_length()} bits>"
    if issubclass(kind, (dict, list, tuple, set, frozenset)):
        return _container(value, kind, depth + 1) if depth < _DEEPEST else f"<{name}>"
    if kind in (FunctionType, BuiltinFunctionType):
        return f"<{name} {value.__qualname__}>"
    if kind is MethodType:
        return f"<{name} {getattr(value.__func__, '__qualname__', '')}>"
    if kind is type or kind is ModuleType:
        return f"<{name} {value.__name__}>"
    if issubclass(kind, BaseException):
        return f"<{name} {_described(BaseException.args.__get__(value), depth)}>"  # type: ignore[attr-defined]
    if kind.__module__.partition(".")[0] in _HARMLESS:
        return repr(value)
    return None


def _by_fields(value: object, name: str, depth: int) -> str:
    try:
        fields = object.__getattribute__(value, "__dict__")
    except AttributeError:
        fields = None
    if type(fields) is not dict or not fields or depth >= _DEEPEST:
        return f"<{name}>"
    texts = [f"{key}={_named(key, item, depth + 1)}" for key, item in islice(fields.items(), _MOST_ITEMS)]
    return f"<{name} {', '.join(texts)}>"


def _text(value: Any, kind: type) -> str:
    """The beginning of a text. Secrets in it are looked for before it is cut, while both of their ends are there."""
    base: Any = next(base for base in (str, bytes, bytearray) if issubclass(kind, base))
    beginning = base.__getitem__(value, slice(_LONGEST_VALUE * 2))
    return _shortened(_core.without_secrets(base.__repr__(beginning)), _LONGEST_TEXT)


def _container(value: Any, kind: type, depth: int) -> str:
    """Reads what a container holds past methods that a subclass may have replaced."""
    if issubclass(kind, dict):
        return f"{{{', '.join(_items(value, depth))}}}"
    base: Any = next(base for base in (list, tuple, set, frozenset) if issubclass(kind, base))
    items = list(islice(base.__iter__(value), _MOST_ITEMS))
    if base in (list, tuple) and len(items) == 2 and type(items[0]) in (str, bytes):
        # Headers and the like are often pairs.
        texts = [_described(items[0], depth), _named(items[0], items[1], depth)]
    else:
        texts = [_described(item, depth) for item in items]
    if base.__len__(value) > _MOST_ITEMS:
        texts.append("...")
    if base is tuple and len(texts) == 1:
        texts.append("")
    opening, closing = {list: "[]", tuple: "()"}.get(base, "{}")
    return f"{opening}{', '.join(texts).rstrip()}{closing}"


def _items(value: dict[Any, Any], depth: int) -> Iterator[str]:
    for key, item in islice(dict.items(value), _MOST_ITEMS):
        yield f"{_described(key, depth)}: {_named(key, item, depth)}"
    if dict.__len__(value) > _MOST_ITEMS:
        yield "..."


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]}..."
