"""Which tests prove which rows: the marks `@pytest.mark.compat("2.2-explicit", ..)` of what pytest collects.

Marks may also be on single parameters of a test. As a plugin of pytest this module writes what it finds to the file
that the variable `ZATO_PROOFS` names; the tests are collected by processes of their own, as unit tests and end-to-end
tests do not go into one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DIRECTORIES = ("tests/python", "tests/e2e", "tests/docs")
VARIABLE = "ZATO_PROOFS"


def pytest_collection_finish(session: pytest.Session) -> None:
    """Writes rows and the tests that are marked with them."""
    target = os.environ.get(VARIABLE)
    if target is None:
        return
    found: dict[str, list[str]] = {}
    for item in session.items:
        file = item.path.relative_to(ROOT / "tests").as_posix()
        name = getattr(item, "originalname", item.name)
        for mark in item.iter_markers("compat"):
            for row in mark.args:
                tests = found.setdefault(row, [])
                if f"{file}::{name}" not in tests:
                    tests.append(f"{file}::{name}")
    Path(target).write_text(json.dumps(found))


def collect_proofs() -> dict[str, list[str]]:
    """Gives the tests of each row that tests are marked with.

    Raises:
        RuntimeError: If the tests cannot be collected.
    """
    proofs: dict[str, list[str]] = {}
    for directory in DIRECTORIES:
        with tempfile.TemporaryDirectory() as temporary:
            target = Path(temporary) / "proofs.json"
            variables = os.environ | {VARIABLE: str(target), "PYTHONPATH": str(Path(__file__).parent)}
            options = ["--collect-only", "-qqq", "-p", "proofs", "-p", "no:cacheprovider"]
            command = [sys.executable, "-m", "pytest", *options, directory]
            done = subprocess.run(
                command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False
            )
            if done.returncode != 0 or not target.exists():
                said = f"{done.stdout}\n{done.stderr}"[-3000:]
                raise RuntimeError(f"the tests in {directory} cannot be collected\n{said}")
            for row, tests in json.loads(target.read_text()).items():
                proofs.setdefault(row, []).extend(tests)
    return proofs
