from __future__ import annotations

import builtins
import importlib
import json
import linecache
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import zato.server
from deployment import ROOT, SIMPLE_IO, Deployments, module, package, service
from fake_core import Records
from zato.server._loader import Loader, internal_units


@pytest.fixture
def it() -> Iterator[Deployments]:
    loader = Loader(profile="3.2", simple_io=SIMPLE_IO)
    yield Deployments(loader)
    loader.close()


def problem(unit: dict[str, Any]) -> dict[str, Any]:
    assert len(unit["problems"]) == 1, unit["problems"]
    return unit["problems"][0]


def test_describes_a_service(it: Deployments) -> None:
    text = """
        from zato.server.service import Service

        class GetClient(Service):
            input = 'client_id'

            def before_handle(self):
                pass

            def handle_GET(self):
                pass

            async def handle_POST(self):
                pass
    """
    unit = it.deploy(module("crm.py", text))["crm.py"]
    assert unit["problems"] == [] and unit["depends_on"] == [] and not unit["is_dependant"]
    (found,) = unit["services"]
    assert found["name"] == "crm.get-client"
    assert found["impl_name"] == "crm.GetClient"
    assert (found["file"], found["line"]) == (f"{ROOT}/crm.py", 4)
    assert found["hooks"] == ["before_handle"]
    assert found["verbs"] == {"GET": "handle_GET", "POST": "handle_POST"}
    assert found["is_async"] is True
    assert found["io"]["input"][0]["kind"] == "int"
    assert found["profile"] is None and found["is_internal"] is False
    assert it.services["crm.get-client"]["unit"] == "crm.py"


def test_a_prepared_unit_is_not_in_force(it: Deployments) -> None:
    it.deploy(module("crm.py", service("Get", "return 1")))
    before = sys.modules["crm"]
    it.prepare(module("crm.py", service("Get", "return 2")))
    assert sys.modules["crm"] is before
    assert it.run("crm.get") == 1
    it.loader.abort(it.number)
    with pytest.raises(LookupError):
        it.loader.commit(it.number, ["crm.py"])


def test_a_new_version_replaces_the_old_one(it: Deployments) -> None:
    it.deploy(module("crm.py", service("Get", "return 1")))
    old = it.new("crm.get")
    it.deploy(module("crm.py", service("Get", "return 2")))
    assert it.run("crm.get") == 2
    assert old.handle() == 1
    assert sys.modules["crm"].Get is it.services["crm.get"]["cls"]


def test_a_class_taken_out_of_its_file_is_gone(it: Deployments) -> None:
    it.deploy(module("crm.py", service("Get") + service("Set")))
    assert sorted(it.services) == ["crm.get", "crm.set"]
    it.deploy(module("crm.py", service("Set")))
    assert sorted(it.services) == ["crm.set"]


def test_deleted_units_are_gone(it: Deployments) -> None:
    it.deploy(module("crm.py", service("Get")))
    it.deploy(delete=("crm.py",))
    assert it.services == {}
    assert "crm" not in sys.modules


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("x = 1\ndef broken(:\n", 2, "SyntaxError: invalid syntax"),
        ("def f():\n    x = 1\n  y = 2\n", 3, "IndentationError: unindent does not match any outer indentation level"),
        ("x = 1\n\nraise ValueError('no')\n", 3, "ValueError: no"),
        ("def f():\n    return 1 / 0\n\nf()\n", 2, "ZeroDivisionError: division by zero"),
        ("import json\njson.loads('{')\n", 2, "JSONDecodeError: "),
        ("import nowhere_to_be_found\n", 1, "ModuleNotFoundError: No module named 'nowhere_to_be_found'"),
        ("raise SystemExit(3)\n", 1, "SystemExit: 3"),
        ("raise KeyboardInterrupt\n", 1, "KeyboardInterrupt"),
        ("class E(BaseException):\n    def __str__(self):\n        1 / 0\nraise E\n", 4, "E: (its message cannot"),
        ("x = '\0'\n", None, ""),
    ],
)
def test_broken_modules_are_reported_with_file_and_line(
    it: Deployments, text: str, line: int | None, message: str
) -> None:
    it.deploy(module("crm.py", service("Get", "return 1")))
    unit = it.deploy(module("crm.py", text))["crm.py"]
    found = problem(unit)
    assert found["file"] == f"{ROOT}/crm.py"
    if line is not None:
        assert found["line"] == line
    assert found["message"].startswith(message)
    assert unit["services"] == []
    assert it.run("crm.get") == 1
    assert sys.modules["crm"].__file__ == f"{ROOT}/crm.py"


