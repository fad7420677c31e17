"""Commands that need no running server: forms of every version, exit codes, keys, what is made and what is told."""

from __future__ import annotations

import base64
import errno
import hashlib
import hmac
import json
import os
import pty
import re
import shutil
import socket
import stat
import statistics
import time
from pathlib import Path

import pytest
from environment import FIXTURES, CommandLine, free_port, read_credentials

PROMPT_LIMIT = 20.0


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


# Version and usage


def test_the_version_is_printed_fast(zato: CommandLine) -> None:
    zato("--version")
    times = []
    for _ in range(10):
        begun = time.perf_counter()
        done = zato("--version")
        times.append(time.perf_counter() - begun)
        assert re.fullmatch(r"Zato 3\.2\+\S+-py3\.\d+\.\d+\S*\n", done.stdout), done.stdout
    median = statistics.median(times) * 1000
    print(f"zato --version: median {median:.0f} ms, best {min(times) * 1000:.0f} ms (goal: under 100 ms)")
    assert median < 250


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("", 14),
        ("create", 14),
        ("quickstart create", 29),
        ("explode", 15),
        ("start", 29),
        ("stop", 29),
        ("info", 29),
        ("service invoke", 29),
        ("start . --speed fast", 15),
        ("wait", 29),
        ("wait --address https://localhost", 15),
        ("encrypt --data x", 29),
        ("encrypt --path . --secret-key x --data y", 13),
        ("from-config none.config", 2),
        ("start none", 31),
        ("start none --fg", 31),
        ("stop none", 31),
        ("info none", 31),
        ("component-version none", 31),
        ("check-config none", 31),
        ("enmasse none --export", 31),
        ("service list none", 31),
        ("start .", 3),
        ("info .", 3),
        ("stop .", 3),
        ("component-version .", 3),
        ("check-config .", 3),
        ("enmasse . --export", 3),
        ("service list .", 3),
        ("create cluster main", 4),
        ("create server server1 main server1", 4),
        ("delete odb", 4),
    ],
)
def test_usage_errors_have_their_exit_codes_and_say_why(zato: CommandLine, line: str, code: int) -> None:
    done = zato(*line.split(), expect=code)
    assert done.stderr.strip()
    assert "panicked" not in done.stderr
    assert "Traceback" not in done.stderr


def test_help_is_no_error_and_names_every_command(zato: CommandLine) -> None:
    top = zato("--help").stdout
    for command in ("quickstart", "start", "stop", "info", "enmasse", "service", "create", "encrypt", "wait"):
        assert command in top
    for line in ("quickstart create --help", "start -h", "service invoke --help", "create server --help"):
        assert "Usage" in zato(*line.split()).stdout


def test_a_misspelled_command_or_option_is_answered_with_the_right_one(zato: CommandLine) -> None:
    assert "info" in zato("inof", expect=15).stderr
    assert "--cluster-name" in zato("quickstart", "create", "x", "--clutser-name", "c", expect=15).stderr
    assert not (zato.directory / "x").exists()


@pytest.mark.parametrize("line", ["create load_balancer x", "create web-admin x", "pubsub get-topics", "sso login x"])
def test_commands_of_earlier_versions_that_are_not_here_say_so(zato: CommandLine, line: str) -> None:
    assert "not part of this version" in zato(*line.split(), expect=15).stderr


def test_output_can_be_silenced_but_not_data(zato: CommandLine) -> None:
    silent = {"ZATO_CLI_DONT_SHOW_OUTPUT": "1"}
    done = zato("quickstart", "create", "qs", env=silent)
    assert done.stdout == ""
    assert read_credentials(zato.directory / "qs")["pubapi"]
    assert len(zato("create", "secret-key", env=silent).stdout.strip()) == 44


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


# Keys and secrets


def test_keys_are_fernet_keys_and_differ(zato: CommandLine) -> None:
    keys = {zato(*words).stdout for words in (("create", "secret-key"), ("crypto", "create-secret-key"))}
    assert len(keys) == 2
    assert all(len(base64.urlsafe_b64decode(key.strip())) == 32 for key in keys)


