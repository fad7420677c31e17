"""What type checkers and editors know about the package."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PYRIGHT = Path(sys.executable).with_name("pyright")
EXAMPLE = """\
from dataclasses import dataclass
from zato.server.service import Model, Service
from zato.testing import Runner

@dataclass(init=False)
class Client(Model):
    name: str

class Typed(Service[Client]):
    input = Client

    def handle(self) -> None:
        reveal_type(self.request.input)
        reveal_type(self.request.input.name)
        reveal_type(self.cid)

class Untyped(Service):
    input = "name"

    def handle(self) -> None:
        reveal_type(self.request.input)
        reveal_type(self.invoke(Typed, {"name": "Ann"}))

def test_it(zato: Runner) -> None:
    response = zato.invoke(Typed, {"name": "Ann"})
    reveal_type(response.status_code)
    reveal_type(zato.rest["CRM"].last_call.method)
"""

needs_pyright = pytest.mark.skipif(not PYRIGHT.exists(), reason="pyright is not installed next to this Python")


def base_python() -> str:
    """This Python without the packages of its virtual environment."""
    return str(Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}")


def pyright(directory: Path, *arguments: str) -> str:
    """Runs pyright where no configuration of this repository is found."""
    command = [PYRIGHT, "--pythonpath", sys.executable, *arguments]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=300).stdout


@needs_pyright
def test_editors_know_the_input_of_a_service_that_names_its_model(tmp_path: Path) -> None:
    (tmp_path / "crm.py").write_text(EXAMPLE)
    found = json.loads(pyright(tmp_path, "--outputjson", "crm.py"))["generalDiagnostics"]
    revealed = [re.findall(r'is "(.*)"', item["message"])[0] for item in found if item["severity"] == "information"]
    assert revealed == ["Client", "str", "str", "Any", "Any", "int", "str"], found
    errors = [item["message"] for item in found if item["severity"] == "error"]
    assert errors == [], errors


@needs_pyright
@pytest.mark.skipif(importlib.util.find_spec("sqlalchemy") is None, reason="SQLAlchemy is not installed")
def test_the_types_of_all_public_names_are_known(tmp_path: Path) -> None:
    # A copy, because nothing but the package may be found, and not by a link as in a checkout.
    package = Path(importlib.util.find_spec("zato").submodule_search_locations[0])  # type: ignore[union-attr, index]
    site = tmp_path / "site-packages"
    shutil.copytree(package, site / "zato", ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    for name in ("pytest", "_pytest", "pluggy", "orjson", "sqlalchemy"):
        found = importlib.util.find_spec(name).submodule_search_locations[0]  # type: ignore[union-attr, index]
        (site / name).symlink_to(found)
    (tmp_path / "empty").mkdir()
    command = [PYRIGHT, "--pythonpath", base_python(), "--ignoreexternal", "--verifytypes", "zato"]
    variables = os.environ | {"PYTHONPATH": str(site)}
    done = subprocess.run(
        command, cwd=tmp_path / "empty", env=variables, capture_output=True, text=True, timeout=300
    )
    score = re.search(r"Type completeness score: ([\d.]+)%", done.stdout)
    assert score, done.stdout + done.stderr
    print(f"types of public names that are known: {score.group(1)} %")  # noqa: T201
    problems = [line for line in done.stdout.splitlines() if " - error: " in line]
    assert score.group(1) == "100", "\n".join(problems) or done.stdout


@pytest.mark.skipif(importlib.util.find_spec("mypy") is None, reason="mypy is not installed")
def test_the_stub_of_the_native_part_is_true(tmp_path: Path) -> None:
    # Names without a declaration that both sides can show: `__all__` of a native module; attributes by `__getattr__`.
    (tmp_path / "allowed.txt").write_text("zato\\._core\\.__all__\nzato\\._core\\.Payload\\.__getattr__\n")
    command = [sys.executable, "-m", "mypy.stubtest", "zato._core", "--allowlist", "allowed.txt"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def test_brackets_mean_nothing_when_services_run() -> None:
    from zato.server.service import Model, Service

    assert Service[Model] is Service
