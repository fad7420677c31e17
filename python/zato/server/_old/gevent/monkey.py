"""`gevent.monkey` without anything to patch: threads need none of it."""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["get_original", "is_module_patched", "is_object_patched"]


def is_module_patched(_name: str) -> bool:
    """Whether a module is patched, which none is."""
    return False


def is_object_patched(_module: str, _name: str) -> bool:
    """Whether something is patched, which nothing is."""
    return False


def get_original(module: str, name: Any) -> Any:
    """Gives what a module has under a name, or a list of it under several."""
    home = importlib.import_module(module)
    return getattr(home, name) if isinstance(name, str) else [getattr(home, item) for item in name]


def __getattr__(name: str) -> Any:
    """Gives functions such as `patch_all`, which do nothing; the first call is logged.

    Raises:
        AttributeError: For other names.
    """
    if not name.startswith("patch_"):
        raise AttributeError(f"the stand-in for gevent.monkey has no `{name}`", name=name)
    from zato.server._greenlets import patches_nothing

    return patches_nothing(name)
