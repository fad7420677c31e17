"""How requests of outgoing connections are made (reference connections 12.4)."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from zato import _core
from zato.common.marshal_.api import Model

__all__ = ["body_of", "default_headers", "multipart", "url_of"]

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
#: What a value may bring into a path as it is; a question mark or a hash would end the path.
_SAFE_IN_PATH = "/%!$&'()*+,;=:@~|"
_FORM = "application/x-www-form-urlencoded"


def url_of(cid: str, address: str, params: Any) -> str:
    """Fills placeholders of an address and adds the rest of the parameters as a query string.

    Args:
        cid: Correlation ID, for messages.
        address: Host and path, with placeholders such as `{id}`.
        params: A dictionary, pairs, text or `None`; it is not changed.

    Raises:
        ValueError: If a placeholder has no value, or one that would leave the path.
    """
    names = _PLACEHOLDER.findall(address)
    if isinstance(params, Mapping):
        params = dict(params)
    if names:
        if not isinstance(params, dict) or not params:
            raise ValueError(f"CID:{cid} No parameters given for URL path `{address}`, which needs {_listed(names)}")
        missing = [name for name in names if name not in params]
        if missing:
            raise ValueError(f"CID:{cid} Could not build URL path `{address}`: there is no {_listed(missing)}")
        values = {name: _path_value(cid, name, params.pop(name)) for name in dict.fromkeys(names)}
        address = _PLACEHOLDER.sub(lambda found: values[found[1]], address)
    query = _query(params)
    if not query:
        return address
    return f"{address}{'&' if '?' in address else '?'}{query}"


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _path_value(cid: str, name: str, value: Any) -> str:
    text = quote(str(value), safe=_SAFE_IN_PATH)
    if any(re.fullmatch(r"(\.|%2e){1,2}", part, re.IGNORECASE) for part in text.split("/")):
        raise ValueError(f"CID:{cid} Could not build URL path: the value of `{name}` would lead out of it")
    return text


def _query(params: Any) -> str:
    if not params:
        return ""
    if isinstance(params, bytes):
        return params.decode("utf-8")
    if isinstance(params, str):
        return params
    pairs = params.items() if isinstance(params, dict) else params
    return urlencode([(name, value) for name, value in pairs if value is not None], doseq=True)


def default_headers(cid: str) -> dict[str, str]:
    """Gives headers that each request has."""
    facts = _core.server_facts()
    return {
        "X-Zato-CID": cid,
        "X-Zato-Component": facts["name"] if facts else "",
        "X-Zato-Msg-TS": datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None).isoformat(),
        "User-Agent": f"Zato/{_core.__version__}",
        "Accept": "*/*",
    }


def body_of(data: Any, data_format: str, content_type: str) -> tuple[bytes, str]:
    """Writes the body of a request.

    Args:
        data: What the service gave.
        data_format: Data format of the connection; empty for none.
        content_type: The content type that is wanted; empty to have it follow from the data.

    Returns:
        The body, and its content type.

    Raises:
        TypeError: If the data cannot be written that way.
    """
    usual = "application/json" if data_format else "text/plain"
    if data is None or isinstance(data, str):
        return (data or "").encode("utf-8"), content_type or usual
    if isinstance(data, bytes | bytearray | memoryview):
        return bytes(data), content_type or usual
    if isinstance(data, Model):
        data = data.to_dict()
    if data_format == "json":
        from zato.common.json_internal import dumps

        text = dumps(data)
        return text if isinstance(text, bytes) else text.encode("utf-8"), content_type or usual
    if data_format == "xml" and hasattr(data, "tag"):
        from lxml import etree  # type: ignore[import-not-found]

        return etree.tostring(data), content_type or "application/xml"
    if isinstance(data, Mapping | list | tuple):
        return _query(dict(data) if isinstance(data, Mapping) else data).encode("ascii"), content_type or _FORM
    if hasattr(data, "read"):
        content = data.read()
        return content.encode("utf-8") if isinstance(content, str) else content, content_type or usual
    format_ = f"data format `{data_format}`" if data_format else "no data format"
    raise TypeError(f"a {type(data).__name__} cannot be sent by a connection with {format_}; give text or bytes")


def multipart(fields: Any, files: Any) -> tuple[bytes, str]:
    """Writes a form with files (RFC 7578).

    Args:
        fields: Values by name, or nothing.
        files: By name: a file, bytes, text, or a tuple of file name, content and, if known, content type.

    Returns:
        The body, and its content type.

    Raises:
        ValueError: If the content type of a file would end its line.
    """
    import secrets
    from pathlib import PurePath

    boundary = secrets.token_hex(16)
    parts: list[bytes] = []

    def add(disposition: str, content: bytes, content_type: str = "") -> None:
        if "\r" in content_type or "\n" in content_type:
            raise ValueError(f"the content type of a file has a line break: {content_type!r}")
        head = f"--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\n"
        head += f"Content-Type: {content_type}\r\n\r\n" if content_type else "\r\n"
        parts.extend((head.encode("utf-8"), content, b"\r\n"))

    for name, value in dict(fields or {}).items():
        values = value if isinstance(value, list | tuple) else [value]
        for one in values:
            add(f'name="{_quoted(name)}"', one if isinstance(one, bytes) else str(one).encode("utf-8"))
    for name, given in dict(files).items():
        file_name, content, *rest = given if isinstance(given, list | tuple) else (None, given)
        if file_name is None:
            file_name = PurePath(str(getattr(content, "name", name))).name
        if hasattr(content, "read"):
            content = content.read()
        content = content.encode("utf-8") if isinstance(content, str) else bytes(content)
        add(f'name="{_quoted(name)}"; filename="{_quoted(file_name)}"', content, str(rest[0]) if rest else "")
    parts.append(f"--{boundary}--\r\n".encode())
    return b"".join(parts), f"multipart/form-data; boundary={boundary}"


def _quoted(text: Any) -> str:
    return str(text).replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
