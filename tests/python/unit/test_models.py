"""Models as objects: made of dictionaries, turned into them, copied."""

import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timezone
from decimal import Decimal

import pytest

from zato.common.marshal_.api import ElementIsNotAList, ElementMissing, MarshalAPI, Model, ModelCtx
from zato.common.typing_ import (
    date_,
    datetime_,
    datetimez,
    dict_,
    isotimestamp,
    list_,
    list_field,
    optional,
)


@dataclass(init=False)
class Address(Model):
    street: str
    number: int


@dataclass(init=False)
class User(Model):
    name: str
    age: int = 18
    address: optional[Address] = None
    addresses: list_[Address] = list_field()  # noqa: RUF009 - what the function is for
    nick: optional[str]
    score: optional[int]
    is_active: optional[bool]
    tags: optional[list_[str]]
    extra: optional[dict_]


@pytest.mark.compat("5.8-defaults")
def test_what_does_not_come_is_a_default_or_empty() -> None:
    user = User.from_dict({"name": "x", "unknown": 1})
    assert user.to_dict() == {
        "name": "x",
        "age": 18,
        "address": None,
        "addresses": [],
        "nick": "",
        "score": 0,
        "is_active": False,
        "tags": [],
        "extra": {},
    }


@pytest.mark.compat("1.4-ModelValidationError", "5.8-nested")
def test_nested_models_are_made_and_errors_tell_the_path() -> None:
    user = User.from_dict({"name": "x", "addresses": [{"street": "a", "number": "7"}], "address": None})
    assert user.addresses[0].number == 7 and isinstance(user.addresses[0], Address)
    with pytest.raises(ElementMissing) as missing:
        User.from_dict({"name": "x", "addresses": [{"street": "a", "number": 1}, {"street": "b"}]})
    assert missing.value.elem_path == "/addresses[1]/number"
    with pytest.raises(ElementMissing) as missing:
        User.from_dict({})
    assert missing.value.elem_path == "/name"
    with pytest.raises(ElementIsNotAList) as not_a_list:
        User.from_dict({"name": "x", "addresses": "y"})
    assert not_a_list.value.elem_path == "/addresses"
    with pytest.raises(ElementMissing, match="/address"):
        User.from_dict({"name": "x", "address": 7})


@pytest.mark.compat("5.8-coerced")
def test_times_are_read_and_other_types_stay() -> None:
    class Event(Model):
        day: date_
        at: datetime_
        at_zone: datetimez
        iso: isotimestamp
        text: str
        amount: Decimal

    event = Event.from_dict(
        {
            "day": "2030-01-31",
            "at": "2030-01-31T10:00:00",
            "at_zone": "2030-01-31T10:00:00",
            "iso": "2030-01-31 10:00:00",
            "text": 7,
            "amount": "1.5",
        }
    )
    assert event.day == date(2030, 1, 31) and type(event.day) is date
    assert event.at == datetime(2030, 1, 31, 10)
    assert event.at_zone == datetime(2030, 1, 31, 10, tzinfo=timezone.utc) and isinstance(event.at_zone, datetimez)
    assert (event.iso, event.text, event.amount) == ("2030-01-31T10:00:00", 7, "1.5")
    with pytest.raises(ValueError, match="soon"):
        Event.from_dict({"amount": 0, "at": "soon"})


@pytest.mark.compat("5.8-access")
def test_fields_are_read_like_a_dictionary() -> None:
    user = User.from_dict({"name": "x"})
    assert user["name"] == user.get("name") == "x"
    assert user["missing"] is None and user.get("missing") is None and user.get("missing", 1) == 1
    assert "name" in user and "missing" not in user
    assert list(User.zato_get_fields())[:3] == ["address", "addresses", "age"]


@pytest.mark.compat("5.8-clone", "5.8-methods")
def test_copies_share_nothing_and_json_is_bytes() -> None:
    user = User.from_dict({"name": "x", "addresses": [{"street": "a", "number": 1}]})
    copied = user.clone()
    copied.addresses[0].street = "b"
    assert user.addresses[0].street == "a" and type(copied) is User
    assert Address.from_dict({"street": "a", "number": 1}).to_json() == b'{"street":"a","number":1}'


@pytest.mark.compat("5.8-optional")
def test_an_undecorated_model_with_string_annotations_works() -> None:
    class Late(Model):
        value: "optional[int]"
        other: "int | None"

    assert Late.from_dict({}).to_dict() == {"value": 0, "other": 0}


@pytest.mark.compat("5.8-after-created")
def test_after_created_sees_service_and_data() -> None:
    seen = []

    class Created(Model):
        name: str

        def after_created(self, ctx: ModelCtx) -> None:
            seen.append((ctx.service, ctx.data, ctx.DataClass))
            self.name = self.name.upper()

    made = MarshalAPI().from_dict("service", {"name": "x"}, Created, extra={"name": "y"})
    assert made.name == "Y" and seen == [("service", {"name": "x"}, Created)]


def test_a_model_that_is_replaced_does_not_stay_in_memory() -> None:
    class Node(Model):
        value: int
        children: list = list_field()

    # `list_` is of `typing`, which keeps the last few types that it made.
    Node.__annotations__["children"] = list[Node]
    assert Node.from_dict({"value": "1", "children": [{"value": 2}]}).to_dict()["children"][0]["value"] == 2
    gone = weakref.ref(Node)
    del Node
    gc.collect()
    assert gone() is None


def test_models_first_used_by_many_threads_at_once_are_whole() -> None:
    for _ in range(20):

        class Inner(Model):
            number: int

        class Outer(Model):
            inner: Inner
            items: list_[Inner]

        Outer.__annotations__ = {"inner": Inner, "items": list_[Inner]}
        barrier = threading.Barrier(8)

        def make(class_: type[Outer] = Outer, barrier: threading.Barrier = barrier) -> int:
            barrier.wait()
            return class_.from_dict({"inner": {"number": "1"}, "items": [{"number": 2}]}).inner.number

        with ThreadPoolExecutor(8) as pool:
            assert [task.result() for task in [pool.submit(make) for _ in range(8)]] == [1] * 8
