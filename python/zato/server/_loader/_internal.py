"""The server's own services, as units of a deployment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

PACKAGE = "zato.server.service.internal"


def internal_units() -> list[dict[str, Any]]:
    """Describes every module of internal services; their keys begin with `zato:`.

    They are imported the ordinary way: services of users derive from their classes, so there must be one of each.
    """
    directory = Path(__file__).parent.parent / "service" / "internal"
    return [_unit(file) for file in sorted(directory.glob("*.py"))]


def _unit(file: Path) -> dict[str, Any]:
    module = PACKAGE if file.stem == "__init__" else f"{PACKAGE}.{file.stem}"
    return {
        "key": "zato:" + module.removeprefix("zato.server.service."),
        "module": module,
        "is_package": False,
        "is_internal": True,
        "files": [{"path": file.name, "location": str(file), "content": file.read_text(encoding="utf-8")}],
    }
