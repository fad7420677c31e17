"""Multipart forms (reference service-api 7, RFC 7578)."""

from __future__ import annotations

from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP

# Parts cost much more than the bytes they have; forms of browsers have a few dozen.
_MOST_PARTS = 1000


def parse_multipart(content_type: str, body: bytes) -> dict[str, str | bytes]:
    """Gives fields by name: files as bytes, others as text; of repeated fields the last one counts.

    Args:
        content_type: The request's header, with the boundary.
        body: The request's body.

    Raises:
        ValueError: If the body is no multipart form.
    """
    header = Message()
    header["Content-Type"] = content_type
    boundary = header.get_boundary()
    if boundary and body.count(b"--" + boundary.encode("utf-8", "surrogateescape")) > _MOST_PARTS + 1:
        raise ValueError(f"the form has more than {_MOST_PARTS} parts")
    head = f"Content-Type: {content_type}\r\nMIME-Version: 1.0\r\n\r\n".encode("latin-1")
    try:
        parsed = BytesParser(policy=HTTP).parsebytes(head + body)
    except RecursionError:
        raise ValueError("the form has forms inside of forms, too deeply") from None
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
    try:
        return raw.decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:
        return raw.decode("utf-8", "replace")
