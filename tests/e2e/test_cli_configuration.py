"""Configuration that cannot be used is told by file, line, key and remedy before anything starts."""

from __future__ import annotations

import re
import socket
import time
from pathlib import Path

import pytest
from environment import FIXTURES, CommandLine, free_port


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
    ("server.conf", ("[main]", "[main]\nqueue_limit = plenty"), ["queue_limit", "whole number"]),
    ("server.conf", ("[main]", "[main]\nswitch_interval = 3 parsecs"), ["switch_interval", "500ms"]),
    ("server.conf", ("profile = 3.2", "profile = 3.3"), ["profile", "4.1"]),
    ("server.conf", ("[http]", "[http]\ntrusted_proxies = everybody"), ["trusted_proxies", "10.0.0.0/8"]),
    ("server.conf", ("[misc]", "[misc]\nneeds_x_zato_cid = perhaps"), ["needs_x_zato_cid", "true or false"]),
    ("server.conf", ("[limits]", "[limits]\nmax_body_size = huge"), ["max_body_size", "10MB"]),
    ("server.conf", ("[odb]", "[odb\nsomething"), ["server.conf"]),
    ("logging.conf", ("        level: INFO", "        level: LOUD"), ["LOUD", "DEBUG"]),
]


@pytest.mark.parametrize(("name", "change", "words"), BROKEN)
def test_broken_configuration_is_told_by_file_line_key_and_remedy(
    zato: CommandLine, own: Path, name: str, change: tuple[str, str], words: list[str]
) -> None:
    line = write_conf(own, name, change)
    checked = zato("check-config", own / "server1", expect=21).stderr
    assert re.search(rf"{re.escape(name)}:({line - 1}|{line}):", checked), checked
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
