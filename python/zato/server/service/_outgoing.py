"""How base classes of services find outgoing connections."""

from __future__ import annotations

from typing import Any

from zato.common._missing import refuse

__all__ = ["rest_connection"]


def rest_connection(service: Any, name: str) -> Any:
    """Gives the outgoing REST connection of a name.

    Raises:
        MissingFeature: If the server has no outgoing connections at all.
        KeyError: If it has none of that name.
    """
    out = getattr(service, "out", None)
    if out is None:
        refuse(f"self.out.rest[{name!r}]", "outgoing REST connections")
    return out.rest[name].conn
