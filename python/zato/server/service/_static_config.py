"""`self.static_config`: files that services need as they are (reference service-api 3.6, operations 6.8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from zato import _core

__all__ = ["StaticConfig"]


class StaticConfig(Mapping[str, Any]):
    """Files of the directories `config/repo/static` and `pickup/incoming/static`, by item or attribute.

    A file is found by its name, `self.static_config["signup.txt"]`, or by its name up to the first dot,
    `self.static_config.signup`; a directory is another such object. The content is text, or bytes where it is not
    UTF-8. A file is read again when it has changed, on every worker.

    Args:
        directories: Where files are looked for, the last one first; those of the server if left out.
    """

    __slots__ = ("_cache", "_directories")

    def __init__(self, directories: tuple[Path, ...] | None = None) -> None:
        self._directories = directories
        self._cache: dict[Path, tuple[tuple[int, ...], Any]] = {}

    def __getitem__(self, name: str) -> Any:
        path = self._find(name)
        if path is None:
            raise KeyError(name)
        if path.is_dir():
            return self._nested(path.name)
        return self._read(path, name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._find(name) is not None

    def __iter__(self) -> Iterator[str]:
        names = {path.name for directory in self._roots() for path in _listed(directory)}
        return iter(sorted(names))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __repr__(self) -> str:
        return f"StaticConfig({', '.join(self)})"

    def _roots(self) -> tuple[Path, ...]:
        if self._directories is None:
            facts = _core.server_facts() or {}
            self._directories = tuple(Path(path) for path in facts.get("static_directories", ()))
        return self._directories

    def _nested(self, name: str) -> StaticConfig:
        below = tuple(directory / name for directory in self._roots())
        known = self._cache.get(Path(name))
        if known is None:
            known = self._cache[Path(name)] = ((), StaticConfig(below))
        return known[1]

    def _find(self, name: str) -> Path | None:
        """Finds a file or directory; a name that is a path leads nowhere."""
        if not name or "/" in name or "\0" in name or name.startswith("."):
            return None
        for directory in reversed(self._roots()):
            if (directory / name).exists():
                return directory / name
        if "." in name:
            return None
        for directory in reversed(self._roots()):
            found = sorted(path for path in _listed(directory) if path.name.partition(".")[0] == name)
            if found:
                return found[0]
        return None

    def _read(self, path: Path, name: str) -> Any:
        try:
            status = path.stat()
            version = (status.st_mtime_ns, status.st_size, status.st_ino, status.st_dev)
            known = self._cache.get(path)
            if known is not None and known[0] == version:
                return known[1]
            content = path.read_bytes()
        except FileNotFoundError:
            raise KeyError(name) from None
        try:
            value: Any = content.decode("utf-8")
        except UnicodeDecodeError:
            value = content
        self._cache[path] = (version, value)
        return value


def _listed(directory: Path) -> list[Path]:
    try:
        return [path for path in directory.iterdir() if not path.name.startswith(".") and not path.name.endswith("~")]
    except OSError:
        return []
