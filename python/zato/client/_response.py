"""What clients give back (reference operations 20.2, 20.3)."""

from __future__ import annotations

import binascii
from base64 import b64decode
from typing import Any

from zato.bunch import bunchify
from zato.common.api import ZATO_OK
from zato.common.json_internal import loads

__all__ = ["JSONResponse", "JSONSIOResponse", "RawDataResponse", "Response", "ServiceInvokeResponse", "XMLResponse"]


class Response:
    """What all of them have.

    Args:
        inner: The HTTP response.
        to_bunch: Whether dictionaries become bunches.
        max_response_repr: How many characters of the data are shown.
        max_cid_repr: How many characters of the CID are shown; 0 shows it whole.
    """

    def __init__(
        self, inner: Any, to_bunch: bool = False, max_response_repr: int = 2500, max_cid_repr: int = 5
    ) -> None:
        self.inner = inner
        self.ok: bool = bool(inner.ok)
        self.cid: str = inner.headers.get("X-Zato-CID") or "(None)"
        self.response_time: str | None = inner.headers.get("X-Zato-Response-Time")
        self.data: Any = None
        self.details: Any = None
        self.meta: Any = {}
        #: `ZATO_OK` or `ZATO_ERROR` if the server said so.
        self.sio_result: str | None = None
        self._sizes = (max_response_repr, max_cid_repr)
        self._read()
        if to_bunch:
            self.data, self.meta = bunchify(self.data), bunchify(self.meta)

    @property
    def has_data(self) -> bool:
        """Whether there is any data."""
        return bool(self.data)

    def _read(self) -> None:
        """Sets what the body says."""
        raise NotImplementedError

    def _read_json(self) -> Any:
        """Gives the body as JSON; one that is none makes the response an error."""
        try:
            return loads(self.inner.text)
        except ValueError as error:
            self.ok = False
            self.details = self.details or f"{error}: {self.inner.text[:500]}"
            return None

    def __repr__(self) -> str:
        size, cid_size = self._sizes
        cid = self.cid[:cid_size] if cid_size else self.cid
        shown = repr(self.data if self.ok else self.details)[:size]
        return (
            f"<{type(self).__name__} at {hex(id(self))} ok:`{self.ok}` status:`{self.inner.status_code}` "
            f"cid:`{cid}` {shown}>"
        )


class RawDataResponse(Response):
    """A body as it came."""

    def _read(self) -> None:
        if self.ok:
            self.data: Any = self.inner.text
        else:
            self.details: Any = self.inner.text


class JSONResponse(Response):
    """A body of JSON."""

    def _read(self) -> None:
        if self.ok:
            self.data: Any = self._read_json()
        else:
            self.details: Any = self.inner.text


class JSONSIOResponse(Response):
    """A body of JSON with `zato_env`, and the data under an element next to it."""

    def _read(self) -> None:
        body = self._read_json()
        if not isinstance(body, dict) or not self._has_envelope(body):
            self.data: Any = body if self.ok else None
            self.details: Any = self.details or (None if self.ok else self.inner.text)
            return
        elements = [value for name, value in body.items() if name != "zato_env"]
        self.data = elements[0] if self.ok and elements else None

    def _has_envelope(self, body: dict[str, Any]) -> bool:
        """Takes over what `zato_env` says, if there is one."""
        envelope = body.get("zato_env")
        if not isinstance(envelope, dict):
            return False
        self.sio_result: str | None = envelope.get("result")
        self.cid: str = envelope.get("cid") or self.cid
        self.ok: bool = self.ok and self.sio_result == ZATO_OK
        if not self.ok:
            self.details = envelope.get("details")
        return True


class XMLResponse(Response):
    """A body of XML, as the root element of `lxml.objectify` (2.0, 3.0)."""

    def _read(self) -> None:
        # The library is needed for this alone.
        from zato.common.exception import BadRequest
        from zato.server.service._xml import parse

        if not self.ok:
            self.details: Any = self.inner.text
            return
        try:
            self.data: Any = parse(self.inner.content)
        except BadRequest as error:
            self.ok = False
            self.details = f"{error.msg}: {self.inner.text[:500]}"

    @property
    def has_data(self) -> bool:
        """Whether there is a document."""
        return self.data is not None


class ServiceInvokeResponse(JSONSIOResponse):
    """What `zato.service.invoke` answers: the response of another service, in Base64."""

    #: The response of the service, before it was read.
    inner_service_response: str | None = None

    def _read(self) -> None:
        super()._read()
        given = self.data.get("response") if isinstance(self.data, dict) else None
        if not self.ok or not isinstance(given, str):
            return
        try:
            text = b64decode(given, validate=True).decode("utf-8")
        except (binascii.Error, ValueError):
            text = given
        self.inner_service_response = text
        try:
            data = loads(text) if text else ""
        except ValueError:
            data = text
        if isinstance(data, dict):
            self.meta: Any = data.pop("_meta", {})
            if len(data) == 1 and next(iter(data)).startswith("zato"):
                data = next(iter(data.values()))
        self.data: Any = data
