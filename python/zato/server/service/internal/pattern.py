"""Services behind patterns (reference service-api 1.2, 4.5)."""

from __future__ import annotations

from typing import Any

from zato.common.exception import BadRequest
from zato.common.json_internal import loads
from zato.server.service._patterns_retry import Retry
from zato.server.service.internal import AdminService

__all__ = ["InvokeRetry"]


class InvokeRetry(AdminService):
    """Runs a service in the background until it ends well, and then a callback.

    Its payload has `target`, `retry_repeats` and `retry_seconds`, and may have `source`, `callback` (one name or
    several), `context`, `args`, `kwargs`, `orig_cid` and `call_cid`.
    """

    name = "zato.pattern.invoke-retry.invoke-retry"

    def handle(self) -> None:
        """Answers with the correlation ID of the calls.

        Raises:
            BadRequest: If the payload is not what it has to be.
        """
        given: Any = self.request.payload
        if isinstance(given, (str, bytes)) and given:
            given = loads(given)
        if not isinstance(given, dict):
            message = "a dictionary with target, retry_repeats and retry_seconds is needed"
            raise BadRequest(self.cid, message, needs_msg=True)
        missing = [name for name in ("target", "retry_repeats", "retry_seconds") if given.get(name) is None]
        if missing:
            raise BadRequest(self.cid, f"missing: {', '.join(missing)}", needs_msg=True)
        callback = given.get("callback") or []
        retry = Retry(
            source=given.get("source") or self.name,
            target=given["target"],
            args=tuple(given.get("args") or ()),
            kwargs=given.get("kwargs") or {},
            repeats=int(given["retry_repeats"]),
            seconds=float(given["retry_seconds"]),
            callbacks=[callback] if isinstance(callback, str) else list(callback),
            context=given.get("context"),
            orig_cid=given.get("orig_cid") or self.cid,
        )
        if given.get("call_cid"):
            retry.call_cid = given["call_cid"]
        self.response.payload = {"cid": retry.begin(self)}
