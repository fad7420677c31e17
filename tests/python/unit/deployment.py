"""Units as the native part hands them over."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

from zato.server._loader import Loader

SIMPLE_IO: dict[str, Any] = {
    "bool": {"exact": [], "prefix": ["by_", "has_", "is_", "may_", "needs_", "should_"], "suffix": []},
    "int": {
        "exact": ["id"],
        "prefix": [],
        "suffix": ["_count", "_id", "_size", "_size_min", "_size_max", "_timeout"],
    },
    "secret": {"exact": ["password", "token", "api_key"], "prefix": [], "suffix": []},
    "response_elem": "response",
}

ROOT = "/pickup/services"


def module(key: str, text: str, **options: Any) -> dict[str, Any]:
    """A unit of one file."""
    path = key.rpartition("/")[2]
    unit = {
        "key": key,
        "module": path.removesuffix(".py"),
        "is_package": False,
        "is_internal": False,
        "files": [{"path": path, "location": f"{ROOT}/{key}", "content": dedent(text)}],
        "hash": str(hash(text)),
    }
    return unit | options


def package(key: str, files: dict[str, str]) -> dict[str, Any]:
    """A unit of a directory."""
    return {
        "key": key,
        "module": key.rpartition("/")[2],
        "is_package": True,
        "is_internal": False,
        "files": [
            {"path": path, "location": f"{ROOT}/{key}/{path}", "content": dedent(text)} for path, text in files.items()
        ],
        "hash": str(hash(str(files))),
    }


def service(name: str, body: str = "pass") -> str:
    """The text of a module with one service."""
    return f"from zato.server.service import Service\nclass {name}(Service):\n    def handle(self):\n        {body}\n"


def problem(unit: dict[str, Any]) -> dict[str, Any]:
    """The only problem of a unit."""
    assert len(unit["problems"]) == 1, unit["problems"]
    return unit["problems"][0]


class Deployments:
    """Numbers deployments and remembers what is in force."""

    def __init__(self, loader: Loader) -> None:
        self.loader = loader
        self.number = 0
        self.services: dict[str, dict[str, Any]] = {}

    def prepare(self, *put: dict[str, Any], delete: tuple[str, ...] = ()) -> dict[str, dict[str, Any]]:
        """Prepares and gives what the loader says, by key."""
        self.number += 1
        return {unit["key"]: unit for unit in self.loader.prepare(self.number, list(put), list(delete))}

    def deploy(self, *put: dict[str, Any], delete: tuple[str, ...] = ()) -> dict[str, dict[str, Any]]:
        """Prepares, puts everything without problems in force, and gives what the loader said."""
        prepared = self.prepare(*put, delete=delete)
        good = [key for key, unit in prepared.items() if not unit["problems"]]
        committed = self.loader.commit(self.number, good)
        self.services = {service["name"]: service for service in committed}
        return prepared

    def new(self, name: str) -> Any:
        """Makes an instance of a service in force."""
        return self.services[name]["cls"]()

    def run(self, name: str) -> Any:
        """Runs `handle` of a service in force."""
        return self.new(name).handle()
