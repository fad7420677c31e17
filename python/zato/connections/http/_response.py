"""Responses in the shape of those of `requests` (reference connections 12.5)."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator
from email.message import Message
from typing import Any

from zato._core import HttpAnswer
from zato.connections.http._errors import status_error
from zato.connections.http._headers import Headers

__all__ = ["PreparedRequest", "Response"]


_UNREAD = object()


class PreparedRequest:
    """What was sent."""

    __slots__ = ("body", "headers", "method", "url")

    def __init__(self, method: str, url: str, headers: dict[str, str], body: bytes) -> None:
        self.method: str = method
        self.url: str = url
        self.headers: Headers = Headers(headers.items())
        self.body: bytes | None = body or None

    def __repr__(self) -> str:
        return f"<PreparedRequest [{self.method}]>"


class Response:
    """An answer, whatever its status; it is true if the status is below 400.

    Args:
        answer: What the native part gave.
        request: What was sent.
    """

    def __init__(self, answer: HttpAnswer, request: PreparedRequest) -> None:
        self._answer = answer
        self._content: bytes | None = None
        self._is_consumed = False
        self._data: Any = _UNREAD
        self.request: PreparedRequest = request
        self.status_code: int = answer.status
        self.reason: str = answer.reason
        self.url: str = answer.url
        self.headers: Headers = Headers(answer.headers)
        self.elapsed: datetime.timedelta = datetime.timedelta(seconds=answer.elapsed)
        self.encoding: str | None = _charset(self.headers.get("content-type", ""))
        self.history: list[Response] = [_hop(hop, request) for hop in answer.hops]

    @property
    def data(self) -> Any:
        """The body as data: parsed if it is JSON, an instance if the call named a model, text otherwise."""
        return self.text if self._data is _UNREAD else self._data

    @data.setter
    def data(self, value: Any) -> None:
        self._data = value

    @property
    def content(self) -> bytes:
        """The body as bytes."""
        if self._content is None:
            if self._is_consumed:
                raise RuntimeError("the body was read already, piece by piece")
            pieces = b"".join(self._pieces())
            self._content = pieces or self._answer.body
            self._is_consumed = True
        return self._content

    @property
    def text(self) -> str:
        """The body as text; bytes that are none in its encoding become replacement characters."""
        content = self.content
        if not content:
            return ""
        try:
            return content.decode(self.encoding or self.apparent_encoding, errors="replace")
        except (LookupError, UnicodeError):
            # No encoding that Python has, or one that knows no replacements.
            return content.decode("utf-8", errors="replace")

    @property
    def apparent_encoding(self) -> str:
        """What the body looks like: UTF-8 if it is that, Latin-1 otherwise."""
        try:
            self.content.decode("utf-8")
        except UnicodeDecodeError:
            return "iso-8859-1"
        return "utf-8"

    def json(self, **options: Any) -> Any:
        """Reads the body as JSON.

        Raises:
            ValueError: If it is not JSON.
        """
        if options:
            return json.loads(self.content, **options)
        import orjson

        try:
            return orjson.loads(self.content)
        except ValueError:
            # Other encodings than UTF-8, and numbers that are none.
            return json.loads(self.content)

    @property
    def ok(self) -> bool:
        """Whether the status is below 400."""
        return self.status_code < 400

    def __bool__(self) -> bool:
        return self.ok

    @property
    def is_redirect(self) -> bool:
        """Whether it leads elsewhere."""
        return "location" in self.headers and self.status_code in {301, 302, 303, 307, 308}

    @property
    def is_permanent_redirect(self) -> bool:
        """Whether it leads elsewhere for good."""
        return "location" in self.headers and self.status_code in {301, 308}

    @property
    def cookies(self) -> dict[str, str]:
        """Cookies that the answer sets, by name."""
        from http.cookies import CookieError, SimpleCookie

        cookies: dict[str, str] = {}
        for name, value in self._answer.headers:
            if name == "set-cookie":
                jar: SimpleCookie = SimpleCookie()
                try:
                    jar.load(value)
                except CookieError:
                    continue
                cookies.update({key: morsel.value for key, morsel in jar.items()})
        return cookies

    @property
    def links(self) -> dict[str, dict[str, str]]:
        """The `Link` header, by relation (RFC 8288)."""
        found: dict[str, dict[str, str]] = {}
        for part in re.split(r",\s*(?=<)", self.headers.get("link", "")):
            url, _, options = part.partition(";")
            link = {"url": url.strip(" <>")}
            for option in options.split(";"):
                key, is_given, value = option.partition("=")
                if is_given:
                    link[key.strip()] = value.strip(" \"'")
            if link["url"]:
                found[link.get("rel") or link["url"]] = link
        return found

    @property
    def raw(self) -> RawBody:
        """The body as a file."""
        return RawBody(self)

    def raise_for_status(self) -> None:
        """Raises an exception if the status is 400 or above.

        Raises:
            HTTPError: If it is.
        """
        if self.ok:
            return
        whose = "Client" if self.status_code < 500 else "Server"
        raise status_error(f"{self.status_code} {whose} Error: {self.reason} for url: {self.url}", self)

    def iter_content(self, chunk_size: int | None = 1, decode_unicode: bool = False) -> Iterator[Any]:
        """Gives the body in pieces of so many bytes, or as they come.

        Args:
            chunk_size: Bytes of each piece; `None` for pieces as they come.
            decode_unicode: Whether pieces are text.
        """
        pieces = self._sized(chunk_size)
        if not decode_unicode:
            return pieces
        import codecs

        decoder = codecs.getincrementaldecoder(self.encoding or "utf-8")(errors="replace")
        return (text for piece in pieces if (text := decoder.decode(piece)))

    def iter_lines(
        self, chunk_size: int = 512, decode_unicode: bool = False, delimiter: Any = None
    ) -> Iterator[Any]:
        """Gives the body line by line, without line ends."""
        rest: Any = None
        for piece in self.iter_content(chunk_size, decode_unicode):
            piece = piece if rest is None else rest + piece
            lines = piece.split(delimiter) if delimiter else piece.splitlines()
            # The last one may go on in the next piece.
            rest = lines.pop() if lines and lines[-1] and piece[-1:] == lines[-1][-1:] else None
            yield from lines
        if rest is not None:
            yield rest

    def close(self) -> None:
        """Stops reading the body."""
        self._answer.close()

    def __enter__(self) -> Response:
        return self

    def __exit__(self, *_error: Any) -> None:
        self.close()

    def __iter__(self) -> Iterator[bytes]:
        return self.iter_content(128)

    def __repr__(self) -> str:
        return f"<Response [{self.status_code}]>"

    def _pieces(self) -> Iterator[bytes]:
        while (piece := self._answer.next_piece()) is not None:
            # Nothing comes for a moment: the thread can notice here that the time of its service is over.
            if piece:
                yield piece

    def _sized(self, size: int | None) -> Iterator[bytes]:
        if self._content is not None or (self._answer.body and not self._is_consumed):
            whole = self.content
            step = size or len(whole) or 1
            yield from (whole[begin : begin + step] for begin in range(0, len(whole), step))
            return
        if self._is_consumed:
            raise RuntimeError("the body was read already, piece by piece")
        self._is_consumed = True
        kept = b""
        for piece in self._pieces():
            if size is None:
                yield piece
                continue
            kept += piece
            whole_pieces = len(kept) // size * size
            yield from (kept[begin : begin + size] for begin in range(0, whole_pieces, size))
            kept = kept[whole_pieces:]
        if kept:
            yield kept


class RawBody:
    """The body of a response as a file, as far as services use it."""

    def __init__(self, response: Response) -> None:
        self._pieces = response.iter_content(None)
        self._kept = b""
        self.status: int = response.status_code
        self.reason: str = response.reason
        self.headers: Headers = response.headers
        self.version: int = response._answer.version
        self.decode_content = True

    def read(self, amount: int | None = None, decode_content: bool = True) -> bytes:
        """Gives so many bytes, or all that are left; compression was undone already."""
        while amount is None or len(self._kept) < amount:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._kept += piece
        amount = len(self._kept) if amount is None else amount
        given, self._kept = self._kept[:amount], self._kept[amount:]
        return given

    def stream(self, amount: int = 2**16, decode_content: bool = True) -> Iterator[bytes]:
        """Gives the body in pieces of so many bytes."""
        while piece := self.read(amount):
            yield piece

    def readable(self) -> bool:
        """Says that it can be read."""
        return True


def _charset(content_type: str) -> str | None:
    message = Message()
    message["content-type"] = content_type
    given = message.get_param("charset")
    if isinstance(given, str) and given:
        return given.strip("'\"")
    # What `requests` takes text for that does not say (RFC 2616 3.7.1).
    if message.get_content_maintype() == "text" and content_type:
        return "ISO-8859-1"
    return "utf-8" if message.get_content_type() == "application/json" and content_type else None


class _Redirect:
    """What a redirect was, in the shape of an answer."""

    def __init__(self, status: int, url: str, headers: list[tuple[str, str]]) -> None:
        from http import HTTPStatus

        self.status, self.url, self.headers = status, url, headers
        self.reason = HTTPStatus(status).phrase
        self.elapsed, self.version, self.body, self.hops = 0.0, 11, b"", ()

    def next_piece(self) -> None:
        """Gives nothing; bodies of redirects are not kept."""

    def close(self) -> None:
        """Does nothing."""


def _hop(hop: tuple[int, str, list[tuple[str, str]]], request: PreparedRequest) -> Response:
    return Response(_Redirect(*hop), request)  # type: ignore[arg-type]
