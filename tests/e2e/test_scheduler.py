"""Jobs: enmasse, hooks, `self.schedule`, and the services that manage them."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from environment import Environment, environment, wait_for

SERVICES = ("create", "edit", "delete", "execute", "set-active-status", "get-list", "get-by-name", "get-by-id")


class Ledger:
    """What services have noted."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def lines(self, **facts: Any) -> list[dict[str, Any]]:
        """Lines that say all of that."""
        text = self.path.read_text() if self.path.exists() else ""
        lines = [json.loads(line) for line in text.splitlines()]
        return [line for line in lines if facts.items() <= line.items()]

    def wait(self, count: int = 1, seconds: float = 15.0, **facts: Any) -> list[dict[str, Any]]:
        """Waits for so many of them."""

        def enough() -> list[dict[str, Any]] | None:
            found = self.lines(**facts)
            return found if len(found) >= count else None

        return wait_for(enough, seconds, f"{count} lines of {facts} in {self.lines()}")


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    path = tmp_path_factory.mktemp("ledger") / "lines"
    os.environ["SCHEDULED_LEDGER"] = str(path)
    yield Ledger(path)
    del os.environ["SCHEDULED_LEDGER"]


@pytest.fixture(scope="module")
def zato(ledger: Ledger, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    allowed = ", ".join(f"zato.scheduler.job.{name}" for name in SERVICES)
    settings = {"misc": {"service_invoker_allow_internal": f"pub.zato.ping, {allowed}"}}
    root = tmp_path_factory.mktemp("env") / "qs"
    with environment(root, workers=2, fixtures=("services/scheduled.py",), settings=settings) as made:
        made.wait_for_service("scheduled.fails")
        yield made


def enmasse(zato: Environment, **job: Any) -> None:
    zato.enmasse({"scheduler": [job]})


def manage(zato: Environment, operation: str, **given: Any) -> Any:
    answer = zato.invoke(f"zato.scheduler.job.{operation}", given)
    assert answer.status == 200, answer.text
    return answer.json()


def names(zato: Environment) -> list[str]:
    return [job["name"] for job in manage(zato, "get-list")]


def delete(zato: Environment, name: str) -> None:
    manage(zato, "delete", name=name)


@pytest.mark.compat("7-scheduler")
def test_a_job_of_an_enmasse_file_invokes_its_service_every_second(zato: Environment, ledger: Ledger) -> None:
    job = {"name": "poll", "service": "scheduled.work", "job_type": "interval_based", "seconds": 1}
    enmasse(zato, **job, start_date="2026-01-01 00:00:00", extra=["page=1", "size=100"])
    line = ledger.wait(2, job="poll")[0]
    text = "page=1\nsize=100"
    expected = {"job": "poll", "channel": "scheduler", "job_type": "interval_based", "payload": text, "raw": text}
    assert line == expected
    delete(zato, "poll")


def test_what_enmasse_imports_it_exports(zato: Environment, tmp_path: Path) -> None:
    job = {"name": "nightly", "service": "scheduled.work", "job_type": "cron_style", "cron_definition": "0 3 * * *"}
    enmasse(zato, **job)
    exported = tmp_path / "exported.yaml"
    options = ("--export", "--include-type", "scheduler", "--output", exported)
    zato.zato("enmasse", zato.server, *options)
    text = exported.read_text().replace("'", "").replace('"', "")
    assert "scheduler:" in text and "cron_definition: 0 3 * * *" in text and "name: nightly" in text
    zato.zato("enmasse", zato.server, "--import", "--input", exported)
    delete(zato, "nightly")


def test_a_job_that_could_never_run_is_refused_with_the_reason(zato: Environment) -> None:
    job = {"name": "bad", "service": "s", "job_type": "cron_style", "cron_definition": "0 25 * * *"}
    done = zato.enmasse({"scheduler": [job]}, expect=None)
    assert done.returncode != 0
    assert "field 2 (hour), `25` at character 3, is not understood" in done.stdout + done.stderr


@pytest.mark.compat("2.5-before-job", "2.5-after-job", "2.5-any-job-type", "3.1-job-type")
@pytest.mark.parametrize(
    ("job_type", "schedule"),
    [
        ("one_time", {"start_date": "2026-01-01 00:00:00"}),
        ("interval_based", {"seconds": 1}),
        ("cron_style", {"cron_definition": "* * * * * *"}),
    ],
)
def test_hooks_of_jobs_run_around_handle_in_order(
    zato: Environment, ledger: Ledger, job_type: str, schedule: dict[str, Any]
) -> None:
    name = f"hooked.{job_type}"
    enmasse(zato, name=name, service="scheduled.hooked", job_type=job_type, **schedule)
    line = ledger.wait(job=name)[0]
    assert line["job_type"] == job_type
    assert line["order"] == [
        "accept",
        "before_job",
        f"before_{job_type}_job",
        "before_handle",
        "handle",
        "after_handle",
        "after_job",
        f"after_{job_type}_job",
        "finalize_handle",
    ]
    assert "after_job of service `scheduled.hooked` failed, the invocation goes on" in zato.log()
    if job_type == "one_time":
        wait_for(lambda: name not in names(zato), what="the job to be gone")
    else:
        delete(zato, name)


@pytest.mark.compat("2.5-before-job", "3.1-job-type")
def test_hooks_of_jobs_do_not_run_without_a_job(zato: Environment, ledger: Ledger) -> None:
    assert zato.invoke("scheduled.hooked").status == 200
    expected = ["accept", "before_handle", "handle", "after_handle", "finalize_handle"]
    assert ledger.wait(job="", job_type="")[0]["order"] == expected
    assert zato.invoke("scheduled.as-job").status == 200
    order = ledger.wait(job="", job_type="cron_style")[0]["order"]
    assert order[1:3] == ["before_job", "before_cron_style_job"]


def test_a_failing_job_runs_again_and_says_why(zato: Environment) -> None:
    enmasse(zato, name="fails", service="scheduled.fails", job_type="interval_based", seconds=1)
    said = "Job `fails` failed, service `scheduled.fails`: this is a test"
    wait_for(lambda: zato.log().count(said) >= 2, what="two failures")
    assert 'raise ValueError("this is a test")' in zato.log()
    metrics = zato.get("/metrics", auth=("metrics", zato.credentials()["metrics"])).text
    assert 'zato_scheduler_runs_total{outcome="error"}' in metrics
    delete(zato, "fails")


@pytest.mark.compat("3.6-schedule", "7-scheduler")
@pytest.mark.parametrize("target", ["scheduled.work", "class"])
def test_self_schedule_runs_a_service_once_with_its_data(zato: Environment, ledger: Ledger, target: str) -> None:
    data = {"page": 1, "target": target, "names": ["żółw"]}
    options = {"target": target, "after_seconds": 1, "prefix": f"mine-{target}", "data": data}
    identifier = zato.invoke("scheduled.later", options).json()["id"]
    assert isinstance(identifier, int)
    job = manage(zato, "get-by-id", id=identifier)
    assert job["name"].startswith(f"mine-{target} -> scheduled.work ") and job["service"] == "scheduled.work"
    line = ledger.wait(job=job["name"])[0]
    assert (line["job_type"], line["payload"], line["raw"]) == ("one_time", data, data)
    wait_for(lambda: job["name"] not in names(zato), what="the job to be gone")
    assert len(ledger.lines(job=job["name"])) == 1


@pytest.mark.compat("3.6-schedule", "7-scheduler")
@pytest.mark.parametrize("data", ["text", "", 7, None, [1, 2], {"zato_embedded": 1}])
def test_data_of_any_form_is_delivered_as_it_was(zato: Environment, ledger: Ledger, data: Any) -> None:
    name = f"any-{json.dumps(data)}"
    assert zato.invoke("scheduled.later", {"name": name, "data": data}).status == 200
    assert ledger.wait(job=name)[0]["payload"] == data


@pytest.mark.compat("7-scheduler")
def test_json_that_somebody_wrote_stays_text(zato: Environment, ledger: Ledger) -> None:
    enmasse(zato, name="json", service="scheduled.work", job_type="one_time", extra='{"page": 1}')
    assert ledger.wait(job="json")[0]["payload"] == '{"page": 1}'


def test_self_schedule_refuses_what_cannot_be_at_the_call(zato: Environment) -> None:
    missing = zato.invoke("scheduled.later", {"target": "no.such"})
    assert missing.status == 500 and "there is no service `no.such`" in missing.text
    wrong = zato.invoke("scheduled.later", {"start_date": "tomorrow"})
    assert wrong.status == 400 and "`tomorrow` is not a date and time" in wrong.text
    assert zato.invoke("scheduled.later", {"name": "twice", "after_minutes": 5}).status == 200
    taken = zato.invoke("scheduled.later", {"name": "twice", "after_minutes": 5})
    assert taken.status == 409 and "`twice` exists already" in taken.text
    delete(zato, "twice")


@pytest.mark.compat("1.2-job-create")
def test_jobs_are_managed_by_the_historical_services(zato: Environment, ledger: Ledger) -> None:
    given = {
        "name": "managed", "is_active": False, "job_type": "interval_based", "service": "scheduled.work", "hours": 1,
        "start_date": "2026-01-01 00:00:00", "extra": "x=1", "cluster_id": 1,
    }  # fmt: skip
    created = zato.invoke("scheduled.creates", given).json()
    identifier = created["zato_scheduler_job_create_response"]["id"]
    assert created == {
        "zato_scheduler_job_create_response": {"id": identifier, "name": "managed", "cron_definition": ""}
    }
    job = manage(zato, "get-by-name", name="managed")
    shown = {name: job[name] for name in ("id", "is_active", "service_name", "hours", "repeats", "extra")}
    expected = {"id": identifier, "is_active": False, "service_name": "scheduled.work", "hours": 1, "repeats": None}
    assert shown == {**expected, "extra": "x=1"}
    assert zato.invoke("zato.scheduler.job.create", given).status == 409
    ignored = manage(zato, "create", **given, should_ignore_existing=True)
    assert ignored["id"] == identifier
    executed = manage(zato, "execute", id=identifier)
    assert (executed["id"], len(executed["cid"])) == (identifier, 24)
    assert ledger.wait(job="managed")[0]["payload"] == "x=1"
    edited = {"id": identifier, "name": "renamed", "job_type": "interval_based", "service": "scheduled.work"}
    manage(zato, "edit", **edited, seconds=1, extra="x=2")
    assert manage(zato, "set-active-status", id=identifier, is_active=True) == {"id": identifier, "is_active": True}
    assert ledger.wait(job="renamed")[0]["payload"] == "x=2"
    job = manage(zato, "get-by-id", id=identifier)
    assert (job["name"], job["hours"], job["seconds"]) == ("renamed", None, 1)
    delete(zato, "renamed")
    assert zato.invoke("zato.scheduler.job.get-by-id", {"id": identifier}).status == 404


def test_the_historical_services_say_what_is_wrong(zato: Environment) -> None:
    given = {"name": "wrong", "job_type": "interval_based", "service": "scheduled.work"}
    no_interval = zato.invoke("zato.scheduler.job.create", given)
    assert no_interval.status == 400 and "needs an interval, and it has none" in no_interval.text
    bad_date = zato.invoke("zato.scheduler.job.create", {**given, "seconds": 1, "start_date": "soon"})
    assert bad_date.status == 400 and "`soon` is not a date and time" in bad_date.text
    missing = zato.invoke("zato.scheduler.job.create", {**given, "seconds": 1, "service": "no.such"})
    assert "there is no service `no.such`" in missing.text
    assert "wrong" not in names(zato)


def test_jobs_survive_a_server_that_is_killed(zato: Environment, ledger: Ledger) -> None:
    options = {"name": "survivor", "after_seconds": 3, "data": {"kept": True}}
    assert zato.invoke("scheduled.later", options).status == 200
    supervisor = zato.supervisor_pid()
    os.kill(supervisor, signal.SIGKILL)
    wait_for(lambda: not Path(f"/proc/{supervisor}").exists() or "Z" in Path(f"/proc/{supervisor}/stat").read_text())
    assert ledger.lines(job="survivor") == []
    zato.start()
    assert ledger.wait(job="survivor", seconds=25)[0]["payload"] == {"kept": True}
    wait_for(lambda: "survivor" not in names(zato), what="the job to be gone")
    assert len(ledger.lines(job="survivor")) == 1
