"""server.conf as services see it: `self.server.fs_server_config` (reference service-api 3.6)."""

from __future__ import annotations

from typing import Any

from zato.bunch import Bunch
from zato.common.util.config import get_config

__all__ = ["read_server_conf"]

_OLD = ("2.0", "3.0", "3.1")


def read_server_conf(directory: str, profile: str) -> Bunch:
    """Reads server.conf; from 3.2 on, numbers and flags are converted.

    Raises:
        OSError: If the file cannot be read.
        ValueError: If it cannot be understood; the message names file and line.
    """
    found = get_config(directory, "server.conf")
    return found if profile in _OLD else _typed(found)


def _typed(value: Any) -> Any:
    if isinstance(value, Bunch):
        return Bunch((key, _typed(item)) for key, item in value.items())
    if not isinstance(value, str):
        return value
    if value in ("True", "False"):
        return value == "True"
    digits = value.removeprefix("-")
    is_number = digits.isascii() and digits.isdigit() and (digits == "0" or not digits.startswith("0"))
    return int(value) if is_number else value
