"""`StringIO` and `cStringIO` of Python 2: files in memory, of text or of bytes."""

from __future__ import annotations

import io
from typing import Any

__all__ = ["StringIO"]


class StringIO(io.StringIO):
    """A file in memory; made of bytes, it is one of bytes."""

    def __new__(cls, buf: Any = "", *_arguments: Any) -> Any:
        """Makes a file of the sort that its first content has."""
        return io.BytesIO(buf) if isinstance(buf, (bytes, bytearray)) else super().__new__(cls)
