"""Environments and components are made in the forms of every version, and told apart."""

from __future__ import annotations

import json
import re
import socket
import stat
from pathlib import Path

import pytest
from environment import CommandLine, free_port, read_credentials


@pytest.fixture
def zato(tmp_path: Path) -> CommandLine:
    """The command line in an empty directory."""
    return CommandLine(tmp_path)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that is never started; tests leave it as it is."""
    directory = tmp_path_factory.mktemp("made")
    CommandLine(directory)("quickstart", "create", "qs", "--http-port", str(free_port()))
    return directory / "qs"


def mark(directory: Path, component: str) -> Path:
    """Makes a directory look like a component of an earlier version."""
    directory.mkdir()
    info = {"version": "3.1", "created_user_host": "a@b", "created_ts": "2020-01-01", "component": component}
    (directory / ".zato-info").write_text(json.dumps(info))
    return directory


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# Quickstart


@pytest.mark.parametrize(
    "line",
    [
        "quickstart create DIR",
        "quickstart DIR",
        "quickstart --verbose DIR",
        "quickstart create DIR sqlite",
        "quickstart create DIR sqlite localhost",
        "quickstart create DIR sqlite localhost 6379",
        "quickstart DIR sqlite localhost 6379 --verbose",
        "quickstart create DIR sqlite localhost 6379 --kvdb_password= --cluster_name c1 --servers 1",
        "quickstart create DIR --odb-type sqlite --cluster-name c1 --servers 1 --threads-per-server 1",
        "quickstart create DIR --odb_type sqlite --cluster_name c1 --servers 1 --threads_per_server 1",
        "quickstart create DIR --redis-host localhost --redis-port 6379",
        "quickstart create DIR --no-scheduler --jwt-secret-key x --preamble-script y.sh",
        "quickstart create DIR --scheduler-address-for-server http://localhost:31530"
        " --server-address-for-scheduler http://localhost:17010 --scheduler_api_client_for_server_username a"
        " --scheduler-api-client-for-server-password b",
    ],
)
def test_every_form_of_quickstart_makes_an_environment(zato: CommandLine, line: str) -> None:
    done = zato(*(word.replace("DIR", "some/env 1 ż/qs") for word in line.split()))
    root = zato.directory / "some" / "env 1 ż" / "qs"
    for path in (
        "zato.db",
        "server1/.zato-info",
        "server1/config/repo/server.conf",
        "server1/config/repo/logging.conf",
        "server1/config/repo/simple-io.conf",
        "server1/config/repo/service-sources.txt",
        "server1/config/repo/pickup.conf",
        "server1/config/repo/secrets.conf",
        "server1/pickup/incoming/services/demo.py",
        "zato-qs-start.sh",
        "zato-qs-stop.sh",
        "zato-qs-restart.sh",
    ):
        assert (root / path).is_file(), path
    assert not (root / "server2").exists()
    if "c1" in line:
        assert "Quickstart cluster c1 created" in done.stdout
    else:
        assert re.search(r"Quickstart cluster quickstart-\d+ created", done.stdout)
    for words in ("Start the cluster by issuing this command", "zato-qs-start.sh", "pickup/incoming/services"):
        assert words in done.stdout


def test_several_servers_get_directories_and_ports_of_their_own(zato: CommandLine) -> None:
    zato("quickstart", "create", "qs", "--servers", "3", "--http-port", "20110", "--threads_per_server=2")
    for number in (1, 2, 3):
        conf = (zato.directory / f"qs/server{number}/config/repo/server.conf").read_text()
        assert f"bind = 0.0.0.0:{20109 + number}" in conf
        assert "workers = 2" in conf
    assert not (zato.directory / "qs/server4").exists()


def test_passwords_are_printed_once_and_kept_for_the_owner_only(zato: CommandLine) -> None:
    done = zato("quickstart", "create", "qs", "--store-log")
    file = zato.directory / "qs" / "credentials"
    assert mode(file) == 0o600
    assert all(re.fullmatch(r"[^:\s]+: \S+", line) for line in file.read_text().splitlines())
    credentials = read_credentials(zato.directory / "qs")
    assert {"admin.invoke", "pubapi", "metrics"} <= set(credentials)
    assert len(set(credentials.values())) == len(credentials)
    (log,) = zato.directory.glob("zato.*.log")
    for user, password in credentials.items():
        assert len(password) >= 16
        assert done.stdout.count(password) == 1, f"password of {user}"
        assert password not in done.stderr
        assert password not in log.read_text()
    assert mode(zato.directory / "qs/server1/config/repo/secrets.conf") == 0o600


def test_a_password_can_be_chosen(zato: CommandLine) -> None:
    zato("quickstart", "create", "qs", "--password", "chosen by me")
    credentials = read_credentials(zato.directory / "qs")
    assert credentials["pubapi"] == credentials["admin.invoke"] == "chosen by me"


def test_a_directory_that_is_not_empty_is_left_alone(zato: CommandLine) -> None:
    directory = zato.directory / "full"
    directory.mkdir()
    (directory / "mine.txt").write_text("precious")
    for options in ((), ("--force",)):
        done = zato("quickstart", "create", "full", *options, expect=5)
        assert "full" in done.stderr
    assert [path.name for path in directory.iterdir()] == ["mine.txt"]


def test_an_environment_is_replaced_only_if_asked(zato: CommandLine) -> None:
    zato("quickstart", "create", "qs")
    before = read_credentials(zato.directory / "qs")
    zato("quickstart", "create", "qs", expect=5)
    assert read_credentials(zato.directory / "qs") == before
    zato("quickstart", "create", "qs", "--force")
    assert read_credentials(zato.directory / "qs") != before


@pytest.mark.parametrize(
    "line",
    [
        "quickstart create qs mysql localhost 6379 --odb_host h --odb_port 3306 --odb_user u --odb_db_name d",
        "quickstart create qs postgresql h 5432 u d localhost 6379 --odb_password p",
        "quickstart create qs --odb-type postgresql",
        "quickstart create qs --scheduler-only",
        "quickstart create qs --servers 0",
        "quickstart create qs --threads-per-server many",
        "quickstart create qs --secret-key short",
    ],
)
def test_what_cannot_be_made_is_refused_and_leaves_nothing(zato: CommandLine, line: str) -> None:
    done = zato(*line.split(), expect=15)
    assert "hint" in done.stderr or "usage" in done.stderr.lower() or "--scheduler-only" in done.stderr
    assert list(zato.directory.iterdir()) == []


def test_an_environment_that_cannot_be_finished_is_removed_again(zato: CommandLine) -> None:
    done = zato("quickstart", "create", "qs", "--odb-db-name", "no/such/directory/zato.db", expect=None)
    assert done.returncode in (16, 31)
    assert "no/such/directory" in done.stderr
    assert not (zato.directory / "qs").exists()


# Components made one by one


def test_components_made_one_by_one(zato: CommandLine) -> None:
    zato("create", "odb", "--odb-db-name", "zato.db")
    zato("create", "odb", "--odb_db_name", "zato.db", expect=1)
    assert zato("create", "odb", "--odb-db-name", "zato.db", "--skip-if-exists").stdout.endswith("OK\n")
    key = zato("crypto", "create-secret-key").stdout.strip()
    done = zato("create", "cluster", "c1", "--secret-key", key, "--lb-host", "127.0.0.1", "--lb-agent_port", "20151")
    passwords = dict(re.findall(r"^  (\S+): (\S+)$", done.stdout, re.MULTILINE))
    assert passwords["pubapi"]
    assert key not in done.stdout
    zato("create", "cluster", "c1", "--secret-key", key, expect=6)
    zato("create", "cluster", "c1", "--secret-key", key, "--skip_if_exists")
    zato("create", "server", "one", "c2", "server1", "--secret-key", key, expect=8)
    zato("create", "server", "one", "c1", "server1", "--odb-db-name", "zato.db", expect=29)
    assert not (zato.directory / "one").exists()
    other = zato("create", "secret-key").stdout.strip()
    done = zato("create", "server", "one", "c1", "server1", "--secret-key", other, expect=None)
    assert done.returncode != 0, "the secrets of the cluster are encrypted with another key"
    zato("create", "server", "one", "c1", "server1", "--secret-key", key, "--http-port", "20210")
    zato("create", "server", "two", "c1", "server1", expect=7)
    zato("create", "server", "two", "c1", "server2")
    assert "bind = 0.0.0.0:20211" in (zato.directory / "two/config/repo/server.conf").read_text()
    zato("create", "server", "two", "c1", "server3", expect=5)
    old = "create server three sqlite localhost 6379 pub.pem priv.pem cert.pem ca.pem c1 server3"
    zato(*old.split())
    assert "bind = 0.0.0.0:20212" in (zato.directory / "three/config/repo/server.conf").read_text()
    zato("delete", "odb", "--odb-db-name", "zato.db")
    assert not (zato.directory / "zato.db").exists()


def test_paths_of_other_components(zato: CommandLine) -> None:
    mark(zato.directory / "web-admin", "WEB_ADMIN")
    mark(zato.directory / "load-balancer", "LOAD_BALANCER")
    mark(zato.directory / "scheduler", "SCHEDULER")
    for command in ("check-config", "service list"):
        zato(*command.split(), "web-admin", expect=23)
    zato("enmasse", "web-admin", "--export", expect=23)
    for component in ("web-admin", "load-balancer"):
        assert "does not run" in zato("start", component, expect=18).stderr
        zato("stop", component, expect=10)
    done = zato("start", "scheduler")
    assert "does not run" in done.stdout + done.stderr
    zato("stop", "scheduler", expect=10)
    assert json.loads(zato("component-version", "scheduler").stdout)["component"] == "SCHEDULER"
    assert json.loads(zato("info", "web-admin", "--format", "json").stdout)["component_running"] is False
    (zato.directory / "scheduler" / ".zato-info").write_text("{")
    zato("start", "scheduler", expect=3)


def test_component_version_prints_the_marker(zato: CommandLine, made: Path) -> None:
    marker = json.loads((made / "server1" / ".zato-info").read_text())
    for spelling in ("component-version", "component_version"):
        assert json.loads(zato(spelling, made / "server1").stdout) == marker
    assert marker["component"] == "SERVER"
    assert marker["version"] == "3.2"
    assert "@" in marker["created_user_host"]
    assert marker["created_ts"]


def test_info_of_a_server_that_does_not_run(zato: CommandLine, made: Path) -> None:
    facts = json.loads(zato("info", made / "server1", "--format", "json").stdout)
    assert facts["component_running"] is False
    assert facts["component_full_path"] == str(made / "server1")
    assert facts["component_host"] == socket.gethostname()
    assert facts["component_details"]["component"] == "SERVER"
    assert "master_proc_pid" not in facts
    narrow = zato("info", made, "--cols_width", "22,20").stdout
    assert max(map(len, narrow.splitlines())) <= 22 + 2 + 20
    assert "component_running: false" in zato("info", made, "--format=yaml").stdout
    zato("info", made, "--cols-width", "wide", expect=15)
