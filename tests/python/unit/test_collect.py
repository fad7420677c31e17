from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from deployment import ROOT, SIMPLE_IO, Deployments, module, package, problem, service
from fake_core import Records
from zato.server._loader import Loader
from zato.server._logging import ServiceLogger
from zato.server.service import Service

TOP = "from zato.server.service import Service\n"


def is_allowed(name: str, module: str, files: list[str]) -> bool:
    return not name.startswith("secret.") and module != "shop.closed" and "shop/old.py" not in files


@pytest.fixture
def it(request: pytest.FixtureRequest) -> Iterator[Deployments]:
    profile = getattr(request, "param", "3.2")
    loader = Loader(profile=profile, simple_io=SIMPLE_IO, is_service_allowed=is_allowed)
    yield Deployments(loader)
    loader.close()


def names(unit: dict[str, Any]) -> list[str]:
    return [found["name"] for found in unit["services"]]


@pytest.mark.compat("2.1-dont-import", "2.3-bases", "2.3-own")
def test_only_own_concrete_classes_deploy(it: Deployments) -> None:
    it.deploy(module("base.py", TOP + "class Base(Service):\n    pass\n"))
    text = """
        import abc
        from zato.server.service import Service
        from zato.server.service.internal import AdminService
        from base import Base

        class Hidden(Service):
            zato_dont_import = True

        class HiddenToo(Hidden):
            pass

        class Abstract(Service, abc.ABC):
            @abc.abstractmethod
            def work(self): ...

        class Concrete(Abstract):
            def work(self): ...

        class Derived(Base):
            pass

        class Admin(AdminService):
            pass

        class NotAService:
            pass

        Again = Derived
        instance = Derived()
    """
    unit = it.deploy(module("crm.py", text))["crm.py"]
    assert names(unit) == ["crm.admin", "crm.derived", "crm.concrete"]
    assert unit["depends_on"] == ["base.py"]
    assert sorted(it.services) == ["base.base", "crm.admin", "crm.concrete", "crm.derived"]


@pytest.mark.compat("2.1-name-inherited")
def test_explicit_names_are_inherited_and_derived_ones_are_not(it: Deployments, log: Records) -> None:
    text = TOP + (
        "class A(Service):\n    pass\n"
        "class B(A):\n    pass\n"
        "class C(Service):\n    name = 'explicit'\n"
        "class D(C):\n    pass\n"
        "class E(C):\n    name = ''\n"
    )
    unit = it.deploy(module("crm.py", text))["crm.py"]
    assert names(unit) == ["crm.a", "crm.b", "explicit", "explicit", "crm.e"]
    assert "also provided by class crm.C" in unit["warnings"][0]["message"]
    assert it.services["explicit"]["impl_name"] == "crm.D"
    assert it.services["crm.b"]["cls"].name == "crm.b"
    assert it.services["crm.b"]["cls"].impl_name == "crm.B"


@pytest.mark.compat("2.2-get-name-override")
def test_the_name_may_come_from_get_name(it: Deployments) -> None:
    text = TOP + (
        "class A(Service):\n    @staticmethod\n    def get_name():\n        return 'mine'\n"
        "class B(Service):\n    @classmethod\n    def get_name(cls):\n        return 'mine.' + cls.__name__\n"
    )
    assert names(it.deploy(module("crm.py", text))["crm.py"]) == ["mine", "mine.B"]
    broken = TOP + "class A(Service):\n    @staticmethod\n    def get_name():\n        pass\n"
    (problem,) = it.prepare(module("crm.py", broken))["crm.py"]["problems"]
    assert "get_name gave None" in problem["message"]


def test_names_are_known_while_a_module_is_imported(it: Deployments) -> None:
    text = TOP + "class GetIt(Service):\n    pass\nNAMES = GetIt.get_name(), GetIt.get_impl_name()\n"
    text += "class B(Service):\n    def handle(self):\n        return NAMES\n"
    it.deploy(module("crm_x.py", text))
    assert it.run("crm-x.b") == ("crm-x.get-it", "crm_x.GetIt")


