"""Input that a JSON Schema describes (3.1, 3.2; reference service-api 2.1, 6.3)."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from environment import FIXTURES, Environment, wait_for

ORDER = {
    "type": "object",
    "required": ["sku"],
    "properties": {
        "sku": {"type": "string"},
        "lines": {"type": "array", "items": {"$ref": "parts/line.json"}},
    },
}
LINE = {"type": "object", "required": ["amount"], "properties": {"amount": {"type": "integer", "minimum": 1}}}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """An environment with services that have schemas."""
    made = Environment(tmp_path_factory.mktemp("env") / "qs")
    made.create()
    write(made, "order.json", ORDER)
    write(made, "parts/line.json", LINE)
    made.deploy_fixtures("services/checked.py")
    try:
        made.start()
        names = ("order", "with-input", "newer", "older", "unchecked", "refuses", "calls")
        channels = [
            {"name": name, "url_path": f"/{name}", "service": f"checked.{name}", "data_format": "json"}
            for name in names
        ]
        channels += [
            {"name": "bytes", "url_path": "/bytes", "service": "checked.order"},
            {"name": "form", "url_path": "/form", "service": "checked.order", "data_format": "form"},
        ]
        made.enmasse({"channel_rest": channels})
        yield made
    finally:
        made.stop(expect=None)


def write(made: Environment, name: str, schema: Any) -> None:
    path = made.server / "config" / "repo" / "schema" / "json" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(schema))


@pytest.mark.compat("2.1-schema")
def test_input_that_matches_reaches_the_service(served: Environment) -> None:
    order = {"sku": "a", "lines": [{"amount": 1}]}
    assert served.post("/order", order).json() == {"given": order}
    assert served.post("/with-input", order).json() == {"response": {"sku": "a"}}


@pytest.mark.compat("2.1-schema", "6.3-schema")
def test_input_that_does_not_match_is_400_and_says_why(served: Environment) -> None:
    answer = served.post("/order", {"sku": 5, "lines": [{"amount": 0}, {}]})
    assert answer.status == 400
    details = answer.json()["details"]
    assert details["is_ok"] is False
    assert details["cid"] == answer.json()["cid"] and len(details["cid"]) == 24
    parts = details["message"].split("; ")
    assert sorted(part.partition(": ")[0] for part in parts) == ["/lines/0/amount", "/lines/1", "/sku"]
    # What was sent is not repeated, as it may be secret.
    assert '/sku: value is not of type "string"' in parts
    assert served.post("/with-input", {}).status == 400


def test_other_channels_give_the_message_alone(served: Environment) -> None:
    answer = served.request("POST", "/bytes", b'{"sku": 5}')
    assert (answer.status, answer.text) == (400, '/sku: value is not of type "string"')
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert served.request("POST", "/form", "sku=1", headers=form).status == 200
    answer = served.request("POST", "/form", "name=1", headers=form)
    assert (answer.status, answer.text) == (400, '"sku" is a required property')


def test_bodies_that_are_not_json_and_empty_ones(served: Environment) -> None:
    answer = served.request("POST", "/order", "{")
    assert answer.status == 400 and "the body is not valid JSON" in answer.json()["details"]
    answer = served.request("POST", "/order")
    assert answer.status == 400 and 'is not of type "object"' in answer.json()["details"]["message"]
    answer = served.request("POST", "/order", "[" * 100_000)
    assert answer.status == 400


@pytest.mark.compat("2.1-schema", "6.3-schema")
def test_profiles_decide(served: Environment) -> None:
    assert served.post("/newer", {"sku": 5}).json() == {"given": {"sku": 5}}
    answer = served.post("/older", {"sku": 5})
    assert answer.status == 400
    details = answer.json()["zato_env"]["details"]
    assert (details["is_ok"], details["message"]) == (False, '/sku: value is not of type "string"')


@pytest.mark.compat("2.1-schema")
def test_a_missing_file_is_a_warning(served: Environment) -> None:
    assert served.post("/unchecked", 5).json() == {"given": 5}
    assert "missing.json` could not be read, so input is not checked: No such file or directory" in served.log()


@pytest.mark.compat("2.5-schema")
def test_the_schema_is_checked_before_anything_of_the_service_runs(served: Environment) -> None:
    refused = served.post("/refuses", {"sku": "a"})
    assert (refused.status, refused.body) == (400, b"")
    answer = served.post("/refuses", {"sku": 5})
    assert answer.status == 400 and "/sku" in answer.json()["details"]["message"]
    answer = served.post("/with-input", {})
    assert answer.json()["details"]["message"] == '"sku" is a required property', "not that of missing input"


@pytest.mark.compat("2.5-schema")
def test_callers_in_the_server_get_an_exception(served: Environment) -> None:
    assert served.post("/calls", {"sku": "a"}).json() == {"msg": ""}
    found = served.post("/calls", {"sku": 5}).json()
    assert found == {"msg": '/sku: value is not of type "string"', "cid": True}


def test_a_changed_schema_is_in_force_after_redeployment(served: Environment) -> None:
    assert served.post("/order", {"sku": "a", "lines": 5}).status == 400
    write(served, "order.json", ORDER | {"properties": {}})
    source = (FIXTURES / "services" / "checked.py").read_text()
    try:
        served.deploy("checked.py", source + "\n# changed\n")
        wait_for(lambda: served.post("/order", {"sku": "a", "lines": 5}).status == 200)
    finally:
        write(served, "order.json", ORDER)
        served.deploy("checked.py", source)
        wait_for(lambda: served.post("/order", {"sku": "a", "lines": 5}).status == 400)


SERVICE = """
from zato.server.service import Service

class Broken(Service):
    schema = 'broken.json'
"""


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("http://127.0.0.1:{port}/x.json", "is not fetched; keep a copy next to the schema"),
        ("../../server.conf", "is outside of the directory of the schema"),
        ("file:///etc/passwd", "is outside of the directory of the schema"),
        ("nowhere.json", "could not read"),
    ],
)
def test_schemas_refer_to_their_neighbors_only(served: Environment, reference: str, reason: str) -> None:
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *arguments: Any) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        write(served, "broken.json", {"$ref": reference.format(port=server.server_port)})
        seen = len(served.log())
        served.deploy("broken.py", f"{SERVICE}\n# {reference}\n")
        wait_for(lambda: reason in served.log()[seen:], what=reason)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert asked == []
    assert "broken.json` is not a schema" in served.log()[seen:]
