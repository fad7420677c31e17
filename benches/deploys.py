"""Start time, deployment latency, memory, and growth over many redeployments."""

from __future__ import annotations

import http.client
import statistics
import time
from pathlib import Path

from servers import Zato

SERVICE = """\
from zato.server.service import Service

class Version(Service):
    def handle(self):
        self.response.payload = {text!r}
"""


def percentile(values: list[float], share: float) -> float:
    """Gives the value below which that share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def add_channel(zato: Zato, name: str, service: str) -> None:
    """Makes an open channel."""
    file = zato.root / f"{name}.yaml"
    file.write_text(f"channel_rest:\n  - {{name: {name}, url_path: /{name}, service: {service}}}\n")
    zato.zato("enmasse", str(zato.server), "--import", "--input", str(file))


def start_time(directory: Path) -> None:
    """Time from the command to ready, 10 starts."""
    zato = Zato.make(directory / "start")
    took = []
    for _ in range(10):
        begun = time.monotonic()
        zato.start()
        zato.wait_ready()
        took.append(time.monotonic() - begun)
        zato.stop()
    print(f"start to ready: median {statistics.median(took) * 1000:.0f} ms, worst {max(took) * 1000:.0f} ms of 10")


def save_until_served(zato: Zato, connection: http.client.HTTPConnection, text: str) -> float:
    """Saves a version and gives how many seconds passed until it answered."""
    begun = time.monotonic()
    (zato.pickup / "version.py").write_text(SERVICE.format(text=text))
    while time.monotonic() - begun < 10:
        connection.request("GET", "/version")
        if connection.getresponse().read() == text.encode():
            return time.monotonic() - begun
    raise RuntimeError(f"version {text} was never served")


def deploy_latency(directory: Path) -> None:
    """Time from the save to the first answer of the new version, 200 saves."""
    zato = Zato.make(directory / "deploy")
    zato.start()
    zato.wait_ready()
    try:
        add_channel(zato, "version", "version.version")
        connection = http.client.HTTPConnection("127.0.0.1", zato.port)
        save_until_served(zato, connection, "first")
        took = [save_until_served(zato, connection, f"v{number}") * 1000 for number in range(200)]
        print(f"save to first new answer, 200 saves: p50 {percentile(took, 0.5):.1f} ms, "
              f"p99 {percentile(took, 0.99):.1f} ms, worst {max(took):.1f} ms")  # fmt: skip
    finally:
        zato.stop()


def worker_memory(zato: Zato) -> float:
    """PSS of the largest process that is not the supervisor, in MB."""
    sizes = zato.memory()
    supervisor = int((zato.server / "pidfile").read_text().split()[0])
    return max(size for pid, size in sizes.items() if pid != supervisor)


def memory_with_services(directory: Path) -> None:
    """Memory of a worker with the no-op services only, and with 500 more."""
    zato = Zato.make(directory / "memory")
    zato.start()
    zato.wait_ready()
    try:
        add_channel(zato, "version", "version.version")
        connection = http.client.HTTPConnection("127.0.0.1", zato.port)
        save_until_served(zato, connection, "x")
        for _ in range(2000):
            connection.request("GET", "/version")
            connection.getresponse().read()
        bare = worker_memory(zato)
        classes = "".join(
            f"class Service{number}(Service):\n    input = 'a', 'b'\n    output = 'c'\n    def handle(self):\n"
            f"        self.response.payload.c = self.request.input.a\n\n"
            for number in range(50)
        )
        begun = time.monotonic()
        for number in range(10):
            (zato.pickup / f"many{number}.py").write_text("from zato.server.service import Service\n\n" + classes)
        while zato.zato("service", "list", str(zato.server)).count("many9.") < 50 and time.monotonic() - begun < 60:
            time.sleep(0.1)
        print(f"memory of a worker (PSS): {bare:.1f} MB, with 500 more services {worker_memory(zato):.1f} MB")
    finally:
        zato.stop()


def redeploy_growth(directory: Path) -> None:
    """Memory growth of a worker over 1,000 redeployments."""
    zato = Zato.make(directory / "leak")
    zato.start()
    zato.wait_ready()
    try:
        add_channel(zato, "version", "version.version")
        connection = http.client.HTTPConnection("127.0.0.1", zato.port)
        for number in range(100):
            save_until_served(zato, connection, f"warm{number}")
        before = worker_memory(zato)
        for number in range(1000):
            save_until_served(zato, connection, f"v{number}")
        print(f"1,000 redeployments: worker grew by {worker_memory(zato) - before:.2f} MB (from {before:.1f} MB)")
    finally:
        zato.stop()
