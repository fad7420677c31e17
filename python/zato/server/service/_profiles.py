"""What input elements are under each compat profile (reference service-api 5.4); decided when a service is deployed."""

from __future__ import annotations

from typing import Any

from zato.server.service._io import Elem

__all__ = ["describe_input"]

_OLD = ("2.0", "3.0", "3.1")

# Up to 3.1 these arrive as they were sent.
_LEFT_AS_THEY_ARE = {"date": "as_is", "date_time": "as_is", "dict_list": "as_is"}


def describe_input(element: Elem, profile: str, *, encrypts: bool) -> dict[str, Any]:
    """Describes an element of input, with the kind that the profile's conversion rules give it.

    Args:
        element: The element.
        profile: Compat profile, for instance `3.2`.
        encrypts: Whether secrets arrive encrypted (3.0-3.2); the declaration may say no.
    """
    description = element.describe()
    kind = description["kind"]
    if profile in _OLD:
        kind = _LEFT_AS_THEY_ARE.get(kind, kind)
        if kind == "dict":
            # Keys that do not come are replaced by the element's default, whether they are required or not.
            description["fills_keys"] = element.has_default
        if kind == "as_is" and profile == "2.0":
            kind = "scalar_text"
    if kind == "secret" and (profile in ("2.0", "4.1") or not encrypts):
        kind = "text"
    description["kind"] = kind
    return description
