"""Makes `docs/compatibility.md` of rows and the tests that prove them; `make docs` runs this file."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from proofs import ROOT, collect_proofs
from rows import Row, Section, read_sections

PAGE = ROOT / "docs" / "compatibility.md"

_BEGINNING = """\
<!-- Generated from tests/compatibility; change it there. -->
# Compatibility

What services written for Zato 2.0, 3.0, 3.1, 3.2 and 4.1 find here, statement by statement, with the tests that prove
each of them. Where versions contradict each other, the [compat profile](reference/server-conf.md) of the server or of a
single service decides.

A row that *works* is served as it says by all versions it is about, each under its profile. A row that *differs* is
served in another way, for the reason that is given. A row that *needs* something is about a part of the server that is
not there; using or configuring it is answered with the name of that part. The second column has the versions in which
Zato has it; *ours* is what no version has.
"""


def problems(sections: list[Section], proofs: dict[str, list[str]]) -> list[str]:
    """Says which rows are without a test, and which marks are of no row."""
    rows = {row.identifier for section in sections for row in section.rows}
    found = [f"row `{row}` has no test" for row in sorted(rows - proofs.keys())]
    for mark in sorted(proofs.keys() - rows):
        found.append(f"there is no row `{mark}`, which {', '.join(proofs[mark])} is marked with")
    return found


def render(sections: list[Section], proofs: dict[str, list[str]]) -> str:
    """Gives the text of the page."""
    parts = [_BEGINNING, "| section | rows | work | differ | need something |\n|---|---|---|---|---|"]
    for section in sections:
        counts = [len(section.rows), 0, 0, 0]
        for row in section.rows:
            counts[3 if row.waits else 2 if row.differs else 1] += 1
        parts.append(f"| {section.number} {section.title} | {' | '.join(map(str, counts))} |")
    for section in sections:
        parts.append(f"\n## {section.number} {section.title}\n\n| what | versions | status | tests |")
        parts.append("|---|---|---|---|")
        parts += [_line(row, proofs.get(row.identifier, [])) for row in section.rows]
    return "\n".join(parts) + "\n"


def _line(row: Row, tests: list[str]) -> str:
    cells = [row.what, row.versions, row.status, "<br>".join(f"`{test}`" for test in sorted(set(tests)))]
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def main() -> int:
    """Writes the page unless rows and marks do not fit."""
    sections, proofs = read_sections(), collect_proofs()
    found = problems(sections, proofs)
    if found:
        print("\n".join(found), file=sys.stderr)  # noqa: T201 - a command
        return 1
    PAGE.write_text(render(sections, proofs))
    return 0


if __name__ == "__main__":
    sys.exit(main())
