"""Expressions by the name of their definition (reference service-api 3.6)."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["expression_of"]


def expression_of(name: str, known: Mapping[str, str], what: str, key: str) -> str:
    """Gives the expression that a name stands for; what begins with `/` and is no name is an expression itself.

    Args:
        name: Name or expression.
        known: Expressions by name.
        what: What they are, for instance `JSON Pointer`.
        key: Where they are in enmasse files.

    Raises:
        LookupError: If there is no definition of that name.
    """
    if name in known:
        return known[name]
    if name.startswith("/"):
        return name
    raise LookupError(
        f"there is no {what} called `{name}`; import one under `{key}` with enmasse, or give an expression that "
        "begins with `/`"
    )
