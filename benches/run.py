"""Measures our server against its peers in the same run and prints ratios. `make bench` runs all of it.

Servers run on core 0, the load generator (wrk) on core 1. Samples are short and alternate between servers, so that
a noisy moment hits all of them; a ratio is the median of the ratios of single rounds. Raw figures of one machine
mean little, ratios of one run mean something.
"""

from __future__ import annotations

import argparse
import base64
import json
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from deploys import deploy_latency, memory_with_services, redeploy_growth, start_time
from servers import HERE, Server, Zato, fastapi, granian, gunicorn, prepare, raw_hyper

CUSTOMER = json.dumps({"customer_id": 123, "name": "Jane Xi", "is_active": "true", "note": "x" * 40})


@dataclass
class Sample:
    """One run of the load generator."""

    rate: float
    p50: float
    p99: float
    cpu: float
    errors: int


def milliseconds(text: str) -> float:
    """Reads a duration of wrk."""
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()  # type: ignore[union-attr]
    return float(number) * {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}[unit]


def measure(server: Server, path: str, connections: int, seconds: int, *extra: str, script: list[str] | None = None) -> Sample:
    """Loads one path of one server."""
    command = [
        "taskset", "-c", "1" if server.core == "0" else server.core, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", *extra,
        *(["-s", str(HERE / "load" / script[0])] if script else []), server.url + path, *(["--", *script[1:]] if script else []),
    ]  # fmt: skip
    before = server.cpu_seconds()
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if not re.search(r"[1-9]\d* requests in", text):
        raise RuntimeError(f"{server.name} answered nothing at {path}:\n{text}")
    used = server.cpu_seconds() - before
    requests = int(re.search(r"(\d+) requests in", text).group(1))  # type: ignore[union-attr]
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    return Sample(
        rate=float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1)),  # type: ignore[union-attr]
        p50=milliseconds(re.search(r"^ +50% +(\S+)", text, re.MULTILINE).group(1)),  # type: ignore[union-attr]
        p99=milliseconds(re.search(r"^ +99% +(\S+)", text, re.MULTILINE).group(1)),  # type: ignore[union-attr]
        cpu=used / max(requests, 1) * 1e6,
        errors=(int(bad.group(1)) if bad else 0) + (sum(map(int, broken.groups())) if broken else 0),
    )


@dataclass
class Case:
    """A path to load, on each server that has it."""

    title: str
    paths: dict[str, str]
    connections: int = 64
    extra: dict[str, list[str]] | None = None
    script: dict[str, list[str]] | None = None


def compare(case: Case, servers: dict[str, Server], rounds: int, seconds: int) -> dict[str, list[Sample]]:
    """Alternates between the servers and prints the table of one case."""
    samples: dict[str, list[Sample]] = {name: [] for name in case.paths}
    for number in range(rounds + 1):
        for name, path in case.paths.items():
            extra = (case.extra or {}).get(name, [])
            script = (case.script or {}).get(name)
            took = 1 if number == 0 else seconds
            sample = measure(servers[name], path, case.connections, took, *extra, script=script)
            if number:
                samples[name].append(sample)
    first = next(iter(case.paths))
    print(f"\n### {case.title} ({case.connections} connections)\n")
    print("| server | requests/s | ratio of ours to it | CPU us/request | ratio | p50 ms | p99 ms | errors |")
    print("|---|---|---|---|---|---|---|---|")
    for name, got in samples.items():
        rate = statistics.median(sample.rate / other.rate for sample, other in zip(samples[first], got, strict=True))
        cpu = statistics.median(sample.cpu / max(other.cpu, 1e-9) for sample, other in zip(samples[first], got, strict=True))

        def median(field: str, got: list[Sample] = got) -> float:
            return statistics.median(getattr(sample, field) for sample in got)

        print(
            f"| {name} | {median('rate'):,.0f} | {rate:.2f} | {median('cpu'):.1f} | {cpu:.2f} | {median('p50'):.2f} | "
            f"{median('p99'):.2f} | {sum(sample.errors for sample in got)} |",
            flush=True,
        )
    return samples


