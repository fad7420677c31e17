"""The servers that are measured, each started pinned to a core and stopped as a whole process tree."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
BENCH_BIN = ROOT / ".venv-bench" / "bin"
OWN_BIN = ROOT / ".venv" / "bin"
TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """Gives a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def tree(pid: int) -> list[int]:
    """Gives a process and all its descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, ValueError):
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


@dataclass
class Server:
    """A server process tree under measurement."""

    name: str
    command: list[str]
    port: int
    core: str = "0"
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> float:
        """Starts it and gives how many seconds it took to accept connections."""
        begun = time.monotonic()
        command = ["taskset", "-c", self.core, *self.command]
        self.process = subprocess.Popen(
            command,
            env=os.environ | self.environment,
            cwd=HERE / "peers",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        while time.monotonic() - begun < 30:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return time.monotonic() - begun
            time.sleep(0.005)
        raise RuntimeError(f"{self.name} did not start: {' '.join(command)}")

    def pids(self) -> list[int]:
        """Its processes."""
        return tree(self.process.pid) if self.process else []

    def cpu_seconds(self) -> float:
        """CPU time its living processes have used."""
        total = 0
        for pid in self.pids():
            with contextlib.suppress(OSError):
                fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
                total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def memory(self) -> dict[int, float]:
        """Proportional set size of each process, in MB."""
        sizes = {}
        for pid in self.pids():
            with contextlib.suppress(OSError):
                for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                    if line.startswith("Pss:"):
                        sizes[pid] = int(line.split()[1]) / 1024
        return sizes

    def stop(self) -> None:
        """Stops it and everything it started."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None


def granian(**options: str) -> Server:
    """Granian, WSGI, one worker, defaults otherwise."""
    port = free_port()
    extra = [part for key, value in options.items() for part in (f"--{key.replace('_', '-')}", value)]
    command = [
        str(BENCH_BIN / "granian"), "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
        "--workers", "1", "--no-access-log", "--log-level", "error", *extra, "wsgi:application",
    ]  # fmt: skip
    return Server("Granian WSGI", command, port)


def gunicorn() -> Server:
    """gunicorn with one gevent worker."""
    port = free_port()
    command = [
        str(BENCH_BIN / "gunicorn"), "-k", "gevent", "-w", "1", "-b", f"127.0.0.1:{port}",
        "--worker-connections", "1000", "--log-level", "error", "wsgi:application",
    ]  # fmt: skip
    return Server("gunicorn+gevent", command, port, environment={"PEER_GEVENT": "1"})


def fastapi() -> Server:
    """uvicorn with FastAPI."""
    port = free_port()
    command = [
        str(BENCH_BIN / "uvicorn"), "--host", "127.0.0.1", "--port", str(port), "--no-access-log",
        "--log-level", "error", "fastapi_app:app",
    ]  # fmt: skip
    return Server("uvicorn+FastAPI", command, port)


def raw_hyper() -> Server:
    """hyper alone, without Python."""
    port = free_port()
    return Server("raw hyper", [str(ROOT / "target/release/examples/raw_hyper"), f"127.0.0.1:{port}"], port)


@dataclass
class Zato(Server):
    """Our server, in an environment of its own."""

    root: Path = field(default_factory=Path)

    @classmethod
    def make(cls, root: Path, workers: int = 1) -> Zato:
        """Makes the environment; the server is started by the caller."""
        port = free_port()
        variables = {
            "Zato_Config_Bind_Host": "127.0.0.1",
            "Zato_Config_Bind_Port": str(port),
            "Zato_Config_Num_Threads": str(workers),
        }
        made = cls("zato", [str(OWN_BIN / "zato"), "start", str(root / "server1"), "--fg"], port, "0", variables)
        made.root = root
        made.zato("quickstart", "create", str(root))
        return made

    def zato(self, *arguments: str) -> str:
        """Runs a command on the environment."""
        done = subprocess.run(
            [str(OWN_BIN / "zato"), *arguments], env=os.environ | self.environment, capture_output=True, text=True,
            stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"zato {' '.join(arguments)}: {done.stdout}{done.stderr}")
        return done.stdout

    @property
    def server(self) -> Path:
        """Directory of the server."""
        return self.root / "server1"

    @property
    def pickup(self) -> Path:
        """Where services are saved."""
        return self.server / "pickup" / "incoming" / "services"

    def wait_ready(self) -> None:
        """Waits until it says it is ready."""
        import urllib.request

        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/zato/health/ready") as answer:  # noqa: S310
                if answer.status == 200:
                    return
            time.sleep(0.005)
        raise RuntimeError("the server did not get ready")


def prepare() -> None:
    """Installs peers into an environment of their own and builds the hyper peer."""
    if not (BENCH_BIN / "granian").exists():
        subprocess.run([sys.executable, "-m", "venv", str(ROOT / ".venv-bench")], check=True)
        peers = ["granian", "gunicorn", "gevent", "packaging", "uvicorn[standard]", "fastapi", "lxml"]
        subprocess.run([str(BENCH_BIN / "pip"), "install", "--quiet", *peers], check=True)
    command = ["cargo", "build", "--quiet", "--release", "--package", "zato-http", "--example", "raw_hyper"]
    subprocess.run(command, check=True, cwd=ROOT)
