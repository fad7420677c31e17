"""What is wrong with a module, in words that help its author."""

from __future__ import annotations

import importlib
import linecache
import re
import traceback
from pathlib import PurePath
from typing import TypedDict

from zato.server._loader._old_names import OLD_NAMES
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
    "inconsistent use of tabs",
)

_PYTHON_2_LINES = {
    "the print statement": re.compile(r"^\s*print\s+[^(=\s]|^\s*print\s*>>"),
    "`except Class, name`": re.compile(r"^\s*except\s+[\w.]+\s*,\s*\w+\s*:"),
    "`raise Class, message`": re.compile(r"^\s*raise\s+[\w.]+\s*,"),
    "the exec statement": re.compile(r"^\s*exec\s+[^(=\s]"),
    "the operator `<>`": re.compile(r"\s<>\s"),
    "backquotes": re.compile(r"`[^`]+`"),
    "`ur''` literals": re.compile(r"\b[uU][rR]['\"]"),
    "long or octal literals": re.compile(r"\b\d+[lL]\b|\b0\d+\b"),
}

_PACKAGES = {
    "bs4": "beautifulsoup4",
    "Crypto": "pycryptodome",
    "cv2": "opencv-python",
    "dateutil": "python-dateutil",
    "jwt": "PyJWT",
    "ldap": "python-ldap",
    "OpenSSL": "pyOpenSSL",
    "PIL": "pillow",
    "psycopg2": "psycopg2-binary",
    "sklearn": "scikit-learn",
    "suds": "suds-community",
    "yaml": "PyYAML",
    "zmq": "pyzmq",
}


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
    line = error.text or linecache.getline(error.filename or "", error.lineno or 0)
    found = next((what for what, pattern in _PYTHON_2_LINES.items() if pattern.search(line)), None)
    if found is None and any(text in (error.msg or "").lower() for text in _PYTHON_2_MESSAGES):
        found = "this"
    if found is None:
        return None
    return (
        f"{found} is Python 2 syntax; convert the file to Python 3, for instance with "
        "`2to3 -w FILE`, which Python up to 3.12 includes"
    )


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
    package = _PACKAGES.get(top, top)
    return (
        f"install it with `python -m pip install {package}` for the Python that runs the server, "
        f"or deploy a file called {top}.py"
    )
