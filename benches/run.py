"""Measures our server against its peers in the same run and prints ratios. `make bench` runs all of it.

Servers run on core 0, the load generator (wrk) on core 1. Samples are short and alternate between servers, so that
a noisy moment hits all of them; a ratio is the median of the ratios of single rounds. Raw figures of one machine
mean little, ratios of one run mean something.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from api_cases import print_nested_cost, print_queue_rate
from cases import configure, load_cases
from deploys import deploy_latency, memory_with_services, redeploy_growth, start_time
from load_generator import compare
from servers import Server, Zato, fastapi, granian, gunicorn, prepare, raw_hyper


def main() -> int:
    """Runs what was asked for; everything by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", help="hello json declared secured sleep nested cpu mix "
                        "typed model xml chain async start deploy memory leak")
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
                for name, case in load_cases(authorization, loads).items():
                    samples = compare(case, servers, options.rounds, options.seconds)
                    if name == "chain":
                        print_nested_cost(samples)
                    if name == "async":
                        print_queue_rate(zato, options.rounds)
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
