"""Writes declared output as text of XML, which takes a fraction of what building a tree takes.

What it writes is, byte by byte, what lxml would have written; `_xml_io` writes with lxml what this cannot.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from zato.common._json_fallback import dump_fallback

__all__ = ["NeedsTreeError", "TextWriter"]

_ADDRESS = re.compile(r"[A-Za-z0-9:/.#_-]*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
#: What XML 1.0 has no place for (section 2.2).
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SPECIAL = re.compile("[&<>\r]")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}


class NeedsTreeError(Exception):
    """A value that only a tree can hold, such as an element of lxml."""


class TextWriter:
    """Writes documents of one service.

    Args:
        kinds: Kinds of declared names.
        response_elem: Name of the root; none leaves root and envelope out.
        namespace: Namespace of the document; empty for none.
    """

    __slots__ = ("_kinds", "_namespace", "_response_elem")

    def __init__(self, kinds: Mapping[str, str], response_elem: str | None, namespace: str) -> None:
        self._kinds = kinds
        self._response_elem = response_elem
        self._namespace = f' xmlns="{namespace}"' if namespace else ""

    @staticmethod
    def can_write(names: Iterable[str], namespace: str) -> bool:
        """Says whether names and a namespace are plain enough to be written without asking lxml."""
        return all(_NAME.fullmatch(name) for name in names) and bool(_ADDRESS.fullmatch(namespace))

    def write(self, content: Any, cid: str) -> str:
        """Gives the document of a response, without a declaration.

        Raises:
            NeedsTreeError: If a value can be written by lxml only.
            ValueError: If a text has characters that XML does not allow.
            TypeError: If a value has no XML form.
        """
        is_list = isinstance(content, list)
        wrapper = "item_list" if is_list else "item"
        if is_list:
            inside = "".join(_element("item", self._item(item)) for item in content) or None
        else:
            inside = self._item(content)
        name = self._response_elem
        if name:
            envelope = f"<zato_env><cid>{_text(cid)}</cid><result>ZATO_OK</result></zato_env>"
            inside = envelope + _element(wrapper, inside)
        else:
            name = wrapper
        return f"<{name}{self._namespace}/>" if inside is None else f"<{name}{self._namespace}>{inside}</{name}>"

    def _item(self, item: Mapping[str, Any]) -> str | None:
        parts = []
        kinds = self._kinds
        for name, value in item.items():
            if name not in kinds:
                raise NeedsTreeError
            try:
                parts.append(_element(name, _value(value, kinds[name])))
            except (TypeError, ValueError) as error:
                class_ = TypeError if isinstance(error, TypeError) else ValueError
                raise class_(f"element `{name}`: {error}") from None
        return "".join(parts) or None


def _value(value: Any, kind: str) -> str | None:
    """Gives what is inside of an element; none for one that is empty, unlike an empty text."""
    if isinstance(value, str):
        return _text(value)
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, Mapping):
        pairs = ((_element("key", _text(str(key))), _element("value", _value(of, ""))) for key, of in value.items())
        return "".join(f"<item>{key}{of}</item>" for key, of in pairs) or None
    if isinstance(value, (list, tuple)):
        name = "item_dict" if kind == "dict_list" else "item"
        return "".join(_element(name, _value(inner, "")) for inner in value) or None
    if hasattr(value, "iterchildren"):
        raise NeedsTreeError
    return _value(dump_fallback(value), kind)


def _element(name: str, inside: str | None) -> str:
    return f"<{name}/>" if inside is None else f"<{name}>{inside}</{name}>"


def _text(text: str) -> str:
    if _FORBIDDEN.search(text):
        raise ValueError("it has characters that XML does not allow, such as control characters")
    return _SPECIAL.sub(lambda found: _ESCAPES[found[0]], text) if _SPECIAL.search(text) else text