def test_data_is_encrypted_as_fernet_tokens_and_decrypted(zato: CommandLine) -> None:
    key = zato("crypto", "create-secret-key").stdout.strip()
    for data in ("hunter2", "--looks-like=an-option", "zażółć gęślą", "a b  c"):
        token = zato("encrypt", "--secret_key", key, "--data", data).stdout.strip()
        raw = base64.urlsafe_b64decode(token)
        digest = hmac.new(base64.urlsafe_b64decode(key)[:16], raw[:-32], hashlib.sha256).digest()
        assert raw[0] == 0x80
        assert hmac.compare_digest(digest, raw[-32:]), "not a token of the Fernet specification"
        assert zato("decrypt", "--secret-key", key, "--data", token).stdout == data + "\n"
        assert zato("decrypt", "--secret-key", "-", "--data", token, input=key + "\n").stdout == data + "\n"
    other = zato("crypto", "create-secret-key").stdout.strip()
    refused = zato("decrypt", "--secret-key", other, "--data", token, expect=16)
    assert other not in refused.stderr
    assert token not in refused.stderr
    tampered = token[:-6] + ("A" if token[-6] != "A" else "B") + token[-5:]
    zato("decrypt", "--secret-key", key, "--data", tampered, expect=16)
    zato("encrypt", "--secret-key", "too-short", "--data", "x", expect=15)


def test_data_is_encrypted_with_the_key_of_a_server(zato: CommandLine, made: Path) -> None:
    token = zato("encrypt", made / "server1", "--data", "hunter2").stdout.strip()
    assert zato("decrypt", "--path", made, "--data", token).stdout == "hunter2\n"


def test_a_missing_secret_is_asked_for_twice_without_echo(zato: CommandLine) -> None:
    key = zato("crypto", "create-secret-key").stdout.strip()
    zato("encrypt", "--secret-key", key, expect=29)
    shown, code = in_terminal(zato, ["encrypt", "--secret-key", key], ["hunter2", "hunter2"])
    assert code == 0
    assert "hunter2" not in shown
    token = re.search(r"gAAAA[\w=-]+", shown)
    assert token
    assert zato("decrypt", "--secret-key", key, "--data", token[0]).stdout == "hunter2\n"
    shown, code = in_terminal(zato, ["encrypt", "--secret-key", key], ["a", "b"] * 3)
    assert code == 15
    assert "differ" in shown
    shown, code = in_terminal(zato, ["encrypt", "--secret-key", key], ["\x04"])
    assert code == 12, "nothing was entered"


def in_terminal(zato: CommandLine, arguments: list[str], answers: list[str]) -> tuple[str, int]:
    """Runs a command in a terminal and answers each of its prompts; gives what was shown and the exit code."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(zato.directory)
        os.execve(zato.program[0], [*zato.program, *arguments], zato.variables)
    shown = b""
    deadline = time.monotonic() + PROMPT_LIMIT
    remaining = list(answers)
    while time.monotonic() < deadline:
        try:
            piece = os.read(terminal, 4096)
        except OSError as error:
            if error.errno == errno.EIO:
                break
            raise
        if not piece:
            break
        shown += piece
        if piece.rstrip(b" ").endswith(b":") and remaining:
            answer = remaining.pop(0)
            os.write(terminal, answer.encode() + (b"" if answer == "\x04" else b"\n"))
    os.close(terminal)
    return shown.decode(), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


# Recorded commands


def test_a_command_is_recorded_and_replayed(zato: CommandLine) -> None:
    key = zato("crypto", "create-secret-key").stdout.strip()
    zato("encrypt", "--secret-key", key, "--data", "line one\nline two", "--store_config")
    (recorded,) = zato.directory.glob("zato.*.config")
    assert mode(recorded) == 0o600
    text = recorded.read_text()
    assert "encrypt" in text
    assert key in text, "secrets are in clear, as documented"
    token = zato("from-config", recorded).stdout.strip()
    assert zato("decrypt", "--secret-key", key, "--data", token).stdout == "line one\nline two\n"


def test_a_recorded_quickstart_makes_the_same(zato: CommandLine) -> None:
    zato("quickstart", "create", "one", "sqlite", "localhost", "6379", "--servers", "2", "--store-config")
    (recorded,) = zato.directory.glob("zato.*.config")
    shutil.rmtree(zato.directory / "one")
    zato("from_config", recorded)
    assert (zato.directory / "one/server2/.zato-info").is_file()


def test_a_recording_that_cannot_be_read_names_the_line(zato: CommandLine) -> None:
    file = zato.directory / "bad.config"
    file.write_text("command=stop\n\nspeed=fast\n")
    done = zato("from-config", file, expect=15)
    assert "line 3" in done.stderr
    assert "speed" in done.stderr
    zato("from-config", zato.directory / "gone.config", expect=2)


# Configuration


def test_configuration_is_checked_with_a_line_for_each_thing(zato: CommandLine, made: Path) -> None:
    for spelling in ("check-config", "check_config"):
        lines = zato(spelling, made / "server1").stdout.splitlines()
        assert len(lines) >= 4
        assert all(line.startswith("OK") for line in lines)


@pytest.fixture
def own(zato: CommandLine) -> Path:
    """An environment of the test's own that is not started."""
    zato("quickstart", "create", "qs", "--http-port", str(free_port()))
    return zato.directory / "qs"


