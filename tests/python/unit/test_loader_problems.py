from __future__ import annotations

import sys

import pytest

from deployment import ROOT, Deployments, module, package, problem, service
from fake_core import Records


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


@pytest.mark.compat("1.3-libraries")
def test_a_missing_module_gets_a_hint_about_pip(it: Deployments) -> None:
    found = problem(it.prepare(module("a.py", "import yaml_is_missing.sub\n"))["a.py"])
    assert "pip install yaml_is_missing" in found["hint"]


def test_the_innermost_line_of_the_unit_itself_is_named(it: Deployments) -> None:
    text = "import decimal\n\ndef parse(x):\n    return decimal.Decimal(x)\n\nparse('no number')\n"
    assert problem(it.prepare(module("a.py", text))["a.py"])["line"] == 4


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


UNPRINTABLE = [
    "raise Exception('\\ud800')\n",
    "class E(Exception):\n    def __str__(self):\n        raise SystemExit\nraise E\n",
    "error = SyntaxError('no')\nerror.filename = []\nraise error\n",
    "error = SyntaxError('no')\nerror.msg = 5\nraise error\n",
    "class M(type):\n    def __getattribute__(cls, name):\n        raise RuntimeError(name)\n"
    "class E(Exception, metaclass=M):\n    pass\nraise E\n",
]


@pytest.mark.parametrize("text", UNPRINTABLE)
def test_an_exception_that_cannot_be_shown_fails_its_own_unit_only(it: Deployments, text: str) -> None:
    units = it.deploy(module("odd.py", text), module("crm.py", service("Get", "return 1")))
    found = problem(units["odd.py"])
    assert found["file"] == f"{ROOT}/odd.py"
    found["message"].encode()
    assert it.run("crm.get") == 1


META = """
class Meta(type):
    def __getattribute__(cls, name):
        raise RuntimeError(name)
"""


@pytest.mark.parametrize(
    "text",
    [
        META + "class Odd(metaclass=Meta):\n    pass\n",
        "class Odd:\n    @property\n    def __class__(self):\n        raise RuntimeError\nodd = Odd()\n",
        "import sys\nclass Odd(type(sys)):\n    def __getattribute__(self, name):\n        raise SystemExit(name)\n"
        "odd = Odd('odd')\n",
    ],
)
def test_objects_that_refuse_to_be_looked_at_are_left_alone(it: Deployments, text: str) -> None:
    it.deploy(module("odd.py", text + service("Get", "return 1")))
    assert it.run("odd.get") == 1


def test_a_service_that_refuses_to_be_looked_at_fails_its_own_unit_only(it: Deployments) -> None:
    text = META + "from zato.server.service import Service\nclass Get(Service, metaclass=Meta):\n    pass\n"
    units = it.deploy(module("odd.py", text), module("crm.py", service("Get", "return 1")))
    found = problem(units["odd.py"])
    assert found["file"] == f"{ROOT}/odd.py"
    assert found["message"].startswith("RuntimeError: ")
    assert it.run("crm.get") == 1
