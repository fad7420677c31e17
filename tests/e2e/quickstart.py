"""An environment as a user makes it: configured by its files only, run by commands only."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environment import FIXTURES, CommandLine, free_port, send


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

    def invoke(self, service: str, *options: str) -> Any:
        """What a service answers when it is invoked from the command line."""
        return json.loads(self.zato("service", "invoke", self.server, service, *options).stdout)


@contextlib.contextmanager
def quickstart(directory: Path, *options: str) -> Iterator[Quickstart]:
    """Makes an environment; whatever runs of it in the end is stopped."""
    zato = CommandLine(directory)
    port = free_port()
    zato("quickstart", "create", "qs", "--http-port", str(port), *options)
    made = Quickstart(zato, directory / "qs", port)
    shutil.copy(FIXTURES / "services" / "commands.py", made.pickup)
    try:
        yield made
    except BaseException:
        for log in sorted(made.root.glob("server*/logs/*.log")):
            print(f"--- {log}\n{log.read_text()[-8000:]}")  # noqa: T201
        raise
    finally:
        zato("stop", made.root, expect=None)
