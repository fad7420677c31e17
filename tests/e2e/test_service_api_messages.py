"""`self.msg`, `self.dictnav`, `self.translate` (2.0-3.1; reference service-api 3.6)."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from environment import Environment, environment, wait_for

CUSTOMER = {"customer": {"id": 7}}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """An environment with definitions of expressions."""
    root = tmp_path_factory.mktemp("env") / "qs"
    with environment(root, fixtures=("services/messages.py",)) as made:
        formats = {"map-json": "json", "map-xml": "xml", "mapped": "json", "navigates": "json", "translates": "json"}
        made.enmasse(
            {
                "channel_rest": [
                    {"name": name, "url_path": f"/{name}", "service": f"messages.{name}", "data_format": data_format}
                    for name, data_format in formats.items()
                ],
                "def_json_pointer": [
                    {"name": "ERP CustomerId", "value": "/customer/id"},
                    {"name": "CRM CustomerId", "value": "/account/customer"},
                ],
                "def_xpath": [
                    {"name": "ERP Id", "value": "/e:order/e:customer/@id"},
                    {"name": "CRM Id", "value": "/response/crm:id"},
                ],
                "def_namespace": [{"name": "e", "value": "urn:erp"}, {"name": "crm", "value": "urn:crm"}],
            }
        )
        yield made


@pytest.mark.compat("3.6-json-pointer")
def test_json_pointers_by_name(served: Environment) -> None:
    found = served.post("/map-json", CUSTOMER).json()
    assert found == {"account": {"customer": 7}, "literal": "nothing"}


@pytest.mark.compat("3.6-xpath")
def test_xpath_by_name_in_configured_namespaces(served: Environment) -> None:
    answer = served.request("POST", "/map-xml", '<order xmlns="urn:erp"><customer id="7"/></order>')
    assert answer.text.startswith("<?xml version='1.0' encoding='UTF-8'?>\n<response><crm:id xmlns:")
    assert answer.text.endswith(">7</crm:id></response>")


@pytest.mark.compat("3.6-mapper")
def test_mappers(served: Environment) -> None:
    assert served.post("/mapped", CUSTOMER).json() == {"account": {"customer": 7}, "name": "messages.mapped"}


def test_a_changed_definition_is_in_force_at_once(served: Environment) -> None:
    changed = {"name": "ERP CustomerId", "value": "/customer/other"}
    served.enmasse({"def_json_pointer": [changed]})
    body = json.dumps({"customer": {"id": 7, "other": 8}})
    try:
        answer = wait_for(lambda: served.request("POST", "/mapped", body).json()["account"]["customer"] == 8)
        assert answer
    finally:
        served.enmasse({"def_json_pointer": [changed | {"value": "/customer/id"}]})


def test_an_unknown_name_says_where_definitions_come_from(served: Environment) -> None:
    served.enmasse({"def_json_pointer": [{"name": "CRM CustomerId", "value": "/x", "is_active": False}]})
    try:
        answer = served.post("/map-json", CUSTOMER)
        assert answer.status == 500
        assert "no JSON Pointer called `CRM CustomerId`; import one under `def_json_pointer`" in answer.text
    finally:
        served.enmasse({"def_json_pointer": [{"name": "CRM CustomerId", "value": "/account/customer"}]})


def test_expressions_are_checked_when_they_are_imported(served: Environment) -> None:
    done = served.enmasse({"def_json_pointer": [{"name": "broken", "value": "no slash"}]}, expect=None)  # type: ignore[arg-type]
    assert done.returncode != 0
    assert "it does not start with `/`" in done.stdout + done.stderr


@pytest.mark.compat("3.6-navigation")
def test_looking_into_dictionaries_and_lists(served: Environment) -> None:
    assert served.post("/navigates", CUSTOMER).json() == {"dict": 7, "list": 2, "has": True}


@pytest.mark.compat("3.4-translate")
def test_what_is_missing_for_translate_is_named(served: Environment) -> None:
    assert "`self.translate` needs Redis connections" in served.get("/translates").text
