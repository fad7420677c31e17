"""Constructs of a service whose behavior depends on the compat profile (reference service-api, conflict table and 10).

What elements are is asked of the code that deploys services, once for each profile; the rest is what the native part
does by profile.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from zato.server._loader._collect import PROFILES
from zato.server.service._declaration import describe_io

__all__ = ["Differences"]

_OLD = ("2.0", "3.0", "3.1")

_KINDS = {
    "as_is": "as it was sent",
    "bool": "a bool",
    "csv": "a list, split at commas",
    "date": "a date, parsed",
    "date_time": "a datetime, parsed",
    "decimal": "a Decimal",
    "dict": "a dict",
    "dict_list": "a list of dicts",
    "float": "a float",
    "int": "an int",
    "list": "a list",
    "scalar_text": "text if it is no object or list",
    "secret": "encrypted, for self.server.decrypt",
    "text": "text",
    "utc": "text without +00:00",
    "uuid": "a UUID",
}

_NOW = {"utcnow": 0, "now": 0}


class Differences:
    """Finds them.

    Args:
        simple_io: Name inference of SimpleIO, see `describe_io`.
    """

    def __init__(self, simple_io: dict[str, Any]) -> None:
        self._simple_io = simple_io

    def of(self, cls: type, body: ast.ClassDef) -> list[dict[str, Any]]:
        """Gives the differences of a service.

        Args:
            cls: The class, imported.
            body: Its source, parsed.

        Returns:
            Descriptions sorted by line, as docs/reference/service-check.md describes them.
        """
        described = {profile: describe_io(cls, self._simple_io, profile) for profile in PROFILES}
        lines = _lines_of_text(body)
        declared = lines.get("", body.lineno)
        found = [*_of_declaration(described, lines, declared), *_of_code(body, described["3.2"])]
        differing = [item for item in found if len(set(item["effects"].values())) > 1]
        return sorted(differing, key=lambda item: (item["line"], item["construct"]))


def _difference(construct: str, line: int, effects: dict[str, str]) -> dict[str, Any]:
    return {"construct": construct, "line": line, "effects": effects}


def _by_profile(old: str, v3_2: str, v4_1: str, v2_0: str | None = None) -> dict[str, str]:
    effects = dict.fromkeys(_OLD, old) | {"3.2": v3_2, "4.1": v4_1}
    return effects if v2_0 is None else effects | {"2.0": v2_0}


def _of_declaration(
    described: dict[str, dict[str, Any] | None], lines: dict[str, int], declared: int
) -> Iterator[dict[str, Any]]:
    """What depends on the declaration of input and output."""
    newest = described["3.2"]
    if newest is None:
        return
    for side in ("input", "output"):
        for name in (element["name"] for element in newest[side]):
            effects = {profile: _kind(io[side], name) for profile, io in described.items() if io is not None}
            yield _difference(f"{side} `{name}`", lines.get(name, declared), effects)
    inputs = newest["input"]
    required = [item["name"] for item in inputs if item["is_required"]]
    optional = [item["name"] for item in inputs if not item["is_required"]]
    if required:
        effects = _by_profile("500, ParsingException", "400, ElementMissing", "500, ValueError")
        construct = f"required input that does not come ({_some(required)})"
        yield _difference(construct, lines.get(required[0], declared), effects)
    if optional:
        has_default = newest["default_input"] is not None or any(item.get("default") is not None for item in inputs)
        empty = "its default, or ''" if has_default else "''"
        has_bool = any(item["kind"] == "bool" for item in inputs if not item["is_required"])
        effects = _by_profile(empty, f"{empty} (False for a bool)" if has_bool else empty, "None")
        construct = f"optional input that does not come ({_some(optional)})"
        yield _difference(construct, lines.get(optional[0], declared), effects)
    unset = [item["name"] for item in newest["output"] if not item["is_required"]]
    if unset:
        effects = _by_profile("sent as ''", "left out", "left out")
        yield _difference(f"optional output that was not set ({_some(unset)})", lines.get(unset[0], declared), effects)
    demanded = [item["name"] for item in newest["output"] if item["is_required"]]
    if demanded:
        old = "500, and an empty one too" if not newest["allow_empty_required"] else "sent as ''"
        effects = _by_profile(old, "500", "left out")
        yield _difference(
            f"required output that was not set ({_some(demanded)})", lines.get(demanded[0], declared), effects
        )
    if newest["use_channel_params_only"]:
        effects = _by_profile("the body is ignored", "no effect", "no effect")
        yield _difference("use_channel_params_only", lines.get("use_channel_params_only", declared), effects)


def _kind(elements: list[dict[str, Any]], name: str) -> str:
    kind = next((item["kind"] for item in elements if item["name"] == name), "text")
    return _KINDS.get(kind, kind)


def _some(names: list[str]) -> str:
    return ", ".join(names[:4]) + (", ..." if len(names) > 4 else "")


def _of_code(body: ast.ClassDef, declaration: dict[str, Any] | None) -> Iterator[dict[str, Any]]:
    """What depends on what methods do."""
    has_input = declaration is not None
    has_output = declaration is not None and (declaration["has_output"] or declaration["output_model"] is not None)
    seen: set[str] = set()
    for node in ast.walk(body):
        difference = _of_node(node, has_input, has_output)
        if difference is not None and difference["construct"] not in seen:
            seen.add(difference["construct"])
            yield difference


def _of_node(node: ast.AST, has_input: bool, has_output: bool) -> dict[str, Any] | None:
    match node:
        case ast.Attribute(value=ast.Attribute(attr="request"), attr="input") if not has_input:
            effects = _by_profile("an empty dict", "None", "the parsed body with parameters", "an empty Bunch")
            return _difference("self.request.input without a declaration", node.lineno, effects)
        case ast.Attribute(ctx=ast.Store(), value=ast.Attribute(value=part, attr="payload")) if (
            not has_output and isinstance(part, ast.Attribute) and part.attr == "response"
        ):
            effects = _by_profile("an AttributeError", "an AttributeError", "a message that takes any attribute")
            return _difference("self.response.payload.name = ... without a declaration", node.lineno, effects)
        case ast.Call(func=ast.Attribute(value=ast.Attribute(attr="time"), attr=name)) if name in _NOW:
            if node.args or any(keyword.arg in ("format", "needs_format", None) for keyword in node.keywords):
                return None
            effects = _by_profile("2030-01-31 23:59:59", "2030-01-31T23:59:59", "2030-01-31T23:59:59")
            return _difference(f"self.time.{name}() without a format", node.lineno, effects)
        case ast.Call(func=ast.Attribute(value=ast.Attribute(attr="time"), attr="today")):
            if len(node.args) > 1 or any(keyword.arg in ("tz", None) for keyword in node.keywords):
                return None
            local = "of the local time zone"
            effects = _by_profile(local, local, local, "of UTC")
            return _difference("self.time.today() without a time zone", node.lineno, effects)
    return None


def _lines_of_text(body: ast.ClassDef) -> dict[str, int]:
    """Lines of names in declarations: of each text, of each attribute, and under `""` where declarations begin."""
    lines: dict[str, int] = {}
    for statement in body.body:
        is_inner = isinstance(statement, ast.ClassDef) and statement.name in ("SimpleIO", "IO")
        is_direct = isinstance(statement, (ast.Assign, ast.AnnAssign))
        if not (is_inner or is_direct):
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                lines.setdefault(node.value.removeprefix("-"), node.lineno)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                lines.setdefault(node.id, node.lineno)
                if node.id.startswith(("input", "output")):
                    lines.setdefault("", node.lineno)
    return lines
