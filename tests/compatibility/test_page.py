"""The page on compatibility says what the tests prove, and nothing else."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from page import PAGE, problems, render
from proofs import collect_proofs
from rows import Row, Section, read_rows, read_sections


@pytest.fixture(scope="module")
def proofs() -> dict[str, list[str]]:
    """Marks of all tests of the repository."""
    return collect_proofs()


def test_every_row_has_a_test_and_every_mark_a_row(proofs: dict[str, list[str]]) -> None:
    assert problems(read_sections(), proofs) == []


def test_the_page_is_current(proofs: dict[str, list[str]]) -> None:
    assert PAGE.read_text() == render(read_sections(), proofs), "`make docs` writes it"


def test_rows_that_need_something_have_a_test_that_it_is_missing(proofs: dict[str, list[str]]) -> None:
    for row in read_rows().values():
        if row.waits:
            assert any("::test_what_is_missing_" in test for test in proofs[row.identifier]), row.identifier


def test_a_row_without_a_test_and_a_mark_without_a_row_are_told() -> None:
    sections = [Section("1", "One", (Row("1-a", "what", "all"), Row("1-b", "what", "all")))]
    assert problems(sections, {"1-a": ["t"], "1-c": ["e2e/x.py::test_y"]}) == [
        "row `1-b` has no test",
        "there is no row `1-c`, which e2e/x.py::test_y is marked with",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[sections]\n"1" = "One"\n[rows]\n"2-a" = { what = "w", versions = "all" }', "no section"),
        ('[sections]\n"1" = "One"\n[rows]\n"1-a" = { what = "w" }', "versions"),
        ('[sections]\n"1" = "One"\n[rows]\n"1-a" = { what = "w", versions = "all", state = "x" }', "state"),
    ],
)
def test_rows_that_are_wrong_are_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "1.toml").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_sections(tmp_path)


def test_cells_of_the_page_stay_cells() -> None:
    row = Row("1-a", "`a | b`", "3.2+", differs="because")
    page = render([Section("1", "One", (row,))], {"1-a": ["e2e/x.py::test_y"]})
    assert "| `a \\| b` | 3.2+ | differs: because | `e2e/x.py::test_y` |" in page
    assert "| 1 One | 1 | 0 | 1 | 0 |" in page
