"""`self.schedule`: services that run later (reference connections 11, service-api 3.6)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

from zato import _core
from zato.common.api import SCHEDULER
from zato.common.exception import BadRequest, ServiceMissingException
from zato.common.json_internal import dumps
from zato.server._objects import create_object

__all__ = ["JOB_KIND", "Schedule", "embed", "require_service"]

#: Kind of jobs in the config store.
JOB_KIND = "scheduler.job"

# What `fromisoformat` of Python 3.10 does not take.
_ZULU = re.compile(r"[zZ]$")


class Schedule:
    """Makes jobs on behalf of services. They are in the config store, so that they outlive the server."""

    def onetime(
        self,
        invoking_service: Any,
        target_name_or_class: Any,
        name: str = "",
        *,
        prefix: str = "",
        start_date: str | datetime = "",
        after_seconds: float = 0,
        after_minutes: float = 0,
        data: Any = "",
    ) -> int:
        """Has a service run once, later: at `start_date`, or now, plus the seconds and minutes.

        Args:
            invoking_service: The service that asks, `self`.
            target_name_or_class: The service to run.
            name: Name of the job; by default one that nobody else has.
            prefix: What the default name begins with.
            start_date: A date and time, in UTC unless it says otherwise.
            after_seconds: How much later.
            after_minutes: How much later.
            data: What the service gets as its payload; anything that has a JSON form.

        Returns:
            Identifier of the job.

        Raises:
            ServiceMissingException: If there is no such service.
            BadRequest: If the date is not a date, or the job is refused for another reason.
            Conflict: If there is a job of that name already.
        """
        cid = invoking_service.cid
        service = require_service(cid, target_name_or_class)
        start = _start(cid, start_date) + timedelta(seconds=after_seconds, minutes=after_minutes)
        job = create_object(
            JOB_KIND,
            name or f"{prefix or invoking_service.get_name()} -> {service} {start:%Y-%m-%dT%H:%M:%S} {_core.new_cid()}",
            {
                "service": service,
                "job_type": SCHEDULER.JOB_TYPE.ONE_TIME,
                "start_date": start.isoformat(),
                "extra": embed(data),
            },
            actor=f"service {invoking_service.get_name()}",
            cid=cid,
        )
        return job["id"]


def embed(data: Any) -> str:
    """Writes data so that the service of a job gets it as it was, and not as text."""
    return dumps({"zato_embedded": True, "data": data})


def require_service(cid: str, target: Any) -> str:
    """Gives the name of a service that is deployed.

    Raises:
        ServiceMissingException: If there is no such service.
    """
    try:
        return _core.service_name(target)
    except KeyError:
        message = f"there is no service `{getattr(target, '__name__', target)}`; deploy it first, or mend the name"
        raise ServiceMissingException(cid, message) from None


def _start(cid: str, given: str | datetime) -> datetime:
    """Gives a moment in UTC."""
    if not given:
        return datetime.now(timezone.utc)
    if isinstance(given, datetime):
        moment = given
    else:
        try:
            moment = datetime.fromisoformat(_ZULU.sub("+00:00", given.strip()))
        except ValueError:
            message = f"start_date `{given}` is not a date and time; for instance 2026-01-31 08:30:00, in UTC"
            raise BadRequest(cid, message, needs_msg=True) from None
    return moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment.astimezone(timezone.utc)