@pytest.mark.parametrize(
    "text",
    [
        "print 'x'\n",
        "try:\n    pass\nexcept ValueError, e:\n    pass\n",
        "raise ValueError, 'x'\n",
        "exec 'x = 1'\n",
        "if 1 <> 2:\n    pass\n",
        "x = `1`\n",
        "x = ur'a'\n",
        "x = 0777\n",
        "x = 10L\n",
    ],
)
def test_python_2_syntax_gets_a_hint(it: Deployments, text: str) -> None:
    found = problem(it.prepare(module("old.py", text))["old.py"])
    assert found["message"].startswith("SyntaxError: ")
    assert "Python 2" in found["hint"] and "2to3" in found["hint"]


def test_a_missing_module_gets_a_hint_about_pip(it: Deployments) -> None:
    found = problem(it.prepare(module("a.py", "import yaml_is_missing.sub\n"))["a.py"])
    assert "pip install yaml_is_missing" in found["hint"]
    found = problem(it.prepare(module("a.py", "import urllib2\n"))["a.py"])
    assert "urllib.request" in found["hint"]


def test_modules_renamed_since_python_2_are_found(it: Deployments) -> None:
    text = "import httplib, urlparse\nfrom bunch import Bunch\nfrom httplib import NOT_FOUND\n"
    text += service("Get", "return httplib.OK, urlparse.urljoin('http://a/b', 'c'), Bunch(a=1).a, NOT_FOUND")
    it.deploy(module("old.py", text))
    assert it.run("old.get") == (200, "http://a/c", 1, 404)
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("httplib")


def test_the_innermost_line_of_the_unit_itself_is_named(it: Deployments) -> None:
    text = "import decimal\n\ndef parse(x):\n    return decimal.Decimal(x)\n\nparse('no number')\n"
    assert problem(it.prepare(module("a.py", text))["a.py"])["line"] == 4


def test_units_import_each_other_in_any_order(it: Deployments) -> None:
    crm = module("crm.py", "import common\n" + service("Get", "return common.VALUE"))
    common = module("common.py", "VALUE = 1\n")
    prepared = it.deploy(crm, common)
    assert prepared["crm.py"]["depends_on"] == ["common.py"]
    assert it.run("crm.get") == 1


def test_units_that_import_a_changed_one_follow(it: Deployments) -> None:
    common = module("common.py", "VALUE = 1\n")
    base = module("base.py", "from common import VALUE\nclass Helper:\n    value = VALUE\n")
    crm = module("crm.py", "from base import Helper\n" + service("Get", "return Helper.value"))
    other = module("other.py", service("Get", "return 0"))
    it.deploy(common, base, crm, other)
    prepared = it.deploy(module("common.py", "VALUE = 2\n"))
    assert {key: unit["is_dependant"] for key, unit in prepared.items()} == {
        "common.py": False,
        "base.py": True,
        "crm.py": True,
    }
    assert it.run("crm.get") == 2
    # A second time as well, see reference observed-3.2.
    it.deploy(module("common.py", "VALUE = 3\n"))
    assert it.run("crm.get") == 3


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


def test_units_that_import_a_broken_one_fail_too(it: Deployments) -> None:
    it.deploy(module("common.py", "VALUE = 1\n"), module("crm.py", "import common\n" + service("Get", "return 1")))
    prepared = it.deploy(module("common.py", "VALUE = (\n"))
    assert problem(prepared["common.py"])["message"].startswith("SyntaxError")
    found = problem(prepared["crm.py"])
    assert "unit `common.py` cannot be deployed: SyntaxError" in found["message"]
    assert (found["file"], found["line"]) == (f"{ROOT}/crm.py", 1)
    assert it.run("crm.get") == 1
    assert sys.modules["common"].VALUE == 1


def test_catching_the_import_error_of_a_broken_unit_does_not_help(it: Deployments) -> None:
    text = "try:\n    import common\nexcept ImportError:\n    common = None\n" + service("Get")
    prepared = it.prepare(module("common.py", "1 / 0\n"), module("crm.py", text))
    assert problem(prepared["crm.py"])["message"] == "it imports unit `common.py`, which cannot be deployed"


