"""Modules of units in force, and how deployed code imports them."""

from __future__ import annotations

import builtins
import sys
import threading
from collections.abc import Mapping, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from zato.server import _greenlets
from zato.server._loader._old_names import OldNames


class UnitLoader:
    """The `__loader__` of deployed modules; tells which unit they belong to and shows their source."""

    __slots__ = ("_content", "_location", "key")

    def __init__(self, key: str, location: str, content: str) -> None:
        self.key = key
        self._location = location
        self._content = content

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Gives the module, which exists by the time the import system asks for it."""
        return sys.modules.get(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Does nothing: deployment runs modules."""

    def is_package(self, name: str) -> bool:
        """Whether the module is a package."""
        return self._location.endswith("__init__.py")

    def get_filename(self, name: str) -> str:
        """Gives the file the module was picked up from."""
        return self._location

    def get_source(self, name: str) -> str:
        """Gives the source the module was made from, whatever the file holds by now."""
        return self._content

    def get_data(self, path: str) -> bytes:
        """Reads a file that lies next to the module."""
        return Path(path).read_bytes()


class Finder(Protocol):
    """Finds deployed modules for one importing module."""

    def find(self, name: str, importer: str | None) -> ModuleType | None:
        """Gives a deployed module; none if there is none of that name. `importer` is the key of a unit."""


class ModuleSpace:
    """Modules in force, and the `__import__` of deployed code.

    Deployed modules have `__builtins__` of their own, whose `__import__` looks here first. That way services that are
    running never see modules that are only being prepared, and each import tells which unit depends on which.

    Args:
        has_old_names: Whether deployed code may import modules by names that are gone.
    """

    def __init__(self, has_old_names: bool = True) -> None:
        self._old_names = OldNames(has_old_names)
        #: Modules in force by name; replaced, never changed.
        self.modules: Mapping[str, ModuleType] = {}
        self.builtins: dict[str, Any] = {}
        self._finders: dict[int, Finder] = {}
        self.refresh_builtins()
        _greenlets.note()
        sys.meta_path.insert(0, self)  # type: ignore[arg-type]

    def close(self) -> None:
        """Takes the finder out of Python's import system."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)  # type: ignore[arg-type]

    def refresh_builtins(self) -> None:
        """Takes over names that libraries have added to `builtins`."""
        self.builtins.update({**vars(builtins), "__import__": self.import_module})

    def enter(self, finder: Finder) -> None:
        """Makes imports of the current thread use a finder of their own."""
        self._finders[threading.get_ident()] = finder

    def leave(self) -> None:
        """Ends what `enter` began."""
        self._finders.pop(threading.get_ident(), None)

    def find(self, name: str, importer: str | None) -> ModuleType | None:
        """Gives a module in force."""
        return self.modules.get(name)

    def import_module(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,  # noqa: A002 - signature of __import__
        locals: Mapping[str, Any] | None = None,  # noqa: A002 - signature of __import__
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        """The `__import__` of deployed code."""
        finder = self._finders.get(threading.get_ident(), self)
        loader = (globals or {}).get("__loader__")
        importer = loader.key if isinstance(loader, UnitLoader) else None
        absolute = _absolute_name(name, globals or {}, level) if level else name
        module = finder.find(absolute, importer)
        if module is None:
            return self._import_other(name, globals, locals, fromlist, level)
        if not fromlist:
            return finder.find(name.partition(".")[0], importer) or module
        for item in _items(module, fromlist):
            if not hasattr(module, item):
                finder.find(f"{absolute}.{item}", importer)
        return module

    def _import_other(
        self,
        name: str,
        globals: Mapping[str, Any] | None,  # noqa: A002
        locals: Mapping[str, Any] | None,  # noqa: A002
        fromlist: Sequence[str] | None,
        level: int,
    ) -> ModuleType:
        """Imports what was not deployed, under its old name if need be."""
        if level:
            return builtins.__import__(name, globals, locals, fromlist or (), level)
        module = self._old_names.find(name, None, fromlist) if self._old_names.is_known_absent(name) else None
        if module is None:
            try:
                module = builtins.__import__(name, globals, locals, fromlist or (), 0)
            except ModuleNotFoundError as error:
                module = self._old_names.find(name, error, fromlist)
                if module is None:
                    raise
        return self._old_names.with_moved(name, module, fromlist)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Finds deployed modules for `importlib`, which knows nothing of `import_module`."""
        finder = self._finders.get(threading.get_ident(), self)
        module = finder.find(name, None)
        if module is None:
            return _greenlets.find_spec(name, path) if name in _greenlets.NOTED else None
        # The import system goes on with what it finds there, and does not make or run anything.
        sys.modules[name] = module
        loader: Any = UnitLoader("", getattr(module, "__file__", ""), "")
        return getattr(module, "__spec__", None) or ModuleSpec(name, loader)


def _items(module: ModuleType, fromlist: Sequence[str]) -> Sequence[str]:
    return getattr(module, "__all__", ()) if "*" in fromlist else fromlist


def _absolute_name(name: str, globals: Mapping[str, Any], level: int) -> str:  # noqa: A002
    """Resolves the dots of a relative import."""
    package = globals.get("__package__") or ""
    parts = package.split(".") if package else []
    if level > len(parts):
        raise ImportError("attempted relative import with no known parent package", name=name)
    parts = parts[: len(parts) - level + 1]
    return ".".join([*parts, name] if name else parts)
