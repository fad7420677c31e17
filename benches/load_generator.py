"""Loads servers with wrk, and prints how ours compares."""

from __future__ import annotations

import re
import statistics
import subprocess
from dataclasses import dataclass

from servers import HERE, Server


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


def server_of(name: str, servers: dict[str, Server]) -> Server:
    """Gives the server of a row; rows such as `zato: no-op` are other paths of the same server."""
    return servers[name.partition(":")[0]]


def compare(case: Case, servers: dict[str, Server], rounds: int, seconds: int) -> dict[str, list[Sample]]:
    """Alternates between the servers and prints the table of one case."""
    samples: dict[str, list[Sample]] = {name: [] for name in case.paths}
    for number in range(rounds + 1):
        for name, path in case.paths.items():
            extra = (case.extra or {}).get(name, [])
            script = (case.script or {}).get(name)
            took = 1 if number == 0 else seconds
            sample = measure(server_of(name, servers), path, case.connections, took, *extra, script=script)
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
