from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deployment import Deployments, module, problem, service
from fake_core import Records
from zato.server._loader import internal_units


def installed(name: str) -> dict[str, Any]:
    """A module that is found by its name."""
    return {
        "key": f"module:{name}", "module": name, "is_package": False, "is_internal": False, "files": [], "hash": "",
    }  # fmt: skip


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory that modules are found in; what is imported from it is forgotten at the end."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def write(site: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = site / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_flat_and_dotted_modules_are_deployed_by_name(it: Deployments, site: Path, log: Records) -> None:
    write(
        site,
        {
            "flat_api.py": service("GetClient", "return 'flat'"),
            "my_company/__init__.py": "",
            "my_company/rates.py": "RATE = 7\n",
            "my_company/billing.py": "from .rates import RATE\n" + service("GetRate", "return RATE"),
        },
    )
    units = it.deploy(installed("flat_api"), installed("my_company.billing"))
    assert all(unit["problems"] == [] and unit["warnings"] == [] for unit in units.values())
    assert list(it.services) == ["flat-api.get-client", "my-company.billing.get-rate"]
    assert it.run("flat-api.get-client") == "flat" and it.run("my-company.billing.get-rate") == 7
    found = it.services["my-company.billing.get-rate"]
    assert (found["file"], found["line"]) == (str(site / "my_company/billing.py"), 3)
    assert (found["impl_name"], found["unit"]) == ("my_company.billing.GetRate", "module:my_company.billing")


def test_a_package_is_deployed_with_what_is_in_it_but_its_tests(it: Deployments, site: Path) -> None:
    write(
        site,
        {
            "shop/__init__.py": service("Top"),
            "shop/api.py": service("Get"),
            "shop/test_api.py": "raise ValueError('a test was imported')\n",
            "shop/inner/__init__.py": "",
            "shop/inner/deep.py": service("Get"),
        },
    )
    assert it.deploy(installed("shop"))["module:shop"]["problems"] == []
    assert list(it.services) == ["shop.api.get", "shop.inner.deep.get", "shop.top"]


def test_deployed_files_import_them_and_win_over_them(it: Deployments, site: Path, log: Records) -> None:
    write(site, {"base_api.py": "VALUE = 3\n" + service("Get", "return 'installed'")})
    it.deploy(installed("base_api"))
    text = "from base_api import VALUE\n" + service("Get", "return VALUE").replace(
        "    def", "    name = 'base-api.get'\n    def"
    )
    unit = it.deploy(module("crm.py", text))["crm.py"]
    assert unit["problems"] == [] and unit["depends_on"] == []
    assert it.run("base-api.get") == 3
    it.deploy(delete=("crm.py",))
    assert it.run("base-api.get") == "installed"


@pytest.mark.compat("1.2-echo-service", "1.2-ping")
def test_the_servers_own_services_belong_to_one_unit_each(it: Deployments, log: Records) -> None:
    units = it.deploy(*internal_units())
    assert all(unit["problems"] == [] and unit["warnings"] == [] for unit in units.values())
    names = [service["name"] for unit in units.values() for service in unit["services"]]
    assert len(names) == len(set(names))
    documented = """
        zato.ping zato.ping2 pub.zato.ping zato.helpers.echo zato.helpers.input-logger zato.security.get-list
        zato.scheduler.job.create zato.service.invoke pub.zato.service.service-invoker
        zato.pattern.invoke-retry.invoke-retry zato.pubsub.publish.publish
    """
    assert set(documented.split()) <= set(names)


def test_a_module_that_is_not_there_is_reported_with_a_remedy(it: Deployments, site: Path) -> None:
    write(site, {"there.py": service("Get"), "half/__init__.py": ""})
    units = it.deploy(installed("nowhere"), installed("half.missing"), installed("there"))
    for name in ("nowhere", "half.missing"):
        found = problem(units[f"module:{name}"])
        assert found["message"] == f"ModuleNotFoundError: No module named '{name}'"
        assert "PYTHONPATH" in found["hint"] and found["file"] is None
    assert list(it.services) == ["there.get"], "the others are deployed"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("x = 1\n1 / 0\n", 2, "ZeroDivisionError: division by zero"),
        ("x = 1\n\nclass A(:\n", 3, "SyntaxError: invalid syntax"),
        ("import nothing_like_it\n", 1, "ModuleNotFoundError: No module named 'nothing_like_it'"),
        ("raise SystemExit(3)\n", 1, "SystemExit: 3"),
    ],
)
def test_a_module_that_fails_is_reported_with_file_and_line(
    it: Deployments, site: Path, text: str, line: int, message: str
) -> None:
    write(site, {"broken_api.py": text})
    found = problem(it.deploy(installed("broken_api"))["module:broken_api"])
    assert (found["file"], found["line"], found["message"]) == (str(site / "broken_api.py"), line, message)
