"""Modules that are found by their names instead of being picked up (reference operations 7)."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterator
from types import ModuleType

from zato.server._loader._units import is_imported_file


def import_by_name(name: str, *, is_package_whole: bool) -> list[ModuleType]:
    """Imports a module the ordinary way.

    Args:
        name: Flat or dotted name, found on `sys.path`.
        is_package_whole: Whether of a package, all modules in it are imported as well.

    Returns:
        The module first, then what is below it, sorted by name.

    Raises:
        BaseException: Whatever one of them raises.
    """
    importlib.import_module(name)
    # A module may replace itself in `sys.modules`.
    modules = [sys.modules[name]]
    for below in sorted(_names_below(modules[0])) if is_package_whole else ():
        importlib.import_module(below)
        modules.append(sys.modules[below])
    return modules


def class_lines(module: ModuleType) -> dict[str, int]:
    """Gives the lines of the classes of a module, by name, as far as its source can be read."""
    lines = {}
    for name, item in vars(module).items():
        if isinstance(item, type) and item.__module__ == module.__name__:
            try:
                lines[name] = inspect.getsourcelines(item)[1]
            except (OSError, TypeError):
                continue
    return lines


def _names_below(module: ModuleType) -> Iterator[str]:
    path = getattr(module, "__path__", None)
    if path is None:
        return
    for found in pkgutil.iter_modules(path, module.__name__ + "."):
        if is_imported_file(found.name.rpartition(".")[2] + ".py"):
            yield found.name
            if found.ispkg:
                yield from _names_below(importlib.import_module(found.name))
