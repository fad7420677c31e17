from __future__ import annotations

from typing import Any

import pytest

from deployment import SIMPLE_IO
from zato.server.service import AsIs, Bool, Dict, Float, Int, List, ListOfDicts, Opaque, Service, Text
from zato.server.service._declaration import describe_io


def describe(cls: type, profile: str = "3.2", warnings: list[str] | None = None) -> Any:
    return describe_io(cls, SIMPLE_IO, profile, warnings)


def shape(elements: list[dict[str, Any]]) -> list[tuple[str, str, bool]]:
    return [(element["name"], element["kind"], element["is_required"]) for element in elements]


def make(**attributes: Any) -> type[Service]:
    return type("Made", (Service,), attributes)


def sio(**attributes: Any) -> type[Service]:
    return make(SimpleIO=type("SimpleIO", (), attributes))


def test_services_without_a_declaration_have_no_description() -> None:
    assert describe(make()) is None
    assert describe(Service) is None


@pytest.mark.compat("5.1-class-level")
def test_class_level_names_are_not_wrapped() -> None:
    io = describe(make(input=("name", "-user_id", "is_new"), output="status"))
    assert shape(io["input"]) == [("is_new", "bool", True), ("name", "text", True), ("user_id", "int", False)]
    assert shape(io["output"]) == [("status", "text", True)]
    assert io["has_input"] and io["has_output"]
    assert io["response_elem"] is None and io["is_wrapped"] is False


def test_simple_io_is_wrapped() -> None:
    class Declared(Service):
        class SimpleIO:
            input_required = "name", Int("age")
            input_optional = "-city", AsIs("user_id")
            output_required = ("a",)
            output_optional = ("b",)
            default_value = "none"
            output_repeated = True
            skip_empty_keys = True
            force_empty_keys = "b"

    io = describe(Declared)
    assert shape(io["input"]) == [
        ("age", "int", True),
        ("name", "text", True),
        ("city", "text", False),
        ("user_id", "as_is", False),
    ]
    assert shape(io["output"]) == [("a", "text", True), ("b", "text", False)]
    assert io["response_elem"] == "response" and io["is_wrapped"]
    assert io["default_input"] == "none"
    assert io["output_repeated"] and io["skip_empty_keys"] and io["force_empty_keys"] == ["b"]


@pytest.mark.compat("5.2-response-elem")
@pytest.mark.parametrize(("given", "expected"), [("answer", "answer"), (None, None), ("", None)])
def test_the_response_element_may_be_chosen(given: str | None, expected: str | None) -> None:
    assert describe(sio(output="a", response_elem=given))["response_elem"] == expected


@pytest.mark.compat("5.1-empty")
def test_an_empty_simple_io_still_gives_an_input() -> None:
    io = describe(sio())
    assert io["has_input"] and not io["has_output"] and io["input"] == []


@pytest.mark.compat("5.3-bool", "5.3-int", "5.3-secret")
@pytest.mark.parametrize(
    ("profile", "kinds"),
    [
        ("2.0", {"is_a": "bool", "by_a": "text", "id": "int", "x_id": "int", "x_count": "int", "password": "text"}),
        ("3.0", {"is_a": "bool", "by_a": "bool", "id": "int", "x_id": "int", "x_count": "int", "password": "secret"}),
        ("3.2", {"is_a": "bool", "by_a": "bool", "id": "int", "x_id": "int", "x_count": "int", "password": "secret"}),
        ("4.1", {"is_a": "bool", "by_a": "bool", "id": "text", "x_id": "text", "x_count": "int", "password": "text"}),
    ],
)
def test_kinds_are_inferred_from_names_by_profile(profile: str, kinds: dict[str, str]) -> None:
    io = describe(make(input=tuple(kinds)), profile)
    assert {element["name"]: element["kind"] for element in io["input"]} == kinds


@pytest.mark.compat("5.2-encrypt-secrets")
def test_secrets_may_be_declared_plain() -> None:
    assert describe(sio(input_required="password", encrypt_secrets=False))["input"][0]["kind"] == "text"


@pytest.mark.compat("5.3-explicit")
def test_explicit_elements_are_not_inferred() -> None:
    io = describe(make(input=(Text("user_id"), Opaque("is_x"), Float("-f", default=1.5))))
    assert shape(io["input"]) == [("is_x", "as_is", True), ("user_id", "text", True), ("f", "float", False)]
    assert io["input"][2]["default"] == 1.5


@pytest.mark.compat("5.5-order")
def test_elements_keep_declaration_order_outside_of_3_2() -> None:
    cls = make(input=("b", "-c", "a"))
    assert [element["name"] for element in describe(cls, "4.1")["input"]] == ["b", "c", "a"]
    assert [element["name"] for element in describe(cls, "3.2")["input"]] == ["a", "b", "c"]


