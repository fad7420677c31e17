from __future__ import annotations

import builtins
import importlib
import json
import sys

import pytest

from deployment import SIMPLE_IO, Deployments, module, package, service
from zato.server._loader import Loader


def test_modules_renamed_since_python_2_are_found(it: Deployments) -> None:
    text = "import httplib, urlparse\nfrom bunch import Bunch\nfrom httplib import NOT_FOUND\n"
    text += service("Get", "return httplib.OK, urlparse.urljoin('http://a/b', 'c'), Bunch(a=1).a, NOT_FOUND")
    it.deploy(module("old.py", text))
    assert it.run("old.get") == (200, "http://a/c", 1, 404)
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("httplib")


def test_units_import_each_other_in_any_order(it: Deployments) -> None:
    crm = module("crm.py", "import common\n" + service("Get", "return common.VALUE"))
    common = module("common.py", "VALUE = 1\n")
    prepared = it.deploy(crm, common)
    assert prepared["crm.py"]["depends_on"] == ["common.py"]
    assert it.run("crm.get") == 1


def test_imports_without_a_statement_count_as_well(it: Deployments) -> None:
    text = "import importlib\ncommon = importlib.import_module('common')\n" + service("Get", "return common.VALUE")
    it.deploy(module("common.py", "VALUE = 1\n"), module("crm.py", text))
    assert it.deploy(module("common.py", "VALUE = 2\n"))["crm.py"]["is_dependant"]
    assert it.run("crm.get") == 2


def test_imports_inside_functions_get_what_is_in_force(it: Deployments) -> None:
    it.deploy(
        module("common.py", "VALUE = 1\n"),
        module("crm.py", service("Get", "import common; return common.VALUE")),
    )
    assert it.run("crm.get") == 1
    it.prepare(module("common.py", "VALUE = 2\n"))
    assert it.run("crm.get") == 1
    it.loader.commit(it.number, ["common.py"])
    assert it.run("crm.get") == 2


def test_cyclic_imports_work_as_in_python(it: Deployments) -> None:
    first = module("first.py", "import second\nVALUE = 1\ndef other():\n    return second.VALUE\n")
    second = module("second.py", "import first\nVALUE = 2\n" + service("Get", "return first.VALUE, first.other()"))
    prepared = it.deploy(first, second)
    assert prepared["first.py"]["depends_on"] == ["second.py"]
    assert prepared["second.py"]["depends_on"] == ["first.py"]
    assert it.run("second.get") == (1, 2)
    broken = module("first.py", "from second import NOT_YET\nVALUE = 1\n")
    prepared = it.deploy(broken, module("second.py", "from first import VALUE\nNOT_YET = 1\n"))
    assert all(unit["problems"] for unit in prepared.values())
    assert it.run("second.get") == (1, 2)


def test_packages_have_relative_imports_and_packages_in_them(it: Deployments) -> None:
    billing = package(
        "billing",
        {
            "__init__.py": "from .settings import RATE\n",
            "settings.py": "RATE = 7\n",
            "api/__init__.py": "from . import invoices\n",
            "api/invoices.py": (
                "from .. import RATE\nfrom ..settings import RATE as again\nfrom ..plain.helper import twice\n"
                "import billing.settings as settings\n" + service("Get", "return twice(RATE), again, settings.RATE")
            ),
            "plain/helper.py": "def twice(x):\n    return 2 * x\n",
            "test_invoices.py": "import pytest_is_not_installed_there\n",
            "__main__.py": "raise SystemExit\n",
        },
    )
    unit = it.deploy(billing)["billing"]
    assert unit["problems"] == [] and unit["depends_on"] == []
    assert list(it.services) == ["billing.api.invoices.get"]
    assert it.run("billing.api.invoices.get") == (14, 7, 7)
    assert sys.modules["billing.api"].invoices is sys.modules["billing.api.invoices"]
    it.deploy(package("billing", {"__init__.py": service("Get")}))
    assert list(it.services) == ["billing.get"]
    assert not [name for name in sys.modules if name.startswith("billing.")]


@pytest.mark.parametrize("name", ["email", "json", "requests_is_not_here", "zato", "pytest", "sys"])
def test_installed_modules_keep_their_names(it: Deployments, name: str) -> None:
    before = sys.modules.get(name)
    unit = it.deploy(module(f"{name}.py", "import json\n" + service("Get", "return json.dumps([1])")))[f"{name}.py"]
    assert unit["problems"] == []
    assert it.run(f"{name.replace('_', '-')}.get") == "[1]"
    if before is not None:
        assert sys.modules.get(name) is before
        assert "belongs to" in unit["warnings"][0]["message"]
    it.deploy(module("user.py", "import json\nassert json.loads('1') == 1\n"))
    assert json.loads("1") == 1


