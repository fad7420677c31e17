"""How services get their names (reference service-api 2.2)."""

from __future__ import annotations

import re
from pathlib import PurePath

_CAPITAL = re.compile(r"((?<=[a-z])[A-Z]|(?<!\A)[A-Z](?=[a-z]))")
_INTERNAL = "server.service.internal."


def uncamelify(text: str, separator: str = "-") -> str:
    """Splits at capitals and lower-cases, for instance `GetURLData` becomes `get-url-data`."""
    return _CAPITAL.sub(rf"{separator}\1", text).lower()


def convert_impl_name(impl_name: str) -> str:
    """Turns `module.Class` into a service name, for instance `a_b.My_Service` into `a-b.my_service`."""
    *modules, last = uncamelify(impl_name.replace(_INTERNAL, "")).split(".")
    last = last.removeprefix("-").replace("_-", "_")
    return ".".join([*(part.replace("_", "-") for part in modules), last])


def module_from_path(location: str) -> str:
    """Gives the module part of implementation names for a file, by the rule of 3.2 and 4.1.

    In a directory called `services` it is the file's stem; below a directory called `src` or else `source` it is the
    dotted path from there; anywhere else it is the stem again. 2.0-3.1 always take the stem.
    """
    path = PurePath(location)
    if path.parent.name == "services":
        return path.stem
    directories = path.parent.parts
    for root in ("src", "source"):
        if root in directories:
            position = len(directories) - 1 - directories[::-1].index(root)
            parts = [*directories[position + 1 :], path.stem]
            if parts[-1] == "__init__" and len(parts) > 1:
                parts.pop()
            return ".".join(parts)
    return path.stem


def module_of_file(module: str, path: str, location: str, *, is_package: bool, profile: str) -> str:
    """Gives the module part of implementation names for a file of a deployment unit.

    Args:
        module: Name of the unit's module or package.
        path: Path of the file inside the unit, with forward slashes.
        location: Where the file was picked up.
        is_package: Whether the unit is a package; its files are always called by their dotted names.
        profile: Compat profile, for instance `3.2`.
    """
    if is_package:
        return dotted_name(module, path)
    if profile in ("2.0", "3.0", "3.1"):
        return module
    return module_from_path(location) or module


def dotted_name(package: str, path: str) -> str:
    """Gives the dotted name of a file in a package, for instance `billing.sub.api` for `sub/api.py`."""
    parts = [package, *PurePath(path).with_suffix("").parts]
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts)
