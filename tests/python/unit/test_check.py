"""What `zato service check` reads from sources."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from deployment import SIMPLE_IO, module, package, service
from zato.common._missing import missing_object
from zato.server._check._examination import examine
from zato.server._check._libraries import Libraries
from zato.server._check._python2_names import run_time_findings
from zato.server._check._version import guess
from zato.server._loader._packages import package_of
from zato.server._loader._python2 import python_2_syntax
from zato.server.service import Service


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("print 'x'", "the print statement"),
        ("if x: print x, y", "the print statement"),
        ("print >>file, x", "the print statement"),
        ('print"x"', "the print statement"),
        ("except Error, e:", "`except Class, name`"),
        ("except (A, b.C), e:", "`except Class, name`"),
        ("raise Error, 'message'", "`raise Class, message`"),
        ("raise Error(1), None, trace", "`raise Class, message`"),
        ("exec code in space", "the exec statement"),
        ("a <> b", "the operator `<>`"),
        ("x = `y`", "a value in backquotes"),
        ("x = ur'y'", "a `ur''` literal"),
        ("os.chmod(path, 0644)", "an octal literal"),
        ("x = 10L", "a long integer"),
        ("x = 0xFFl", "a long integer"),
        ("def f(self, (a, b)):", "a parameter that is a tuple"),
        ("sorted(x, key=lambda (k, v): v)", "a parameter that is a tuple"),
        ("call(async=True)", "`async` as a name"),
    ],
)
def test_python_2_is_recognized(line: str, what: str) -> None:
    assert [(finding.line, finding.what) for finding in python_2_syntax(f"x = 1\n{line}\n")] == [(2, what)]


@pytest.mark.parametrize(
    "line",
    [
        "print('x')",
        "print ('x', y)",
        "print = log",
        "self.print",
        "# print 'x'",
        "text = 'print 1; exec x <> `y`'",
        '"""\nprint x\n0777\n"""',
        "'it\\'s' # 10L",
        "except (A, B) as e:",
        "raise Error('a, b')",
        "exec('x = 1')",
        "x = 0o644 + 0 + 0.5 + 10 + 00",
        "x10L = ur = 1",
        "lambda a, b: (a, b)",
        "def f(a, b=(1, 2)):",
        "async def handle(self):",
        "async with x:",
        "f'{a!r}'",
    ],
)
def test_python_3_is_not_taken_for_python_2(line: str) -> None:
    assert python_2_syntax(line) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("x = unicode(y)", "the name `unicode`"),
        ("x = [i for i in xrange(3)]", "the name `xrange`"),
        ("d.has_key(1)", "no method `has_key`"),
        ("for k, v in d.iteritems(): pass", "no method `iteritems`"),
        ("import string\nstring.letters", "`string.letters`"),
        ("import string as s\ns.lowercase", "`string.lowercase`"),
        ("import sys\nsys.maxint", "`sys.maxint`"),
        ("import urllib\nurllib.urlencode({})", "`urllib.urlencode`"),
        ("import itertools\nitertools.izip(a)", "`itertools.izip`"),
        ("print >>file_object, 'x'", "`print >>file, ...`"),
        ("'ff'.decode('hex')", "`.decode('hex')`"),
        ("x.sort(cmp=f)", "no parameter `cmp`"),
        ("class A:\n    __metaclass__ = M", "`__metaclass__`"),
    ],
)
def test_names_of_python_2_are_found(text: str, found: str) -> None:
    findings = run_time_findings(ast.parse(text))
    assert [found in finding.what for finding in findings] == [True]
    assert findings[0].fix


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    unicode\nexcept NameError:\n    unicode = str\nunicode(x)",
        "from six.moves import xrange\nxrange(3)",
        "def f(file, long=1): return file, long",
        "from compat import *\nunicode(x)",
        "import string\nstring.ascii_letters",
        "x.encode('utf-8')",
        "letters = string.letters",
    ],
)
def test_names_that_have_a_meaning_are_not_told(text: str) -> None:
    assert run_time_findings(ast.parse(text)) == []


def test_a_name_is_told_once() -> None:
    assert [finding.line for finding in run_time_findings(ast.parse("unicode(a)\nunicode(b)"))] == [1]


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("import nobody_has_it.part", [("nobody_has_it.part", 1, True)]),
        ("try:\n    import nobody_has_it\nexcept ImportError:\n    pass", [("nobody_has_it", 2, False)]),
        ("try:\n    import nobody_has_it\nexcept ValueError:\n    pass", [("nobody_has_it", 2, True)]),
        ("def f():\n    import nobody_has_it", [("nobody_has_it", 2, True)]),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import nobody_has_it", []),
        ("import own, httplib, json, zato.nothing", []),
        ("from . import sibling", []),
        (
            "try:\n    import nobody_has_it\nexcept ImportError:\n    pass\nimport nobody_has_it",
            [("nobody_has_it", 5, True)],
        ),
    ],
)
def test_missing_libraries_are_found(text: str, missing: list[tuple[str, int, bool]]) -> None:
    libraries = Libraries([module("own.py", "")], has_old_names=True).missing("/x.py", ast.parse(text))
    assert [(item["module"], item["line"], item["is_required"]) for item in libraries] == missing


def test_packages_have_the_names_that_pip_knows() -> None:
    names = ["dateutil.parser", "yaml", "bs4", "Crypto.Cipher", "cx_Oracle", "suds", "MySQLdb", "requests"]
    assert [package_of(name) for name in names] == [
        "python-dateutil", "PyYAML", "beautifulsoup4", "pycryptodome", "oracledb", "suds-community", "mysqlclient",
        "requests"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("x = 1", None),
        ("from zato.server.service import Service", None),
        ("from zato.common import ZatoException", "2.0 to 3.0"),
        ("class A:\n    def handle(self):\n        self.channel == 'scheduler'", "2.0"),
        ("class A:\n    class SimpleIO:\n        input_required = ('a',)", "2.0 to 3.2"),
        ("class A:\n    class SimpleIO:\n        input = 'a'", "3.2"),
        ("class A:\n    input = 'a'\n    def handle(self): pass", "3.2 or later"),
        ("class A:\n    def handle(self):\n        self.cache, self.patterns", "3.0 to 3.2"),
        ("class A:\n    class IO:\n        input = 'a'", "4.1"),
    ],
)
def test_versions_are_guessed(text: str, version: str | None) -> None:
    guessed = guess([ast.parse(text)], has_old_syntax=False)
    assert (guessed and guessed["version"]) == version


def examined(*units: dict[str, Any], refused: dict[str, Any] | None = None) -> dict[str, Any]:
    request = {
        "profile": "3.2",
        "simple_io": SIMPLE_IO,
        "has_old_module_names": True,
        "units": list(units),
        "refused": refused or {},
    }
    told: list[str | None] = []
    reports = {report["key"]: report for report in examine(request, told.append)}
    assert {unit["key"] for unit in units if unit["key"] not in request["refused"]} <= set(told)
    return reports


def test_uses_are_told_with_names_of_connections_and_what_they_need(monkeypatch: pytest.MonkeyPatch) -> None:
    # Whatever this version has by now.
    monkeypatch.setattr(Service, "outgoing", missing_object("self.outgoing", "outgoing connections"), raising=False)
    text = service(
        "Get",
        "self.outgoing.sql.get('CRM'); self.outgoing.amqp.send('x', 'Events'); self.invoke('other'); "
        "self.outgoing.sql['ERP']; self.not_known; self.own.thing; self.keysight",
    )
    uses = examined(module("crm.py", text))["crm.py"]["services"][0]["uses"]
    found = {used["api"]: (used["names"], used["is_available"]) for used in uses}
    assert found["self.outgoing.sql"] == (["CRM", "ERP"], False)
    assert found["self.outgoing.amqp"] == (["Events"], False)
    assert found["self.keysight"] == ([], False)
    assert found["self.invoke"][0] == ["other"]
    assert set(found) == {"self.outgoing.sql", "self.outgoing.amqp", "self.invoke", "self.keysight"}
    assert {used["needs"] for used in uses if used["api"].startswith("self.outgoing")} == {"outgoing connections"}


def test_attributes_of_the_class_itself_are_no_parts_of_the_server() -> None:
    text = service("Get", "self.cache = {}; self.cache.get('x'); self.patterns()")
    text += "    def patterns(self):\n        return 1\n"
    assert examined(module("crm.py", text))["crm.py"]["services"][0]["uses"] == []


def test_differences_are_those_of_the_code_that_deploys() -> None:
    text = (
        "from zato.server.service import Service\n"
        "class Get(Service):\n"
        "    class SimpleIO:\n"
        "        input_required = ('user_id', 'name')\n"
        "        input_optional = ('is_new',)\n"
        "    def handle(self):\n"
        "        self.time.now()\n"
    )
    differences = examined(module("crm.py", text))["crm.py"]["services"][0]["differences"]
    found = {(item["construct"], item["line"]): item["effects"] for item in differences}
    assert found["input `user_id`", 4] == dict.fromkeys(("2.0", "3.0", "3.1", "3.2"), "an int") | {"4.1": "text"}
    assert ("input `name`", 4) not in found
    assert found["optional input that does not come (is_new)", 5]["3.2"] == "'' (False for a bool)"
    assert found["self.time.now() without a format", 7]["3.1"] == "2030-01-31 23:59:59"


def test_refused_units_are_told_with_what_is_wrong_and_keep_no_others() -> None:
    reports = examined(
        module("old.py", "print 'x'\nprint 'y'\n"),
        module("crash.py", "raise SystemExit\n"),
        module("good.py", service("Get", "return 1")),
        package("pack", {"__init__.py": "", "inside.py": "x = 10L\n"}),
        refused={"crash.py": {"file": "/crash.py", "line": None, "message": "it ended", "hint": None}},
    )
    assert {key: report["status"] for key, report in reports.items()} == {
        "old.py": "refused", "crash.py": "refused", "good.py": "deploys", "pack": "refused"
    }  # fmt: skip
    messages = [problem["message"] for problem in reports["old.py"]["problems"]]
    assert messages == ["the file is Python 2", "the print statement is Python 2 syntax, also in line 2"]
    assert reports["crash.py"]["problems"][0]["message"] == "it ended"
    assert reports["pack"]["problems"][1]["message"] == "a long integer is Python 2 syntax"
    assert [item["name"] for item in reports["good.py"]["services"]] == ["good.get"]