@pytest.mark.compat("2.2-path")
@pytest.mark.parametrize("it", ["3.1", "3.2"], indirect=True)
def test_profiles_name_services_their_own_way(it: Deployments) -> None:
    unit = module("crm.py", TOP + "class A(Service):\n    pass\nclass B(Service):\n    zato_compat = '2.0'\n")
    unit["files"][0]["location"] = "/project/src/api/crm.py"
    expected = "api.crm.a" if it.loader._rules.profile == "3.2" else "crm.a"
    prepared = it.deploy(unit)["crm.py"]
    assert names(prepared) == [expected, "crm.b"]
    assert [service["profile"] for service in prepared["services"]] == [None, "2.0"]


def test_an_unknown_profile_is_refused(it: Deployments) -> None:
    (problem,) = it.prepare(module("crm.py", TOP + "\nclass A(Service):\n    zato_compat = '5'\n"))["crm.py"][
        "problems"
    ]
    assert problem["message"] == "class A: zato_compat is '5'"
    assert "4.1" in problem["hint"] and problem["line"] == 3


@pytest.mark.compat("2.5-before-add")
def test_hooks_decide_about_deployment(it: Deployments, log: Records) -> None:
    text = TOP + (
        "class Yes(Service):\n    def before_add_to_store(logger):\n        return True\n"
        "class Forgot(Service):\n    @staticmethod\n    def before_add_to_store(logger):\n        pass\n"
    )
    unit = it.deploy(module("crm.py", text))["crm.py"]
    assert names(unit) == ["crm.yes"]
    assert "before_add_to_store gave None" in unit["warnings"][0]["message"]
    text = TOP + "class A(Service):\n    def before_add_to_store(logger):\n        raise ValueError('not today')\n"
    (problem,) = it.deploy(module("crm.py", text))["crm.py"]["problems"]
    assert (problem["message"], problem["line"]) == ("ValueError: not today", 4)


@pytest.mark.compat("2.5-after-add")
def test_hooks_after_deployment_get_a_logger_or_the_server(it: Deployments, log: Records) -> None:
    text = TOP + (
        "seen = []\n"
        "class A(Service):\n    def after_add_to_store(logger):\n        seen.append(logger)\n"
        "class B(Service):\n    @staticmethod\n    def after_add_to_store(server):\n        seen.append(server)\n"
        "class C(Service):\n    def after_add_to_store(logger):\n        1 / 0\n"
        "class D(Service):\n    def handle(self):\n        return seen\n"
    )
    it.prepare(module("crm.py", text))
    services = it.loader.commit(it.number, ["crm.py"])
    seen = services[-1]["cls"]().handle()
    assert isinstance(seen[0], logging.Logger) and seen[1] is Service.server


@pytest.mark.compat("2.3-allowed")
def test_names_may_be_disallowed(it: Deployments, log: Records) -> None:
    unit = it.deploy(module("secret.py", service("Get")))["secret.py"]
    assert unit["services"] == [] and unit["problems"] == []
    assert "deploy_patterns_allowed" in unit["warnings"][0]["message"]


@pytest.mark.compat("2.3-allowed")
def test_modules_and_files_may_be_disallowed(it: Deployments, log: Records) -> None:
    files = {"__init__.py": "", **{f"{name}.py": service("Get") for name in ("open", "closed", "old")}}
    unit = it.deploy(package("shop", files))["shop"]
    assert names(unit) == ["shop.open.get"]
    assert [warning["file"] for warning in unit["warnings"]] == [f"{ROOT}/shop/closed.py", f"{ROOT}/shop/old.py"]


def test_services_of_two_units_with_one_name_are_reported(it: Deployments, log: Records) -> None:
    text = TOP + "class A(Service):\n    name = 'crm.get'\n    def handle(self):\n        return 'other'\n"
    it.deploy(module("crm.py", service("Get", "return 'crm'")))
    unit = it.deploy(module("other.py", text))["other.py"]
    message = unit["warnings"][0]["message"]
    assert "`crm.get`" in message and "class other.A" in message and "unit `crm.py`" in message
    assert it.run("crm.get") == "other"
    it.deploy(delete=("other.py",))
    assert it.run("crm.get") == "crm"


def test_contradictory_declarations_are_reported_at_the_class(it: Deployments) -> None:
    text = TOP + "\n\nclass A(Service):\n    class SimpleIO:\n        input = 'a'\n        input_required = 'b'\n"
    (problem,) = it.prepare(module("crm.py", text))["crm.py"]["problems"]
    assert problem["line"] == 4
    assert problem["message"].startswith("service `crm.a`: class A.SimpleIO has both `input` and `input_required`")