def test_a_broken_module_runs_once(it: Deployments) -> None:
    it.deploy(module("counter.py", "runs = []\n"))
    broken = module("common.py", "import counter\ncounter.runs.append(1)\n1 / 0\n")
    it.prepare(broken, module("a.py", "import common\n"), module("b.py", "import common\n"))
    assert sys.modules["counter"].runs == [1]


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


def test_a_guarded_import_of_a_broken_part_leaves_it_out(it: Deployments, log: Records) -> None:
    unit = it.deploy(
        package(
            "billing",
            {
                "__init__.py": "try:\n    from . import extra\nexcept ImportError:\n    extra = None\n",
                "extra.py": "import not_installed_anywhere\n",
                "api.py": service("Get", "return 1"),
            },
        )
    )["billing"]
    assert unit["problems"] == []
    assert "not_installed_anywhere" in unit["warnings"][0]["message"]
    assert it.run("billing.api.get") == 1


def test_a_broken_part_breaks_its_package(it: Deployments) -> None:
    files = {"__init__.py": "", "good.py": service("Get"), "bad.py": "x = 1\n1 / 0\n"}
    found = problem(it.prepare(package("billing", files))["billing"])
    assert (found["file"], found["line"]) == (f"{ROOT}/billing/bad.py", 2)


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


def test_tracebacks_show_the_source_that_runs(it: Deployments) -> None:
    it.deploy(module("crm.py", service("Get", "return 1 / 0  # this one")))
    it.prepare(module("crm.py", service("Get", "return 2 / 0  # not this one")))
    with pytest.raises(ZeroDivisionError) as caught:
        it.run("crm.get")
    text = "".join(traceback.format_exception(caught.value))
    assert f'File "{ROOT}/crm.py", line 4, in handle' in text
    assert "# this one" in text
    it.loader.commit(it.number, ["crm.py"])
    linecache.checkcache()
    assert "# not this one" in linecache.getline(f"{ROOT}/crm.py", 4)
    it.deploy(delete=("crm.py",))
    assert f"{ROOT}/crm.py" not in linecache.cache


def test_byte_order_marks_and_line_ends_do_not_matter(it: Deployments) -> None:
    it.deploy(module("crm.py", "\ufeff" + service("Get", "return 1").replace("\n", "\r\n")))
    assert it.run("crm.get") == 1


def test_internal_services_are_deployed_like_any_other(it: Deployments) -> None:
    prepared = it.deploy(*internal_units())
    assert all(not unit["problems"] for unit in prepared.values()), prepared
    assert {
        "zato.ping",
        "zato.ping2",
        "pub.zato.ping",
        "zato.helpers.echo",
        "zato.helpers.input-logger",
        "pub.helpers.input-logger",
        "zato.service.invoke",
        "pub.zato.service.service-invoker",
    } <= set(it.services)
    assert all(service["is_internal"] for service in it.services.values())
    assert not [name for name in it.services if "admin" in name]
    it.deploy(
        module("crm.py", "from zato.server.service.internal.helpers import Service\nclass A(Service):\n    pass\n")
    )
    assert "crm.a" in it.services


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


def test_odd_objects_in_modules_do_no_harm(it: Deployments) -> None:
    text = """
        from zato.server.service import Service

        class Odd(type):
            def __getattr__(cls, name):
                raise RuntimeError(name)

        class Strange(metaclass=Odd):
            __module__ = 5

        class Liar:
            __class__ = Service

        value = Liar()

        class Get(Service):
            pass
    """
    unit = it.deploy(module("crm.py", text))["crm.py"]
    assert unit["problems"] == [] and list(it.services) == ["crm.get"]


def test_the_example_deploys(it: Deployments) -> None:
    example = Path(zato.server.__file__).parent / "examples" / "demo.py"
    unit = it.deploy(module("demo.py", example.read_text()))["demo.py"]
    assert unit["problems"] == [] and unit["warnings"] == []
    assert list(it.services) == ["demo.echo", "demo.get-book", "demo.ping", "demo.shelf", "demo.slow"]
    assert it.services["demo.slow"]["is_async"]


def test_a_module_may_replace_itself(it: Deployments) -> None:
    text = "import sys\nclass Settings:\n    rate = 5\nsys.modules[__name__] = Settings()\n"
    it.deploy(
        module("settings_x.py", text),
        module("crm.py", "import settings_x\n" + service("Get", "return settings_x.rate")),
    )
    assert it.run("crm.get") == 5
    it.deploy(module("settings_x.py", text.replace("5", "6")))
    assert it.run("crm.get") == 6