def test_sets_and_lists_are_taken_too() -> None:
    assert shape(describe(make(input={"b", "a"}), "4.1")["input"]) == [("a", "text", True), ("b", "text", True)]
    assert shape(describe(make(input=[Bool("b")]))["input"]) == [("b", "bool", True)]


def test_keys_of_dictionaries_are_described() -> None:
    element = Dict("customer", "name", "-is_vip", Dict("address", Int("zip_code")), default=5)
    (described,) = describe(make(input=(element, List("-tags"), ListOfDicts("-rows", "a"))))["input"][:1]
    assert shape(described["keys"]) == [("name", "as_is", True), ("is_vip", "as_is", False), ("address", "dict", True)]
    assert shape(described["keys"][2]["keys"]) == [("zip_code", "int", True)]


def test_the_nearest_declaration_wins() -> None:
    class Base(Service):
        class SimpleIO:
            input_required = "a"

    class Derived(Base):
        input = "b"

    class Again(Derived):
        output = "c"

    assert shape(describe(Derived)["input"]) == [("b", "text", True)]
    io = describe(Again)
    assert shape(io["input"]) == [("b", "text", True)] and shape(io["output"]) == [("c", "text", True)]


@pytest.mark.compat("5.1-inherited")
def test_inherited_simple_io_is_read_whole() -> None:
    class Base(Service):
        class SimpleIO:
            input_required = "a"

    class Derived(Base):
        class SimpleIO(Base.SimpleIO):
            output_required = "b"

    io = describe(Derived)
    assert shape(io["input"]) == [("a", "text", True)] and shape(io["output"]) == [("b", "text", True)]


def test_elements_shared_by_declarations_do_not_affect_each_other() -> None:
    shared = Int("x")
    assert describe(sio(input_optional=(shared,)))["input"][0]["is_required"] is False
    assert describe(make(input=shared))["input"][0]["is_required"] is True


@pytest.mark.compat("5.1-both-required")
def test_a_name_both_required_and_optional_is_required() -> None:
    warnings: list[str] = []
    io = describe(sio(input_required="a", input_optional="a"), warnings=warnings)
    assert shape(io["input"]) == [("a", "text", True)]
    assert "is required" in warnings[0]


@pytest.mark.compat("5.1-both-forms")
@pytest.mark.parametrize(
    ("cls", "message"),
    [
        (sio(input="a", input_optional="b"), "has both `input` and `input_optional`"),
        (sio(output="a", output_required="b"), "has both `output` and `output_required`"),
        (make(input="a", SimpleIO=type("SimpleIO", (), {})), "declares input next to class SimpleIO"),
        (sio(input_required="-a"), "`-a` in input_required is marked as optional"),
        (make(input=5), "`input` takes a name, an element, or a tuple of them, not int"),
        (make(input=("a", 5)), "`5` is neither a name nor an element"),
        (make(input={"a": 1}), "not dict"),
        (make(input=("a", "-")), "an element has an empty name"),
        (sio(skip_empty_keys=True, SkipEmpty=type("SkipEmpty", (), {})), "both `class SkipEmpty` and skip_empty_keys"),
    ],
)
def test_contradictions_are_refused(cls: type, message: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        describe(cls)
    assert message in str(caught.value)


@pytest.mark.compat("5.1-other-class")
def test_classes_in_place_of_names_are_ignored_with_a_warning() -> None:
    warnings: list[str] = []
    assert describe(make(input=int), warnings=warnings) is None
    assert describe(make(input=list[int], output="a"), warnings=warnings)["input"] == []
    assert len(warnings) == 2 and all("is ignored" in text for text in warnings)


def test_methods_called_input_are_no_declaration() -> None:
    assert describe(make(input=lambda self: 1, output=property(lambda self: 1))) is None


@pytest.mark.compat("5.2-skip-empty-class")
def test_empty_inputs_may_be_skipped() -> None:
    skip = type("SkipEmpty", (), {"input": ("a", "b"), "force_empty_input": "b"})
    io = describe(sio(input_optional=("a", "b"), SkipEmpty=skip))
    assert io["skip_empty_input"] == ["a", "b"] and io["force_empty_input"] == ["b"]
    everywhere = {**SIMPLE_IO, "skip_empty_input": True}
    assert describe_io(sio(input_optional="a"), everywhere, "3.2")["skip_empty_input"] is True  # type: ignore[index]
    no = type("SkipEmpty", (), {"input": False})
    assert describe_io(sio(input_optional="a", SkipEmpty=no), everywhere, "3.2")["skip_empty_input"] is False  # type: ignore[index]
