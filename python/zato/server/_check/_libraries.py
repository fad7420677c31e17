"""Libraries that services import and that are not installed."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from zato.server._loader._old_names import OLD_NAMES
from zato.server._loader._packages import package_of

__all__ = ["Libraries"]

# What a missing module raises, and what it is caught as.
_CAUGHT = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}


class Libraries:
    """Knows what can be imported.

    Args:
        units: Units that are checked, which may import each other.
        has_old_names: Whether modules may be imported by names that are gone.
    """

    def __init__(self, units: Iterable[dict[str, Any]], *, has_old_names: bool) -> None:
        self._own = {part for unit in units for part in (unit["module"].replace(".", "_"), unit["module"])}
        self._has_old_names = has_old_names
        self._known: dict[str, bool] = {}

    def missing(self, location: str, tree: ast.Module) -> list[dict[str, Any]]:
        """Gives what a module imports and nobody has, each library once.

        Args:
            location: Path of the file.
            tree: The module, parsed.
        """
        found: dict[str, dict[str, Any]] = {}
        for name, line, is_guarded in _imports(tree.body, False):
            top = name.partition(".")[0]
            if self._is_there(name, top):
                continue
            known = found.setdefault(
                top,
                {"module": name, "package": package_of(top), "file": location, "line": line, "is_required": False},
            )
            if not is_guarded and not known["is_required"]:
                known.update(module=name, line=line, is_required=True)
        return sorted(found.values(), key=lambda library: library["line"])

    def _is_there(self, name: str, top: str) -> bool:
        # What `zato` itself does not have is no library, and refused by the import.
        if top in self._own or name in self._own or top == "zato":
            return True
        if self._has_old_names and (name in OLD_NAMES or top in OLD_NAMES):
            return True
        if top not in self._known:
            self._known[top] = _can_be_found(top)
        return self._known[top]


def _can_be_found(top: str) -> bool:
    if top in sys.modules or top in sys.builtin_module_names:
        return True
    try:
        return importlib.util.find_spec(top) is not None
    except (ImportError, ValueError, AttributeError):
        return False


def _imports(body: Iterable[ast.AST], is_guarded: bool) -> Iterator[tuple[str, int, bool]]:
    """Gives names of imported modules, lines, and whether the file goes on without them."""
    for node in body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno, is_guarded
        elif isinstance(node, ast.ImportFrom):
            if node.module and not node.level:
                yield node.module, node.lineno, is_guarded
        elif isinstance(node, ast.Try):
            yield from _imports(node.body, is_guarded or any(map(_catches_import, node.handlers)))
            # A handler imports what there is instead, of which one alternative has to be there.
            yield from _imports([*node.handlers, *node.orelse, *node.finalbody], is_guarded)
        elif isinstance(node, ast.If) and _is_for_type_checkers(node.test):
            yield from _imports(node.orelse, is_guarded)
        else:
            yield from _imports(ast.iter_child_nodes(node), is_guarded)


def _catches_import(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(isinstance(item, ast.Name) and item.id in _CAUGHT for item in types)


def _is_for_type_checkers(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return name == "TYPE_CHECKING"
