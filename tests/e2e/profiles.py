"""A server of each compat profile, with channels to services that show one thing each."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environment import Environment, environment

PROFILES = ("2.0", "3.0", "3.1", "3.2", "4.1")
UNITS = ("audit", "hooks", "verbs", "lifetime", "fails")


@dataclass
class Profiled:
    """An environment of one profile."""

    zato: Environment
    profile: str

    @property
    def is_old(self) -> bool:
        """Whether it is one of those before 3.2."""
        return self.profile < "3.2"

    def by_profile(self, *values: Any) -> Any:
        """Gives the value for this profile of those for 2.0-3.1, 3.2 and 4.1."""
        return values[0 if self.is_old else 1 if self.profile == "3.2" else 2]

    def json(self, service: str, body: str | None = None, method: str = "GET") -> Any:
        """Gives what a service answers as JSON."""
        answer = self.zato.request(method, f"/json/{service}", body)
        assert answer.status == 200, answer.text
        return answer.json()

    def details(self, service: str, status: int, body: str | None = None) -> str:
        """Gives the details of the error that a service answers with."""
        answer = self.zato.request("POST", f"/json/{service}", body)
        assert answer.status == status, answer.text
        assert answer.headers["Content-Type"] == "application/json"
        document = answer.json()
        return str((document["zato_env"] if self.is_old else document)["details"])


@contextlib.contextmanager
def profiled_environment(root: Path, profile: str) -> Iterator[Profiled]:
    """A started environment: `/json/SERVICE`, `/plain/SERVICE` and `/form/SERVICE` lead to each of its services."""
    settings = {"compat": {"profile": profile}}
    with environment(root, settings=settings, fixtures=tuple(f"services/{unit}.py" for unit in UNITS)) as made:
        listed = json.loads(made.zato("service", "list", made.server, "--format", "json").stdout)
        assert listed["failures"] == []
        names = [found["name"] for found in listed["services"] if found["name"].split(".")[0] in UNITS]
        channels: list[dict[str, Any]] = [
            {"name": f"{prefix}.{name}", "url_path": f"/{prefix}/{name}", "service": name, "data_format": data_format}
            for name in names
            for prefix, data_format in (("json", "json"), ("plain", ""), ("form", "form"))
        ]
        for prefix, data_format in (("json-fails", "json"), ("plain-fails", "")):
            channel = {"name": prefix, "url_path": f"/{prefix}/{{kind}}", "service": "fails.raises"}
            channels.append(channel | {"data_format": data_format})
        channels.append({"name": "off", "url_path": "/off", "service": "audit.logger", "is_active": False})
        channels.append({"name": "get", "url_path": "/get", "service": "audit.logger", "method": "GET"})
        made.enmasse({"channel_rest": channels})
        yield Profiled(made, profile)
