"""What outgoing HTTP makes of calls and answers; the calls themselves are tested end to end."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zato.common.exception import TimeoutException
from zato.connections.http import Response
from zato.connections.http._errors import error_of
from zato.connections.http._headers import Headers
from zato.connections.http._request import body_of, multipart, url_of
from zato.connections.http._response import PreparedRequest


@dataclass
class Answer:
    """What the native part gives."""

    status: int = 200
    reason: str = "OK"
    version: int = 11
    url: str = "http://h/"
    headers: list[tuple[str, str]] = field(default_factory=list)
    elapsed: float = 0.5
    hops: list[Any] = field(default_factory=list)
    body: bytes = b""
    pieces: list[bytes] = field(default_factory=list)
    is_late: bool = False

    def next_piece(self) -> bytes | None:
        # Every other time nothing has come yet.
        self.is_late = not self.is_late
        if self.is_late:
            return b""
        return self.pieces.pop(0) if self.pieces else None

    def close(self) -> None:
        self.pieces.clear()


def response(body: bytes = b"", content_type: str = "text/plain", **options: Any) -> Response:
    answer: Any = Answer(body=body, headers=[("content-type", content_type)], **options)
    return Response(answer, PreparedRequest("GET", "http://h/", {}, b""))


@pytest.mark.compat("3.5-rest-params")
@given(st.text())
def test_no_value_leaves_its_place_in_the_path(value: str) -> None:
    try:
        url = url_of("cid", "http://h/a/{x}/b", {"x": value})
    except ValueError:
        assert any(part.lower().replace("%2e", ".") in {".", ".."} for part in value.split("/"))
        return
    parts = urlsplit(url)
    assert parts.netloc == "h" and parts.path.startswith("/a/") and parts.path.endswith("/b")
    assert not parts.query and not parts.fragment


def test_parameters_of_the_caller_are_not_changed() -> None:
    params = {"x": 1, "q": 2}
    assert url_of("cid", "http://h/{x}", params) == "http://h/1?q=2"
    assert params == {"x": 1, "q": 2}
    assert url_of("cid", "http://h/{x}/{x}", {"x": "a"}) == "http://h/a/a"
    assert url_of("cid", "http://h/?a=1", [("b", 2), ("b", 3)]) == "http://h/?a=1&b=2&b=3"
    assert url_of("cid", "http://h/", "raw=1") == "http://h/?raw=1"


def test_what_cannot_be_sent_is_named() -> None:
    with pytest.raises(TypeError, match="a object cannot be sent by a connection with no data format"):
        body_of(object(), "", "")


@pytest.mark.compat("3.5-rest-model")
def test_forms_with_files_are_written_as_the_standard_says() -> None:
    body, content_type = multipart({"a": ["1", "2"]}, {'f"\r\n': ("na\nme.txt", b"\x00", "text/x")})
    boundary = content_type.partition("boundary=")[2].encode()
    assert body.count(b"--" + boundary) == 4 and body.endswith(b"--" + boundary + b"--\r\n")
    assert b'name="f%22%0D%0A"; filename="na%0Ame.txt"\r\nContent-Type: text/x\r\n\r\n\x00\r\n' in body
    with pytest.raises(ValueError, match="line break"):
        multipart({}, {"f": ("name", b"x", "text/x\r\nX-Evil: 1")})


@pytest.mark.parametrize(
    ("content_type", "body", "text"),
    [
        ("text/plain", "é".encode("latin-1"), "é"),
        ("text/plain; charset=utf-8", "é".encode(), "é"),
        ("text/plain; charset=nonsense", "é".encode(), "é"),
        ("text/plain; charset=idna", "é".encode(), "é"),
        ("application/json", "é".encode(), "é"),
        ("application/octet-stream", b"\xff", "ÿ"),
        ("", "ż".encode(), "ż"),
    ],
)
def test_text_is_read_in_its_encoding(content_type: str, body: bytes, text: str) -> None:
    assert response(body, content_type).text == text


@pytest.mark.compat("3.5-rest-response")
def test_a_response_looks_like_one_of_requests() -> None:
    got = response(b'{"a": 1}', "application/json", hops=[(301, "http://a/", [("location", "http://h/")])])
    assert got.json() == {"a": 1} and got.json(parse_int=str) == {"a": "1"}
    assert got.ok and bool(got) and got.elapsed.total_seconds() == 0.5
    (first,) = got.history
    assert first.is_permanent_redirect and first.url == "http://a/" and first.content == b""
    assert got.headers["Content-TYPE"] == "application/json" and "X" not in got.headers
    assert got.raw.read(3) == b'{"a' and repr(got) == "<Response [200]>"
    bad = response(b"x", status=404, reason="Not Found")
    assert not bad and not bad.ok
    with pytest.raises(OSError, match="404 Client Error: Not Found for url: http://h/") as caught:
        bad.raise_for_status()
    assert caught.value.response is bad  # type: ignore[attr-defined]


@given(st.lists(st.binary(min_size=1, max_size=9), max_size=6), st.integers(1, 5))
def test_pieces_have_the_size_asked_for(pieces: list[bytes], size: int) -> None:
    whole = b"".join(pieces)
    got = list(response(pieces=list(pieces)).iter_content(size))
    assert b"".join(got) == whole and all(len(piece) == size for piece in got[:-1])
    if whole:
        assert list(response(whole).iter_content(size)) == got


@given(st.lists(st.text(alphabet="ab\n", max_size=5), max_size=5), st.integers(1, 4))
def test_lines_do_not_depend_on_how_they_arrive(pieces: list[str], size: int) -> None:
    raw = [piece.encode() for piece in pieces if piece]
    got = list(response(pieces=list(raw)).iter_lines(size))
    assert got == b"".join(raw).splitlines()


def test_a_body_read_piece_by_piece_is_not_there_twice() -> None:
    got = response(pieces=[b"a"])
    assert list(got.iter_content(None)) == [b"a"]
    with pytest.raises(RuntimeError, match="read already"):
        _ = got.content
    kept = response(pieces=[b"a", b"b"])
    assert kept.content == b"ab" and kept.content == b"ab"


@pytest.mark.compat("3.5-rest-response")
def test_headers_of_one_name_are_joined() -> None:
    headers = Headers([("a", "1"), ("A", "2"), ("b", "3")])
    assert headers["A"] == "1, 2" and dict(headers) == {"A": "1, 2", "b": "3"}
    assert headers == {"A": "1, 2", "B": "3"} and headers.copy() == headers
    assert dict(headers.lower_items()) == {"a": "1, 2", "b": "3"}


@pytest.mark.compat("3.5-rest-failures")
def test_exceptions_are_those_of_requests_where_it_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(error_of("read-timeout", "m"), TimeoutException)
    library: Any = ModuleType("requests.exceptions")

    class RequestException(IOError):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            raise AssertionError("it needs keywords of its own")

    class ReadTimeout(RequestException):
        pass

    library.RequestException, library.ReadTimeout = RequestException, ReadTimeout
    monkeypatch.setitem(sys.modules, "requests.exceptions", library)
    error = error_of("read-timeout", "silent")
    assert isinstance(error, ReadTimeout) and isinstance(error, TimeoutException)
    assert error.msg == "silent" and "silent" in str(error)  # type: ignore[attr-defined]