@pytest.mark.parametrize(
    ("key", "name"),
    [("my-file.py", "my-file.get"), ("crm.v2.py", "crm.v2.get"), ("with space.py", "with space.get")],
)
def test_odd_file_names_deploy(it: Deployments, key: str, name: str) -> None:
    text = "import dataclasses, sys\n@dataclasses.dataclass\nclass Point:\n    x: 'int' = 1\n"
    text += service("Get", "return Point().x, sys.modules[__name__].Point is Point")
    unit = it.deploy(module(key, text))[key]
    assert unit["problems"] == []
    assert it.run(name) == (1, True)


def test_two_files_of_one_name_live_side_by_side(it: Deployments) -> None:
    prepared = it.deploy(
        module("a/crm.py", service("First", "return 1")), module("b/crm.py", service("Second", "return 2"))
    )
    assert [warning["message"] for warning in prepared["b/crm.py"]["warnings"]] == [
        "module name `crm` belongs to another deployed file; others cannot import this one"
    ]
    assert (it.run("crm.first"), it.run("crm.second")) == (1, 2)
    it.deploy(module("b/crm.py", service("Second", "return 3")))
    it.deploy(module("a/crm.py", service("First", "return 4")))
    assert (it.run("crm.first"), it.run("crm.second")) == (4, 3)


def test_modules_may_look_at_themselves_while_they_are_imported(it: Deployments) -> None:
    text = """
        from __future__ import annotations
        import dataclasses, enum, pickle, sys, typing
        from zato.server.service import Service

        this = sys.modules[__name__]

        @dataclasses.dataclass
        class Point:
            x: typing.ClassVar[int] = 3
            y: int = 4

        class Color(enum.Enum):
            RED = 1

        class Get(Service):
            def handle(self):
                hints = typing.get_type_hints(Point)
                return this.Point is Point, pickle.loads(pickle.dumps(Point(5))).y, list(hints)
    """
    it.deploy(module("shapes.py", text))
    assert it.run("shapes.get") == (True, 5, ["x", "y"])
    assert sys.modules["shapes"].__name__ == "shapes"


def test_modules_deployed_together_find_each_other_through_importlib(it: Deployments) -> None:
    text = "import importlib\nlate = importlib.import_module('late_one')\n" + service("Get", "return late.VALUE")
    prepared = it.deploy(module("early_one.py", text), module("late_one.py", "VALUE = 5\n"))
    assert prepared["early_one.py"]["depends_on"] == ["late_one.py"]
    assert it.run("early-one.get") == 5
    spec = sys.modules["late_one"].__spec__
    assert spec is not None and spec.name == "late_one"
    del sys.modules["late_one"]
    assert importlib.import_module("late_one").VALUE == 5
    assert importlib.reload(sys.modules["late_one"]).VALUE == 5


def test_star_imports_take_parts_of_packages(it: Deployments) -> None:
    files = {"__init__.py": "__all__ = ['api', 'RATE']\nRATE = 3\n", "api.py": "VALUE = 4\n"}
    text = "from billing import *\n" + service("Get", "return RATE, api.VALUE")
    it.deploy(module("crm.py", text), package("billing", files))
    assert it.run("crm.get") == (3, 4)


def test_names_that_libraries_add_to_builtins_are_seen(it: Deployments) -> None:
    builtins.zato_test_name = 5  # type: ignore[attr-defined]
    try:
        it.deploy(module("crm.py", service("Get", "return zato_test_name")))
        assert it.run("crm.get") == 5
    finally:
        del builtins.zato_test_name  # type: ignore[attr-defined]


def test_a_module_may_replace_itself(it: Deployments) -> None:
    text = "import sys\nclass Settings:\n    rate = 5\nsys.modules[__name__] = Settings()\n"
    it.deploy(
        module("settings_x.py", text),
        module("crm.py", "import settings_x\n" + service("Get", "return settings_x.rate")),
    )
    assert it.run("crm.get") == 5
    it.deploy(module("settings_x.py", text.replace("5", "6")))
    assert it.run("crm.get") == 6


def test_tells_which_unit_runs_even_if_another_one_imports_it() -> None:
    told: list[str | None] = []
    loader = Loader(profile="3.2", simple_io=SIMPLE_IO, on_import=told.append)
    Deployments(loader).prepare(module("a.py", "import b\nx = 1\n"), module("b.py", "y = 1\n"))
    loader.close()
    assert told == ["a.py", "b.py", "a.py", "b.py", "a.py", "b.py", None]
