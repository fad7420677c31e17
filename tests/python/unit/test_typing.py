"""`zato.common.typing_` and what it shares with the standard library."""

from __future__ import annotations

import dataclasses
import typing
from datetime import datetime

import pytest

from zato.common import typing_ as t
from zato.common.ext import dataclasses as carried
from zato.common.marshal_.api import ElementMissing, Model


@pytest.mark.compat("1.7-generics")
def test_generics_have_origins() -> None:
    assert typing.get_origin(t.list_[int]) is list
    assert typing.get_origin(t.dict_[str, int]) is dict
    assert t.optional[int] == typing.Optional[int]  # noqa: UP045
    assert typing.get_args(t.strnone) == (str, type(None))


@pytest.mark.compat("1.7-dataclasses")
def test_everything_of_dataclasses_is_there() -> None:
    for home in (t, carried):
        for name in dataclasses.__all__:
            assert getattr(home, name) is getattr(dataclasses, name)
    assert hasattr(dataclasses.make_dataclass("X", ["a"]), carried._FIELDS)
    assert hasattr(dataclasses.make_dataclass("X", ["a"]), carried._PARAMS)


@pytest.mark.compat("1.7-unions")
def test_unions_are_recognized_and_taken_apart() -> None:
    assert t.is_union(t.optional[int]) and t.is_union(int | str) and not t.is_union(t.list_[int])
    assert t.extract_from_union(t.union_[int, str]) == ((int, str), int, str)
    with pytest.raises(ValueError, match="not a union"):
        t.extract_from_union(int)


@pytest.mark.compat("1.7-fields")
def test_default_fields_are_new_each_time() -> None:
    @dataclasses.dataclass
    class Order:
        lines: t.anylist = t.list_field()  # noqa: RUF009 - what the function is for
        notes: t.anydict = t.dict_field()  # noqa: RUF009

    first, second = Order(), Order()
    first.lines.append(1)
    first.notes["a"] = 1
    assert (second.lines, second.notes) == ([], {})


@pytest.mark.compat("1.7-from-dict")
def test_instances_are_made_of_dictionaries() -> None:
    class Plain:
        def __init__(self) -> None:
            raise AssertionError("the constructor must not run")

    made = t.instance_from_dict(Plain, {"a": 1})
    assert vars(made) == {"a": 1}

    class User(Model):
        name: str

    assert t.instance_from_dict(User, {"name": "x"}).name == "x"
    with pytest.raises(ElementMissing):
        t.instance_from_dict(User, {})


@pytest.mark.compat("1.7-from-dict")
def test_dataclasses_are_made_of_nested_dictionaries() -> None:
    @dataclasses.dataclass
    class Line:
        amount: int

    @dataclasses.dataclass
    class Order:
        lines: t.list_[Line]
        first: t.optional[Line]
        name: str = "none"

    Order.__annotations__.update(lines=t.list_[Line], first=t.optional[Line], name=str)
    made = t.from_dict(Order, {"lines": [{"amount": 1}], "other": 2})
    assert made == Order([Line(1)], None)
    assert t.from_dict(Order, {"lines": [], "first": {"amount": 2}}).first == Line(2)
    with pytest.raises(ValueError, match="field `lines` of Order is missing"):
        t.from_dict(Order, {})
    with pytest.raises(TypeError, match="not a dataclass"):
        t.from_dict(int, {})


@pytest.mark.compat("1.7-zone")
def test_a_date_with_a_zone_is_a_datetime() -> None:
    assert issubclass(t.datetimez, datetime) and t.datetimez is t.DateTimeWithZone
