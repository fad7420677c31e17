"""Services and deployments from the command line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from environment import read_credentials, wait_for
from quickstart import Quickstart, quickstart


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Quickstart]:
    """A running environment that tests leave as it is."""
    with quickstart(tmp_path_factory.mktemp("running")) as made:
        assert made.zato("start", made.server).stdout == "OK\n"
        yield made


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Quickstart]:
    """An environment of the test's own that is not started."""
    with quickstart(tmp_path) as made:
        yield made


@pytest.mark.compat("1.2-service-invoke")
def test_services_are_invoked(running: Quickstart) -> None:
    assert running.invoke("demo.ping") == {"pong": "demo"}
    facts = running.invoke("commands.facts", "--payload", '{"a": [1, "ż"]}')
    assert facts["payload"] == {"a": [1, "ż"]}
    assert facts["channel"] == "invoke"
    assert running.invoke("commands.facts", "--payload", "-1")["payload"] == -1
    options = ("--channel", "scheduler", "--data_format", "dict", "--transport", "plain_http", "--payload", "k=v")
    facts = running.invoke("commands.facts", *options)
    assert facts["channel"] == "scheduler"
    assert facts["transport"] == "plain_http"
    assert facts["payload"] == {"k": "v"}
    zato = running.zato
    assert zato("service", "invoke", running.root, "commands.text").stdout == "zażółć\n"
    assert zato("service", "invoke", running.server, "commands.nothing").stdout == "(None)\n"
    detailed = zato("service", "invoke", running.server, "commands.text", "--verbose", "--headers", "X-A=1; X-B=2")
    assert "200" in detailed.stderr
    zato("service", "invoke", running.server, "commands.text", "--headers", "odd", expect=15)
    password = read_credentials(running.root)["admin.invoke"]
    assert password not in detailed.stdout + detailed.stderr


@pytest.mark.parametrize("option", ["--is-async", "--async", "--is_async"])
def test_services_are_invoked_in_the_background(running: Quickstart, option: str) -> None:
    payload = json.dumps({"option": option})
    cid = running.zato("service", "invoke", running.server, "commands.notes", option, "--payload", payload).stdout
    assert re.fullmatch(r"[0-9a-f]{24}\n", cid)
    expected = [cid.strip(), {"option": option}]
    wait_for(lambda: expected in [note[:2] for note in running.invoke("commands.notes")])


def test_a_service_that_fails_says_why(running: Quickstart) -> None:
    failed = running.zato("service", "invoke", running.server, "commands.fails", expect=16)
    assert "the moon is in the wrong house" in failed.stderr
    unknown = running.zato("service", "invoke", running.server, "no.such", expect=16)
    assert "no.such" in unknown.stderr


def test_invoking_needs_a_running_server(own: Quickstart) -> None:
    done = own.zato("service", "invoke", own.server, "demo.ping", expect=None)
    assert done.returncode in (16, 28)
    assert str(own.port) in done.stderr


def test_services_are_listed(running: Quickstart) -> None:
    zato = running.zato
    text = zato("service", "list", running.server).stdout
    line = next(line for line in text.splitlines() if line.startswith("commands.text"))
    assert "commands.py" in line
    source = (running.pickup / "commands.py").read_text().splitlines()
    assert line.endswith(f"commands.py:{source.index('class Text(Service):') + 1}")
    assert "zato.ping" not in text
    found = json.loads(zato("service", "list", running.root, "--format", "json", "--with_internal").stdout)
    names = [service["name"] for service in found["services"]]
    assert names == sorted(names)
    assert {"zato.ping", "pub.zato.service.service-invoker", "demo.echo", "commands.text"} <= set(names)
    assert found["failures"] == []
    queried = zato("service", "list", running.server, "--query", "commands.").stdout
    assert "commands.facts" in queried
    assert "demo" not in queried
    assert "commands.text" in zato("service", "list", running.server, "--format", "yaml").stdout


def test_services_and_deployments_are_known_while_the_server_is_stopped(own: Quickstart) -> None:
    (own.pickup / "broken.py").write_text("import nothing_like_it\n")
    own.zato("start", own.server)
    own.zato("stop", own.server)
    text = own.zato("service", "list", own.server).stdout
    assert "not running" in text
    assert "commands.text" in text
    assert "broken.py:1" in text
    assert "nothing_like_it" in text
    deployments = json.loads(own.zato("service", "deployments", own.server, "--format", "json").stdout)
    assert deployments
    assert "commands.py" in json.dumps(deployments)


def test_services_are_named_even_if_the_server_has_removed_the_file(own: Quickstart, tmp_path: Path) -> None:
    conf = own.server / "config/repo/server.conf"
    conf.write_text(conf.read_text().replace("[hot_deploy]", "[hot_deploy]\ndelete_after_pick_up = True"))
    own.zato("start", own.server)
    for number in range(10):
        file = tmp_path / f"gone{number}.py"
        file.write_text(f"from zato.server.service import Service\n\nclass Gone{number}(Service):\n    pass\n")
        done = own.zato("hot-deploy", file, "--path", own.server)
        assert done.stdout.endswith(f": gone{number}.gone{number}\n")


def test_files_are_deployed_from_the_command_line(own: Quickstart, tmp_path: Path) -> None:
    own.zato("start", own.server)
    file = tmp_path / "handy.py"
    template = (
        "from zato.server.service import Service\n\n"
        "class Handy(Service):\n    def handle(self):\n        self.response.payload = {!r}\n"
    )
    file.write_text(template.format("one"))
    assert "OK" in own.zato("hot-deploy", file, "--path", own.server, "--check").stdout
    assert not (own.pickup / "handy.py").exists()
    done = own.zato("hot-deploy", file, "--path", own.server)
    assert "`handy.py` OK" in done.stdout or "`handy.py` is in force" in done.stdout, "whoever was first"
    assert done.stdout.endswith(": handy.handy\n")
    again = own.zato("hot-deploy", file, "--path", own.server)
    assert again.stdout.endswith("`handy.py` is in force as it is: handy.handy\n")
    assert own.zato("service", "invoke", own.server, "handy.handy").stdout == "one\n"
    file.write_text(template.format("two"))
    own.zato("hot-deploy", file, "--path", own.root)
    assert own.zato("service", "invoke", own.server, "handy.handy").stdout == "two\n"
    file.write_text("class Handy(:\n")
    for option in ("--check", "--verbose"):
        failed = own.zato("hot-deploy", file, "--path", own.server, option, expect=21)
        assert "handy.py:1" in failed.stderr
        assert "SyntaxError" in failed.stderr
    assert own.zato("service", "invoke", own.server, "handy.handy").stdout == "two\n"
    own.zato("service", "rollback", own.server, "handy.py")
    assert own.zato("service", "invoke", own.server, "handy.handy").stdout == "one\n"
    shown = own.zato("service", "deployments", own.server).stdout
    assert "handy.py failed" in shown
    assert "SyntaxError" in shown
    own.zato("hot-deploy", tmp_path / "none.py", "--path", own.server, expect=2)
    refused = own.zato("service", "rollback", own.server, "never.py", expect=None)
    assert refused.returncode != 0
    assert "never.py" in refused.stderr
    refused = own.zato("service", "rollback", own.server, "handy.py", "--steps", "99", expect=None)
    assert refused.returncode != 0
    assert "handy.py" in refused.stderr
