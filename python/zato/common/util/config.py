"""Reading configuration files of services (reference service-api 1.3, 3.7)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from zato.bunch import Bunch

__all__ = ["get_config", "parse_config"]

_SECTION = re.compile(r"(?P<open>\[+)\s*(?P<name>.*?)\s*(?P<close>\]+)\s*(?:#.*)?")
_QUOTES = ('"', "'")


def get_config(repo_location: str, config_name: str, bunchified: bool = True, **_options: Any) -> Any:
    """Reads a configuration file.

    Args:
        repo_location: The directory of the file.
        config_name: Its name.
        bunchified: Whether sections and keys are attributes as well.
        _options: What earlier versions take about encryption and errors; it has no effect.

    Returns:
        Sections by name, in them text, or lists of text where values have commas.

    Raises:
        OSError: If the file cannot be read.
        ValueError: If it cannot be understood; the message names file and line.
    """
    path = Path(repo_location) / config_name
    found = parse_config(path.read_text(encoding="utf-8"), str(path))
    return found if bunchified else _plain(found)


def parse_config(text: str, source: str = "configuration") -> Bunch:
    """Reads the text of a configuration file: sections in brackets, sections in them in double brackets, keys, values.

    Raises:
        ValueError: If it cannot be understood; the message names source and line.
    """
    root = Bunch()
    nesting = [root]
    lines = iter(enumerate(text.removeprefix("\ufeff").splitlines(), 1))
    for number, raw in lines:
        line = raw.strip()
        if not line or line.startswith(("#", ";")):
            continue
        section = _SECTION.fullmatch(line)
        if section:
            depth = len(section["open"])
            if depth != len(section["close"]) or depth > len(nesting):
                raise ValueError(f"{source}:{number}: section `{line}` has too many or too few brackets")
            del nesting[depth:]
            name = section["name"].strip("\"'")
            nesting.append(nesting[-1].setdefault(name, Bunch()))
            continue
        key, separator, value = line.partition("=")
        if not separator:
            raise ValueError(f"{source}:{number}: `{line}` is neither a section nor a key with a value")
        value = value.strip()
        if value.startswith(('"""', "'''")):
            nesting[-1][key.strip().strip("\"'")] = _block(value, lines, f"{source}:{number}")
        else:
            nesting[-1][key.strip().strip("\"'")] = _value(value)
    return root


def _block(value: str, lines: Any, place: str) -> str:
    """Reads a value in triple quotes, which may go over several lines."""
    quotes, rest = value[:3], value[3:]
    found = [rest]
    while quotes not in found[-1]:
        following = next(lines, None)
        if following is None:
            raise ValueError(f"{place}: the quotes of this value are never closed")
        found.append(following[1])
    found[-1] = found[-1].partition(quotes)[0]
    return "\n".join(found)


def _value(text: str) -> str | list[str]:
    """Reads a value on one line; commas outside of quotes make it a list, ` #` begins a comment."""
    pieces: list[str] = []
    current, quote, is_quoted, has_comma = "", "", False, False
    for character in text:
        if quote:
            if character == quote:
                quote = ""
            else:
                current += character
        elif character in _QUOTES and not current.strip():
            current, quote, is_quoted = "", character, True
        elif character == ",":
            pieces.append(current if is_quoted else current.strip())
            current, is_quoted, has_comma = "", False, True
        elif character == "#" and (not current or current[-1].isspace()):
            break
        elif not is_quoted or not character.isspace():
            current += character
    if quote:
        return text
    last = current if is_quoted else current.strip()
    if not has_comma:
        return last
    return [*pieces, last] if last or is_quoted else pieces


def _plain(value: Any) -> Any:
    return {key: _plain(item) for key, item in value.items()} if isinstance(value, Bunch) else value
