"""`self.odb.session()`: what is configured, as tables."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from environment import Environment, environment

pytest.importorskip("sqlalchemy")

SECURITY = [
    {"name": "odb.basic", "type": "basic_auth", "username": "odb", "password": "hunter2", "realm": "ODB"},
    {"name": "odb.key", "type": "apikey", "password": "hunter3"},
]


@pytest.fixture(scope="module")
def zato(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """An environment with definitions and channels."""
    with environment(tmp_path_factory.mktemp("env") / "qs", fixtures=("services/configured.py",)) as made:
        made.enmasse({"security": SECURITY})
        made.channel("/odb", "configured.tables", name="odb.a", security="odb.basic", data_format="json")
        yield made


@pytest.mark.compat("1.3-odb-model", "3.6-odb")
def test_queries_see_what_is_configured_without_secrets(zato: Environment) -> None:
    found = zato.invoke("configured.tables").json()
    assert found["cluster"] == zato.invoke("configured.facts").json()["cluster_key"]
    assert found["channels"] == [["odb.a", "/odb", True, "configured.Tables", "odb.basic"]]
    assert found["basic"] == ["odb", "ODB", "basic_auth"] and found["key"] == ["X-API-Key", True]
    assert found["service"] == ["configured.Tables", True, False] and found["has_password"] is False


def test_a_change_of_the_configuration_is_seen_by_the_next_session(zato: Environment) -> None:
    zato.channel("/odb/b", "configured.tables", name="odb.b", is_active=False)
    found = zato.invoke("configured.tables").json()
    assert found["channels"][1] == ["odb.b", "/odb/b", False, "configured.Tables", None]


@pytest.mark.compat("3.6-odb")
def test_changes_through_a_session_are_refused(zato: Environment) -> None:
    assert "`self.odb` cannot be changed" in zato.invoke("configured.change").text
