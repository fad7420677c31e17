"""Source lines for tracebacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload


class SourceLines(Sequence[str]):
    """The lines of a module, split only when somebody asks: `linecache` would keep them all for ever."""

    __slots__ = ("_content",)

    def __init__(self, content: str) -> None:
        self._content = content

    def _lines(self) -> list[str]:
        # `str.splitlines` would split at characters that end no line in Python.
        content = self._content.replace("\r\n", "\n").replace("\r", "\n")
        return [line + "\n" for line in content.split("\n")]

    def __len__(self) -> int:
        return len(self._lines())

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> list[str]: ...

    def __getitem__(self, index: int | slice) -> str | list[str]:
        return self._lines()[index]
