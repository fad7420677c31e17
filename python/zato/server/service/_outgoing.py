"""How base classes of services find outgoing connections."""

from __future__ import annotations

from typing import Any

__all__ = ["rest_connection"]


def rest_connection(service: Any, name: str) -> Any:
    """Gives the outgoing REST connection of a name.

    Raises:
        MissingFeature: If the server has no outgoing connections at all.
        KeyError: If it has none of that name.
    """
    return service.out.rest[name].conn
