"""Tests that import `zato_testing`, the package that 4.1 has for them, where it is not installed."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from types import ModuleType

__all__ = ["install"]

_NAMES = {
    "zato_testing": "zato.testing",
    "zato_testing.adapters": "zato.server.service",
    "zato_testing.bunch": "zato.bunch",
    "zato_testing.exception": "zato.common.exception",
    "zato_testing.model": "zato.common.marshal_.api",
    "zato_testing.service": "zato.server.service",
    "zato_testing.test_case": "zato.testing",
    "zato_testing.typing_": "zato.common.typing_",
}


class _Finder(Loader):
    """Gives our modules under those names. It comes last, so that what is installed wins."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Finds a module."""
        return ModuleSpec(name, self, is_package=name == "zato_testing") if name in _NAMES else None

    def create_module(self, spec: ModuleSpec) -> None:
        """Leaves it to Python to make a module, which is replaced."""

    def exec_module(self, module: ModuleType) -> None:
        """Puts our module in its place."""
        sys.modules[module.__name__] = importlib.import_module(_NAMES[module.__name__])


def install() -> None:
    """Makes the names importable; does nothing the second time."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.append(_Finder())
