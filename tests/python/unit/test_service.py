from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from fake_core import Records
from zato.common._json_fallback import dump_fallback
from zato.common._missing import MissingFeature
from zato.common.json_internal import dumps, loads
from zato.common.util import asbool, fs_safe_name, make_repr, new_cid, spawn_greenlet
from zato.server import service as public
from zato.server.service import Service


class GetClient(Service):
    pass


class Named(Service):
    name = "crm.named"


@pytest.mark.compat("2.2-explicit")
def test_names_come_from_the_class_or_its_module() -> None:
    module = __name__.rpartition(".")[2].replace("_", "-")
    assert GetClient.get_name().endswith(f"{module}.get-client")
    assert GetClient.get_impl_name() == f"{__name__}.GetClient"
    assert Named.get_name() == Service.get_name_static(Named) == "crm.named"
    assert Service.convert_impl_name("a_b.MyService") == "a-b.my-service"
    assert Service.extract_target("crm.get@eu") == ("crm.get", "eu")
    assert Service.extract_target("crm.get") == ("crm.get", "")


def test_a_service_must_implement_handle() -> None:
    with pytest.raises(NotImplementedError, match=r"`crm.named` has no `handle` method"):
        Named().handle()


@pytest.mark.compat("3.1-logger")
def test_loggers_are_named_after_services(log: Records) -> None:
    assert Named().logger.name == "crm.named"
    assert Named.logger is Named().logger


@pytest.mark.compat("3.4-log-input", "3.4-log-output")
def test_input_and_output_can_be_logged(log: Records) -> None:
    instance: Any = Named()
    instance.request = SimpleNamespace(payload={"a": 1})
    instance.response = SimpleNamespace(headers={"h": 1})
    instance.cid, instance.wsgi_environ = "abc", {"secret": 1}
    facts = instance.log_input("Got", suppress_keys=["wsgi_environ"])
    assert facts["request.payload"] == {"a": 1} and facts["cid"] == "abc" and facts["name"] == "crm.named"
    assert facts["wsgi_environ"] == "(suppressed)" and facts["usage"] == 0 and facts["channel"] == "(None)"
    facts = instance.log_output()
    assert facts["zato.http.response.headers"] == {"h": 1} and facts["processing_time"] == "(None)"
    assert facts["wsgi_environ"] == "(suppressed)"


@pytest.mark.compat("3.4-spawn")
def test_functions_run_in_threads_of_their_own(log: Records) -> None:
    release = threading.Event()

    def work(value: int, *, factor: int) -> int:
        release.wait(30)
        return value * factor

    handle = Named().spawn(work, 5, factor=2)
    assert not handle.ready() and not handle.successful()
    with pytest.raises(TimeoutError):
        handle.get(timeout=0.01)
    release.set()
    assert handle.get() == 10 and handle.value == 10 and handle.successful() and handle.dead
    failed = spawn_greenlet(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        failed.get()
    assert not failed.successful() and isinstance(failed.exception, ZeroDivisionError)


@pytest.mark.compat("3.4-sleep")
def test_sleeping_takes_seconds() -> None:
    Named().sleep(0)


def test_facts_about_the_server_need_a_server() -> None:
    with pytest.raises(AttributeError, match="no server runs in this process"):
        Named().server.name  # noqa: B018 - the access is the point
    assert Named().server.pid > 0


def test_public_names_are_there() -> None:
    for name in public.__all__:
        assert hasattr(public, name)
    assert public.Boolean is public.Bool and public.Integer is public.Int and public.Unicode is public.Text
    assert public.Opaque is public.Nested is public.AsIs and public.ListOfDicts is public.DictList
    assert public.ForceType is public.SIOElem is public.IOElem and public.NOT_GIVEN == "ZATO_NOT_GIVEN"


@pytest.mark.parametrize(
    "path", ["zato.simpleio", "zato.input_output", "zato.server.service.reqresp", "zato.server.service.reqresp.sio"]
)
def test_historical_import_paths_work(path: str) -> None:
    module = __import__(path, fromlist=["*"])
    assert all(hasattr(module, name) for name in module.__all__)


@pytest.mark.compat("3.4-extract-target")
def test_small_functions() -> None:
    assert [asbool(value) for value in ("True", "no", "", 1, None)] == [True, False, False, True, False]
    with pytest.raises(ValueError, match="neither true nor false"):
        asbool("maybe")
    assert fs_safe_name("My REST (v2)") == "My_REST__v2_"
    assert len(new_cid()) == 24 and new_cid() != new_cid()
    assert make_repr(SimpleNamespace(b=1, _c=2)).endswith(" b:`1`>")


def test_json_knows_more_than_the_standard_library() -> None:
    import datetime as dt
    import uuid
    from decimal import Decimal

    data = {"d": Decimal("1.5"), "t": dt.datetime(2030, 1, 1), "u": uuid.UUID(int=1), "b": b"x", "s": {1}, 5: None}
    expected = {
        "d": "1.5",
        "t": "2030-01-01T00:00:00",
        "u": "00000000-0000-0000-0000-000000000001",
        "b": "x",
        "s": [1],
        "5": None,
    }
    assert loads(dumps(data)) == expected
    assert loads(dumps(data, indent=4)) == expected
    assert loads(dumps({"b": 1, "a": 2}, sort_keys=True)) == {"a": 2, "b": 1}
    assert dump_fallback(SimpleNamespace(to_dict=lambda: {"a": 1})) == {"a": 1}
    with pytest.raises(TypeError, match="have no JSON form"):
        dump_fallback(object())


def test_facades_of_parts_that_are_not_there_name_the_part() -> None:
    service = Service()
    with pytest.raises(MissingFeature, match=r"`self\.kvdb\.conn` needs Redis connections, which this version"):
        _ = service.kvdb.conn
    with pytest.raises(MissingFeature, match=r"`self\.out\.sql\['CRM'\]` needs SQL connections"):
        _ = service.out.sql["CRM"]
    with pytest.raises(KeyError, match="there is no outgoing REST connection `CRM`; there are none at all"):
        _ = service.rest["CRM"]
    with pytest.raises(MissingFeature, match=r"`self\.email\.smtp` needs mail connections"):
        service.email.smtp.get("Mail")


@pytest.mark.compat("3.5-other")
def test_other_names_of_out_are_attribute_errors() -> None:
    facades: list[Any] = [Service().out, Service().outgoing]
    for facade in facades:
        with pytest.raises(AttributeError, match="anything"):
            _ = facade.anything


@pytest.mark.compat("3.4-internals")
def test_internals_of_earlier_versions_are_not_there() -> None:
    for name in ("update", "update_handle", "set_response_data", "http_method_handlers"):
        assert not hasattr(Service(), name)
