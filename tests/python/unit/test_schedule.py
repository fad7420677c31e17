"""What `self.schedule` asks the config store for."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest

from zato import _core
from zato.common.exception import BadRequest, ServiceMissingException
from zato.server import _objects
from zato.server.service import Service

SELF = SimpleNamespace(cid="abc", get_name=lambda: "crm.order")


class Target(Service):
    name = "crm.target"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Requests to the config store, which answers with an object."""
    requests: list[dict[str, Any]] = []

    def administer(request: bytes) -> bytes:
        requests.append(json.loads(request))
        return b'{"id": 7}'

    monkeypatch.setattr(_core, "administer", administer)
    return requests


def created(asked: list[dict[str, Any]], *arguments: Any, **options: Any) -> dict[str, Any]:
    assert Service.schedule.onetime(SELF, *arguments, **options) == 7
    return asked[-1]["operation"]["create"]


def start(job: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(job["spec"]["start_date"])


@pytest.mark.compat("3.6-schedule")
def test_a_job_is_made_in_the_name_of_the_service(asked: list[dict[str, Any]]) -> None:
    job = created(asked, Target, "mine", data={"a": [1]})
    assert (asked[0]["actor"], asked[0]["cid"]) == ("service crm.order", "abc")
    assert (job["kind"], job["name"], job["is_active"]) == ("scheduler.job", "mine", True)
    assert (job["spec"]["service"], job["spec"]["job_type"]) == ("crm.target", "one_time")
    assert json.loads(job["spec"]["extra"]) == {"zato_embedded": True, "data": {"a": [1]}}


def test_names_are_made_from_a_prefix_and_differ(asked: list[dict[str, Any]]) -> None:
    first, second = (created(asked, "crm.target", prefix="p")["name"] for _ in range(2))
    assert first != second
    assert first.startswith("p -> crm.target 20")
    assert created(asked, "crm.target")["name"].startswith("crm.order -> crm.target ")


def test_times_add_up_from_now_or_from_a_date(asked: list[dict[str, Any]]) -> None:
    before = datetime.now(timezone.utc)
    job = created(asked, "crm.target", after_seconds=30, after_minutes=1)
    assert timedelta(seconds=90) <= start(job) - before < timedelta(seconds=120)
    for given in (
        "2026-01-31 08:30:00",
        "2026-01-31T08:30:00Z",
        "2026-01-31T09:30:00+01:00",
        datetime(2026, 1, 31, 8, 30),
        datetime(2026, 1, 31, 9, 30, tzinfo=timezone(timedelta(hours=1))),
    ):
        job = created(asked, "crm.target", start_date=given, after_seconds=5)
        assert start(job) == datetime(2026, 1, 31, 8, 30, 5, tzinfo=timezone.utc), given


def test_what_is_no_date_or_no_data_is_refused_before_anything_is_asked(asked: list[dict[str, Any]]) -> None:
    with pytest.raises(BadRequest, match="`soon` is not a date and time"):
        Service.schedule.onetime(SELF, "crm.target", start_date="soon")
    assert asked == []


def test_a_service_that_is_missing_is_named(asked: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    def service_name(target: Any) -> str:
        raise KeyError(target)

    monkeypatch.setattr(_core, "service_name", service_name)
    with pytest.raises(ServiceMissingException, match="there is no service `crm"):
        Service.schedule.onetime(SELF, "crm.target")
    assert asked == []


def test_objects_are_asked_for_by_operation(asked: list[dict[str, Any]]) -> None:
    _objects.list_objects("channel.rest", actor="a", cid="c")
    _objects.edit_object("channel.rest", "r", {"method": None}, new_name="n")
    _objects.delete_object("channel.rest", "r")
    _objects.execute_job("j")
    assert asked[0] == {"actor": "a", "cid": "c", "operation": {"list": {"kind": "channel.rest"}}}
    edit = {"kind": "channel.rest", "name": "r", "new_name": "n", "changes": {"method": None}}
    assert asked[1] == {"actor": "a service", "cid": "", "operation": {"edit": edit}}
    assert [request["operation"] for request in asked[2:]] == [
        {"delete": {"kind": "channel.rest", "name": "r"}},
        {"execute_job": {"name": "j"}},
    ]
