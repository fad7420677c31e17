from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zato.bunch import Bunch
from zato.server.service import _io
from zato.server.service._convert import convert_input, convert_output, parse_date_time


def into(element: _io.Elem, value: Any) -> Any:
    return convert_input(element.kind, value, element.describe())


def out(element: _io.Elem, value: Any) -> Any:
    return convert_output(element.kind, value, element.describe())


MOMENT = dt.datetime(2030, 1, 31, 12, 30, 5)
IN_UTC = MOMENT.replace(tzinfo=dt.timezone.utc)


@pytest.mark.compat(
    "1.1-Date", "1.1-Decimal", "1.1-UTC", "1.1-UUID", "5.4-csv", "5.4-date", "5.4-decimal", "5.4-dict", "5.4-list",
    "5.4-list-of-dicts", "5.4-utc", "5.4-uuid",
)  # fmt: skip
@pytest.mark.parametrize(
    ("element", "value", "expected"),
    [
        (_io.CSV("x"), "a,b, c", ["a", "b", " c"]),
        (_io.CSV("x"), "", []),
        (_io.CSV("x"), ["a"], ["a"]),
        (_io.List("x"), None, []),
        (_io.List("x"), 5, [5]),
        (_io.List("x"), [1, 2], [1, 2]),
        (_io.Date("x"), "2030-01-31", dt.datetime(2030, 1, 31)),
        (_io.Date("x", format="%d.%m.%Y"), "31.01.2030", dt.datetime(2030, 1, 31)),
        (_io.DateTime("x"), "2030-01-31T12:30:05", MOMENT),
        (_io.DateTime("x"), "2030-01-31T12:30:05Z", IN_UTC),
        (_io.DateTime("x"), "2030-01-31 12:30:05.123", MOMENT.replace(microsecond=123000)),
        (
            _io.DateTime("x"),
            "2030-01-31T12:30:05.123456789+00:00",
            IN_UTC.replace(microsecond=123456),
        ),
        (_io.DateTime("x"), "Thu, 31 Jan 2030 12:30:05 GMT", IN_UTC),
        (_io.DateTime("x"), "", ""),
        (_io.DateTime("x"), None, None),
        (_io.Decimal("x"), "1.10", Decimal("1.10")),
        (_io.Decimal("x"), 0.1, Decimal("0.1")),
        (_io.UUID("x"), "12345678123456781234567812345678", uuid.UUID(int=0x12345678123456781234567812345678)),
        (_io.UTC("x"), "2030-01-31T12:30:05+00:00", "2030-01-31T12:30:05"),
        (_io.Dict("x"), {"a": 1}, {"a": 1}),
        (_io.Dict("x", "a", "-b"), {"a": 1, "c": 2}, {"a": 1, "b": ""}),
        (_io.Dict("x", "-b", default="none"), {}, {"b": "none"}),
        (_io.Dict("x", _io.Int("n"), _io.Bool("-y")), {"n": "5", "y": "no"}, {"n": 5, "y": False}),
        (_io.Dict("x", _io.Dict("y", "z")), {"y": {"z": 1, "w": 2}}, {"y": {"z": 1}}),
        (_io.DictList("x", "a"), [{"a": 1, "b": 2}], [{"a": 1}]),
        (_io.DictList("x"), None, []),
    ],
)
def test_input_is_converted(element: _io.Elem, value: Any, expected: Any) -> None:
    assert into(element, value) == expected


@pytest.mark.compat("5.7-converted")
@pytest.mark.parametrize(
    ("element", "value", "expected"),
    [
        (_io.CSV("x"), ["a", 1], "a,1"),
        (_io.List("x"), None, []),
        (_io.List("x"), (1, 2), [1, 2]),
        (_io.Date("x"), MOMENT, "2030-01-31"),
        (_io.Date("x"), dt.date(2030, 1, 31), "2030-01-31"),
        (_io.Date("x"), 86400, "1970-01-02"),
        (_io.DateTime("x"), MOMENT, "2030-01-31T12:30:05"),
        (_io.DateTime("x"), "2030-01-31 12:30:05", "2030-01-31T12:30:05"),
        (_io.Decimal("x"), Decimal("1.10"), "1.10"),
        (_io.UUID("x"), uuid.UUID(int=5), "00000000000000000000000000000005"),
        (_io.Dict("x", "a"), {"a": 1, "b": 2}, {"a": 1}),
        (_io.Dict("x", _io.Date("a")), {"a": MOMENT}, {"a": "2030-01-31"}),
        (_io.DictList("x", "a"), [{"a": 1}, {"a": 2}], [{"a": 1}, {"a": 2}]),
    ],
)
def test_output_is_converted(element: _io.Elem, value: Any, expected: Any) -> None:
    assert out(element, value) == expected


@pytest.mark.compat("5.4-csv")
@pytest.mark.parametrize(
    ("element", "value", "message"),
    [
        (_io.CSV("x"), 5, "is not comma-separated text"),
        (_io.Dict("x"), "a", "is not a dictionary"),
        (_io.Dict("x", "a"), {}, "key `a` is missing"),
        (_io.Dict("x", _io.Int("n")), {"n": "five"}, "key `n`: invalid literal"),
        (_io.DictList("x"), {"a": 1}, "is not a list of dictionaries"),
        (_io.Decimal("x"), "one", "`one` is not a decimal number"),
        (_io.UUID("x"), "one", "`one` is not a UUID"),
        (_io.DateTime("x"), [], "is not the text of a date"),
    ],
)
def test_what_cannot_be_converted_is_named(element: _io.Elem, value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        into(element, value)
    assert message in str(caught.value)


def test_text_that_is_no_date_is_refused_without_dateutil(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "dateutil.parser", None)
    with pytest.raises(ValueError, match="`soon` is not a date; use ISO 8601"):
        parse_date_time("soon")


@given(st.datetimes(timezones=st.none() | st.just(dt.timezone.utc)))
def test_iso_text_is_read_back(moment: dt.datetime) -> None:
    assert parse_date_time(moment.isoformat()) == moment


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.none()))
def test_dictionaries_become_bunches(value: dict[str, Any]) -> None:
    converted = into(_io.Dict("x"), value)
    assert converted == value and isinstance(converted, Bunch)
