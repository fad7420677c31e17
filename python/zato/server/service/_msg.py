"""`self.msg`: values in messages by named expressions (2.0-3.1; reference service-api 3.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zato import _core
from zato.server.service._json_pointer import JSONPointer
from zato.server.service._mapper import Mapper
from zato.server.service._xpath import XPath

if TYPE_CHECKING:
    from zato._core import Service

__all__ = ["Messages"]


class Messages:
    """Makes accessors of messages, which know the expressions that are configured.

    Args:
        service: The service whose request is meant where no document is given.
    """

    __slots__ = ("_service",)

    def __init__(self, service: Service) -> None:
        self._service = service

    def json_pointer(self, doc: Any = None) -> JSONPointer:
        """Gives access to a document by JSON Pointers: names of definitions, or pointers that begin with `/`.

        Args:
            doc: A dictionary, a list, or text of JSON; none is the payload of the request.
        """
        return JSONPointer(self._document(doc), _values("message.json_pointer"))

    def xpath(self, doc: Any = None) -> XPath:
        """Gives access to a document by XPath: names of definitions, or expressions that begin with `/`.

        Args:
            doc: An element of lxml, or text of XML; none is the payload of the request.
        """
        return XPath(self._document(doc), _values("message.xpath"), _values("message.namespace"))

    def mapper(self, source: Any, target: Any = None) -> Mapper:
        """Gives what copies values from one document to another.

        Args:
            source: Where values come from: an element of lxml is read by XPath, anything else by JSON Pointers.
            target: Where they go; none is a new dictionary, found under `target` afterwards.
        """
        return Mapper(self._access(source), self._access({} if target is None else target))

    def _access(self, doc: Any) -> JSONPointer | XPath:
        return self.xpath(doc) if hasattr(doc, "iterchildren") else self.json_pointer(doc)

    def _document(self, doc: Any) -> Any:
        return self._service.request.payload if doc is None else doc


def _values(kind: str) -> dict[str, str]:
    return {name: definition["value"] for name, definition in _core.definitions(kind).items()}
