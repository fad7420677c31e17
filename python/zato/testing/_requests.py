"""From what a test says to what the native part runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from zato.common.json_internal import dumps
from zato.testing._answers import plain

__all__ = ["request_facts"]

_CONTENT_TYPES = {"json": "application/json", "form": "application/x-www-form-urlencoded", "csv": "text/csv"}


def request_facts(
    payload: Any,
    *,
    method: str | None,
    path: str,
    params: Mapping[str, Any] | None,
    path_params: Mapping[str, Any] | None,
    headers: Mapping[str, Any] | None,
    data_format: str,
    channel: str,
    username: str | None,
    cid: str | None,
) -> dict[str, Any]:
    """Describes a request to a REST channel."""
    body = _body(payload, data_format)
    pairs = [(str(name), str(value)) for name, value in (headers or {}).items()]
    known = {name.lower() for name, _ in pairs}
    if body and "content-type" not in known and data_format in _CONTENT_TYPES:
        pairs.append(("Content-Type", _CONTENT_TYPES[data_format]))
    if body and "content-length" not in known:
        pairs.append(("Content-Length", str(len(body))))
    if "host" not in known:
        pairs.append(("Host", "localhost"))
    values = {name: str(value) for name, value in (path_params or {}).items()}
    target = quote(path.format_map(_Filled(values)) if values else path, safe="/%:@!$&'()*+,;=~-._")
    if params:
        target += "?" + urlencode(params, doseq=True)
    return {
        "cid": cid,
        "method": (method or ("POST" if body else "GET")).upper(),
        "target": target,
        "headers": pairs,
        "path_params": list(values.items()),
        "body": body,
        "data_format": data_format,
        "channel": channel,
        "match_target": path,
        "username": username,
    }


class _Filled(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "{" + name + "}"


def _body(payload: Any, data_format: str) -> bytes:
    if payload is None:
        return b""
    if isinstance(payload, (bytes, bytearray)):
        return bytes(payload)
    if isinstance(payload, str):
        return payload.encode("utf-8")
    if data_format == "form":
        return urlencode(plain(payload), doseq=True).encode("ascii")
    return dumps(plain(payload)).encode("utf-8")
