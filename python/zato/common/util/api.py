"""Small functions that services import (reference service-api 1.3)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

from zato._core import new_cid
from zato.common.util import _clock
from zato.common.util.config import get_config
from zato.common.util.names import uncamelify

__all__ = [
    "asbool",
    "fs_safe_name",
    "get_config",
    "get_current_user",
    "make_repr",
    "new_cid",
    "spawn_greenlet",
    "uncamelify",
    "utcnow",
    "wait_for_dict_key",
]

_TRUE = frozenset({"true", "yes", "on", "y", "t", "1"})
_FALSE = frozenset({"false", "no", "off", "n", "f", "0", ""})


def asbool(value: Any) -> bool:
    """Reads a boolean the way configuration files write it; anything but a string is judged by its truth.

    Raises:
        ValueError: For text that is neither true nor false.
    """
    if not isinstance(value, str):
        return bool(value)
    text = value.strip().lower()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueError(f"`{value}` is neither true nor false")


def fs_safe_name(value: str) -> str:
    """Makes a name that every file system takes, for instance `My REST (v2)` becomes `My_REST__v2_`."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", value)


def get_current_user() -> str:
    """Gives the name of the operating system user this process runs as."""
    import getpass

    return getpass.getuser()


def make_repr(value: object) -> str:
    """Describes an object by its class, identity and public attributes."""
    facts = {name: item for name, item in vars(value).items() if not name.startswith("_")}
    shown = ", ".join(f"{name}:`{item}`" for name, item in sorted(facts.items()))
    return f"<{type(value).__name__} at {hex(id(value))} {shown}>"


def spawn_greenlet(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """Runs a function in a thread of its own; the result has the methods of a greenlet."""
    from zato.server.service._thread import ServiceThread

    return ServiceThread.spawn(function, *args, **options)


def utcnow() -> datetime:
    """Gives the current time in UTC, without a time zone, as in 2.0-3.2."""
    return _clock.current_time(timezone.utc).replace(tzinfo=None)


def wait_for_dict_key(mapping: Mapping[Any, Any], key: Any, timeout: float = 90, interval: float = 0.01) -> Any:
    """Waits until somebody else has put a key into a dictionary, and gives its value.

    Args:
        mapping: The dictionary.
        key: The key.
        timeout: For how many seconds to wait.
        interval: How many seconds to let pass between two looks.

    Raises:
        KeyError: If the key is not there in time.
    """
    deadline = time.monotonic() + timeout
    while key not in mapping and time.monotonic() < deadline:
        time.sleep(interval)
    return mapping[key]
