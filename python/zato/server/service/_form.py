"""Multipart forms (reference service-api 7, RFC 7578)."""

from __future__ import annotations

from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP


def parse_multipart(content_type: str, body: bytes) -> dict[str, str | bytes]:
    """Gives fields by name: files as bytes, others as text; of repeated fields the last one counts.

    Args:
        content_type: The request's header, with the boundary.
        body: The request's body.

    Raises:
        ValueError: If the body is no multipart form.
    """
    head = f"Content-Type: {content_type}\r\nMIME-Version: 1.0\r\n\r\n".encode("latin-1")
    parsed = BytesParser(policy=HTTP).parsebytes(head + body)
    if not parsed.is_multipart():
        raise ValueError("the body is not a multipart form with the boundary that its Content-Type names")
    fields: dict[str, str | bytes] = {}
    for part in parsed.iter_parts():
        name = part.get_param("name", header="content-disposition")
        if isinstance(name, str):
            fields[name] = _value(part)
    return fields


def _value(part: Message) -> str | bytes:
    content = part.get_payload(decode=True)
    raw = content if isinstance(content, bytes) else b""
    if part.get_filename() is not None:
        return raw
    return raw.decode(part.get_content_charset() or "utf-8", "replace")
