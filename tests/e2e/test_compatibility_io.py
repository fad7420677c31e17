"""Declared input and output, statement by statement, under the profile of each version."""

from __future__ import annotations

from typing import Any

import pytest
from profiles import Profiled

compat = pytest.mark.compat


# Input (reference service-api 5)


@compat("5.5-undeclared-params", "5.5-undeclared", "5.6-dict", "5.6-nested", "5.6-access")
def test_input_inside_of_input(profiled: Profiled) -> None:
    seen = profiled.json("audit.inside?extra=1", '{"a": {"x": 1}, "undeclared": 1}', "POST")
    optional = ["b"]
    assert seen == {
        "is_dict": True,
        "by_attribute": 1 if profiled.profile == "3.2" else "not by attribute",
        "extra": "1",
        "undeclared": False,
        "keys": sorted(["a", "extra", *optional]),
        "length": 3,
    }


@compat("5.1-both-required")
def test_a_name_that_is_required_and_optional_is_required(profiled: Profiled) -> None:
    assert profiled.json("audit.both", '{"a": "1", "b": "2"}', "POST") == {"response": {"a": "1"}}
    assert "a" in profiled.details("audit.both", profiled.by_profile(500, 400, 500), '{"b": "2"}')


@compat("5.5-other-bodies", "5.5-list-body")
@pytest.mark.parametrize("body", ['[{"a": 1}]', '"text"', "7"])
def test_bodies_that_are_no_dictionary_miss_what_is_required(profiled: Profiled, body: str) -> None:
    profiled.details("audit.both", profiled.by_profile(500, 400, 500), body)


@compat("5.4-secret", "5.4-secret-falsy")
def test_secrets_are_encrypted_by_3_0_to_3_2(profiled: Profiled) -> None:
    encrypts = profiled.profile in ("3.0", "3.1", "3.2")
    seen = profiled.json("audit.secrets", '{"token": "x", "password": "", "name": "x"}', "POST")
    assert seen["token"] == ("zato.secret" if encrypts else "x")
    assert seen["password"] == (None if encrypts else "")
    assert seen["name"] == "x"


@compat("5.8-access", "5.8-coerced", "5.8-unknown")
def test_models_are_read_like_dictionaries(profiled: Profiled) -> None:
    seen = profiled.json("audit.modeled", '{"name": "Ann", "size": "3", "more": 1}', "POST")
    assert seen == ["Ann", None, None, True, 3]


@compat("5.8-missing")
def test_what_is_missing_of_a_model_is_named(profiled: Profiled) -> None:
    assert profiled.details("audit.modeled", profiled.by_profile(500, 400, 400), '{"name": "Ann"}') == (
        "Element missing: /size"
    )


@compat("5.8-output", "5.8-undeclared-field")
def test_an_output_model_can_be_filled_in(profiled: Profiled) -> None:
    assert profiled.json("audit.filled") == {"name": "Ann", "size": 1}
    assert profiled.json("audit.filled?other=1") == {}


# Output (reference service-api 5.7)


@compat("5.7-read-unset", "5.7-undeclared", "5.7-get", "5.7-vivify")
def test_output_that_is_read_before_it_is_set(profiled: Profiled) -> None:
    seen = profiled.json("audit.reads")["seen"]
    assert (seen["set"], seen["item"], seen["get"], seen["contains"]) == ("1", "1", "default", False)
    assert seen["b"] == profiled.by_profile("''", "KeyError", "Message()")
    assert seen["undeclared"] == profiled.by_profile("AttributeError", "KeyError", "KeyError")
    assert seen.get("inside") == profiled.by_profile("AttributeError", "KeyError", None)
    assert seen.get("sets") == profiled.by_profile(None, None, "KeyError")


@compat("5.7-vivify", "5.7-optional")
def test_messages_inside_of_output_are_sent_if_anything_was_put_into_them(profiled: Profiled) -> None:
    answer = profiled.json("audit.reads")
    if profiled.profile == "4.1":
        assert answer["c"] == {"city": "Oslo"}
        assert "b" not in answer
    else:
        assert answer.get("c") == ("" if profiled.is_old else None)


@compat("5.7-service-response")
def test_the_answer_of_an_internal_service_is_unwrapped(profiled: Profiled) -> None:
    assert profiled.json("audit.unwraps") == {"a": "1", "b": "2"}


@compat("5.2-skip-empty", "5.2-force-empty", "5.2-allow-empty")
def test_empty_output_is_left_out_or_allowed(profiled: Profiled) -> None:
    assert profiled.json("audit.emptied") == ({"b": ""} if profiled.is_old else {"a": ""})
    if profiled.profile == "3.2":
        assert "`b`" in profiled.details("audit.allowed", 500)
    else:
        assert profiled.json("audit.allowed") == ({"a": "", "b": ""} if profiled.is_old else {"a": ""})


@compat("5.2-repeated", "5.7-append", "5.7-converted")
def test_repeated_output_has_the_declared_names(profiled: Profiled) -> None:
    as_numbers = [{"a": 1, "b": 2}, {"a": 3, "b": 4}]
    as_text = [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]
    assert profiled.json("audit.appends") == {"response": profiled.by_profile(as_text, as_text, as_numbers)}


@compat("5.7-objects")
@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("mapped", {"id": 1, "name": "Ann"}),
        ("row", {"id": 1, "name": "Ann"}),
        ("model", {"name": "Ann", "size": 3}),
        ("named", {"a": 1, "b": 2}),
        ("to-dict", {"a": 1}),
    ],
)
def test_declared_output_is_taken_from_objects(profiled: Profiled, kind: str, expected: dict[str, Any]) -> None:
    seen = profiled.json(f"audit.declares?kind={kind}")
    assert {name: str(value) for name, value in seen.items() if value != ""} == {
        name: str(value) for name, value in expected.items()
    }
    assert (len(seen) == 5) is profiled.is_old, "what is optional and missing is an empty text before 3.2"


@compat("6.1-freely", "5.7-freely")
def test_responses_of_4_1_take_any_path(profiled: Profiled) -> None:
    if profiled.profile == "4.1":
        assert profiled.json("audit.freely") == {"customer": {"address": {"city": "Oslo"}}}
    else:
        assert "attribute" in profiled.details("audit.freely", 500)