def write_conf(root: Path, name: str, change: tuple[str, str]) -> int:
    """Replaces text in a configuration file; gives the line it is in."""
    path = root / "server1" / "config" / "repo" / name
    text = path.read_text()
    assert change[0] in text
    path.write_text(text.replace(change[0], change[1], 1))
    wanted = change[1].splitlines()[-1]
    return path.read_text().splitlines().index(wanted) + 1


BROKEN = [
    ("server.conf", ("[main]", "[main]\nqueue_limit = plenty"), ["queue_limit", "plenty"]),
    ("server.conf", ("[main]", "[main]\nswitch_interval = 3 parsecs"), ["switch_interval", "parsecs"]),
    ("server.conf", ("profile = 3.2", "profile = 3.3"), ["profile", "3.3", "4.1"]),
    ("server.conf", ("[http]", "[http]\ntrusted_proxies = everybody"), ["trusted_proxies", "everybody"]),
    ("server.conf", ("[misc]", "[misc]\nneeds_x_zato_cid = perhaps"), ["needs_x_zato_cid", "perhaps"]),
    ("server.conf", ("[limits]", "[limits]\nmax_body_size = huge"), ["max_body_size", "huge"]),
    ("server.conf", ("[odb]", "[odb\nsomething"), ["server.conf"]),
    ("logging.conf", ("level: INFO", "level: LOUD"), ["LOUD", "DEBUG"]),
]


@pytest.mark.parametrize(("name", "change", "words"), BROKEN)
def test_broken_configuration_is_told_by_file_line_key_and_remedy(
    zato: CommandLine, own: Path, name: str, change: tuple[str, str], words: list[str]
) -> None:
    line = write_conf(own, name, change)
    if name == "server.conf":
        checked = zato("check-config", own / "server1", expect=21).stderr
        assert re.search(rf"server\.conf:({line - 1}|{line}):", checked), checked
        for word in words:
            assert word in checked
    started = zato("start", own / "server1", expect=18)
    for word in (f"{name}:", *words):
        assert word in started.stdout + started.stderr
    assert "panicked" not in started.stderr
    assert not (own / "server1" / "pidfile").exists()
    zato("stop", own / "server1", expect=10)


def test_every_problem_of_the_configuration_is_told_at_once(zato: CommandLine, own: Path) -> None:
    write_conf(own, "server.conf", ("[main]", "[main]\nqueue_limit = plenty\nmax_threads = none"))
    write_conf(own, "pickup.conf", ("\n", "\n[hot-deploy.user.mine]\nis_recursive = perhaps\n"))
    done = zato("check-config", own, expect=21)
    for word in ("queue_limit", "max_threads", "is_recursive", "pickup_from"):
        assert word in done.stderr


