"""A base class for services that pass a request on to a REST API (reference service-api 1.5)."""

from __future__ import annotations

import copy
from typing import Any, ClassVar

from zato.common.api import ADAPTER_PARAMS
from zato.common.exception import HTTPException
from zato.common.json_internal import dumps, loads
from zato.server.service._outgoing import rest_connection
from zato.server.service._service import Service

__all__ = ["JSONAdapter"]


class JSONAdapter(Service):
    """Sends its payload to an outgoing REST connection as JSON, and answers with what comes back (2.0 to 4.1).

    Subclasses say where to in class attributes. A payload with a true `echo` is answered with itself.
    """

    _zato_is_base: ClassVar[bool] = True

    #: Name of the outgoing connection.
    outconn: str = ""
    #: The HTTP verb.
    method: str = ""
    #: Whether parameters go to the query string, and not to the body.
    params_to_qs: bool = False
    #: Whether the response is read as JSON, and not taken as text.
    load_response: bool = True
    #: Parameters that each call has.
    params: Any = {}  # noqa: RUF012 - subclasses replace it
    #: Names that always go to the query string.
    force_in_qs: Any = []  # noqa: RUF012 - subclasses replace it
    #: Whether `params` win over the payload, or the other way around; one of `ADAPTER_PARAMS`.
    apply_params: str = ADAPTER_PARAMS.APPLY_AFTER_REQUEST
    #: Statuses that are errors, by how they begin.
    raise_error_on: Any = ["4", "5"]  # noqa: RUF012 - subclasses replace it

    def get_call_params(self) -> dict[str, Any]:
        """Gives keyword arguments of the call: `params` for the query string, and `data` if there is a body."""
        payload = self.request.payload
        if payload and not isinstance(payload, dict):
            return {"params": dict(self.params), "data": payload}
        # A copy, so that another attempt finds the payload as it was.
        given = copy.deepcopy(payload) if payload else {}
        if self.apply_params == ADAPTER_PARAMS.APPLY_AFTER_REQUEST:
            merged = {**given, **self.params}
        else:
            merged = {**self.params, **given}
        query = {name: merged.pop(name) for name in self.force_in_qs if name in merged}
        if self.params_to_qs:
            return {"params": {**merged, **query}}
        return {"params": query, "data": dumps(merged)}

    def handle(self) -> None:
        """Makes the call.

        Raises:
            ValueError: If the class does not say where to or how.
            HTTPException: If the response has one of the statuses in `raise_error_on`.
            MissingFeature: If the server has no outgoing connections.
        """
        payload = self.request.payload
        if isinstance(payload, dict) and payload.get("echo"):
            self.response.payload = payload
            return
        for name in ("outconn", "method"):
            if not getattr(self, name):
                raise ValueError(f"class {type(self).__name__} needs the attribute `{name}`")
        call = getattr(rest_connection(self, self.outconn), self.method.lower())
        response = call(self.cid, **self.get_call_params())
        if str(response.status_code).startswith(tuple(self.raise_error_on)):
            raise HTTPException(self.cid, response.text, response.status_code)
        self.response.payload = loads(response.text) if self.load_response else response.text
