"""Syntax of Python 2, recognized by reading text: nothing is run, and the text need not be Python 3."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["CONVERSION", "Finding", "python_2_syntax"]

#: How to convert a whole file. The `2to3` that came with Python is gone since 3.13.
CONVERSION = (
    "convert the file with `python -m fissix -w -n FILE`, which does what `2to3` of earlier Python versions did; "
    "`python -m pip install fissix` installs it"
)


class Finding(NamedTuple):
    """One place in a file."""

    line: int
    #: What was found, as a noun.
    what: str
    #: What Python 3 has for it.
    fix: str


# Strings and comments, whose text must not be taken for code.
_QUIET = re.compile(
    r"""(?P<comment>\#[^\n]*)
    |(?P<prefix>(?<![A-Za-z0-9_])[A-Za-z]{0,2})(?P<quote>\'\'\'|\"\"\"|\'|\")
    """,
    re.VERBOSE,
)
_BEGIN = r"(?:^|[;:])\s*"
_KINDS: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    (
        "the print statement",
        "write `print(...)` with parentheses",
        re.compile(_BEGIN + r"print(?:\s*>>|\s+(?![=.,)\]:]|\()\S|\s*[\"'])"),
    ),
    (
        "`except Class, name`",
        "write `except Class as name`",
        re.compile(_BEGIN + r"except\s+(?:\([^()]*\)|[\w.]+)\s*,\s*\w+\s*:"),
    ),
    (
        "`raise Class, message`",
        "write `raise Class(message)`",
        re.compile(_BEGIN + r"raise\s+[\w.]+(?:\([^()]*\))?\s*,"),
    ),
    (
        "the exec statement",
        "write `exec(...)` with parentheses",
        re.compile(_BEGIN + r"exec(?:\s+(?![=.,)\]])\S|[\"'])"),
    ),
    ("the operator `<>`", "write `!=`", re.compile(r"<>")),
    ("a value in backquotes", "write `repr(...)`", re.compile(r"`")),
    ("a `ur''` literal", "write `r''`, all text is Unicode", re.compile(r"(?<![A-Za-z0-9_])[uU][rR](?=[\"'])")),
    (
        "an octal literal",
        "write it with `0o`, for instance `0o777`",
        re.compile(r"(?<![\w.])0+[1-7][0-7]*(?![\w.])"),
    ),
    (
        "a long integer",
        "leave the `L` out, integers have no limit",
        re.compile(r"(?<![\w.])(?:0[xX][0-9a-fA-F]+|\d+)[lL](?!\w)"),
    ),
    (
        "a parameter that is a tuple",
        "give the parameter a name and unpack it in the body",
        re.compile(r"\bdef\s+\w+\s*\((?:[^()]*,)?\s*\(|\blambda\s*(?:[\w\s,]*,)?\s*\([\w\s,]+\)\s*:"),
    ),
    (
        "`async` as a name",
        "it is a keyword since Python 3.7; use another name, such as `is_async`",
        re.compile(r"\basync\s*(?:=|\)|,|$)|\.async\b"),
    ),
)


def python_2_syntax(text: str) -> list[Finding]:
    """Finds what Python 2 took and Python 3 does not.

    It is exact enough to explain why a file is refused, not to decide whether it is: a few of these forms are valid
    Python 3 in rare places.

    Args:
        text: Source of a module, or a part of it.

    Returns:
        Findings in the order of their lines.
    """
    code = _without_text(text)
    return [
        Finding(number, what, fix)
        for number, line in enumerate(code.splitlines(), 1)
        for what, fix, pattern in _KINDS
        if pattern.search(line)
    ]


def _without_text(source: str) -> str:
    """Replaces comments and the inside of strings by blanks; lines and columns stay where they are."""
    return "".join(_pieces(source))


def _pieces(source: str) -> Iterator[str]:
    position = 0
    while (found := _QUIET.search(source, position)) is not None:
        yield source[position : found.start()]
        if found["comment"]:
            yield " " * len(found["comment"])
            position = found.end()
            continue
        end = _end_of_string(source, found.end(), found["quote"])
        quote = found["quote"]
        yield found["prefix"] + quote
        inside = source[found.end() : max(end - len(quote), found.end())]
        yield re.sub(r"[^\n]", " ", inside)
        yield source[max(end - len(quote), found.end()) : end]
        position = end
    yield source[position:]


def _end_of_string(source: str, begin: int, quote: str) -> int:
    """Gives where a string is over: after its quote or, if it has none, at the end of the line or of the text."""
    position = begin
    while position < len(source):
        if source[position] == "\\":
            position += 2
        elif source.startswith(quote, position):
            return position + len(quote)
        elif source[position] == "\n" and len(quote) == 1:
            return position
        else:
            position += 1
    return len(source)
