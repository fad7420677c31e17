"""JSON of data with dates, bytes and decimals in it, under its import path of 3.1 and later.

Source of behavior: reference service-api 1.3.
"""

from __future__ import annotations

from json import JSONEncoder, loads
from json import dumps as _dumps
from typing import Any

from zato.common._json_fallback import dump_fallback

__all__ = ["dumps", "loads"]


class _Encoder(JSONEncoder):
    def default(self, o: Any) -> Any:
        # Identifiers of MongoDB, recognized without their library.
        if type(o).__name__ == "ObjectId":
            return f"ObjectId({o})"
        return dump_fallback(o)


def dumps(data: Any, indent: int | None = 4) -> str:
    """Writes JSON text at any depth, and leaves the data as it is.

    Args:
        data: What to write; dates become ISO 8601, bytes UTF-8 text, and what has `to_dict` what that gives.
        indent: Spaces for each level; none makes it one line.

    Raises:
        TypeError: For objects that nothing can be made of, naming their class.
    """
    return _dumps(data, cls=_Encoder, indent=indent)
