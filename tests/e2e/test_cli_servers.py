"""Commands about servers that run: start, stop, info, services, several servers, and what comes after a crash."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from environment import children, free_port, is_alive, read_credentials, send, wait_for
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


# Info


def test_info_has_every_historical_key(running: Quickstart) -> None:
    facts = running.info()
    supervisor = running.supervisor()
    assert facts["component_running"] is True
    assert facts["component_full_path"] == str(running.server)
    assert facts["component_host"] == socket.gethostname()
    assert facts["component_details"]["component"] == "SERVER"
    assert facts["master_proc_pid"] == supervisor
    assert facts["master_proc_workers_no"] == 1
    assert facts["master_proc_workers_pids"] == children(supervisor)
    assert any(f":{running.port} LISTEN" in line for line in facts["master_proc_connections"])
    for key in (
        "current_time", "current_time_utc", "master_proc_create_time", "master_proc_create_time_utc",
        "master_proc_name", "master_proc_username",
    ):  # fmt: skip
        assert facts[key], key
    text = running.zato("info", running.server).stdout
    yaml = running.zato("info", running.root, "--format", "yaml").stdout
    for shown in (text, yaml):
        assert all(key in shown for key in facts), shown
        assert str(supervisor) in shown
    for password in read_credentials(running.root).values():
        assert password not in text + yaml


# Starting and stopping


def test_a_running_server_is_not_started_again(running: Quickstart) -> None:
    for path in (running.server, running.root):
        done = running.zato("start", path, expect=9)
        assert str(running.supervisor()) in done.stderr
    assert "running" in running.zato("start", running.server, "--fg", expect=9).stderr
    assert "running" in running.zato("check-config", running.server, expect=9).stderr
    assert "running" in running.zato("quickstart", "create", running.root, "--force", expect=9).stderr
    assert running.answers()


def test_waiting_for_a_server_that_answers(running: Quickstart) -> None:
    running.zato("wait", "--path", running.server)
    running.zato("wait", running.root)
    done = running.zato("wait", "--address", f"http://127.0.0.1:{running.port}", "--url-path", "/zato/ping")
    assert done.stdout.endswith("OK\n")
    assert running.zato("wait", "--path", running.server, "--silent").stdout == ""
    running.zato("wait", "--path", running.server, "--url-path", "/no/such", "--timeout", "0.3", expect=28)


def test_a_server_stops_and_starts_again(own: Quickstart) -> None:
    for _ in range(2):
        assert own.zato("start", own.root).stdout.endswith("OK\n")
        assert own.answers()
        pids = [own.supervisor(), *children(own.supervisor())]
        begun = time.monotonic()
        done = own.zato("stop", own.server)
        assert time.monotonic() - begun < 4
        assert f"Server `{own.server}` shutting down" in done.stdout
        wait_for(lambda pids=pids: not any(map(is_alive, pids)), 1, "all processes to be gone")
        assert not (own.server / "pidfile").exists()
        assert not own.answers()
        own.zato("stop", own.server, expect=10)
    assert own.info()["component_running"] is False


def test_an_environment_can_be_moved(own: Quickstart, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere" / "with blank"
    moved.parent.mkdir()
    shutil.move(own.root, moved)
    own.root = moved
    own.zato("start", "elsewhere/with blank/server1")
    assert own.answers()


def test_a_start_after_a_crash_needs_no_hand(own: Quickstart) -> None:
    own.zato("start", own.server)
    before = own.supervisor()
    workers = children(before)
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: not any(map(is_alive, workers)), what="workers to leave")
    assert (own.server / "pidfile").exists(), "nobody was left to remove it"
    assert own.info()["component_running"] is False
    own.zato("start", own.server)
    assert own.supervisor() != before
    assert own.answers()


def test_checking_or_stopping_after_a_crash_removes_the_pidfile(own: Quickstart) -> None:
    for command, code in (("stop", 10), ("check-config", 0)):
        own.zato("start", own.server)
        workers = children(own.supervisor())
        os.kill(own.supervisor(), signal.SIGKILL)
        wait_for(lambda pids=workers: not any(map(is_alive, pids)))
        own.zato(command, own.server, expect=code)
        assert not (own.server / "pidfile").exists()


def test_a_pidfile_of_somebody_else_is_no_running_server(own: Quickstart) -> None:
    (own.server / "pidfile").write_text(str(os.getpid()))
    own.zato("start", own.server)
    assert own.answers()


def test_a_second_server_on_the_same_port_is_refused(own: Quickstart) -> None:
    own.zato("start", own.server)
    cluster = re.search(r"initial_cluster_name = (\S+)", (own.server / "config/repo/server.conf").read_text())
    assert cluster
    own.zato("create", "server", own.root / "server2", cluster[1], "server2", "--http-port", str(own.port))
    done = own.zato("start", own.root / "server2", expect=18)
    assert str(own.port) in done.stderr + done.stdout
    assert own.answers()


def test_a_server_can_be_added_to_a_cluster(own: Quickstart) -> None:
    own.zato("start", own.server)
    conf = (own.server / "config/repo/server.conf").read_text()
    cluster = re.search(r"initial_cluster_name = (\S+)", conf)
    assert cluster
    port = free_port()
    done = own.zato("create", "server", own.root / "server2", cluster[1], "server2", "--http_port", str(port))
    assert str(port) in done.stdout
    own.zato("start", own.root / "server2")
    assert own.answers(port)
    own.zato("create-rest-channel", "--path", own.server, "--name", "shared", "--url-path", "/shared", "--service",
             "commands.text")  # fmt: skip
    assert send(own.port, "GET", "/shared").text == "zażółć"
    wait_for(lambda: send(port, "GET", "/shared").text == "zażółć", 5, "the other server of the cluster to follow")
    stopped = own.zato("stop", own.root)
    assert stopped.stdout.count("shutting down") == 2
    own.zato("start", own.root)
    assert own.answers()
    assert own.answers(port)
    facts = json.loads(own.zato("info", own.root, "--format", "json").stdout)
    assert [server["component_running"] for server in facts] == [True, True]


def test_the_scripts_beside_an_environment_start_and_stop_it(tmp_path: Path) -> None:
    with quickstart(tmp_path, "--servers", "2", "--cluster-name", "it's mine") as made:
        run = {"env": {"PATH": os.defpath}, "capture_output": True, "text": True, "timeout": 120, "check": True}
        started = subprocess.run([made.root / "zato-qs-start.sh"], **run)
        assert "Zato cluster it's mine started" in started.stdout
        assert "server2 started" in started.stdout
        assert made.answers()
        assert made.answers(made.port + 1)
        restarted = subprocess.run([made.root / "zato-qs-restart.sh"], **run)
        assert "stopped" in restarted.stdout
        assert made.answers()
        subprocess.run([made.root / "zato-qs-stop.sh"], **run)
        assert not made.answers()
        subprocess.run([made.root / "zato-qs-stop.sh"], **run)


@contextlib.contextmanager
def foreground(made: Quickstart, *arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    """`zato start --fg` in a process group of its own."""
    command = [*made.zato.program, "start", *map(str, arguments), "--fg"]
    output = (made.root / "foreground.log").open("w")
    process = subprocess.Popen(
        command, env=made.zato.variables, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
        text=True, start_new_session=True,
    )  # fmt: skip
    try:
        wait_for(made.answers, 30, "the server in the foreground")
        yield process
    finally:
        output.close()
        if process.poll() is None:
            process.kill()
            process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_in_the_foreground_drains_and_stops_within_two_seconds(
    own: Quickstart, number: signal.Signals
) -> None:
    for path in (own.server, own.root):
        with foreground(own, path) as process:
            begun = time.monotonic()
            # Ctrl-C reaches the whole group of processes, kill reaches the one.
            if number == signal.SIGINT:
                os.killpg(process.pid, number)
            else:
                process.send_signal(number)
            assert process.wait(20) == 0
            assert time.monotonic() - begun < 2.5
            assert not (own.server / "pidfile").exists()
        shown = (own.root / "foreground.log").read_text()
        assert "Traceback" not in shown
        assert "panicked" not in shown
        assert "KeyboardInterrupt" not in shown
        assert str(own.port) in shown, "the address is told"


def test_several_servers_run_in_one_foreground(tmp_path: Path) -> None:
    with quickstart(tmp_path, "--servers", "2") as made, foreground(made, made.root) as process:
        wait_for(lambda: made.answers(made.port + 1), 30)
        process.terminate()
        assert process.wait(20) == 0
        assert not made.answers()
        assert not made.answers(made.port + 1)


def test_a_taken_port_is_told_at_once(own: Quickstart) -> None:
    with socket.create_server(("127.0.0.1", own.port)):
        begun = time.monotonic()
        refused = own.zato("start", own.server, expect=18)
        assert time.monotonic() - begun < 2, "most of it is the start of two Pythons"
    assert f"port {own.port} is taken" in refused.stderr
    assert "server.conf" in refused.stderr
    own.zato("start", own.server)


def test_a_server_can_be_told_when_to_stop(own: Quickstart) -> None:
    own.zato("start", own.server, "--stop-after", "1.5")
    assert own.answers()
    wait_for(lambda: not (own.server / "pidfile").exists(), 15, "the server to stop by itself")


def test_variables_come_from_a_file_and_from_server_conf(own: Quickstart) -> None:
    file = own.root / "env.ini"
    file.write_text("[env]\nMy_Variable=one, two\n")
    own.zato("start", own.server, "--env-file", file)
    value = own.invoke("commands.facts")["variable"]
    assert value == "one, two"
    own.zato("stop", own.server)
    conf = own.server / "config/repo/server.conf"
    conf.write_text(conf.read_text().replace("[os_environ]", "[os_environ]\nMy_Variable = from the file"))
    own.zato("start", own.server)
    assert own.invoke("commands.facts")["variable"] == "from the file"
    own.zato("stop", own.server)
    own.zato("start", own.server, "--env_file", own.root / "none.ini", expect=2)


def test_the_secret_key_can_be_kept_out_of_the_files(own: Quickstart) -> None:
    secrets = own.server / "config/repo/secrets.conf"
    key = re.search(r"^key1 ?= ?(\S+)$", secrets.read_text(), re.MULTILINE)
    assert key
    secrets.write_text(secrets.read_text().replace(key[1], ""))
    refused = own.zato("start", own.server, expect=None)
    assert refused.returncode in (18, 29)
    assert "secrets.conf" in refused.stderr + refused.stdout
    own.zato("start", own.server, "--secret-key", key[1])
    credentials = read_credentials(own.root)
    answer = send(own.port, "GET", "/zato/api/invoke/demo.ping", auth=("pubapi", credentials["pubapi"]))
    assert answer.status == 200
    for pid in (own.supervisor(), *children(own.supervisor())):
        assert key[1].encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()
    for pid in children(own.supervisor()):
        assert key[1].encode() not in Path(f"/proc/{pid}/environ").read_bytes(), "what services start would inherit it"


def test_console_output_of_a_background_server_goes_to_a_file(own: Quickstart) -> None:
    file = own.root / "console.txt"
    (own.pickup / "prints.py").write_text("print('printed while importing')\n")
    own.zato("start", own.server, "--stderr-path", file)
    wait_for(lambda: "printed while importing" in file.read_text())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
