"""Services that manage jobs (reference connections 11, operations 9.4)."""

from __future__ import annotations

from typing import Any, ClassVar

from zato.common.exception import BadRequest, NotFound
from zato.server._objects import create_object, delete_object, edit_object, execute_job, list_objects
from zato.server.service import AsIs, Bool
from zato.server.service._schedule import JOB_KIND, require_service
from zato.server.service.internal import AdminService

__all__ = ["Create", "Delete", "Edit", "Execute", "GetById", "GetByName", "GetList", "SetActiveStatus"]

#: Fields that all versions have; a job that is edited gets them as a whole.
_HISTORICAL = ("start_date", "extra", "weeks", "days", "hours", "minutes", "seconds", "repeats", "cron_definition")

#: Fields of 4.1 and of ours; a job that is edited keeps those that are not given.
_RECENT = ("timezone", "jitter_ms", "max_execution_time_ms", "on_overlap", "on_missed")

_IDENTIFIERS = (AsIs("id"), AsIs("job_id"), AsIs("cluster_id"), "name")


class _JobService(AdminService):
    """Base of the services here."""

    _zato_is_base = True

    def given_job(self) -> dict[str, Any]:
        """Gives the job that the input names by `id`, `job_id` or `name`."""
        given = self.request.input
        identifier = given.get("id") or given.get("job_id")
        name = given.get("name")
        if not identifier and not name:
            raise BadRequest(self.cid, "`id` or `name` of the job is missing", needs_msg=True)
        for job in list_objects(JOB_KIND, actor=self.actor, cid=self.cid):
            if (str(job["id"]) == str(identifier)) if identifier else (job["name"] == name):
                return job
        raise NotFound(self.cid, f"there is no job with ID {identifier}" if identifier else f"there is no job `{name}`")

    def given_fields(self, names: tuple[str, ...]) -> dict[str, Any]:
        """Gives fields of the input; those that are empty are None."""
        given = self.request.input
        found = {name: given.get(name) for name in names}
        return {name: None if value == "" else value for name, value in found.items()}


class _Definition(_JobService):
    """Base of services that are given a whole job."""

    _zato_is_base = True

    class SimpleIO(AdminService.SimpleIO):
        """The historical input, and fields of 4.1 and of ours."""

        input_required: ClassVar[tuple[Any, ...]] = ("job_type", "service")
        input_optional: ClassVar[tuple[Any, ...]] = (
            *_IDENTIFIERS,
            Bool("is_active", default=None),
            Bool("should_ignore_existing"),
            *(AsIs(name) for name in (*_HISTORICAL, *_RECENT)),
        )

    def definition(self) -> dict[str, Any]:
        """Gives the fields of the job, once the service is known to exist."""
        given = self.request.input
        service = require_service(self.cid, given.get("service"))
        fields = {"service": service, "job_type": given.get("job_type"), **self.given_fields(_HISTORICAL)}
        recent = self.given_fields(_RECENT)
        return {**fields, **{name: value for name, value in recent.items() if value is not None}}

    def answer_with(self, job: dict[str, Any]) -> None:
        """Answers with what the historical services do."""
        spec = job["spec"]
        self.answer({"id": job["id"], "name": job["name"], "cron_definition": spec["cron_definition"]})


class Create(_Definition):
    """Creates a job; with `should_ignore_existing`, one that exists stays as it is and is answered with."""

    name = "zato.scheduler.job.create"

    def handle(self) -> None:
        """Answers with `id`, `name` and `cron_definition`."""
        given = self.request.input
        name = given.get("name")
        if not name:
            raise BadRequest(self.cid, "`name` of the job is missing", needs_msg=True)
        if given.get("should_ignore_existing"):
            jobs = list_objects(JOB_KIND, actor=self.actor, cid=self.cid)
            existing = next((job for job in jobs if job["name"] == name), None)
            if existing:
                return self.answer_with(existing)
        is_active = given.get("is_active") is not False
        spec = self.definition()
        return self.answer_with(
            create_object(JOB_KIND, name, spec, is_active=is_active, actor=self.actor, cid=self.cid)
        )


class Edit(_Definition):
    """Replaces a job that is named by `id`, or by its name; its repeats are counted anew."""

    name = "zato.scheduler.job.edit"

    def handle(self) -> None:
        """Answers with `id`, `name` and `cron_definition`."""
        job = self.given_job()
        changes = self.definition()
        if isinstance(self.request.input.get("is_active"), bool):
            changes["is_active"] = self.request.input["is_active"]
        new_name = self.request.input.get("name") or None
        self.answer_with(
            edit_object(JOB_KIND, job["name"], changes, new_name=new_name, actor=self.actor, cid=self.cid)
        )


class _OfJob(_JobService):
    """Base of services that are given which job."""

    _zato_is_base = True

    class SimpleIO(AdminService.SimpleIO):
        """Which job, and for one of them a flag."""

        input_optional: ClassVar[tuple[Any, ...]] = (*_IDENTIFIERS, Bool("is_active", default=None))


class Delete(_OfJob):
    """Deletes a job; runs that have begun go on."""

    name = "zato.scheduler.job.delete"

    def handle(self) -> None:
        """Answers with nothing."""
        delete_object(JOB_KIND, self.given_job()["name"], actor=self.actor, cid=self.cid)
        self.answer({})


class Execute(_OfJob):
    """Runs a job now, active or not; when it runs next does not change."""

    name = "zato.scheduler.job.execute"

    def handle(self) -> None:
        """Answers with `id` and `name` of the job and the `cid` of the run, which may not have ended."""
        self.answer(execute_job(self.given_job()["name"], actor=self.actor, cid=self.cid))


class SetActiveStatus(_OfJob):
    """Switches a job on or off."""

    name = "zato.scheduler.job.set-active-status"

    def handle(self) -> None:
        """Answers with `id` and `is_active`."""
        is_active = self.request.input.get("is_active")
        if not isinstance(is_active, bool):
            raise BadRequest(self.cid, "`is_active` is missing", needs_msg=True)
        job = edit_object(
            JOB_KIND, self.given_job()["name"], {"is_active": is_active}, actor=self.actor, cid=self.cid
        )
        self.answer({"id": job["id"], "is_active": job["is_active"]})


class GetList(_OfJob):
    """Lists jobs."""

    name = "zato.scheduler.job.get-list"

    def handle(self) -> None:
        """Answers with a list of jobs, sorted by name."""
        self.answer([_shown(job) for job in list_objects(JOB_KIND, actor=self.actor, cid=self.cid)])


class GetByName(_OfJob):
    """Gives a job by its name."""

    name = "zato.scheduler.job.get-by-name"

    def handle(self) -> None:
        """Answers with the job."""
        self.answer(_shown(self.given_job()))


class GetById(_OfJob):
    """Gives a job by its identifier."""

    name = "zato.scheduler.job.get-by-id"

    def handle(self) -> None:
        """Answers with the job."""
        self.answer(_shown(self.given_job()))


def _shown(job: dict[str, Any]) -> dict[str, Any]:
    """Gives a job with the historical names of its fields."""
    spec = job["spec"]
    fields = {name: spec[name] for name in ("job_type", "service", *_HISTORICAL, *_RECENT)}
    return {
        "id": job["id"],
        "name": job["name"],
        "is_active": job["is_active"],
        "service_name": spec["service"],
        **fields,
    }
