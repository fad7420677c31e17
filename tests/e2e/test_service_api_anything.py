"""Whatever comes as a body is answered by 200, 400, or the 500 of a conversion that names its element."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from environment import Environment, environment
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

NAMES = (
    "text", "any", "bool", "int", "float", "date", "date_time", "decimal", "uuid", "utc", "csv", "list", "dict",
    "dict_list", "latin", "password", "user_id", "is_new", "name", "leaf", "leaves", "by_name", "children", "number",
    "day", "at", "stamp", "a", "b", "c", "d",
)  # fmt: skip
SERVICES = (
    "elements20", "elements30", "elements32", "elements41", "one-tree", "many-trees", "one-plain", "undeclared",
)  # fmt: skip
FORMATS = {"json": "json", "csv": "csv", "form": "form", "raw": ""}

_SCALARS: Any = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
_VALUES: Any = st.recursive(
    _SCALARS | st.sampled_from(["2030-01-31", "7", "true", "1e999", "9" * 5000, 1e999, 10**30]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=4), inner, max_size=8)
    ),
    max_leaves=25,
)
_BODIES = st.dictionaries(st.sampled_from(NAMES), _VALUES, max_size=8) | _VALUES
_PATIENT = settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """An environment with each service on a channel of each data format."""
    root = tmp_path_factory.mktemp("env") / "qs"
    with environment(root, fixtures=("services/anything.py",)) as made:
        channels = [
            {"name": f"{kind} {name}", "url_path": f"/{kind}/{name}", "data_format": data_format}
            | {"service": f"anything.{name}"}
            for name in SERVICES
            for kind, data_format in FORMATS.items()
        ]
        made.enmasse({"channel_rest": channels})
        yield made


def check(served: Environment, path: str, body: bytes | str, headers: dict[str, str] | None = None) -> None:
    answer = served.request("POST", path, body, headers)
    is_named = answer.status == 500 and "element `" in answer.text
    assert answer.status in (200, 400) or is_named, (path, body, answer.text[-800:])


@_PATIENT
@pytest.mark.compat("5.5-other-bodies")
@given(value=_BODIES, service=st.sampled_from(SERVICES))
def test_any_json(served: Environment, value: Any, service: str) -> None:
    check(served, f"/json/{service}", json.dumps(value))
    check(served, f"/raw/{service}", json.dumps(value))


@_PATIENT
@given(body=st.binary(max_size=60), service=st.sampled_from(SERVICES), kind=st.sampled_from(sorted(FORMATS)))
def test_any_bytes(served: Environment, body: bytes, service: str, kind: str) -> None:
    check(served, f"/{kind}/{service}", body)
    field = b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n' + body + b"\r\n--x--\r\n"
    check(served, f"/form/{service}", field, {"Content-Type": "multipart/form-data; boundary=x"})
    check(served, f"/form/{service}", body, {"Content-Type": "application/x-www-form-urlencoded"})


@_PATIENT
@given(
    rows=st.lists(st.lists(st.integers(-100, 3000).map(str) | st.text(max_size=5), max_size=4), max_size=4),
    service=st.sampled_from(SERVICES),
)
def test_any_rows(served: Environment, rows: list[list[str]], service: str) -> None:
    body = "\n".join(",".join(row) for row in rows)
    check(served, f"/csv/{service}", body.encode("utf-8", "surrogatepass"))


def multipart(parts: list[str]) -> bytes:
    return ("".join(f"--x\r\n{part}\r\n" for part in parts) + "--x--\r\n").encode()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (multipart(['Content-Disposition: form-data; name="a"\r\n\r\n1'] * 10_000), "more than 1000 parts"),
        (b"--y\r\nno multipart", "not a multipart form"),
    ],
)
def test_forms_that_are_meant_to_hurt_are_400(served: Environment, body: bytes, words: str) -> None:
    begun = time.monotonic()
    answer = served.request("POST", "/form/elements32", body, {"Content-Type": "multipart/form-data; boundary=x"})
    assert answer.status == 400 and words in answer.text
    assert time.monotonic() - begun < 5


def test_forms_are_read_whatever_they_say_about_themselves(served: Environment) -> None:
    parts = [
        'Content-Disposition: form-data; name="text"\r\nContent-Type: text/plain; charset=no-such\r\n\r\nx',
        'Content-Disposition: form-data; name="int"\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n7',
    ]
    content_type = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = served.request("POST", "/form/elements41", multipart(parts[:1]), content_type)
    assert answer.status == 200, answer.text
    assert served.request("POST", "/form/elements41", multipart(parts), content_type).status in (200, 400)
    lines = 'Content-Disposition: form-data; name="text"\r\n\r\n' + "\r\n-- a comment" * 5000
    assert served.request("POST", "/form/elements41", multipart([lines]), content_type).status == 200
