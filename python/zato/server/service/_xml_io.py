"""Declared input and output as XML (reference service-api 5.2, 5.4, 5.5, 5.7).

Lists are `item` children, dictionaries `item` children with `key` and `value`, lists of dictionaries `item_dict`
children that hold a dictionary each. Names are local names: whatever namespace a document has, it is read alike.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from zato.common._json_fallback import dump_fallback
from zato.common.exception import BadRequest
from zato.server.service._io import Elem
from zato.server.service._xml import lxml_etree, parse_kept, parse_plain
from zato.server.service._xml_text import NeedsTreeError, TextWriter

__all__ = ["XMLFormat", "options_of"]

_OPTIONS = ("namespace", "pretty_print", "encoding", "declaration")
_TEXT = ("text", "secret", "as_is")


def options_of(holder: Any) -> dict[str, Any]:
    """Gives the options that a declaration names: those of `class XML`, or attributes `xml_*` (3.2)."""
    nested = getattr(holder, "XML", None)
    found = {}
    for name in _OPTIONS:
        value = getattr(nested, name, getattr(holder, f"xml_{name}", None))
        if value is not None:
            found[name] = value
    return found


class XMLFormat:
    """Reads and writes documents of one service.

    Args:
        inputs: Elements of input.
        outputs: Elements of output.
        request_elem: Name of the element that holds the input; none is the root, whatever it is called.
        response_elem: Name of the root of responses; none leaves root and envelope out.
        use_text: Whether input is text; elements themselves otherwise.
        options: What `options_of` found.
        has_model: Whether input is a model, which is made of JSON only.

    Raises:
        ValueError: If an option has a value that nothing can be written with.
    """

    __slots__ = (
        "_form",
        "_has_model",
        "_keeps_elements",
        "_kinds",
        "_namespace",
        "_readers",
        "_request_elem",
        "_required",
        "_response_elem",
        "_text_writer",
    )  # fmt: skip

    def __init__(
        self,
        inputs: Iterable[Elem],
        outputs: Iterable[Elem],
        request_elem: str | None,
        response_elem: str | None,
        use_text: bool,
        options: Mapping[str, Any],
        has_model: bool = False,
    ) -> None:
        self._has_model = has_model
        self._request_elem = request_elem
        self._response_elem = response_elem
        self._required = ""
        self._keeps_elements = not use_text
        self._readers: dict[str, Callable[[Any], Any]] = {}
        for element in inputs:
            self._readers[element.name] = self._reader(element.kind, use_text=use_text)
            self._required = self._required or (element.name if element.is_required else "")
        self._kinds = {element.name: element.kind for element in outputs}
        namespace = options.get("namespace") or ""
        self._namespace = f"{{{namespace}}}" if namespace else ""
        encoding = options.get("encoding", "UTF-8")
        try:
            codecs.lookup(encoding)
        except (LookupError, TypeError):
            raise ValueError(f"the encoding of XML is {encoding!r}, which is not known") from None
        self._form = {
            "encoding": encoding,
            "xml_declaration": bool(options.get("declaration", True)),
            "pretty_print": bool(options.get("pretty_print", False)),
        }
        self._text_writer = self._make_text_writer(namespace)

    def _make_text_writer(self, namespace: str) -> TextWriter | None:
        """Gives what writes without a tree, where that can be done."""
        names = [*self._kinds, *([self._response_elem] if self._response_elem else ())]
        is_plain = codecs.lookup(self._form["encoding"]).name == "utf-8" and not self._form["pretty_print"]
        if not is_plain or not TextWriter.can_write(names, namespace):
            return None
        return TextWriter(self._kinds, self._response_elem, namespace)

    def read(self, payload: Any) -> Any:
        """Gives what a document has for the declared names, by name; what is no document is given back as it is.

        Args:
            payload: Text of a document, an element of lxml, or what another service passed.

        Raises:
            BadRequest: If the text is no XML, or has no element that holds the input.
            TypeError: If input is a model.
        """
        if isinstance(payload, (str, bytes)):
            if not payload:
                return payload
            payload = parse_kept(payload) if self._keeps_elements else parse_plain(payload)
        elif not hasattr(payload, "iterchildren"):
            return payload
        if self._has_model:
            raise TypeError(
                "input that is a model cannot be read from XML; declare names in `class SimpleIO`, or look into "
                "self.request.payload"
            )
        found: dict[str, Any] = {}
        for child in self._holder(payload):
            name = _local_name(child)
            reader = self._readers.get(name)
            if reader is None:
                continue
            if name not in found:
                found[name] = reader(child)
            elif reader in (_read_list, _read_dicts):
                found[name].extend(reader(child))
        return found

    def write(self, content: Any, cid: str) -> bytes:
        """Gives the document of a response.

        Args:
            content: Values by name, or a list of such dictionaries.
            cid: Correlation ID, for the envelope.

        Raises:
            ValueError: If a name or a text has characters that XML does not allow.
            TypeError: If a value has no XML form.
        """
        if self._text_writer is not None:
            try:
                text = self._text_writer.write(content, cid)
            except NeedsTreeError:
                return self.dump(self._document(content, cid))
            if self._form["xml_declaration"]:
                text = f"<?xml version='1.0' encoding='{self._form['encoding']}'?>\n{text}"
            return text.encode("utf-8")
        return self.dump(self._document(content, cid))

    def write_text(self, content: Any, cid: str) -> str:
        """Gives the document as text, without a declaration, as text has no encoding; see `write`."""
        form = {"encoding": "unicode", "pretty_print": self._form["pretty_print"]}
        return lxml_etree().tostring(self._document(content, cid), **form)

    def dump(self, element: Any) -> bytes:
        """Writes an element the way the declaration says."""
        return lxml_etree().tostring(element, with_tail=False, **self._form)

    def _reader(self, kind: str, *, use_text: bool) -> Callable[[Any], Any]:
        if kind == "as_is" or (kind in _TEXT and not use_text):
            self._keeps_elements = True
        if kind in _TEXT and not use_text:
            return _read_element
        readers = {"as_is": _read_as_is, "list": _read_list, "dict": _read_dict, "dict_list": _read_dicts}
        return readers.get(kind, _read_text)

    def _holder(self, root: Any) -> Iterable[Any]:
        """Gives the children of the element that holds the input."""
        name = self._request_elem
        if name is not None and _local_name(root) != name:
            found = next(root.iterdescendants(f"{{*}}{name}"), None)
            if found is None and self._required:
                message = f"the body has no element `{name}`, which holds the input; its root is `{_local_name(root)}`"
                raise BadRequest(None, message[:500], needs_msg=True)
            root = found
        return () if root is None else root.iterchildren("*")

    def _document(self, content: Any, cid: str) -> Any:
        etree = lxml_etree()
        prefix = self._namespace
        is_list = isinstance(content, list)
        name = self._response_elem or ("item_list" if is_list else "item")
        root = etree.Element(prefix + name, nsmap={None: prefix[1:-1]} if prefix else None)
        writer = _Writer(etree.SubElement, prefix)
        holder = root
        if self._response_elem:
            envelope = writer.child(root, "zato_env")
            writer.child(envelope, "cid").text = cid
            writer.child(envelope, "result").text = "ZATO_OK"
            holder = writer.child(root, "item_list" if is_list else "item")
        if not is_list:
            writer.fill_item(holder, content, self._kinds)
            return root
        for item in content:
            writer.fill_item(writer.child(holder, "item"), item, self._kinds)
        return root


class _Writer:
    """Adds elements in the namespace of a document."""

    __slots__ = ("_add", "_prefix")

    def __init__(self, add: Callable[..., Any], prefix: str) -> None:
        self._add = add
        self._prefix = prefix

    def child(self, parent: Any, name: str) -> Any:
        return self._add(parent, self._prefix + name)

    def fill_item(self, parent: Any, item: Any, kinds: Mapping[str, str]) -> None:
        """Adds values under their names."""
        for name, value in item.items():
            try:
                self._fill(self.child(parent, name), value, kinds.get(name, ""))
            except (TypeError, ValueError) as error:
                class_ = TypeError if isinstance(error, TypeError) else ValueError
                raise class_(f"element `{name}`: {error}") from None

    def _fill(self, element: Any, value: Any, kind: str) -> None:
        if value is None:
            return
        if isinstance(value, str):
            element.text = value
        elif isinstance(value, bool):
            element.text = "true" if value else "false"
        elif isinstance(value, (int, float)):
            element.text = str(value)
        elif isinstance(value, Mapping):
            for key, inner in value.items():
                item = self.child(element, "item")
                self.child(item, "key").text = str(key)
                self._fill(self.child(item, "value"), inner, "")
        elif isinstance(value, (list, tuple)):
            name = "item_dict" if kind == "dict_list" else "item"
            for inner in value:
                self._fill(self.child(element, name), inner, "")
        elif hasattr(value, "iterchildren"):
            import copy

            element.append(copy.copy(value))
        else:
            self._fill(element, dump_fallback(value), kind)


def _local_name(element: Any) -> str:
    return element.tag.rpartition("}")[2]


def _read_text(element: Any) -> str:
    return element.text or ""


def _read_element(element: Any) -> Any:
    return element


def _read_as_is(element: Any) -> Any:
    """Elements that hold others are handed over untouched."""
    return _read_text(element) if next(element.iterchildren("*"), None) is None else element


def _read_list(element: Any) -> list[Any]:
    children = list(element.iterchildren("*"))
    if not children:
        text = _read_text(element)
        return [text] if text.strip() else []
    return [_read_nested(child) for child in children]


def _read_dicts(element: Any) -> list[dict[str, Any]]:
    return [_read_dict(child) for child in element.iterchildren("*")]


def _read_dict(element: Any) -> dict[str, Any]:
    """Reads `item` children with `key` and `value`; others count under their own names."""
    found: dict[str, Any] = {}
    for child in element.iterchildren("*"):
        name, value = _local_name(child), child
        if name == "item":
            key, value = child.find("{*}key"), child.find("{*}value")
            if key is None:
                message = f"line {child.sourceline}: `item` in `{_local_name(element)}` has no `key`"
                raise BadRequest(None, message, needs_msg=True)
            name = _read_text(key)
        found[name] = "" if value is None else _read_nested(value)
    return found


def _read_nested(element: Any) -> Any:
    """Reads a value inside of a list or a dictionary, by what it looks like."""
    first = next(element.iterchildren("*"), None)
    if first is None:
        return _read_text(element)
    name = _local_name(first)
    if name == "item_dict":
        return _read_dicts(element)
    if name == "item" and first.find("{*}key") is None:
        return _read_list(element)
    return _read_dict(element)
