"""What the fixture `zato` does."""

from __future__ import annotations

import datetime as dt
import logging
import subprocess
import sys

import pytest
import sample_services as sample

from zato.common.exception import ElementMissing, NotFound
from zato.server.service import Service
from zato.testing import Runner


def test_declared_input_and_output_are_read_and_written(zato: Runner) -> None:
    response = zato.invoke(sample.Greet, {"name": "Ann", "is_loud": "true"})
    assert response.data == {"greeting": "HELLO ANN"}
    assert (response.status_code, response.ok, response.headers["x-greeted"]) == (201, True, "Ann")
    assert response.content_type == "application/json"
    assert response.service.request.input.is_loud is True
    assert response.payload.greeting == "HELLO ANN"


def test_models_go_in_and_out(zato: Runner) -> None:
    client = sample.Client()
    client.name, client.size = "Ann", 4
    assert zato.invoke(sample.AddClient, {"name": "Ann", "size": 1}).json() == {"name": "Ann", "size": 2}
    assert zato.invoke(sample.AddClient, client).data == {"name": "Ann", "size": 5}


def test_exceptions_are_raised_as_they_are(zato: Runner) -> None:
    with pytest.raises(NotFound, match="no such client"):
        zato.invoke(sample.Missing)
    with pytest.raises(ElementMissing, match="name"):
        zato.invoke(sample.Greet, {})


def test_a_client_would_get_a_response_for_an_exception(zato: Runner) -> None:
    response = zato.invoke(sample.Missing, raises=False)
    assert (response.status_code, response.data["details"]) == (404, "no such client")
    assert response.headers["X-Looked-For"] == "client 1"
    assert isinstance(response.exception, NotFound)
    assert zato.invoke(sample.Greet, {}, raises=False).status_code == 400
    assert zato.invoke(sample.Greet, b"{", raises=False).status_code == 400


def test_a_service_that_cannot_be_made_has_no_instance(zato: Runner) -> None:
    class Unmade(Service):
        def __init__(self) -> None:
            raise ValueError("not today")

        def handle(self) -> None: ...

    response = zato.invoke(Unmade, raises=False)
    assert response.status_code == 500
    with pytest.raises(AttributeError, match="not today"):
        _ = response.service


def test_the_request_is_what_the_test_says(zato: Runner) -> None:
    response = zato.invoke(
        sample.Echo,
        {"x": 1},
        method="PUT",
        params={"page": "2"},
        path="/clients/{id}",
        path_params={"id": "a b"},
        headers={"User-Agent": "test/1"},
        channel="crm.clients",
        username="ann",
        cid="0123456789abcdef01234567",
    )
    assert response.data == {
        "payload": {"x": 1},
        "method": "PUT",
        "path": {"id": "a b"},
        "query": {"page": "2"},
        "channel_params": {"id": "a b", "page": "2"},
        "user_agent": "test/1",
        "channel": ["crm.clients", "http-soap"],
        "username": "ann",
        "cid": "0123456789abcdef01234567",
        "data_format": "json",
    }
    assert response.cid == "0123456789abcdef01234567"


def test_other_data_formats_are_written_and_read(zato: Runner) -> None:
    assert zato.invoke(sample.Echo, {"x": "ä"}, data_format="form").service.request.payload == {"x": "ä"}
    assert zato.invoke(sample.Echo, "text", data_format="").service.request.payload == b"text"
    with pytest.raises(ValueError, match='data_format is "yaml"'):
        zato.invoke(sample.Echo, data_format="yaml")


def test_verbs_choose_methods(zato: Runner) -> None:
    assert zato.invoke(sample.ByVerb).text == "got"
    assert zato.invoke(sample.ByVerb, {"x": 1}).text == "posted"
    assert zato.invoke(sample.ByVerb, method="DELETE").status_code == 405


def test_hooks_run_in_their_order(zato: Runner) -> None:
    seen = zato.invoke(sample.Hooked).service.seen
    assert seen == [
        "accept",
        "before_handle",
        "validate_input",
        "handle",
        "validate_output",
        "after_handle",
        "finalize_handle",
    ]
    assert zato.invoke(sample.Hooked, '"refuse"').status_code == 400


