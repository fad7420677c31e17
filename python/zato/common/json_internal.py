"""JSON as the server writes it (reference service-api 1.3). `loads` and `load` are the standard library's."""

from __future__ import annotations

from json import JSONEncoder, load, loads
from typing import IO, Any

import orjson

from zato.common._json_fallback import dump_fallback

__all__ = ["dump", "dumps", "load", "loads"]


class _Encoder(JSONEncoder):
    def default(self, o: Any) -> Any:
        return dump_fallback(o)


def dumps(data: Any, *args: Any, indent: int | None = None, **options: Any) -> str:
    """Writes JSON text, with dates, decimals, UUIDs and objects that know how to become dictionaries.

    Options of `json.dumps` are accepted; without them the faster writer is used.
    """
    if args or options or indent not in (None, 2):
        from json import dumps as standard_dumps

        options.setdefault("cls", _Encoder)
        return standard_dumps(data, *args, indent=indent, **options)
    flags = orjson.OPT_NON_STR_KEYS | (orjson.OPT_INDENT_2 if indent else 0)
    return orjson.dumps(data, dump_fallback, flags).decode()


def dump(data: Any, stream: IO[str], *args: Any, **options: Any) -> None:
    """Writes JSON text to an open text file."""
    stream.write(dumps(data, *args, **options))
