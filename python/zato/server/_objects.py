"""Objects of the config store, as services read and change them.

The worker writes them the way commands and enmasse do: what a kind refuses is refused here, the history of an object
tells which service changed it, and when a function returns the change is in force on all workers of the server.
Secrets are never given back.
"""

from __future__ import annotations

from typing import Any

import orjson

from zato import _core

__all__ = ["create_object", "delete_object", "edit_object", "execute_job", "list_objects"]


def list_objects(kind: str, *, actor: str = "", cid: str = "") -> list[dict[str, Any]]:
    """Gives the objects of a kind, for instance `channel.rest`, sorted by name.

    Each is a dictionary of `id`, `kind`, `name`, `is_active`, `spec`, `revision`, `updated_by` and `updated_at`.

    Raises:
        NotFound: If there is no such kind.
    """
    return _carry_out(actor, cid, "list", kind=kind)


def create_object(
    kind: str, name: str, spec: dict[str, Any], *, is_active: bool = True, actor: str = "", cid: str = ""
) -> dict[str, Any]:
    """Creates an object and gives it.

    Raises:
        BadRequest: With everything that is wrong with it.
        Conflict: If there is one of that name already.
    """
    return _carry_out(actor, cid, "create", kind=kind, name=name, is_active=is_active, spec=spec)


def edit_object(
    kind: str, name: str, changes: dict[str, Any], *, new_name: str | None = None, actor: str = "", cid: str = ""
) -> dict[str, Any]:
    """Changes fields of an object, `is_active` among them, and gives it; None takes a field back to its default.

    Raises:
        BadRequest: With everything that would be wrong.
        NotFound: If there is no such object.
        Conflict: If the new name is taken; the other changes are made nevertheless.
    """
    return _carry_out(actor, cid, "edit", kind=kind, name=name, new_name=new_name, changes=changes)


def delete_object(kind: str, name: str, *, actor: str = "", cid: str = "") -> None:
    """Deletes an object.

    Raises:
        NotFound: If there is no such object.
        Conflict: If others refer to it.
    """
    _carry_out(actor, cid, "delete", kind=kind, name=name)


def execute_job(name: str, *, actor: str = "", cid: str = "") -> dict[str, Any]:
    """Runs a job now, active or not; gives its `id` and `name` and the `cid` of the run.

    Raises:
        NotFound: If there is no such job.
        ServiceUnavailable: If no worker is ready.
    """
    return _carry_out(actor, cid, "execute_job", name=name)


def _carry_out(actor: str, cid: str, operation: str, **arguments: Any) -> Any:
    request = {"actor": actor or "a service", "cid": cid, "operation": {operation: arguments}}
    return orjson.loads(_core.administer(orjson.dumps(request)))
