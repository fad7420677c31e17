"""Rows of declared columns, from CSV and to it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployment import SIMPLE_IO
from zato.common.exception import BadRequest, ElementMissing
from zato.common.marshal_.api import Model
from zato.common.typing_ import list_, optional
from zato.server.service import Service
from zato.server.service._csv import CSVFormat
from zato.server.service._declaration import describe_io


@dataclass(init=False)
class Line(Model):
    sku: str
    quantity: int
    note: optional[str]


def form(output: list[str] | None = None, **options: Any) -> CSVFormat:
    return CSVFormat(["a", "b"], ["c"], output or ["x", "y"], options)


def declared(**attributes: Any) -> Any:
    return describe_io(type("Made", (Service,), {"SimpleIO": type("SimpleIO", (), attributes)}), SIMPLE_IO, "3.2")


@pytest.mark.compat("5.9-input")
def test_rows_are_read_by_position() -> None:
    assert form().read(b"1,2,3\r\n\r\n4,5\r\n") == [{"a": "1", "b": "2", "c": "3"}, {"a": "4", "b": "5"}]
    assert form().read('"1,5","2""x","3\n4",extra\n') == [{"a": "1,5", "b": '2"x', "c": "3\n4"}]
    assert form().read("\ufeffä,b".encode()) == [{"a": "ä", "b": "b"}]
    assert form().read("") == []


@pytest.mark.compat("5.9-short")
def test_rows_that_are_too_short_are_named() -> None:
    with pytest.raises(ElementMissing) as caught:
        form().read("1,2\n3\n")
    assert caught.value.elem_path == "[1]/b"


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        (b"a,\xff", {}, "the body is not UTF-8: "),
        ('a,"b', {"is_strict": True}, "not valid CSV: line 1: unexpected end of data"),
        ("a,b\n" + "x" * 200_000, {}, "not valid CSV: line 2: field larger than field limit"),
    ],
)
def test_what_is_no_csv_is_refused(text: str | bytes, options: dict[str, Any], message: str) -> None:
    with pytest.raises(BadRequest) as caught:
        form(**options).read(text)
    assert message in caught.value.msg and caught.value.needs_msg


@pytest.mark.compat("5.9-extras", "5.9-output")
def test_rows_are_written_with_a_header() -> None:
    rows = [{"x": 1, "y": "a,b", "z": 5}, {"x": None}]
    assert form().write(rows) == 'x,y\r\n1,"a,b"\r\n,\r\n'
    assert form().write({"x": 1, "y": 2}) == "x,y\r\n1,2\r\n"
    assert form().write([]) == "x,y\r\n"


@pytest.mark.compat("5.2-csv", "5.9-line-ends")
def test_options_are_those_of_class_csv() -> None:
    options = {
        "delimiter": ";", "quote_char": "'", "line_terminator": "\n", "should_write_header": False,
        "quoting": csv.QUOTE_ALL, "on_missing": "-", "should_skip_initial_space": True,
    }  # fmt: skip
    assert form(**options).write([{"x": 1}]) == "'1';'-'\n"
    assert form(**options).read("'1'; '2'") == [{"a": "1", "b": "2"}]
    with pytest.raises(ValueError, match="dict contains fields not in fieldnames"):
        form(on_extra="raise").write({"z": 1})


@pytest.mark.compat("5.2-csv")
def test_options_come_from_the_declaration() -> None:
    inner = type("CSV", (), {"delimiter": "|", "should_write_header": False})
    for attributes in ({"CSV": inner}, {"csv_delimiter": "|", "csv_should_write_header": False}):
        made = declared(input_required=("b", "a"), input_optional="c", output_required=("y", "x"), **attributes)["csv"]
        assert made.read("1|2|3") == [{"a": "1", "b": "2", "c": "3"}], "columns are in alphabetical order"
        assert made.write({"x": 1, "y": 2}) == "1|2\r\n"


@pytest.mark.parametrize("options", [{"csv_delimiter": "||"}, {"csv_dialect": "none"}, {"csv_on_extra": "drop"}])
def test_options_that_do_not_work_are_refused_at_deployment(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"Made.SimpleIO: the options of CSV do not work"):
        declared(input_required="a", **options)


def test_columns_of_models_are_their_fields() -> None:
    described = declared(input=list_[Line], output=Line)
    rows = described["csv"].read("5,a\n6,b,c\n")
    lines = described["input_model"].read_rows(rows, None)
    assert [line.to_dict() for line in lines] == [
        {"sku": "a", "quantity": 5, "note": ""}, {"sku": "b", "quantity": 6, "note": "c"},
    ]  # fmt: skip
    assert described["csv"].write(lines) == "quantity,sku,note\r\n5,a,\r\n6,b,c\r\n"


@given(st.lists(st.tuples(st.text(min_size=1), st.text()), max_size=5))
def test_what_is_written_is_read_back(rows: list[tuple[str, str]]) -> None:
    form = CSVFormat(["a", "b"], [], ["a", "b"], {"should_write_header": False, "quoting": csv.QUOTE_ALL})
    written = [dict(zip(("a", "b"), row, strict=True)) for row in rows]
    try:
        text = form.write(written)
    except UnicodeEncodeError:
        return
    assert form.read(text) == written
