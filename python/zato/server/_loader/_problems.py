"""What is wrong with a module, in words that help its author."""

from __future__ import annotations

import importlib
import linecache
import traceback
from pathlib import PurePath
from typing import TypedDict

from zato.server._loader._old_names import OLD_NAMES
from zato.server._loader._packages import package_of
from zato.server._loader._python2 import CONVERSION, python_2_syntax
from zato.server._loader._units import Unit


class Problem(TypedDict):
    """One defect, the way the native part takes it."""

    file: str | None
    line: int | None
    message: str
    hint: str | None


_PYTHON_2_MESSAGES = (
    "missing parentheses in call to",
    "multiple exception types must be parenthesized",
    "leading zeros in decimal integer literals",
    "did you mean print(",
)


def from_exception(error: BaseException, unit: Unit) -> Problem:
    """Describes what a module of a unit raised while it was imported.

    The place is the innermost line inside the unit's own files, which is the one its author can change.
    """
    try:
        file, line = _place(error, unit)
        message = f"{type(error).__name__}: {_text(error)}".rstrip(": ")
        hint = _hint(error, unit)
    except BaseException:  # noqa: BLE001 - an exception class of the user's may be broken in any way
        location = unit.files[0]["location"] if unit.files else None
        return Problem(file=location, line=None, message="it raised an exception that cannot be shown", hint=None)
    return Problem(file=file, line=line, message=message, hint=hint)


def printable(problem: Problem) -> Problem:
    """Gives a problem as the native part can take it: halves of characters, which Python allows, are written out."""
    file, hint = problem["file"], problem["hint"]
    return Problem(
        file=file if file is None else _whole(file),
        line=problem["line"],
        message=_whole(problem["message"]),
        hint=hint if hint is None else _whole(hint),
    )


def _whole(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _place(error: BaseException, unit: Unit) -> tuple[str | None, int | None]:
    if isinstance(error, SyntaxError) and isinstance(error.filename, str) and error.filename in unit.locations:
        return error.filename, error.lineno
    if unit.is_installed:
        return _place_outside(error)
    locations = unit.locations
    place: tuple[str | None, int | None] = (unit.files[0]["location"] if unit.files else None, None)
    for frame, line in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename in locations:
            place = (frame.f_code.co_filename, line)
    return place


def _place_outside(error: BaseException) -> tuple[str | None, int | None]:
    """The innermost line that an ordinary import led to; none if the module itself was not found."""
    if isinstance(error, SyntaxError):
        return error.filename, error.lineno
    ours = str(PurePath(__file__).parent)
    place: tuple[str | None, int | None] = (None, None)
    for frame, line in traceback.walk_tb(error.__traceback__):
        file = frame.f_code.co_filename
        if not (file.startswith(("<frozen importlib", ours)) or file == importlib.__file__):
            place = (file, line)
    return place


def _text(error: BaseException) -> str:
    try:
        text = str(error.msg if isinstance(error, SyntaxError) else error)
    except BaseException:  # noqa: BLE001 - an exception class of the user's may be broken as well
        return "(its message cannot be shown)"
    first, _, rest = text.strip().partition("\n")
    return f"{first} ..." if rest else first


def _hint(error: BaseException, unit: Unit) -> str | None:
    if isinstance(error, SyntaxError):
        return _syntax_hint(error)
    if isinstance(error, ModuleNotFoundError) and error.name:
        return _missing_module_hint(error.name, unit)
    if isinstance(error, ImportError) and (error.name or "").partition(".")[0] == "zato":
        return "this version does not have it"
    if isinstance(error, (SystemExit, KeyboardInterrupt)):
        return "the module ends the process when it is imported; keep that under `if __name__ == '__main__':`"
    return None


def _syntax_hint(error: SyntaxError) -> str | None:
    if isinstance(error, TabError):
        return "Python 2 took a tab for up to 8 spaces; `expand -t 8 FILE` writes the file with spaces only"
    line = error.text or linecache.getline(error.filename or "", error.lineno or 0)
    found = next((finding.what for finding in python_2_syntax(line)), None)
    if found is None and any(text in (error.msg or "").lower() for text in _PYTHON_2_MESSAGES):
        found = "this"
    return f"{found} is Python 2 syntax; {CONVERSION}" if found else None


def _missing_module_hint(name: str, unit: Unit) -> str:
    top = name.partition(".")[0]
    if unit.is_installed and f"{unit.module}.".startswith(f"{name}."):
        return "put the directory it is in on PYTHONPATH, or write ./DIR or /DIR into service-sources.txt instead of it"
    if name in OLD_NAMES:
        home = OLD_NAMES[name]
        instead = "what has replaced it" if home.startswith("zato.server.") else f"`{home}`"
        return f"`{name}` is an old name; import {instead}, or set `old_module_names = True` in [compat] of server.conf"
    if top == "zato":
        return f"this version does not have `{name}`"
    if unit.name_note and top == unit.module:
        return f"{unit.name_note}; rename the package, or use relative imports inside it"
    return (
        f"install it with `python -m pip install {package_of(top)}` for the Python that runs the server, "
        f"or deploy a file called {top}.py"
    )
