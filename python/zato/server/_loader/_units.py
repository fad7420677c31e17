"""Deployment units and the modules they consist of."""

from __future__ import annotations

import re
import sys
from collections.abc import Container
from dataclasses import dataclass, field
from importlib.machinery import PathFinder
from pathlib import PurePath
from types import ModuleType
from typing import Any

from zato.common.util.names import dotted_name, module_of_file
from zato.server._loader._modules import UnitLoader

# Files of a package that are imported only if something else imports them.
_NOT_IMPORTED = re.compile(r"(__main__|setup|conftest|test_.*|.*_test)\.pyw?")


@dataclass(frozen=True, slots=True)
class Source:
    """One module of a unit."""

    #: Name in `sys.modules`.
    name: str
    #: Where the file was picked up; a directory for packages without `__init__.py`.
    location: str
    content: str
    is_package: bool
    #: Module part of implementation names, by compat profile.
    name_part: dict[str, str]
    #: Whether deployment imports it, even if nothing else does.
    is_imported: bool


@dataclass(slots=True)
class Unit:
    """What is deployed as one thing: a module or a package."""

    key: str
    module: str
    is_package: bool
    is_internal: bool
    files: list[dict[str, Any]]
    #: Name of the module or package in `sys.modules`; differs from `module` if that name belongs to another one.
    name: str = ""
    #: Why the names differ, for a warning.
    name_note: str = ""
    sources: dict[str, Source] = field(default_factory=dict)

    @classmethod
    def read(cls, described: dict[str, Any]) -> Unit:
        """Reads the form in which the native part hands units over."""
        return cls(
            key=described["key"],
            module=described["module"],
            is_package=bool(described["is_package"]),
            is_internal=bool(described["is_internal"]),
            files=[file for file in described["files"] if file["path"].endswith((".py", ".pyw"))],
        )

    @property
    def is_installed(self) -> bool:
        """Whether it is imported the ordinary way, by its name: it has no files of its own."""
        return not self.files

    @property
    def locations(self) -> frozenset[str]:
        """Paths of the unit's files, as tracebacks show them."""
        return frozenset(file["location"] for file in self.files)

    def paths_of(self, location: str) -> list[str]:
        """Gives the paths that one of the unit's files is known by: where it is, and below the pickup directory."""
        inside = next((file["path"] for file in self.files if file["location"] == location), None)
        if inside is None:
            return [location]
        return [location, f"{self.key}/{inside}" if self.is_package else self.key]

    def choose_name(self, taken: Container[str], previous: str | None = None) -> None:
        """Decides on the name in `sys.modules`, and with it on the names of all modules.

        Names of the standard library and of installed packages keep their meaning for everybody else; a unit called
        like one of them is loaded under another name, and so is the second of two units with one name.

        Args:
            taken: Names of other units.
            previous: The name of the version in force, which stays.

        """
        plain = self.module.replace(".", "_")
        owner = None if previous == plain else _installed_owner(plain, self.locations)
        if owner:
            self.name_note = f"module name `{plain}` belongs to {owner}; other files cannot import this one"
        elif plain in taken:
            self.name_note = f"module name `{plain}` belongs to another deployed file; others cannot import this one"
        self.name = f"{plain}__{re.sub('[^A-Za-z0-9]+', '_', self.key)}" if self.name_note else plain
        self.sources = self._modules()

    def _modules(self) -> dict[str, Source]:
        if not self.is_package:
            return {self.name: self._source(self.files[0], self.name)} if self.files else {}
        found = {}
        for file in sorted(self.files, key=lambda file: (not file["path"].endswith("__init__.py"), file["path"])):
            name = dotted_name(self.name, file["path"])
            found[name] = self._source(file, name)
        for name in list(found):
            self._add_missing_packages(found, name)
        return dict(sorted(found.items()))

    def _source(self, file: dict[str, Any], name: str) -> Source:
        path, location = file["path"], file["location"]
        parts = {
            profile: module_of_file(self.module, path, location, is_package=self.is_package, profile=profile)
            for profile in ("2.0", "3.2")
        }
        return Source(
            name=name,
            location=location,
            content=file["content"].removeprefix("\ufeff"),
            is_package=self.is_package and PurePath(path).stem == "__init__",
            name_part=parts,
            is_imported=not self.is_package or is_imported_file(PurePath(path).name),
        )

    @staticmethod
    def _add_missing_packages(found: dict[str, Source], name: str) -> None:
        """Sub-directories without `__init__.py` are packages too, as in Python itself."""
        location = found[name].location
        if found[name].is_package:
            location = str(PurePath(location).parent)
        parent, child_location = name.rpartition(".")[0], PurePath(location)
        while parent and parent not in found:
            child_location = child_location.parent
            found[parent] = Source(parent, str(child_location / "__init__.py"), "", True, {}, True)
            parent = parent.rpartition(".")[0]


def is_imported_file(name: str) -> bool:
    """Whether deployment imports a file of a package even if nothing else does."""
    return _NOT_IMPORTED.fullmatch(name) is None


def _installed_owner(name: str, locations: frozenset[str]) -> str | None:
    """Says whom a top-level module name belongs to, unless it is nobody, or the unit's own file."""
    if name in sys.stdlib_module_names or name in sys.builtin_module_names:
        return "the standard library"
    known = sys.modules.get(name)
    if known is not None:
        return None if is_deployed(known) or getattr(known, "__file__", None) in locations else "an installed package"
    try:
        spec = PathFinder.find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return None
    if spec is None or spec.origin is None or spec.origin in locations:
        return None
    return "an installed package"


def is_deployed(module: ModuleType) -> bool:
    """Whether a module came from a deployment."""
    return isinstance(getattr(module, "__loader__", None), UnitLoader)