def test_unknown_keys_are_only_warned_about(zato: CommandLine, own: Path) -> None:
    line = write_conf(own, "server.conf", ("[main]", "[main]\nmax_treads = 7"))
    done = zato("check-config", own)
    assert f"server.conf:{line}" in done.stderr
    assert "max_treads" in done.stderr
    assert "max_threads" in done.stderr, "the key that was probably meant"


def test_a_server_conf_of_3_2_is_read_without_problems(zato: CommandLine, own: Path) -> None:
    conf = own / "server1" / "config" / "repo" / "server.conf"
    text = (FIXTURES / "server-3.2.conf").read_text()
    conf.write_text(text.replace("{port}", str(free_port())).replace("{database}", str(own / "zato.db")))
    done = zato("check-config", own / "server1")
    assert done.stdout.count("OK") >= 4
    assert "unknown" not in done.stderr, "every key of 3.2 is known"


def test_a_taken_port_is_named(zato: CommandLine, own: Path) -> None:
    with socket.create_server(("0.0.0.0", 0)) as taken:
        port = taken.getsockname()[1]
        write_conf(own, "server.conf", (bind_line(own), f"bind = 0.0.0.0:{port}"))
        assert str(port) in zato("check-config", own / "server1", expect=18).stderr
        started = zato("start", own / "server1", expect=18)
        assert str(port) in started.stdout + started.stderr
    assert not (own / "server1" / "pidfile").exists()


def bind_line(root: Path) -> str:
    text = (root / "server1/config/repo/server.conf").read_text()
    found = re.search(r"^bind = .*$", text, re.MULTILINE)
    assert found
    return found[0]


def test_a_missing_config_store_is_named(zato: CommandLine, own: Path) -> None:
    (own / "zato.db").unlink()
    assert "zato.db" in zato("check-config", own, expect=4).stderr
    started = zato("start", own, expect=None)
    assert started.returncode in (4, 18)
    assert "zato.db" in started.stdout + started.stderr
    assert not (own / "zato.db").exists(), "starting makes no empty store"


def test_a_lost_secret_key_is_told(zato: CommandLine, own: Path) -> None:
    secrets = own / "server1/config/repo/secrets.conf"
    key = re.search(r"^key1 ?= ?(\S+)$", secrets.read_text(), re.MULTILINE)
    assert key
    secrets.write_text(secrets.read_text().replace(key[1], ""))
    done = zato("check-config", own, expect=29)
    assert "secrets.conf" in done.stderr
    other = zato("create", "secret-key").stdout.strip()
    secrets.write_text(secrets.read_text().replace(key[0], "").replace("[secret_keys]", f"[secret_keys]\nkey1={other}"))
    done = zato("check-config", own, expect=None)
    assert done.returncode != 0
    assert other not in done.stderr


def test_waiting_for_nobody_ends_in_time(zato: CommandLine, own: Path) -> None:
    begun = time.monotonic()
    zato("wait", "--path", own / "server1", "--timeout", "0.3", "--interval", "0.05", expect=28)
    address = f"http://127.0.0.1:{free_port()}"
    done = zato("wait", "--address", address, "--url_path", "/x", "--timeout=0.3", expect=28)
    assert f"{address}/x" in done.stderr
    assert time.monotonic() - begun < 10


def test_nothing_runs_so_there_is_nothing_to_stop(zato: CommandLine, own: Path) -> None:
    zato("stop", own / "server1", expect=10)
    zato("stop", own, expect=10)
    (own / "server1" / "pidfile").write_text("1")
    zato("stop", own / "server1", expect=10)
    assert not (own / "server1" / "pidfile").exists(), "a stale pidfile is removed"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--import", "--input", "none.yaml"], (2, 31)),
        (["--import", "--input", "."], (2, 30)),
        (["--import", "--export"], (13,)),
        ([], (14,)),
        (["--import"], (12, 29)),
    ],
)
def test_enmasse_refuses_what_it_cannot_do(
    zato: CommandLine, own: Path, options: list[str], code: tuple[int, ...]
) -> None:
    done = zato("enmasse", own / "server1", *options, expect=None)
    assert done.returncode in code, done.stderr
    assert done.stderr.strip()
