"""Values in XML documents by XPath 1.0 (reference service-api 3.6)."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

from zato.server.service._expressions import expression_of
from zato.server.service._xml import lxml_etree, parse

__all__ = ["XPath"]

# What can be made if it is not there: names of elements, one inside the other, and an attribute of the last.
_PLAIN = re.compile(r"//?(?P<steps>[\w.-]+(:[\w.-]+)?(/[\w.-]+(:[\w.-]+)?)*)(/@(?P<attribute>[\w.-]+(:[\w.-]+)?))?")


class XPath:
    """Reads and sets values in one document.

    Args:
        doc: An element of lxml; text is read as XML.
        known: Expressions by name.
        namespaces: Namespaces by prefix.

    Raises:
        BadRequest: If the document is text, but no XML.
        TypeError: If the document is something else.
    """

    __slots__ = ("_known", "_namespaces", "doc")

    def __init__(self, doc: Any, known: Mapping[str, str], namespaces: Mapping[str, str]) -> None:
        if isinstance(doc, (str, bytes)):
            doc = parse(doc)
        if hasattr(doc, "getroot"):
            doc = doc.getroot()
        if not hasattr(doc, "iterchildren"):
            raise TypeError(f"XPath needs an XML document, not a value of type {type(doc).__name__}")
        #: The document.
        self.doc: Any = doc
        self._known = known
        self._namespaces = dict(namespaces)

    def get(self, name: str, default: Any = None) -> Any:
        """Gives what an expression finds: text of one node, a list of texts of several, a number or a boolean.

        Args:
            name: Name of an expression, or an expression.
            default: What is given if nothing is found.

        Raises:
            LookupError: If there is no expression of that name.
            ValueError: If the expression is no XPath, or has a prefix that is not configured.
        """
        found = self._find(self.doc, name)
        if not isinstance(found, list):
            return found
        texts = [item if isinstance(item, str) else item.text or "" for item in found]
        if not texts:
            return default
        return texts[0] if len(texts) == 1 else texts

    def set(self, name: str, value: Any, return_on_missing: bool = False, in_place: bool = True) -> Any:
        """Sets the text of every node that an expression finds, and gives the document.

        Args:
            name: Name of an expression, or an expression.
            value: What the text is made of; none is no text.
            return_on_missing: Whether the document stays as it is if nothing is found; otherwise a path of plain names
                is made.
            in_place: Whether the document itself is changed; otherwise a copy of it is.

        Raises:
            LookupError: If there is no expression of that name.
            ValueError: If nothing is found and nothing can be made, or if what is found takes no text.
        """
        doc = self.doc if in_place else copy.deepcopy(self.doc)
        text = "" if value is None else str(value)
        found = self._find(doc, name)
        if not isinstance(found, list):
            raise ValueError(f"XPath `{name}` gives a value that is computed, which cannot be set")
        if not found and not return_on_missing:
            self._make(doc, name, text)
        for node in found:
            if not isinstance(node, str):
                _set_text(node, text, name)
                continue
            parent: Any = node.getparent()  # type: ignore[attr-defined]
            if node.is_attribute:  # type: ignore[attr-defined]
                parent.set(node.attrname, text)  # type: ignore[attr-defined]
            else:
                _set_text(parent, text, name)
        return doc

    def _expression(self, name: str) -> str:
        return expression_of(name, self._known, "XPath expression", "def_xpath")

    def _find(self, doc: Any, name: str) -> Any:
        etree = lxml_etree()
        try:
            return doc.xpath(self._expression(name), namespaces=self._namespaces)
        except etree.XPathError as error:
            raise ValueError(f"XPath `{name}` cannot be evaluated: {error}") from None

    def _make(self, doc: Any, name: str, text: str) -> None:
        expression = self._expression(name)
        plain = _PLAIN.fullmatch(expression)
        if plain is None:
            raise ValueError(f"XPath `{name}` finds nothing, and only paths of plain names can be made")
        steps = [self._qualified(step, name) for step in plain["steps"].split("/")]
        if not expression.startswith("//"):
            if steps[0] != doc.tag:
                raise ValueError(f"XPath `{name}` begins with another element than the document, `{doc.tag}`")
            steps = steps[1:]
        holder = doc
        for index, step in enumerate(steps):
            inner = holder.find(step)
            if inner is None or (index == len(steps) - 1 and not plain["attribute"]):
                inner = lxml_etree().SubElement(holder, step, nsmap=self._namespaces)
            holder = inner
        if plain["attribute"]:
            holder.set(self._qualified(plain["attribute"], name), text)
        else:
            _set_text(holder, text, name)

    def _qualified(self, step: str, name: str) -> str:
        prefix, colon, local = step.rpartition(":")
        if not colon:
            return step
        if prefix not in self._namespaces:
            raise ValueError(f"XPath `{name}` has prefix `{prefix}`; import a namespace of that name with enmasse")
        return f"{{{self._namespaces[prefix]}}}{local}"


def _set_text(element: Any, text: str, name: str) -> None:
    set_objectified = getattr(element, "_setText", None)
    if set_objectified is not None:
        # Text of objectified elements can be set in no other way.
        set_objectified(text)
        return
    try:
        element.text = text
    except (AttributeError, TypeError):
        message = f"XPath `{name}` finds `{element.tag}`, which holds other elements and takes no text"
        raise ValueError(message) from None