def configure(zato: Zato) -> dict[str, list[str]]:
    """Deploys the measured services, makes their channels; gives wrk's options for the secured one."""
    shutil.copy(HERE / "services.py", zato.pickup / "services.py")
    services = ["hello", "echo", "declared", "sleep", "cpu", "nested"]
    channels = [
        {"name": f"bench.{name}", "url_path": f"/{name}", "service": f"services.{name}", "data_format": "json"}
        for name in services
    ]
    channels.append(
        {"name": "bench.secured", "url_path": "/secured", "service": "services.declared", "data_format": "json",
         "security": "bench"}
    )  # fmt: skip
    security = [{"name": "bench", "type": "basic_auth", "username": "bench", "password": "bench-pw", "realm": "b"}]
    file = zato.root / "bench.yaml"
    file.write_text(json.dumps({"security": security, "channel_rest": channels}))
    zato.zato("enmasse", str(zato.server), "--import", "--input", str(file))
    token = base64.b64encode(b"bench:bench-pw").decode()
    return {"zato": ["-H", f"Authorization: Basic {token}"]}


def load_cases(zato: Zato, authorization: dict[str, list[str]], wanted: set[str]) -> list[Case]:
    """The cases, ours first in each."""
    post = {name: ["post.lua", CUSTOMER] for name in ("zato", "Granian WSGI", "gunicorn+gevent", "uvicorn+FastAPI")}
    hello = {name: "/hello" for name in ("zato", "Granian WSGI", "gunicorn+gevent", "uvicorn+FastAPI", "raw hyper")}
    main = ("zato", "Granian WSGI", "gunicorn+gevent", "uvicorn+FastAPI")
    cases = {
        "hello": Case("No-op service: routing, CID, access log and metrics on", hello),
        "json": Case("JSON in and out", {name: "/echo" for name in main}, script=post),
        "declared": Case("SimpleIO, against the peers' bare hello", {"zato": "/declared", "Granian WSGI": "/hello"},
                         script={"zato": post["zato"]}),
        "secured": Case("Basic Auth + SimpleIO + access log + metrics, against the peer's bare hello",
                        {"zato": "/secured", "Granian WSGI": "/hello"}, extra=authorization,
                        script={"zato": post["zato"]}),
        "sleep": Case("Service that blocks for 10 ms (ceiling 25,600/s)", {name: "/sleep" for name in main}, 256),
        "nested": Case("Service that invokes five others, against one bare hello",
                       {"zato": "/nested", "Granian WSGI": "/hello"}),
        "cpu": Case("Service that computes for 1 ms", {name: "/cpu" for name in main[:3]}, 16),
        "mix": Case("1 ms of computing in every 20th request, no-ops otherwise", {name: "/" for name in main[:3]},
                    script={name: ["mix.lua"] for name in main[:3]}),
    }  # fmt: skip
    return [case for name, case in cases.items() if not wanted or name in wanted]


def main() -> int:
    """Runs what was asked for; everything by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", help="hello json declared secured sleep nested cpu mix start deploy memory leak")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--unpinned", action="store_true", help="let servers and load use both cores")
    options = parser.parse_args()
    wanted = set(options.cases)
    if not shutil.which("wrk"):
        subprocess.run(["apt-get", "install", "-y", "-qq", "wrk"], check=True, stdout=subprocess.DEVNULL)
    prepare()
    print(f"# {time.strftime('%Y-%m-%d')}, {platform.machine()}, Python {platform.python_version()}, "
          f"{options.rounds} rounds of {options.seconds} s, "
          + ("nothing pinned" if options.unpinned else "server on core 0, wrk on core 1"))  # fmt: skip
    with tempfile.TemporaryDirectory() as directory:
        zato = Zato.make(Path(directory) / "qs")
        servers: dict[str, Server] = {"zato": zato}
        for peer in (granian(), gunicorn(), fastapi(), raw_hyper()):
            servers[peer.name] = peer
        if options.unpinned:
            for server in servers.values():
                server.core = "0-1"
        singles = {"start": start_time, "deploy": deploy_latency, "memory": memory_with_services, "leak": redeploy_growth}
        loads = wanted - set(singles)
        try:
            if loads or not wanted:
                for server in servers.values():
                    server.start()
                zato.wait_ready()
                authorization = configure(zato)
                for case in load_cases(zato, authorization, loads):
                    compare(case, servers, options.rounds, options.seconds)
        finally:
            for server in servers.values():
                server.stop()
        for name, run in singles.items():
            if not wanted or name in wanted:
                print(flush=True)
                run(Path(directory))
    return 0


if __name__ == "__main__":
    sys.exit(main())
