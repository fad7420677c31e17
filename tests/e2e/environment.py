"""A real quickstart environment: real `zato` processes in a temporary directory, on a free port."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ZATO = Path(sys.executable).with_name("zato")
FIXTURES = Path(__file__).with_name("fixtures")


@dataclass
class Answer:
    """An HTTP response as tests look at it."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        """Body as text."""
        return self.body.decode()

    def json(self) -> Any:
        """Body as JSON."""
        return json.loads(self.body)


def wait_for(condition: Callable[[], Any], seconds: float = 15.0, what: str = "") -> Any:
    """Waits until the condition gives something true, and gives that; says the last state if it never does."""
    deadline = time.monotonic() + seconds
    last: Any = None
    while time.monotonic() < deadline:
        try:
            last = condition()
        except OSError as error:
            last = error
        else:
            if last:
                return last
        time.sleep(0.002)
    raise AssertionError(f"not within {seconds} s: {what or condition}; last state: {last!r}")


def at_once(count: int, call: Callable[[], Any]) -> list[Any]:
    """Calls from so many threads at once, and gives what each of them got once all have it."""
    got: list[Any] = []
    threads = [threading.Thread(target=lambda: got.append(call())) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits for its parent does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def free_port() -> int:
    """Gives a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def clean_variables() -> dict[str, str]:
    """Environment variables of this process without those that configure Zato."""
    return {key: value for key, value in os.environ.items() if not key.lower().startswith("zato")}


