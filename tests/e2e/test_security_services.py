"""The built-in services about security definitions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from environment import Environment, environment

SECURITY = [
    {"name": "listed.c", "type": "basic_auth", "username": "ann", "password": "hunter2", "realm": "CRM"},
    {"name": "listed.a", "type": "apikey", "header": "X-Key", "password": "hunter3", "is_active": False},
    {"name": "listed.b", "type": "bearer_token", "username": "me", "password": "hunter4", "scopes": ["x"],
     "auth_endpoint": "https://example.com/token"},
]  # fmt: skip

LISTS = """
from zato.server.service import Service

class Lists(Service):
    name = "lists"

    def handle(self):
        self.response.payload = self.invoke("zato.security.get-list", {"cluster_id": self.server.cluster_id})
"""

EXPECTED: list[dict[str, Any]] = [
    {"name": "listed.a", "is_active": False, "sec_type": "apikey", "username": None, "header": "X-Key"},
    {"name": "listed.b", "is_active": True, "sec_type": "bearer_token", "username": "me", "scopes": ["x"],
     "auth_endpoint": "https://example.com/token", "grant_type": "client_credentials", "data_format": "form"},
    {"name": "listed.c", "is_active": True, "sec_type": "basic_auth", "username": "ann", "realm": "CRM"},
]  # fmt: skip


@pytest.fixture(scope="module")
def zato(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """An environment with definitions of all types."""
    with environment(tmp_path_factory.mktemp("env") / "qs") as made:
        made.deploy("lists.py", LISTS)
        made.wait_for_service("lists")
        made.enmasse({"security": SECURITY})
        made.channel("/definitions", "zato.security.get-list", data_format="json")
        yield made


def own(definitions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Gives the definitions of the test without their identifiers, which all differ."""
    assert len({definition["id"] for definition in definitions}) == len(definitions)
    names = [definition["name"] for definition in definitions]
    assert names == sorted(names)
    return [
        {name: value for name, value in definition.items() if name != "id"}
        for definition in definitions
        if definition["name"].startswith("listed.")
    ]


@pytest.mark.compat("1.2-security-get-list")
def test_services_list_definitions_of_all_types_without_secrets(zato: Environment) -> None:
    answer = zato.invoke("lists")
    assert "hunter" not in answer.text
    document = answer.json()
    assert list(document) == ["zato_security_get_list_response"]
    assert own(document["zato_security_get_list_response"]) == EXPECTED


@pytest.mark.compat("1.2-security-get-list", "6.4-admin", "6.4-meta")
def test_over_http_the_list_is_whole_and_comes_with_an_envelope(zato: Environment) -> None:
    answer = zato.get("/definitions?paginate=true&cur_page=1&page_size=1")
    assert answer.status == 200
    document = answer.json()
    assert set(document) == {"zato_env", "zato_security_get_list_response"}
    envelope = document["zato_env"]
    assert (envelope["result"], len(envelope["cid"]), envelope["details"]) == ("ZATO_OK", 24, "")
    assert own(document["zato_security_get_list_response"]) == EXPECTED
