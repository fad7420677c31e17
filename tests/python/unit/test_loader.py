from __future__ import annotations

import linecache
import sys
import traceback
from pathlib import Path

import pytest

from deployment import ROOT, Deployments, module, problem, service
from zato.server._loader import internal_units


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


def test_a_name_of_the_servers_own_services_is_refused(it: Deployments) -> None:
    it.deploy(*internal_units())
    text = "from zato.server.service import Service\nclass Ping(Service):\n    name = 'zato.ping'\n"
    units = it.deploy(module("hijack.py", text), module("crm.py", service("Get", "return 1")))
    found = problem(units["hijack.py"])
    assert (found["file"], found["line"]) == (f"{ROOT}/hijack.py", 2)
    assert found["message"] == "service `zato.ping`: the name belongs to a service of the server"
    assert it.services["zato.ping"]["is_internal"]
    assert it.run("crm.get") == 1
    assert not any(unit["problems"] for unit in it.deploy(*internal_units()).values())


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


def test_the_demo_services_deploy(it: Deployments) -> None:
    demo = Path(__file__).parents[3] / "rust" / "zato-cli" / "src" / "templates" / "demo.py"
    unit = it.deploy(module("demo.py", demo.read_text()))["demo.py"]
    assert unit["problems"] == [] and unit["warnings"] == []
    assert list(it.services) == [f"demo.{name}" for name in ("echo", "get-book", "greet", "ping", "shelf", "slow")]
    assert it.services["demo.slow"]["is_async"]
