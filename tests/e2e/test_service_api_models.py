"""Models over HTTP and between services: reading, errors and their bodies, output (reference service-api 5.8)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from environment import Answer, Environment, environment

SERVICES = (
    "summarize", "inner-declaration", "many-items", "dict-out", "offered", "vivified", "mixed-output", "plain-class",
    "caller", "trees",
)  # fmt: skip

ORDER = {"number": "7", "day": "2030-01-31", "items": [{"sku": "a", "quantity": "2"}, {"sku": "b", "quantity": 3}]}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """An environment with a JSON channel for each service, and one without a data format."""
    root = tmp_path_factory.mktemp("env") / "qs"
    with environment(root, fixtures=("services/modeled.py",)) as made:
        channels = [
            {"name": name, "url_path": f"/{name}", "service": f"modeled.{name}", "data_format": "json"}
            for name in SERVICES
        ]
        channels.append({"name": "raw", "url_path": "/raw", "service": "modeled.summarize"})
        form = {"name": "form", "service": "modeled.inner-declaration", "data_format": "form"}
        channels.append({**form, "url_path": "/form"})
        made.enmasse({"channel_rest": channels})
        yield made


def is_missing(answer: Answer, path: str) -> bool:
    body = answer.json()
    return answer.status == 400 and body["result"] == "Error" and body["details"] == f"Element missing: {path}"


@pytest.mark.compat("1.1-Model", "5.1-model", "5.8-input")
def test_a_model_comes_in_and_a_model_goes_out(served: Environment) -> None:
    expected = {"number": 7, "quantity": 5, "day": "2030-01-31", "note": "none", "first": {"sku": "a", "quantity": 2}}
    answer = served.post("/summarize", ORDER)
    assert answer.json() == expected and answer.headers["content-type"] == "application/json"
    assert served.post("/raw", ORDER).json() == expected, "a channel without a data format reads JSON for models"
    assert served.post("/summarize?note=by+query", ORDER).json()["note"] == "by query"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert served.request("POST", "/form", "sku=x&quantity=5", form).json() == {"sku": "x", "quantity": 5}


@pytest.mark.compat("5.8-missing")
def test_what_is_missing_is_400_with_its_path(served: Environment) -> None:
    assert is_missing(served.post("/summarize", {}), "/day")
    assert is_missing(served.request("POST", "/summarize"), "/day")
    assert is_missing(served.post("/summarize", {**ORDER, "items": [{"sku": "a"}]}), "/items[0]/quantity")
    answer = served.post("/summarize", {**ORDER, "items": {}})
    assert (answer.status, answer.json()["details"]) == (400, "Element is not a list: /items")
    assert answer.headers["content-type"] == "application/json"


def test_bodies_of_another_form_are_400_and_say_so(served: Environment) -> None:
    answer = served.post("/summarize", [ORDER])
    assert answer.status == 400 and "of type `list`, and model `Order` takes an object" in answer.json()["details"]
    for path in ("/summarize", "/raw"):
        answer = served.request("POST", path, '{"number": 1,\n x')
        assert answer.status == 400 and "line 2 column" in answer.text


@pytest.mark.compat("5.8-failure")
def test_conversions_that_fail_are_500_as_in_3_2(served: Environment) -> None:
    answer = served.post("/summarize", {**ORDER, "number": "seven"})
    assert answer.status == 500 and "/number" in str(answer.json()["details"])


@pytest.mark.compat("5.8-after-created")
def test_after_created_may_refuse(served: Environment) -> None:
    answer = served.post("/summarize", {**ORDER, "number": 13})
    assert (answer.status, answer.json()["details"]) == (400, "unlucky order for modeled.summarize")


@pytest.mark.compat("5.8-not-wrapped")
def test_a_model_inside_simple_io_is_not_wrapped(served: Environment) -> None:
    assert served.post("/inner-declaration", {"sku": "x", "quantity": "1"}).json() == {"sku": "x", "quantity": 1}


@pytest.mark.compat("5.1-model")
def test_lists_of_models(served: Environment) -> None:
    items = [{"sku": "a", "quantity": 0}, {"sku": "b", "quantity": "2"}]
    assert served.post("/many-items", items).json() == [{"sku": "b", "quantity": 2}]
    assert served.post("/many-items", []).body == b"[]"
    assert is_missing(served.post("/many-items", [{"sku": "a"}]), "[0]/quantity")


@pytest.mark.compat("6.1-model")
def test_models_inside_of_dictionaries_are_written(served: Environment) -> None:
    body = {"sku": "x", "quantity": 1}
    assert served.post("/dict-out", body).json() == {"sku": "x", "more": {"inner": [body]}}


@pytest.mark.compat("5.8-output")
def test_a_model_that_is_offered_is_filled_in_or_nothing(served: Environment) -> None:
    assert served.post("/offered", {"sku": "x", "is_set": True}).json() == {"sku": "x"}
    assert served.post("/offered", {}).body == b""
    assert served.post("/vivified", {}).json() == {"note": "none", "first": {"sku": "x"}}


@pytest.mark.compat("5.1-mixed")
def test_names_next_to_a_model_are_not_converted(served: Environment) -> None:
    assert served.post("/mixed-output", {"sku": "x", "quantity": 1}).json() == {"count": 5, "name": "x"}


@pytest.mark.compat("5.8-other-models")
def test_plain_dataclasses(served: Environment) -> None:
    assert served.post("/plain-class", {"name": "x"}).json() == {"name": "x", "size": 1}
    assert is_missing(served.post("/plain-class", {}), "/name")


@pytest.mark.compat("5.8-reference")
def test_models_between_services_pass_by_reference(served: Environment) -> None:
    assert served.post("/caller", {}).json() == [
        True, "Item", 3, {"sku": "c", "quantity": 4}, "", "ElementMissing Element missing: /quantity",
    ]  # fmt: skip


def test_a_model_that_contains_itself(served: Environment) -> None:
    tree = {"value": 1, "children": [{"value": "2", "children": [{"value": 3}]}, {"value": 4}]}
    assert served.post("/trees", tree).json() == {"count": 4}
    assert is_missing(served.post("/trees", {"value": 1, "children": [{"value": 2, "children": [{}]}]}),
                      "/children[0]/children[0]/value")  # fmt: skip
