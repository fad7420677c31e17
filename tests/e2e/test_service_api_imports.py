"""Imports of services that were written for other versions, and what happens when a part of the server is not there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from environment import Environment, environment

from zato.client import AnyServiceInvoker, APIClient


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """An environment with one file that imports everything."""
    root = tmp_path_factory.mktemp("env") / "qs"
    with environment(root, fixtures=("services/imports.py",)) as made:
        channels = [
            {"name": f"t.{name}", "url_path": f"/{name}", "service": f"imports.{name}", "data_format": "json"}
            for name in ("old", "missing", "adapter", "rest")
        ]
        made.enmasse({"channel_rest": channels})
        yield made


@pytest.mark.compat("1.1-Service")
def test_old_imports_work_in_a_service(served: Environment) -> None:
    assert served.get("/old").json() == {
        "ok": 200,
        "url": "http://a/c",
        "query": "a=1",
        "bunch": 1,
        "config": "1",
        "request": "GET",
        "same": [True, True, True],
        "mapping": True,
        "constant": "http-soap",
        "user": {"name": "x", "tags": [], "friends": []},
    }


@pytest.mark.compat("1.2-bases")
def test_subclasses_of_what_the_server_ships_are_deployed_and_their_bases_are_not(served: Environment) -> None:
    listed = json.loads(served.zato("service", "list", served.server, "--format", "json").stdout)
    found = {item["name"] for item in listed["services"] if item["name"].startswith("imports.")}
    assert found == {f"imports.{name}" for name in ("adapter", "events", "hook", "missing", "old", "page", "rest")}


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/missing?what=kvdb", "`self.kvdb.conn` needs Redis connections"),
        ("/missing?what=sql", "`self.out.sql.get` needs SQL connections"),
        ("/missing?what=job", "`Job` needs the tables of Zato's own database"),
        ("/missing?what=pubsub", "`PubSub` needs publish/subscribe"),
    ],
)
def test_what_is_not_there_is_named(served: Environment, path: str, message: str) -> None:
    answer = served.get(path)
    assert answer.status == 500 and f"{message}, which this version does not have" in answer.text


@pytest.mark.compat("1.3-zato.client", "1.8-AnyServiceInvoker")
def test_clients_invoke_services(served: Environment) -> None:
    address, credentials = f"http://127.0.0.1:{served.port}", served.credentials()
    response = APIClient(address, "pubapi", credentials["pubapi"]).invoke("imports.old")
    assert response.is_ok and json.loads(response.data)["ok"] == 200
    response = APIClient(address, "pubapi", "wrong").invoke("imports.old")
    assert not response.is_ok and "Unauthorized" in (response.details or "")
    client = AnyServiceInvoker(address, "/zato/admin/invoke", ("admin.invoke", credentials["admin.invoke"]))
    response = client.invoke("imports.old", {"a": 1})
    assert response.ok and response.data["ok"] == 200 and response.sio_result == "ZATO_OK"
    assert client.invoke("zato.ping").data == {"pong": "zato"}
    assert client.invoke_async("imports.old").data
    response = client.invoke("imports.not-there")
    assert not response.ok and "imports.not-there" in str(response.details)


@pytest.mark.compat("1.3-old-names-off")
def test_old_names_of_modules_can_be_switched_off(tmp_path: Path) -> None:
    settings = {"compat": {"old_module_names": "False"}}
    with environment(tmp_path / "qs", fixtures=("services/imports.py",), settings=settings) as made:
        failures = json.loads(made.zato("service", "list", made.server, "--format", "json").stdout)["failures"]
        assert "No module named 'ConfigParser'" in json.dumps(failures) and "old_module_names" in json.dumps(failures)
