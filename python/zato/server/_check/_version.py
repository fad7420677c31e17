"""For which version of Zato a file was most likely written, as far as its source shows it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import NamedTuple

__all__ = ["guess"]


class _Sign(NamedTuple):
    """Something that not all versions have."""

    first: str
    last: str
    what: str


_ORDER = ("2.0", "3.0", "3.1", "3.2", "4.1")

_MODULES = {
    "anyjson": ("2.0", "3.1"),
    "retools": ("2.0", "2.0"),
    "zato.common.api": ("3.1", "4.1"),
    "zato.common.exception": ("3.0", "4.1"),
    "zato.common.marshal_": ("3.2", "4.1"),
    "zato.common.nav": ("2.0", "3.0"),
    "zato.common.typing_": ("3.2", "4.1"),
    "zato.common.util.api": ("3.1", "4.1"),
    "zato.distlock": ("3.0", "4.1"),
    "zato.input_output": ("4.1", "4.1"),
    "zato.simpleio": ("3.2", "3.2"),
    "zato.sso": ("3.0", "3.2"),
}
_NAMES = {
    "Date": ("3.0", "4.1"),
    "DateTime": ("3.0", "4.1"),
    "Decimal": ("3.2", "4.1"),
    "DictList": ("3.2", "4.1"),
    "IOElem": ("4.1", "4.1"),
    "Model": ("3.2", "4.1"),
    "PubSubMessage": ("4.1", "4.1"),
    "RESTAdapter": ("3.2", "4.1"),
    "SIOElem": ("3.2", "3.2"),
    "SOAPAdapter": ("4.1", "4.1"),
    "Text": ("3.2", "4.1"),
    "UUID": ("3.2", "4.1"),
    "WSXAdapter": ("3.2", "3.2"),
    "dataclass": ("3.2", "4.1"),
}
# The first name after `self`.
_ATTRIBUTES = {
    "aws": ("4.1", "4.1"),
    "broker_client": ("2.0", "3.2"),
    "cache": ("3.0", "4.1"),
    "cassandra_conn": ("2.0", "3.1"),
    "chan": ("3.0", "4.1"),
    "commands": ("3.2", "4.1"),
    "crypto": ("3.0", "4.1"),
    "dictnav": ("2.0", "3.1"),
    "llm": ("4.1", "4.1"),
    "microsoft": ("4.1", "4.1"),
    "msg": ("2.0", "3.1"),
    "out": ("3.0", "4.1"),
    "patterns": ("2.0", "3.2"),
    "publish": ("4.1", "4.1"),
    "redis": ("4.1", "4.1"),
    "rest": ("3.2", "4.1"),
    "schedule": ("3.2", "4.1"),
    "servers": ("3.0", "3.1"),
    "soap": ("4.1", "4.1"),
    "spawn": ("3.2", "4.1"),
}


def guess(trees: Iterable[ast.Module], *, has_old_syntax: bool) -> dict[str, str] | None:
    """Guesses.

    Args:
        trees: The modules of the unit that can be parsed.
        has_old_syntax: Whether one of them is Python 2.

    Returns:
        `version`, one or a range, and `because`; none if every version could run it.
    """
    signs = [sign for tree in trees for node in ast.walk(tree) for sign in _signs(node)]
    if has_old_syntax:
        signs.append(_Sign("2.0", "3.1", "Python 2 syntax"))
    if not signs:
        return None
    first = max(signs, key=lambda sign: _ORDER.index(sign.first))
    last = min(signs, key=lambda sign: _ORDER.index(sign.last))
    telling = list(dict.fromkeys(sign.what for sign in (first, last) if (sign.first, sign.last) != ("2.0", "4.1")))
    begin, end = first.first, last.last
    if _ORDER.index(begin) > _ORDER.index(end):
        # It has signs of several versions; the newer ones were added by somebody who had the newer version.
        return {"version": begin, "because": first.what}
    if (begin, end) == (_ORDER[0], _ORDER[-1]):
        return None
    version = begin if begin == end else f"{begin} or later" if end == _ORDER[-1] else f"{begin} to {end}"
    if end == _ORDER[-1]:
        telling = [first.what]
    elif begin == _ORDER[0]:
        telling = [last.what]
    return {"version": version, "because": ", ".join(telling)}


def _signs(node: ast.AST) -> Iterator[_Sign]:
    match node:
        case ast.ImportFrom(module=str() as module, names=names):
            yield from _of_module(module)
            if module == "zato.common":
                moved = [alias.name for alias in names if alias.name.endswith("Exception")]
                if moved:
                    yield _Sign("2.0", "3.0", f"import of {moved[0]} from zato.common")
            if module.startswith("zato.server.service"):
                for alias in names:
                    if alias.name in _NAMES:
                        yield _Sign(*_NAMES[alias.name], f"import of {alias.name}")
        case ast.Import(names=names):
            for alias in names:
                yield from _of_module(alias.name)
        case ast.Attribute(value=ast.Name(id="self"), attr=name) if name in _ATTRIBUTES:
            yield _Sign(*_ATTRIBUTES[name], f"self.{name}")
        case ast.Compare(left=ast.Attribute(value=ast.Name(id="self"), attr="channel")):
            yield _Sign("2.0", "2.0", "self.channel compared with text")
        case ast.ClassDef():
            yield from _of_class(node)


def _of_module(name: str) -> Iterator[_Sign]:
    for known, (first, last) in _MODULES.items():
        if name == known or name.startswith(known + "."):
            yield _Sign(first, last, f"import of {known}")


def _of_class(node: ast.ClassDef) -> Iterator[_Sign]:
    has_handle = any(isinstance(item, ast.FunctionDef) and item.name.startswith("handle") for item in node.body)
    for item in node.body:
        match item:
            case ast.ClassDef(name="SimpleIO"):
                names = {target.id for line in item.body if isinstance(line, ast.Assign) for target in _targets(line)}
                is_new = bool(names & {"input", "output"})
                yield _Sign("3.2" if is_new else "2.0", "3.2", "class SimpleIO")
            case ast.ClassDef(name="IO"):
                yield _Sign("4.1", "4.1", "class IO")
            case ast.Assign() if has_handle and {"input", "output"} & {target.id for target in _targets(item)}:
                yield _Sign("3.2", "4.1", "input and output in the class")
            case ast.FunctionDef(name="finalize_handle" | "validate_input" | "validate_output" as name):
                yield _Sign("2.0", "3.2", name)


def _targets(node: ast.Assign) -> list[ast.Name]:
    return [target for target in node.targets if isinstance(target, ast.Name)]