def test_what_services_and_the_native_part_log_is_captured(zato: Runner, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        assert zato.invoke(sample.BrokenHook).text == "done"
    records = {record.name: record for record in caplog.records}
    assert records["sample.broken-hook"].getMessage() == "handled"
    assert "the hook is broken" in records["zato"].getMessage()
    assert records["zato"].levelname == "ERROR"


def test_services_call_each_other_by_name_and_class(zato: Runner) -> None:
    expected = [{"greeting": "Hello name"}, {"name": "class", "size": 3}]
    assert zato.invoke("sample.caller").data == expected
    greeting, client = zato.call(sample.Caller)
    assert (greeting, client.to_dict()) == tuple(expected)


def test_a_call_hands_objects_over(zato: Runner) -> None:
    moment = dt.datetime(2030, 1, 1)
    value = zato.call(sample.Echo, {"when": moment}, channel="scheduler", channel_params={"a": 1})
    assert value["payload"] == {"when": moment}
    assert (value["channel"], value["channel_params"]) == (["", "scheduler"], {"a": 1})
    with pytest.raises(NotFound):
        zato.call("sample.missing")


def test_coroutines_and_streams_are_run_to_their_end(zato: Runner) -> None:
    assert zato.invoke(sample.Coroutine).data == {"greeting": "Hello coroutine"}
    assert zato.invoke(sample.Pieces).text == "0;1;2;"


def test_asynchronous_calls_wait_until_the_test_runs_them(zato: Runner) -> None:
    cid = zato.invoke(sample.Background).data["cid"]
    (call,) = zato.async_invocations
    assert (call.service, call.payload, call.cid) == ("sample.greet", {"name": "later"}, cid)
    assert call.callbacks == ["sample.greeted"]
    assert zato.run_async() == [{"greeting": "Hello later"}, "called back with Hello later"]
    assert zato.async_invocations.of("sample.greeted")[0].in_reply_to == cid
    assert zato.run_async() == []


def test_asynchronous_calls_can_run_at_once(zato: Runner) -> None:
    zato.async_invocations.run_at_once = True
    zato.invoke(sample.Background)
    assert [call.service for call in zato.async_invocations] == ["sample.greet", "sample.greeted"]
    assert zato.run_async() == []


def test_time_stands_still(zato: Runner) -> None:
    with zato.freeze_time("2030-01-31T12:00:00Z") as frozen:
        expected = ["2030-01-31T12:00:00", "2030-01-31", 1896091200.0, *["2030-01-31T12:00:00"] * 2]
        assert zato.invoke(sample.Clock).data == expected
        frozen.tick(dt.timedelta(days=1))
        assert zato.invoke(sample.Clock).data[3] == "2030-02-01T12:00:00"
    assert zato.invoke(sample.Clock).data[0] < "2030"
    zato.freeze_time(dt.datetime(2031, 1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1))))
    zato.freeze_time(dt.date(2032, 1, 1))
    assert zato.invoke(sample.Clock).data[1] == "2032-01-01"


def test_time_goes_on_after_the_test() -> None:
    with Runner() as first:
        first.freeze_time(0)
    with Runner() as second:
        assert second.invoke(sample.Clock).data[2] > 1e9


def test_configuration_is_what_the_test_says(zato: Runner, tmp_path) -> None:
    zato.config.put("crm.api.url", "https://crm.test")
    assert zato.invoke(sample.Configured).data == ["https://crm.test"] * 2
    (tmp_path / "crm.ini").write_text("[api]\nurl = https://file.test\n")
    zato.config.load(tmp_path / "crm.ini")
    assert zato.invoke(sample.Configured).data == ["https://file.test"] * 2


def test_secrets_work_with_a_key_of_the_process(zato: Runner) -> None:
    assert zato.invoke(sample.Secrets, {"password": "hunter2"}).data == ["hunter2", "text"]


def test_attributes_can_be_replaced_and_are_put_back() -> None:
    class UsesRedis(Service):
        def handle(self) -> None:
            self.response.payload = self.kvdb.conn["key"]

    class Redis:
        conn = {"key": "value"}  # noqa: RUF012

    before = Service.kvdb, vars(Service)["out"]
    with Runner() as zato:
        zato.replace("kvdb", Redis)
        assert zato.invoke(UsesRedis).text == "value"
    assert (Service.kvdb, vars(Service)["out"]) == before
    assert "kvdb" not in vars(Service)


def test_names_are_found_or_the_error_says_what_to_do(zato: Runner) -> None:
    with pytest.raises(LookupError, match=r"no service is called `nope`; import the module of its class"):
        zato.invoke("nope")

    class Local(Service):
        name = "sample.local"

        def handle(self) -> None:
            self.response.payload = self.invoke("sample.unknown")

    with pytest.raises(LookupError, match=r"`sample\.local`"):
        zato.invoke("sample.local")
    zato.register(Local)
    with pytest.raises(KeyError, match=r"sample\.unknown"):
        zato.invoke("sample.local")
    with pytest.raises(TypeError, match="is no service"):
        zato.invoke(dict)  # type: ignore[arg-type]


def test_a_class_registered_later_takes_the_name(zato: Runner) -> None:
    class Greet(Service):
        name = "sample.greet"

        def handle(self) -> None:
            self.response.payload = {"greeting": "mine"}

    zato.register(sample, Greet)
    assert zato.invoke(sample.Caller).data[0] == {"greeting": "mine"}
    assert zato.invoke(sample.Greet, {"name": "Ann"}).data == {"greeting": "Hello Ann"}
    assert zato.invoke(Greet).data == {"greeting": "mine"}


def test_classes_that_cannot_be_deployed_are_refused(zato: Runner) -> None:
    class Odd(Service):
        zato_compat = "1.0"

        def handle(self) -> None: ...

    with pytest.raises(TypeError, match=r"zato_compat is '1\.0'; use one of 2\.0"):
        zato.register(Odd)


def test_the_profile_decides(zato: Runner) -> None:
    class Undeclared(Service):
        def handle(self) -> None:
            self.response.payload = [self.server.profile, self.request.input]

    assert zato.invoke(Undeclared, {"x": 1}).data == ["3.2", None]
    zato.close()
    with Runner("4.1") as newer:
        assert newer.invoke(Undeclared, {"x": 1}).data == ["4.1", {"x": 1}]
    with pytest.raises(ValueError, match=r"unknown compat profile `1\.0`"):
        Runner("1.0")


def test_there_is_one_runner_at_a_time(zato: Runner) -> None:
    with pytest.raises(RuntimeError, match="close the other runner first"):
        Runner()
    assert zato.invoke(sample.Greet, {"name": "Ann"}).ok
    assert "out" in vars(Service)


def test_importing_the_package_imports_no_part_of_this() -> None:
    code = "import sys, zato.server.service, zato.__main__; print(*[n for n in sys.modules if 'test' in n])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
    code = "import sys, zato._pytest; print(*[n for n in sys.modules if n.startswith('zato')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["zato", "zato._pytest"]
