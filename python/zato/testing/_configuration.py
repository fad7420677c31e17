"""`self.config` of tests (reference service-api 3.7)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from zato.bunch import Bunch, bunchify
from zato.common.util.config import parse_config

__all__ = ["Configuration"]


class Configuration(Bunch):
    """What services see as `self.config` and `self.user_config`: sections and keys as attributes and as items."""

    __slots__ = ()

    def put(self, path: str, value: Any) -> None:
        """Sets a value by its path.

        Args:
            path: Names with dots between them, for instance `crm.api.url`.
            value: The value; dictionaries become sections.
        """
        *sections, name = path.split(".")
        place: Bunch = self
        for section in sections:
            place = place.setdefault(section, Bunch())
        place[name] = bunchify(value)

    def load(self, file: str | Path) -> None:
        """Reads a file the way a server does: its name up to the first dot is the first part of every path.

        Raises:
            OSError: If the file cannot be read.
            ValueError: If it cannot be understood.
        """
        place = Path(file)
        self[place.name.partition(".")[0]] = parse_config(place.read_text(encoding="utf-8"), str(place))

    def load_sections(self, file: str | Path) -> None:
        """Reads a file whose sections are paths themselves, such as `[crm.api]`, as the `zato-testing` package does.

        Raises:
            OSError: If the file cannot be read.
            ValueError: If it cannot be understood.
        """
        for section, found in parse_config(Path(file).read_text(encoding="utf-8"), str(file)).items():
            keys = found.items() if isinstance(found, dict) else [("", found)]
            for key, value in keys:
                self.put(f"{section}.{key}".rstrip("."), value)
