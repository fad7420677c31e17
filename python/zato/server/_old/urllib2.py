"""`urllib2` of Python 2: what is in three modules of `urllib` by now."""

from __future__ import annotations

import urllib.error
import urllib.parse
import urllib.request
from typing import Any

_HOMES = (urllib.request, urllib.error, urllib.parse)


def __getattr__(name: str) -> Any:
    """Gives what is in one of the three modules.

    Raises:
        AttributeError: If it is in none of them.
    """
    for home in _HOMES:
        if hasattr(home, name):
            return getattr(home, name)
    raise AttributeError(f"module `urllib2` has no attribute `{name}`", name=name)
