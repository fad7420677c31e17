"""From units to a report about each: they are imported as for a deployment, and their sources are read."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable
from typing import Any

from zato import _core
from zato.server._check._differences import Differences
from zato.server._check._libraries import Libraries
from zato.server._check._python2_names import run_time_findings
from zato.server._check._uses import uses_of
from zato.server._check._version import guess
from zato.server._loader import Loader, internal_units
from zato.server._loader._preparation import Candidate
from zato.server._loader._problems import Problem
from zato.server._loader._python2 import CONVERSION, Finding, python_2_syntax

_INTERNAL, _CHECKED = 0, 1


def examine(request: dict[str, Any], tell: Callable[[str | None], None]) -> list[dict[str, Any]]:
    """Examines units.

    Args:
        request: `profile`, `simple_io`, `has_old_module_names`, `units` as the loader takes them, and `refused`:
            problems by key of units that are not to be imported.
        tell: Told the key of each unit before its code runs, and None when code of the server does.

    Returns:
        What is known about each unit, in the form that docs/reference/service-check.md describes.
    """
    candidates_of: dict[str, dict[str, Any]] = {}

    def note(name: str, module: str, files: list[str]) -> bool:
        candidates_of[name] = {"module": module, "files": files}
        return True

    loader = Loader(
        profile=request["profile"],
        simple_io=request["simple_io"],
        is_service_allowed=note,
        on_import=tell,
        has_old_module_names=request["has_old_module_names"],
    )
    try:
        internal = internal_units()
        loader.prepare(_INTERNAL, internal)
        loader.commit(_INTERNAL, [unit["key"] for unit in internal])
        refused = request["refused"]
        units = [{"is_internal": False, **unit} for unit in request["units"]]
        loader.prepare(_CHECKED, [unit for unit in units if unit["key"] not in refused])
        candidates = loader.prepared()
        examination = _Examination(request, units, candidates_of)
        reports = []
        for unit in units:
            tell(None)
            reports.append(examination.report(unit, candidates.get(unit["key"]), refused.get(unit["key"])))
        return reports
    finally:
        loader.close()


class _Examination:
    """Reports about units of one request."""

    def __init__(
        self, request: dict[str, Any], units: list[dict[str, Any]], candidates_of: dict[str, dict[str, Any]]
    ) -> None:
        self._profile: str = request["profile"]
        self._candidates_of = candidates_of
        self._libraries = Libraries(units, has_old_names=request["has_old_module_names"])
        self._differences = Differences(request["simple_io"])

    def report(self, unit: dict[str, Any], candidate: Candidate | None, problem: Problem | None) -> dict[str, Any]:
        """Reports about a unit; it has either a candidate or a problem."""
        services, problems, odd = [], [], []
        if candidate is not None:
            services, problems, odd = candidate.services, [*candidate.problems], [*candidate.warnings]
            problems += [] if problems else self._uncompilable(services)
        elif problem is not None:
            problems = [problem]
        trees: dict[str, ast.Module] = {}
        old: list[tuple[str, Finding]] = []
        for file in unit["files"]:
            tree = _parsed(file["content"])
            if tree is None:
                old += [(file["location"], finding) for finding in python_2_syntax(file["content"])]
            else:
                trees[file["location"]] = tree
        if problems and old:
            told = {location for location, _ in old}
            # What Python says about the first line of many helps less.
            problems = [*_by_kind(old), *(item for item in problems if item["file"] not in told)]
        has_old_syntax = bool(old) or any("Python 2" in (item["hint"] or "") for item in problems)
        for location, tree in trees.items():
            odd += _as_problems(location, run_time_findings(tree))
        libraries = [library for location, tree in trees.items() for library in self._libraries.missing(location, tree)]
        return {
            "key": unit["key"],
            "module": unit["module"],
            "is_package": unit["is_package"],
            "status": "refused" if problems else "deploys",
            "written_for": guess(trees.values(), has_old_syntax=has_old_syntax),
            "services": [] if problems else [self._service(service, trees) for service in services],
            "libraries": libraries,
            "problems": problems,
            "warnings": odd,
        }

    def _uncompilable(self, services: list[dict[str, Any]]) -> list[Problem]:
        """What the native part would refuse."""
        problems = []
        for service in services:
            text = _core.check_description(service, self._profile)
            if text is not None:
                message = f"service `{service['name']}`: {text}"
                problems.append(Problem(file=service["file"], line=service["line"], message=message, hint=None))
        return problems

    def _service(self, service: dict[str, Any], trees: dict[str, ast.Module]) -> dict[str, Any]:
        tree = trees.get(service["file"])
        cls: type = service["cls"]
        body = _class_at(tree, cls.__name__, service["line"]) if tree else None
        profile = service["profile"] or self._profile
        return {
            "name": service["name"],
            "impl_name": service["impl_name"],
            "file": service["file"],
            "line": service["line"],
            "profile": profile,
            "uses": uses_of(cls, body) if body else [],
            "differences": self._differences.of(cls, body) if body else [],
            "candidate": self._candidates_of.get(service["name"], {"module": "", "files": []}),
        }


def _parsed(text: str) -> ast.Module | None:
    """Parses without running anything; none for what Python 3 does not take."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text.removeprefix("\ufeff"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _class_at(tree: ast.Module, name: str, line: int) -> ast.ClassDef | None:
    """Finds a class; of several with one name the one at the line, otherwise the last."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == name]
    # Python says that a class begins with its decorators, or after them, depending on its version.
    exact = [node for node in found if line in {node.lineno, *(item.lineno for item in node.decorator_list)}]
    return next(iter(exact or found[::-1]), None)


def _by_kind(old: list[tuple[str, Finding]]) -> list[Problem]:
    """How to convert a file, and then one problem for each kind, with all lines."""
    problems = []
    for location in sorted({location for location, _ in old}):
        problems.append(Problem(file=location, line=None, message="the file is Python 2", hint=CONVERSION))
        lines: dict[tuple[str, str], list[int]] = {}
        for finding in (finding for place, finding in old if place == location):
            lines.setdefault((finding.what, finding.fix), []).append(finding.line)
        for (what, fix), numbers in sorted(lines.items(), key=lambda item: item[1]):
            rest = f", also in {_listed(numbers[1:])}" if numbers[1:] else ""
            message = f"{what} is Python 2 syntax{rest}"
            problems.append(Problem(file=location, line=numbers[0], message=message, hint=fix))
    return problems


def _listed(numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:8]))
    word = "line" if len(numbers) == 1 else "lines"
    return f"{word} {shown}" + (f" and {len(numbers) - 8} more" if len(numbers) > 8 else "")


def _as_problems(location: str, findings: list[Finding]) -> list[Problem]:
    return [Problem(file=location, line=item.line, message=item.what, hint=item.fix) for item in findings]