@dataclass
class CommandLine:
    """Runs `zato` in a directory, configured by nothing but its arguments."""

    directory: Path
    program: tuple[str, ...] = (str(ZATO),)
    variables: dict[str, str] = field(default_factory=clean_variables)

    def __call__(
        self, *arguments: str | Path, expect: int | None = 0, env: dict[str, str] | None = None, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        """Runs a command; checks its exit code unless `expect` is None."""
        command = [*self.program, *map(str, arguments)]
        if "input" not in options:
            options["stdin"] = subprocess.DEVNULL
        options = {"capture_output": True, "text": True, "timeout": 60, "cwd": self.directory} | options
        done = subprocess.run(command, env=self.variables | (env or {}), **options)
        if expect is not None and done.returncode != expect:
            shown = " ".join(map(str, arguments))
            raise AssertionError(f"`zato {shown}` gave {done.returncode}, not {expect}\n{done.stdout}\n{done.stderr}")
        return done


def send(
    port: int,
    method: str,
    path: str,
    body: bytes | str | None = None,
    headers: dict[str, str] | None = None,
    auth: tuple[str, str] | None = None,
    timeout: float = 20.0,
) -> Answer:
    """Sends one request to a port of this machine, on a connection of its own."""
    headers = dict(headers or {})
    if auth:
        token = base64.b64encode(f"{auth[0]}:{auth[1]}".encode()).decode()
        headers["Authorization"] = f"Basic {token}"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


def children(parent: int) -> list[int]:
    """Process IDs of the children of a process, sorted."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1]) == parent:
                    found.append(int(entry.name))
    return sorted(found)


def read_credentials(root: Path) -> dict[str, str]:
    """Users and passwords that quickstart wrote down."""
    lines = (root / "credentials").read_text().splitlines()
    return dict(line.split(": ", 1) for line in lines if line)


@dataclass
class Environment:
    """One quickstart environment."""

    root: Path
    workers: int = 1
    settings: dict[str, dict[str, str]] = field(default_factory=dict)
    fixtures: tuple[str, ...] = ()
    port: int = field(default_factory=free_port)
    is_running: bool = False

    @property
    def server(self) -> Path:
        """Directory of the server."""
        return self.root / "server1"

    @property
    def pickup(self) -> Path:
        """Directory services are picked up from."""
        return self.server / "pickup" / "incoming" / "services"

    @property
    def variables(self) -> dict[str, str]:
        """Environment variables of every command."""
        return clean_variables() | {
            "Zato_Config_Bind_Host": "127.0.0.1",
            "Zato_Config_Bind_Port": str(self.port),
            "Zato_Config_Num_Threads": str(self.workers),
        }

    def zato(self, *arguments: str | Path, expect: int | None = 0, **options: Any) -> subprocess.CompletedProcess[str]:
        """Runs a command; checks its exit code unless `expect` is None."""
        run = CommandLine(Path.cwd(), variables=self.variables)
        return run(*arguments, expect=expect, **options)

    def create(self) -> None:
        """Makes the environment."""
        self.zato("quickstart", "create", self.root)
        if self.settings:
            self.configure(self.settings)
        self.deploy_fixtures(*self.fixtures)

    def configure(self, settings: dict[str, dict[str, str]]) -> None:
        """Sets keys of server.conf."""
        path = self.server / "config" / "repo" / "server.conf"
        lines = path.read_text().splitlines()
        for stanza, pairs in settings.items():
            keys = set(pairs)
            inside, kept = False, []
            for line in lines:
                if line.startswith("["):
                    inside = line.strip() == f"[{stanza}]"
                if not (inside and line.split("=")[0].strip() in keys):
                    kept.append(line)
            new = [f"{key} = {value}" for key, value in pairs.items()]
            if f"[{stanza}]" in kept:
                at = kept.index(f"[{stanza}]") + 1
                kept[at:at] = new
            else:
                kept += ["", f"[{stanza}]", *new]
            lines = kept
        path.write_text("\n".join(lines) + "\n")

    def start(self) -> None:
        """Starts the server in the background and waits until it is ready."""
        self.zato("start", self.server)
        self.is_running = True

    def stop(self, expect: int | None = 0) -> None:
        """Stops the server."""
        if self.is_running:
            self.is_running = False
            self.zato("stop", self.server, expect=expect)

    def credentials(self) -> dict[str, str]:
        """Generated users and passwords."""
        return read_credentials(self.root)

    def info(self) -> dict[str, Any]:
        """What `zato info` says."""
        return json.loads(self.zato("info", self.server, "--format", "json").stdout)

    def supervisor_pid(self) -> int:
        """Process ID of the supervisor."""
        return int((self.server / "pidfile").read_text().split()[0])

    def worker_pids(self) -> list[int]:
        """Process IDs of the workers."""
        return children(self.supervisor_pid())

    def log(self) -> str:
        """The server's log."""
        return (self.server / "logs" / "server.log").read_text()

    def deploy(self, name: str, source: str) -> Path:
        """Saves a service file the way `cp` does."""
        path = self.pickup / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
        return path

    def deploy_fixtures(self, *patterns: str) -> None:
        """Copies files and directories of `fixtures` into the pickup directory."""
        for pattern in patterns:
            sources = [path for path in sorted(FIXTURES.glob(pattern)) if path.name != "__pycache__"]
            assert sources, f"no fixtures like {pattern}"
            for source in sources:
                target = self.pickup / source.name
                if source.is_dir():
                    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
                else:
                    shutil.copy(source, target)

    def channel(self, path: str, service: str, **fields: Any) -> None:
        """Makes an open REST channel through enmasse."""
        item = {"name": f"test.{path}.{fields.get('method', '')}", "url_path": path, "service": service} | fields
        self.enmasse({"channel_rest": [item]})

    def enmasse(self, document: dict[str, Any], *options: str, expect: int = 0) -> subprocess.CompletedProcess[str]:
        """Imports a document."""
        file = self.root.parent / f"enmasse-{time.monotonic_ns()}.yaml"
        file.write_text(json.dumps(document))
        return self.zato("enmasse", self.server, "--import", "--input", file, *options, expect=expect)

    def request(
        self,
        method: str,
        path: str,
        body: bytes | str | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float = 20.0,
    ) -> Answer:
        """Sends one request on a connection of its own."""
        return send(self.port, method, path, body, headers, auth, timeout)

    def get(self, path: str, **options: Any) -> Answer:
        """Sends a GET request."""
        return self.request("GET", path, **options)

    def post(self, path: str, value: Any, **options: Any) -> Answer:
        """Sends a POST request with JSON."""
        return self.request("POST", path, json.dumps(value), **options)

    def invoke(self, service: str, payload: Any = None) -> Answer:
        """Invokes a service through the invoke channel."""
        return self.post(f"/zato/api/invoke/{service}", payload, auth=("pubapi", self.credentials()["pubapi"]))

    def wait_for_service(self, service: str, seconds: float = 10.0) -> None:
        """Waits until a service is deployed."""
        wait_for(lambda: self.invoke(service).status != 400, seconds, f"service {service}")


@contextlib.contextmanager
def environment(root: Path, **options: Any) -> Iterator[Environment]:
    """A started environment that is stopped at the end; its log is printed if the test failed."""
    made = Environment(root, **options)
    made.create()
    try:
        made.start()
        yield made
    except BaseException:
        with contextlib.suppress(OSError):
            print(made.log()[-20_000:])  # noqa: T201
        raise
    finally:
        made.stop(expect=None)
