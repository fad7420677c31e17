"""XML documents of requests and responses (reference service-api 6.1, 7).

Documents come from anybody, so nothing in them is resolved, fetched or expanded: a document type is refused before
the parser sees it, and the limits of libxml2 on depth and on the size of one text stay in force.
"""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any

from zato.common._missing import MissingFeature
from zato.common.exception import BadRequest

if TYPE_CHECKING:
    from lxml.etree import XMLParser

__all__ = ["dump", "lxml_etree", "parse", "parse_kept", "parse_plain"]

_SPACE = re.compile(rb"[ \t\r\n]*")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LONGEST_MESSAGE = 200
_FORBIDDEN = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}


class _Parsers(threading.local):
    """Parsers of one thread: a parser is locked while it parses, and making one takes as long as a small document."""

    def __init__(self) -> None:
        self.known: dict[tuple[bool, bool, bool], XMLParser] = {}


_parsers = _Parsers()


def lxml_etree() -> Any:
    """Gives the module `lxml.etree`.

    Raises:
        MissingFeature: If the library is not installed.
    """
    try:
        from lxml import etree  # type: ignore[attr-defined]
    except ImportError:
        message = "XML needs the library `lxml`; install it with `python -m pip install 'zato[xml]'`"
        raise MissingFeature(message) from None
    return etree


def parse(text: str | bytes) -> Any:
    """Gives the root of a document as an element of `lxml.objectify`; of an empty one, an element named `empty`.

    Raises:
        BadRequest: If the text is no XML, naming line and column, or has a document type.
        MissingFeature: If lxml is not installed.
    """
    return _parse(text or b"<empty/>", is_objectified=True, keeps_comments=True)


def parse_kept(text: str | bytes) -> Any:
    """Gives the root as an element of `lxml.objectify`, without comments; see `parse`."""
    return _parse(text, is_objectified=True, keeps_comments=False)


def parse_plain(text: str | bytes) -> Any:
    """Gives the root as an element of `lxml.etree`, without comments; see `parse`."""
    return _parse(text, is_objectified=False, keeps_comments=False)


def dump(element: Any) -> bytes:
    """Writes an element, or a tree, as a document in UTF-8 with a declaration."""
    return lxml_etree().tostring(element, encoding="UTF-8", xml_declaration=True, with_tail=False)


def _parse(text: str | bytes, *, is_objectified: bool, keeps_comments: bool) -> Any:
    etree = lxml_etree()
    is_decoded = isinstance(text, str)
    # What is text already is no longer in the encoding that its declaration names.
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if _has_doctype(raw):
        raise _refused_doctype()
    parser = _parser(is_objectified, keeps_comments, is_decoded)
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as error:
        raise _malformed(error) from None
    # Encodings in which the check before finds nothing.
    if root.getroottree().docinfo.doctype:
        raise _refused_doctype()
    return root


def _parser(is_objectified: bool, keeps_comments: bool, is_decoded: bool) -> XMLParser:
    key = (is_objectified, keeps_comments, is_decoded)
    known = _parsers.known.get(key)
    if known is not None:
        return known
    from lxml import etree, objectify  # type: ignore[attr-defined]

    parser = etree.XMLParser(
        encoding="utf-8" if is_decoded else None,
        # As objectify itself does it.
        remove_blank_text=is_objectified,
        remove_comments=not keeps_comments,
        remove_pis=not keeps_comments,
        **_FORBIDDEN,
    )
    if is_objectified:
        parser.set_element_class_lookup(objectify.ObjectifyElementClassLookup())
    _parsers.known[key] = parser
    return parser


def _has_doctype(raw: bytes) -> bool:
    """Whether a document type comes before the root element, where alone there can be one."""
    position = len(_BYTE_ORDER_MARK) if raw.startswith(_BYTE_ORDER_MARK) else 0
    while True:
        space = _SPACE.match(raw, position)
        position = space.end() if space else position
        if raw.startswith(b"<?", position):
            end = raw.find(b"?>", position)
        elif raw.startswith(b"<!--", position):
            end = raw.find(b"-->", position)
        else:
            return raw.startswith(b"<!DOCTYPE", position)
        if end < 0:
            return False
        position = end + 2 if raw.startswith(b"?>", end) else end + 3


def _refused_doctype() -> BadRequest:
    return BadRequest(None, "the body has a document type (DOCTYPE), which is not taken", needs_msg=True)


def _malformed(error: Any) -> BadRequest:
    line, column = error.position
    text = (error.msg or "it is not well-formed").strip().removesuffix(f", line {line}, column {column}").strip()
    text = re.sub(r",? (use|try) XML_PARSE_HUGE( option)?", "", text)
    if len(text) > _LONGEST_MESSAGE:
        text = f"{text[:_LONGEST_MESSAGE]}..."
    message = f"the body is not valid XML: line {line}, column {column}: {text}"
    return BadRequest(None, message, needs_msg=True)