def test_declaration_warnings_are_passed_on(it: Deployments, log: Records) -> None:
    text = TOP + "class A(Service):\n    class SimpleIO:\n        input_requried = 'b'\n"
    unit = it.deploy(module("crm.py", text))["crm.py"]
    assert "did you mean `input_required`" in unit["warnings"][0]["message"]


@pytest.mark.compat("2.1-verb-table")
def test_verb_tables_are_fresh_for_each_class(it: Deployments) -> None:
    text = TOP + (
        "class A(Service):\n    def handle_GET(self): pass\n"
        "class B(A):\n    def handle_POST(self): pass\n    handle_return_code = 5\n"
    )
    it.deploy(module("crm.py", text))
    assert it.services["crm.a"]["verbs"] == {"GET": "handle_GET"}
    assert it.services["crm.b"]["verbs"] == {"GET": "handle_GET", "POST": "handle_POST"}


@pytest.mark.compat("2.5-nulled")
def test_hooks_stay_callable_and_only_overridden_ones_count(it: Deployments) -> None:
    text = TOP + (
        "class A(Service):\n    pass\n"
        "class B(A):\n    def before_handle(self):\n        return super().before_handle()\n"
        "class C(B):\n    def accept(self):\n        return True\n"
    )
    it.deploy(module("crm.py", text))
    assert it.services["crm.a"]["hooks"] == []
    assert it.services["crm.b"]["hooks"] == ["before_handle"]
    assert it.services["crm.c"]["hooks"] == ["accept", "before_handle"]
    assert it.new("crm.b").before_handle() is None
    assert it.new("crm.a").accept() is True


@pytest.mark.compat("3.1-logger")
def test_each_service_has_a_logger_of_its_name_unless_it_brings_one(it: Deployments) -> None:
    text = TOP + (
        "import logging\n"
        "class A(Service):\n    pass\n"
        "class B(A):\n    pass\n"
        "class C(Service):\n    logger = logging.getLogger('mine')\n"
        "class D(C):\n    pass\n"
    )
    it.deploy(module("crm.py", text))
    loggers = {name: it.new(name).logger for name in it.services}
    assert {name: logger.name for name, logger in loggers.items()} == {
        "crm.a": "crm.a",
        "crm.b": "crm.b",
        "crm.c": "mine",
        "crm.d": "mine",
    }
    assert isinstance(loggers["crm.a"], ServiceLogger)


def test_the_class_line_is_that_of_its_last_definition(it: Deployments) -> None:
    text = (
        TOP
        + "class A(Service):\n    pass\n\nclass A(Service):\n    pass\n\n"
        + "if True:\n    class B(Service):\n        pass\n"
    )
    it.deploy(module("crm.py", text))
    assert it.services["crm.a"]["line"] == 5
    assert it.services["crm.b"]["line"] == 9


@pytest.mark.parametrize("name", ["a\\n/c", "tab\\t", "\\x1b[2J", "\\u2028", "half \\ud800"])
def test_names_that_would_break_lines_are_refused(it: Deployments, name: str) -> None:
    units = it.deploy(
        module("odd.py", f"{TOP}class Odd(Service):\n    name = '{name}'\n"),
        module("crm.py", service("Get", "return 1")),
    )
    found = problem(units["odd.py"])
    assert found["line"] == 2 and "control character" in found["message"]
    assert found["message"].isprintable()
    assert it.run("crm.get") == 1


def test_a_name_that_is_no_text_has_no_effect_and_is_warned_about(it: Deployments) -> None:
    text = (
        TOP + "class Get(Service):\n    name = 5\nclass Set(Service):\n    name = 'fine ż'\nclass Del(Get):\n    pass\n"
    )
    unit = it.deploy(module("crm.py", text))["crm.py"]
    assert names(unit) == ["crm.del", "crm.get", "fine ż"]
    warnings = [(found["line"], found["message"]) for found in unit["warnings"]]
    text = "service `crm.{}`: the `name` of its class is of type int, which is no text and has no effect"
    assert warnings == [(6, text.format("del")), (2, text.format("get"))]
