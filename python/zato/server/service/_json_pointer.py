"""Values in dictionaries and lists by JSON Pointer (RFC 6901; reference service-api 3.6)."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from zato.server.service._expressions import expression_of

__all__ = ["JSONPointer"]

_ABSENT: Any = object()


class JSONPointer:
    """Reads and sets values in one document.

    Args:
        doc: The document; text is read as JSON.
        known: Pointers by name.

    Raises:
        ValueError: If the document is text, but no JSON.
    """

    __slots__ = ("_known", "doc")

    def __init__(self, doc: Any, known: Mapping[str, str]) -> None:
        if isinstance(doc, (str, bytes)):
            import orjson

            doc = orjson.loads(doc) if doc else {}
        #: The document.
        self.doc: Any = doc
        self._known = known

    def get(self, name: str, default: Any = None) -> Any:
        """Gives the value at a pointer, or the default if there is none.

        Args:
            name: Name of a pointer, or a pointer.
            default: What is given if nothing is there.

        Raises:
            LookupError: If there is no pointer of that name.
        """
        value = self.doc
        for step in self._steps(name):
            value = _step(value, step)
            if value is _ABSENT:
                return default
        return value

    def set(self, name: str, value: Any, return_on_missing: bool = False, in_place: bool = True) -> Any:
        """Sets the value at a pointer, making the dictionaries on the way to it, and gives the document.

        Args:
            name: Name of a pointer, or a pointer.
            value: The new value.
            return_on_missing: Whether the document stays as it is if it does not have what leads to the value.
            in_place: Whether the document itself is changed; otherwise a copy of it is.

        Raises:
            LookupError: If there is no pointer of that name.
            ValueError: If what leads to the value can hold none.
        """
        steps = self._steps(name)
        doc = self.doc if in_place else copy.deepcopy(self.doc)
        holder = doc
        for index, step in enumerate(steps[:-1]):
            inner = _step(holder, step)
            if inner is _ABSENT:
                if return_on_missing:
                    return doc
                inner = [] if steps[index + 1] == "-" else {}
                _put(holder, step, inner, name)
            holder = inner
        if return_on_missing and not isinstance(holder, (dict, list)):
            return doc
        _put(holder, steps[-1], value, name)
        return doc

    def _steps(self, name: str) -> list[str]:
        pointer = expression_of(name, self._known, "JSON Pointer", "def_json_pointer")
        return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def _step(holder: Any, step: str) -> Any:
    if isinstance(holder, Mapping):
        return holder.get(step, _ABSENT)
    if isinstance(holder, list) and _is_index(step) and int(step) < len(holder):
        return holder[int(step)]
    return _ABSENT


def _put(holder: Any, step: str, value: Any, name: str) -> None:
    if isinstance(holder, dict):
        holder[step] = value
    elif not isinstance(holder, list):
        kind = type(holder).__name__
        raise ValueError(f"JSON Pointer `{name}` leads to `{step}` in a value of type {kind}, which holds none")
    elif step == "-" or (_is_index(step) and int(step) == len(holder)):
        holder.append(value)
    elif _is_index(step) and int(step) < len(holder):
        holder[int(step)] = value
    else:
        raise ValueError(f"JSON Pointer `{name}` leads to item `{step}` of a list that has {len(holder)}")


def _is_index(step: str) -> bool:
    # The length keeps digits of an attacker from becoming a number that takes long to make.
    return step.isascii() and step.isdigit() and len(step) < 10 and (step == "0" or not step.startswith("0"))
