"""Models as input and output of services: declarations, reading, what is offered as payload."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest

from deployment import SIMPLE_IO
from zato.bunch import Bunch
from zato.common._json_fallback import dump_fallback
from zato.common.exception import BadRequest, ElementIsNotAList, ElementMissing
from zato.common.marshal_.api import Model, ModelCtx
from zato.common.typing_ import list_, optional
from zato.server.service import AsIs, Bool, Int, Service
from zato.server.service._declaration import describe_io


@dataclass(init=False)
class City(Model):
    name: str
    size: int


@dataclass(init=False)
class Person(Model):
    name: str
    born: date | None = None
    home: City
    trips: list_[City]
    boss: optional[Person] = None

    def after_created(self, ctx: ModelCtx) -> None:
        self.seen = (ctx.service, ctx.DataClass)


@dataclass
class Plain:
    name: str
    tags: list[str] = field(default_factory=list)
    city: City | None = None
    is_checked: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.is_checked = True


@dataclass(frozen=True, slots=True)
class Frozen:
    number: int


PERSON = {"name": "Ann", "home": {"name": "Oslo", "size": "7"}, "trips": [{"name": "Rome", "size": 1}]}


def make(**attributes: Any) -> type[Service]:
    return type("Made", (Service,), attributes)


def sio(**attributes: Any) -> type[Service]:
    return make(SimpleIO=type("SimpleIO", (), attributes))


def describe(cls: type, profile: str = "3.2", warnings: list[str] | None = None) -> Any:
    return describe_io(cls, SIMPLE_IO, profile, warnings)


def read(declared: Any, payload: Any, params: dict[str, Any] | None = None, service: Any = None) -> Any:
    return describe(make(input=declared))["input_model"].read(payload, Bunch(params or {}), service)


@pytest.mark.compat("5.8-input")
def test_a_model_is_made_of_the_body_and_models_inside_of_it() -> None:
    made = read(Person, {**PERSON, "born": "2000-01-31", "boss": PERSON, "unknown": 1}, service="service")
    assert isinstance(made, Person) and made.born == date(2000, 1, 31)
    assert isinstance(made.home, City) and made.home.size == 7
    assert [type(item) for item in made.trips] == [City]
    assert isinstance(made.boss, Person) and made.boss.boss is None
    assert made.seen == made.boss.seen == ("service", Person)


@pytest.mark.compat("5.8-params")
def test_parameters_of_the_channel_win_at_the_top_only() -> None:
    made = read(Person, PERSON, {"name": "Bob", "size": "9", "undeclared": "x"})
    assert (made.name, made.home.size, made.home.name) == ("Bob", 7, "Oslo")
    assert read(City, "", {"name": "x", "size": "5"}).size == 5, "an empty body is an empty object"


@pytest.mark.compat("5.8-missing")
@pytest.mark.parametrize(
    ("payload", "error", "path"),
    [
        ("", ElementMissing, "/home"),
        (b"", ElementMissing, "/home"),
        (None, ElementMissing, "/home"),
        ({**PERSON, "home": None}, ElementMissing, "/home"),
        ({**PERSON, "home": [1]}, ElementMissing, "/home"),
        ({**PERSON, "home": {"name": "x"}}, ElementMissing, "/home/size"),
        ({**PERSON, "trips": {}}, ElementIsNotAList, "/trips"),
        ({**PERSON, "trips": None}, ElementIsNotAList, "/trips"),
        ({**PERSON, "trips": [PERSON["home"], {}]}, ElementMissing, "/trips[1]/name"),
        ({**PERSON, "trips": ["x"]}, ElementMissing, "/trips[0]"),
        ({**PERSON, "boss": {**PERSON, "trips": [{"size": 1}]}}, ElementMissing, "/boss/trips[0]/name"),
    ],
)
def test_what_is_missing_is_named_by_its_path(payload: Any, error: type[ElementMissing], path: str) -> None:
    with pytest.raises(error) as caught:
        read(Person, payload)
    assert caught.value.elem_path == path and caught.value.status == 400


@pytest.mark.parametrize("payload", [[PERSON], 7, True, "text"])
def test_a_body_of_another_form_is_refused(payload: Any) -> None:
    with pytest.raises(BadRequest) as caught:
        read(Person, payload)
    assert caught.value.needs_msg and "model `Person` takes an object" in caught.value.msg


@pytest.mark.compat("5.8-failure")
def test_conversions_that_fail_name_the_element() -> None:
    with pytest.raises(ValueError, match="element `/home/size`: invalid literal"):
        read(Person, {**PERSON, "home": {"name": "x", "size": "many"}})
    with pytest.raises(ValueError, match=r"element `/born`: .*soon"):
        read(Person, {**PERSON, "born": "soon"})


def test_integers_whose_digits_the_parser_lost_are_refused() -> None:
    with pytest.raises(ElementMissing.__mro__[1], match="Integer is beyond 64 bits: /size"):
        read(City, {"name": "x", "size": 1e20})
    assert read(City, {"name": "x", "size": 7.9}).size == 7
    assert read(City, {"name": "x", "size": str(10**20)}).size == 10**20


@pytest.mark.compat("5.8-nested")
def test_lists_of_models() -> None:
    for declared in (list_[City], list[City], optional[list[City]]):
        assert [city.size for city in read(declared, [{"name": "a", "size": 1}, {"name": "b", "size": "2"}])] == [1, 2]
    assert read(list_[City], []) == []
    for payload in ({}, "", None, "text"):
        with pytest.raises(ElementIsNotAList):
            read(list_[City], payload)
    with pytest.raises(ElementMissing) as caught:
        read(list_[City], [{"name": "a", "size": 1}, {"name": "b"}])
    assert caught.value.elem_path == "[1]/size"
    with pytest.raises(ElementMissing):
        read(list_[City], [1])


@pytest.mark.compat("5.8-reference")
def test_instances_from_other_services_are_handed_over_as_they_are() -> None:
    city = City.from_dict({"name": "x", "size": 1})
    assert read(City, city) is city
    assert read(Person, city) is city, "even if of another class"
    assert read(list_[City], [city])[0] is city


def test_plain_dataclasses_are_made_by_their_constructor() -> None:
    made = read(Plain, {"name": "x", "city": {"name": "y", "size": "1"}, "is_checked": 5})
    assert (made.name, made.tags, made.is_checked) == ("x", [], True)
    assert made.city is not None and made.city.size == 1
    assert read(Frozen, {"number": "5"}) == Frozen(5)
    with pytest.raises(ElementMissing, match="/name"):
        read(Plain, {})


def test_models_with_a_constructor_of_dataclass_run_it() -> None:
    @dataclass
    class Made(Model):
        name: str
        shown: str = ""

        def __post_init__(self) -> None:
            self.shown = self.name.upper()

    assert read(Made, {"name": "x"}).shown == "X"


def test_fields_may_be_properties() -> None:
    class Guarded(Model):
        size: int

        def __setattr__(self, name: str, value: Any) -> None:
            super().__setattr__(name, value * 2)

    assert read(Guarded, {"size": 2}).size == 4


def test_dictionaries_of_models() -> None:
    class World(Model):
        cities: dict[str, City]

    assert read(World, {"cities": {"a": {"name": "x", "size": "1"}}}).cities["a"].size == 1
    with pytest.raises(ElementMissing, match="/cities/a/size"):
        read(World, {"cities": {"a": {"name": "x"}}})


@pytest.mark.compat("5.1-model")
def test_a_model_may_be_declared_inside_simple_io() -> None:
    described = describe(sio(input=City, output=Person))
    assert described["input_model"] and described["output_model"]
    assert described["input"] == described["output"] == [] and not described["has_output"]
    mixed = describe(sio(input=City, output="a"))
    assert mixed["output_model"] is None and mixed["output"][0]["name"] == "a" and mixed["is_wrapped"]


@pytest.mark.compat("5.1-mixed")
def test_names_next_to_a_model_are_a_model_too() -> None:
    names = ("name", "-user_id", "-is_new", Bool("-flag", default=True), AsIs("any"))
    described = describe(make(input=names, output=City))
    made = described["input_model"].read({"name": 5, "any": [1]}, {}, None)
    assert made.to_dict() == {"any": [1], "flag": True, "is_new": False, "name": 5, "user_id": 0}
    with pytest.raises(ElementMissing, match="/any"):
        described["input_model"].read({}, {}, None)
    output = describe(make(input=City, output=("name", Int("-count"))))
    payload = output["output_model"].new()
    payload.name, payload["count"] = "x", "5"
    assert payload.to_dict() == {"name": "x", "count": "5"}
    kept = describe(make(input="my-name", output=City))
    assert kept["input_model"] is None and kept["input"][0]["name"] == "my-name", "no class could have that name"


@pytest.mark.parametrize("profile", ["2.0", "3.0", "3.1", "3.2", "4.1"])
def test_services_without_models_have_none(profile: str) -> None:
    described = describe(make(input="a", output="b"), profile)
    assert described["input_model"] is None and described["output_model"] is None


def test_declarations_with_models_may_contradict_themselves() -> None:
    class Broken(Model):
        what: NoSuchName  # type: ignore[name-defined]  # noqa: F821

    for cls, message in (
        (sio(input=City, input_required="a"), "has both `input` and `input_required`"),
        (sio(input_required=City), "`input_required` is model City; name models in `input = City`"),
        (make(input=Broken), "`input`: model Broken has an annotation that names nothing"),
        (make(output=Broken), "`output`: model Broken has an annotation that names nothing"),
        (make(input=(City, "a")), "is neither a name nor an element"),
    ):
        with pytest.raises(ValueError, match=r".") as caught:
            describe(cls)
        assert message in str(caught.value)


@pytest.mark.compat("5.1-other-class")
def test_other_classes_are_still_ignored_with_a_warning() -> None:
    warnings: list[str] = []
    assert describe(make(input=int), warnings=warnings) is None
    assert describe(make(input=list[list[City]], output="a"), warnings=warnings)["input_model"] is None
    assert len(warnings) == 2


@pytest.mark.compat("5.8-output")
def test_an_empty_model_is_offered_for_output() -> None:
    output = describe(make(output=Person))["output_model"]
    payload = output.new()
    assert isinstance(payload, Person) and output.is_unfilled(payload)
    with pytest.raises(AttributeError, match="`Person` object has no attribute `home`"):
        payload.home.name = "x"
    payload.name = "x"
    assert not output.is_unfilled(payload)
    assert describe(make(output=list_[Person]))["output_model"].new() == []


@pytest.mark.compat("5.8-vivify")
def test_models_inside_come_into_being_under_4_1() -> None:
    output = describe(make(output=Person), "4.1")["output_model"]
    payload = output.new()
    assert output.is_unfilled(payload) and payload.to_dict() == {"born": None, "boss": None}
    payload.home.name = "Oslo"
    assert payload.to_dict() == {"born": None, "home": {"name": "Oslo"}, "boss": None}
    assert "trips" not in payload and not hasattr(payload, "trips") and payload["trips"] is None


def test_dataclasses_have_a_json_form_wherever_they_are() -> None:
    city = City.from_dict({"name": "x", "size": 1})
    assert dump_fallback(city) == {"name": "x", "size": 1}
    assert dump_fallback(Frozen(5)) == {"number": 5}
    person = Person()
    person.home, person.trips = city, [city]
    assert person.to_dict() == {"born": None, "home": {"name": "x", "size": 1}, "trips": [{"name": "x", "size": 1}],
                                "boss": None}  # fmt: skip


@pytest.mark.compat("5.8-other-models")
def test_pydantic_models() -> None:
    pydantic = pytest.importorskip("pydantic")

    class Address(pydantic.BaseModel):
        city: str

    class Client(pydantic.BaseModel):
        name: str
        age: int = pydantic.Field(default=5, ge=0, alias="years")
        addresses: list[Address] = pydantic.Field(default_factory=list)

    Client.model_rebuild(_types_namespace={"Address": Address})
    made = read(Client, {"name": "x", "addresses": [{"city": "y"}]}, {"years": "7", "other": "z"})
    assert (made.name, made.age, made.addresses[0].city) == ("x", 7, "y")
    with pytest.raises(ElementMissing) as caught:
        read(Client, {"years": -1, "name": "x", "addresses": [{}]})
    assert caught.value.elem_path == "/addresses[0]/city"
    with pytest.raises(ElementMissing.__mro__[1], match="Element invalid: /years: Input should be"):
        read(Client, {"name": "x", "years": "-1"})
    assert read(list[Client], [{"name": "x"}])[0].name == "x"
    output = describe(make(output=Client))["output_model"]
    payload = output.new()
    assert output.is_unfilled(payload)
    payload.name = "x"
    assert not output.is_unfilled(payload)
    assert dump_fallback(made)["years"] == 7
