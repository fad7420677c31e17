"""The statements about earlier versions of Zato that the page on compatibility is made of.

They are in `rows/*.toml`, a file per chapter of the reference (service-api), in the order of the page. A row is

    "2.2-explicit" = { versions = "all", what = "..." }

and works as described, unless it has `differs`, the reason why it is otherwise here, or `waits`, the part of the server
that it needs and that is not there. Markdown is allowed in all texts.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pyright: ignore[reportMissingImports] - pytest brings it

ROWS = Path(__file__).with_name("rows")


@dataclass(frozen=True)
class Row:
    """One statement."""

    identifier: str
    what: str
    versions: str
    differs: str = ""
    waits: str = ""

    @property
    def section(self) -> str:
        """Number of the section, for instance `2.2`."""
        return self.identifier.partition("-")[0]

    @property
    def status(self) -> str:
        """The status as the page tells it."""
        if self.waits:
            return f"needs {self.waits}"
        return f"differs: {self.differs}" if self.differs else "works"


@dataclass(frozen=True)
class Section:
    """A section of the page."""

    number: str
    title: str
    rows: tuple[Row, ...]


def read_sections(directory: Path = ROWS) -> list[Section]:
    """Reads all rows.

    Raises:
        ValueError: If a row is in no section, is there twice, or has a field that rows do not have.
    """
    sections = []
    seen: set[str] = set()
    for path in sorted(directory.glob("*.toml")):
        for section in read_file(path):
            sections.append(section)
            for row in section.rows:
                if row.identifier in seen:
                    raise ValueError(f"{path.name}: row `{row.identifier}` is there twice")
                seen.add(row.identifier)
    return sections


def read_file(path: Path) -> list[Section]:
    """Reads the sections of one file.

    Raises:
        ValueError: As `read_sections` does.
    """
    document = tomllib.loads(path.read_text())
    titles: dict[str, str] = document["sections"]
    rows = [_row(path, identifier, fields) for identifier, fields in document["rows"].items()]
    for row in rows:
        if row.section not in titles:
            raise ValueError(f"{path.name}: row `{row.identifier}` is in no section of the file")
    return [
        Section(number, title, tuple(row for row in rows if row.section == number)) for number, title in titles.items()
    ]


def read_rows(directory: Path = ROWS) -> dict[str, Row]:
    """Reads all rows by their identifiers."""
    return {row.identifier: row for section in read_sections(directory) for row in section.rows}


def _row(path: Path, identifier: str, fields: dict[str, Any]) -> Row:
    try:
        return Row(identifier, **fields)
    except TypeError as error:
        raise ValueError(f"{path.name}: row `{identifier}`: {error}") from error
