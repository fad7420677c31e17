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
from dataclasses import dataclass
from pathlib import Path

import pytest
from environment import CommandLine, children, free_port, is_alive, read_credentials, send, wait_for

COMMANDS = """\
from zato.server.service import Service

class Nothing(Service):
    name = 'commands.nothing'
    def handle(self):
        pass

class Text(Service):
    name = 'commands.text'
    def handle(self):
        self.response.payload = 'zażółć'

class Facts(Service):
    name = 'commands.facts'
    def handle(self):
        import os
        self.response.payload = {
            'payload': self.request.payload, 'channel': self.channel.type, 'data_format': self.data_format,
            'transport': self.transport, 'variable': os.environ.get('My_Variable'),
        }

class Notes(Service):
    name = 'commands.notes'
    noted = []
    def handle(self):
        if self.request.payload:
            self.noted.append([self.cid, self.request.payload, self.channel.type])
        self.response.payload = self.noted

class Fails(Service):
    name = 'commands.fails'
    def handle(self):
        raise ValueError('the moon is in the wrong house')
"""


@dataclass
class Quickstart:
    """An environment that is configured by files only."""

    zato: CommandLine
    root: Path
    port: int

    @property
    def server(self) -> Path:
        """Directory of its first server."""
        return self.root / "server1"

    @property
    def pickup(self) -> Path:
        """Directory services are picked up from."""
        return self.server / "pickup/incoming/services"

    def answers(self, port: int | None = None) -> bool:
        """Whether a server of it answers pings."""
        try:
            return send(port or self.port, "GET", "/zato/ping").status == 200
        except OSError:
            return False

    def supervisor(self) -> int:
        """Process ID of the first server's supervisor."""
        return int((self.server / "pidfile").read_text())

    def info(self) -> dict:
        """What `zato info` says about the first server."""
        return json.loads(self.zato("info", self.server, "--format", "json").stdout)


@contextlib.contextmanager
def quickstart(directory: Path, *options: str) -> Iterator[Quickstart]:
    """Makes an environment; whatever runs of it in the end is stopped."""
    zato = CommandLine(directory)
    port = free_port()
    zato("quickstart", "create", "qs", "--http-port", str(port), *options)
    made = Quickstart(zato, directory / "qs", port)
    (made.pickup / "commands.py").write_text(COMMANDS)
    try:
        yield made
    except BaseException:
        for log in sorted(made.root.glob("server*/logs/*.log")):
            print(f"--- {log}\n{log.read_text()[-8000:]}")  # noqa: T201
        raise
    finally:
        zato("stop", made.root, expect=None)


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


def test_a_server_can_be_told_when_to_stop(own: Quickstart) -> None:
    own.zato("start", own.server, "--stop-after", "1.5")
    assert own.answers()
    wait_for(lambda: not (own.server / "pidfile").exists(), 15, "the server to stop by itself")


def test_variables_come_from_a_file_and_from_server_conf(own: Quickstart) -> None:
    file = own.root / "env.ini"
    file.write_text("[env]\nMy_Variable=one, two\n")
    own.zato("start", own.server, "--env-file", file)
    value = invoke(own, "commands.facts")["variable"]
    assert value == "one, two"
    own.zato("stop", own.server)
    conf = own.server / "config/repo/server.conf"
    conf.write_text(conf.read_text().replace("[os_environ]", "[os_environ]\nMy_Variable = from the file"))
    own.zato("start", own.server)
    assert invoke(own, "commands.facts")["variable"] == "from the file"
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


def test_console_output_of_a_background_server_goes_to_a_file(own: Quickstart) -> None:
    file = own.root / "console.txt"
    (own.pickup / "prints.py").write_text("print('printed while importing')\n")
    own.zato("start", own.server, "--stderr-path", file)
    wait_for(lambda: "printed while importing" in file.read_text())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


# Services


def invoke(made: Quickstart, service: str, *options: str) -> object:
    return json.loads(made.zato("service", "invoke", made.server, service, *options).stdout)


def test_services_are_invoked(running: Quickstart) -> None:
    assert invoke(running, "demo.ping") == {"pong": "demo"}
    facts = invoke(running, "commands.facts", "--payload", '{"a": [1, "ż"]}')
    assert facts["payload"] == {"a": [1, "ż"]}
    assert facts["channel"] == "invoke"
    assert invoke(running, "commands.facts", "--payload", "-1")["payload"] == -1
    options = ("--channel", "scheduler", "--data_format", "dict", "--transport", "plain_http", "--payload", "k=v")
    facts = invoke(running, "commands.facts", *options)
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
    wait_for(lambda: expected in [note[:2] for note in invoke(running, "commands.notes")])


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
    assert ":8" in line, "the line of the class"
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
