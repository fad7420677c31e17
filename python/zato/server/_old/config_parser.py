"""`ConfigParser` of Python 2: `configparser` with the names and methods it had."""

from __future__ import annotations

import configparser
from typing import Any

# Files with a key twice were accepted.
_OPTIONS: dict[str, Any] = {"strict": False}


class RawConfigParser(configparser.RawConfigParser):
    """Reads configuration without references between values."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{**_OPTIONS, **options})

    def readfp(self, fp: Any, filename: str | None = None) -> None:
        """Reads an open file."""
        self.read_file(fp, filename)


class ConfigParser(configparser.ConfigParser):
    """Reads configuration with `%(name)s` references."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{**_OPTIONS, **options})

    def readfp(self, fp: Any, filename: str | None = None) -> None:
        """Reads an open file."""
        self.read_file(fp, filename)


SafeConfigParser = ConfigParser


def __getattr__(name: str) -> Any:
    """Gives the rest of `configparser`.

    Raises:
        AttributeError: If it is not there.
    """
    return getattr(configparser, name)
