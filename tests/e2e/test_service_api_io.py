"""Declared input and output: every form of declaration, inference, conversion, defaults and ways to produce output."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from environment import Answer, Environment, environment, wait_for

SERVICES = (
    "inner-split", "inner-combined", "class-level", "single-name", "single-element", "list-form", "inner-io",
    "empty-declaration", "output-only", "parent-io", "child-io", "inherited-io", "inferred", "explicit", "with-keys",
    "defaults", "input-default", "produced", "repeated", "attributes", "missing", "wrapped", "unwrapped", "envelope",
    "converted", "bad-output", "attributes-of-input",
)  # fmt: skip


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """An environment with a JSON channel for each service."""
    root = tmp_path_factory.mktemp("env") / "qs"
    with environment(root, fixtures=("services/declared.py",)) as made:
        channels = [
            {"name": name, "url_path": f"/{name}", "service": f"declared.{name}", "data_format": "json"}
            for name in SERVICES
        ]
        made.enmasse({"channel_rest": channels})
        yield made


def missing(answer: Answer, name: str) -> bool:
    return answer.status == 400 and answer.json()["details"] == f"Element missing: {name}"


# Forms of declarations (reference service-api 5.1)


@pytest.mark.compat("5.1-split", "5.5-empty-body")
def test_input_required_and_optional_inside_simple_io(served: Environment) -> None:
    assert served.post("/inner-split", {"one": "1", "two": "2"}).json() == {
        "response": {"a": "['one', 'three', 'two']"}
    }
    assert missing(served.post("/inner-split", {"one": "1"}), "two")
    assert missing(served.request("POST", "/inner-split"), "one")


@pytest.mark.compat("5.1-combined", "5.1-dash")
def test_dashes_inside_simple_io(served: Environment) -> None:
    answer = served.post("/inner-combined", {"one": 1, "three": "3"}).json()
    assert answer == {"response": {"a": {"one": ["str", "1"], "two": ["str", ""], "three": ["int", 3]}}}
    assert missing(served.post("/inner-combined", {"one": 1}), "three")


@pytest.mark.compat("2.1-input-output", "5.1-class-level", "5.1-dash")
def test_declarations_on_the_class_itself_are_not_wrapped(served: Environment) -> None:
    answer = served.post("/class-level", {"one": "1", "my-dashed-name": "x"}).json()
    assert answer == {"a": {"my-dashed-name": ["str", "x"], "one": ["str", "1"], "two": ["str", ""]}}


@pytest.mark.compat("5.6-access")
def test_declared_input_has_attributes_for_as_long_as_it_has_the_elements(served: Environment) -> None:
    given = {"name": "a", "items": "b", "two words": "c"}
    assert served.post("/attributes-of-input", given).json() == {
        "name": "a",
        "items_is_method": True,
        "set": "d",
        "has_gone": False,
        "error": "No such key `name` in self.request.input, known ones: `items`, `two words`",
        "copy": "c",
    }


@pytest.mark.compat("2.1-io", "5.1-split")
def test_a_single_name_or_element_is_a_declaration(served: Environment) -> None:
    assert served.post("/single-name", {"one": "x"}).json() == {"a": "x"}
    assert served.post("/single-element", {"one": "4"}).json() == {"response": {"a": "5"}}
    assert served.post("/list-form", {"one": "x"}).json() == {"response": {"a": "x"}}
    assert served.post("/inner-io", {"one": "x"}).json() == {"a": "x"}
    assert served.post("/output-only", {}).json() == {"a": "x"}


@pytest.mark.compat("5.1-empty")
def test_an_empty_declaration_gives_empty_input(served: Environment) -> None:
    assert served.post("/empty-declaration", {"a": 1}).body == b"{}"
    assert served.get("/empty-declaration?b=2").json() == {"b": "2"}


@pytest.mark.compat("5.1-inherited")
def test_declarations_are_inherited(served: Environment) -> None:
    assert served.post("/inherited-io", {"one": 1}).json() == {"response": {"a": "['one']"}}
    assert served.post("/child-io", {"one": 1}).json() == {"child": {"a": "['one', 'two']"}}


CONTRADICTIONS = {
    "both_forms": "class SimpleIO:\n        input = 'a'\n        input_required = ('b',)",
    "two_places": "input = 'a'\n    class SimpleIO:\n        output = 'b'",
    "skip_empty": "class SimpleIO:\n        output = 'a'\n        skip_empty_keys = True\n        class SkipEmpty:\n"
    "            output_def = True",
    "no_name": "input = 'a', 7",
    "empty_name": "input = 'a', '-'",
}


@pytest.mark.compat("2.3-failure", "5.1-both-forms", "5.2-skip-empty-class")
@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_a_declaration_that_contradicts_itself_is_refused_with_its_line(served: Environment, name: str) -> None:
    path = served.deploy(
        f"{name}.py",
        f"from zato.server.service import Service\n\nclass Contradicts(Service):\n    {CONTRADICTIONS[name]}\n",
    )
    listed = wait_for(lambda: (text := served.zato("service", "list", served.server).stdout).count(path.name) and text)
    assert f"{name}.py:3" in listed
    assert "contradicts" in listed
    path.unlink()


# Names and types (reference service-api 5.3, 5.4)


@pytest.mark.compat("5.3-bool", "5.3-int")
def test_types_are_inferred_from_names(served: Environment) -> None:
    flags = ("by_x", "has_x", "is_x", "may_x", "needs_x", "should_x")
    numbers = ("id", "user_id", "row_count", "page_size", "x_size_min", "x_size_max", "call_timeout")
    texts = ("name", "idea", "this_is", "identity")
    expected = {name: ["bool", True] for name in flags}
    expected |= {name: ["int", 1] for name in numbers} | {name: ["str", "1"] for name in texts}
    assert served.post("/inferred", dict.fromkeys(expected, "1")).json()["seen"] == expected
    missing_ones = {name: ["bool", False] if name in flags else ["str", ""] for name in expected}
    assert served.post("/inferred", {}).json()["seen"] == missing_ones


@pytest.mark.compat("5.3-explicit", "5.4-as-is", "5.4-bool", "5.4-float", "5.4-int", "5.4-text")
@pytest.mark.parametrize(
    ("name", "given", "kind", "value"),
    [
        ("user_id", "12", "str", "12"),
        ("user_id", {"a": 1}, "Bunch", {"a": 1}),
        ("row_count", 12, "str", "12"),
        ("text", None, "NoneType", None),
        ("text", 1.5, "str", "1.5"),
        ("text", [1, "a"], "str", "[1, 'a']"),
        ("unicode", True, "str", "True"),
        ("bool", "YES", "bool", True),
        ("bool", "off", "bool", False),
        ("bool", "", "bool", False),
        ("boolean", 2, "bool", True),
        ("boolean", None, "bool", False),
        ("int", "-7", "int", -7),
        ("int", "", "str", ""),
        ("int", None, "NoneType", None),
        ("integer", 7.9, "int", 7),
        ("float", "1.5", "float", 1.5),
        ("float", None, "float", 0.0),
        ("csv", "a,b, c", "list", ["a", "b", " c"]),
        ("date", "2030-01-31", "datetime", "2030-01-31 00:00:00"),
        ("date_time", "2030-01-31T12:30:00Z", "datetime", "2030-01-31 12:30:00+00:00"),
        ("date_time", "2030-01-31T12:30:00.5+02:00", "datetime", "2030-01-31 12:30:00.500000+02:00"),
        ("decimal", "1.20", "Decimal", "1.20"),
        ("uuid", "00000000000000000000000000000001", "UUID", "00000000-0000-0000-0000-000000000001"),
        ("list", "one", "list", ["one"]),
        ("list", [1, 2], "list", [1, 2]),
        ("list", None, "list", []),
        ("dict", {"a": {"b": 1}}, "Bunch", {"a": {"b": 1}}),
        ("dict_list", [{"a": 1}], "list", [{"a": 1}]),
        ("dicts", [], "list", []),
        ("opaque", [1, {"a": 2}], "list", [1, {"a": 2}]),
        ("nested", "x", "str", "x"),
        ("utc", "2030-01-31T12:30:00+00:00", "str", "2030-01-31T12:30:00"),
    ],
)
def test_elements_convert_what_comes(served: Environment, name: str, given: object, kind: str, value: object) -> None:
    assert served.post("/explicit", {name: given}).json()["seen"][name] == [kind, value]


@pytest.mark.compat("5.4-failure")
@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("bool", "perhaps"),
        ("int", "seven"),
        ("float", "1,5"),
        ("date", "some day"),
        ("date_time", 7),
        ("decimal", "much"),
        ("uuid", "1234"),
        ("dict", "text"),
        ("dict_list", [1]),
        ("csv", 7),
    ],
)
def test_what_cannot_be_converted_is_500_and_named(served: Environment, name: str, given: object) -> None:
    answer = served.post("/explicit", {name: given})
    assert answer.status == 500
    assert name in str(answer.json()["details"])


@pytest.mark.compat("5.4-dict", "5.4-list-of-dicts")
def test_dictionaries_with_declared_keys(served: Environment) -> None:
    customer = {"name": "Ann", "age": "33", "address": {"city": "Oslo", "zip": "x"}, "undeclared": 1}
    rows = [{"a": 1, "b": "true", "c": 2}, {"a": 2}]
    seen = served.post("/with-keys", {"customer": customer, "rows": rows}).json()["seen"]
    assert seen[0] == {"name": "Ann", "nick": "", "age": 33, "address": {"city": "Oslo"}}
    assert seen[1][0] == {"a": 1, "b": True}
    assert seen[1][1]["a"] == 2
    assert seen[2] == "Oslo"
    refused = served.post("/with-keys", {"customer": {"name": "Ann", "age": 1, "address": {}}})
    assert refused.status == 500
    assert "city" in str(refused.json()["details"])


@pytest.mark.compat("5.2-default-input-value", "5.2-default-value", "5.5-optional")
def test_missing_input_has_defaults(served: Environment) -> None:
    seen = served.post("/defaults", {}).json()["response"]["seen"]
    assert seen == {"any": [1], "is_it": False, "number": 7, "plain": "from default_value"}
    assert served.post("/input-default", {"other": "x"}).json()["response"]["seen"] == {"other": "x", "plain": "wins"}


@pytest.mark.compat("5.5-broken-json")
def test_a_body_that_is_no_json_is_400_and_the_position_is_named(served: Environment) -> None:
    answer = served.request("POST", "/single-name", '{"one": "x",\n "two" 2}')
    assert answer.status == 400
    assert "line 2 column" in answer.json()["details"]
    for body in ('"text"', "7", "true", "null"):
        assert missing(served.request("POST", "/single-name", body), "one")


# Output (reference service-api 5.7)


@pytest.mark.compat("5.7-append", "5.7-objects")
@pytest.mark.parametrize("kind", ["dict", "tuple", "object", "asdict", "to_zato", "get"])
def test_output_is_taken_from_objects_of_every_class(served: Environment, kind: str) -> None:
    name = f"{kind} a" if kind in ("asdict", "to_zato") else "a"
    item, other = {"number": "1", "name": name}, {"number": "2", "name": "b"}
    assert served.post("/produced", {"kind": kind, "how": "assign"}).json() == item
    assert served.post("/produced", {"kind": kind, "how": "append"}).json() == [item, other]
    assert served.post("/produced", {"kind": kind, "how": "slice"}).json() == [item, other]


@pytest.mark.compat("5.7-list")
def test_lists_and_text_pass_by_what_was_declared(served: Environment) -> None:
    assert served.post("/produced", {"kind": "dict", "how": "list"}).json() == [{"number": 1, "more": "kept"}]
    assert served.post("/produced", {"kind": "dict", "how": "text"}).text == "as it is"


@pytest.mark.compat("5.2-repeated")
def test_repeated_output(served: Environment) -> None:
    assert served.post("/repeated", {"rows": 2}).json() == {"response": [{"number": "0"}, {"number": "1"}]}
    assert served.post("/repeated", {}).json() == {"response": []}


@pytest.mark.compat("5.7-attribute")
def test_output_by_attribute_and_by_item(served: Environment) -> None:
    answer = served.post("/attributes", {})
    assert answer.json() == {"a": "2", "b": "1", "c": "['1', '1', 'none', '2', \"KeyError 'c'\"]"}
    assert list(answer.json()) == ["b", "a", "c"], "required before optional, each by name"


@pytest.mark.compat("5.7-required")
def test_output_that_is_missing_is_an_error_that_names_it(served: Environment) -> None:
    answer = served.request("POST", "/missing")
    assert answer.status == 500
    assert "needed" in str(answer.json()["details"])
    assert served.post("/missing", 1).json() == {"needed": ""}, "empty is not missing, and optional is left out"


@pytest.mark.compat("5.2-response-elem")
def test_the_element_around_a_response(served: Environment) -> None:
    assert served.get("/wrapped").json() == {"my_response": {"a": "x"}}
    assert served.get("/unwrapped").json() == {"a": "x"}
    assert served.get("/envelope").json() == {"a": "inner", "b": "too"}


@pytest.mark.compat("5.7-converted")
def test_output_is_converted(served: Environment) -> None:
    assert served.get("/converted").json() == {
        "text": "7",
        "row_count": 8,
        "is_it": True,
        "float": 2.5,
        "date": "2030-01-31",
        "date_time": "2030-01-31T12:30:00",
        "decimal": "1.20",
        "uuid": "00000000000000000000000000000001",
        "csv": "a,1",
        "list": ["x", "y"],
        "no_list": [],
        "dict": {"a": 1},
        "any": {"x": [1]},
        "at": "2030-01-31T12:30:00",
        "on": "1970-01-01",
    }
    answer = served.get("/bad-output")
    assert answer.status == 500
    assert "number" in str(answer.json()["details"])
