"""Services about security definitions (reference service-api 1.2, operations 24)."""

from __future__ import annotations

from typing import Any

from zato.common.api import SEC_DEF_TYPE
from zato.server._objects import list_objects
from zato.server.service.internal import AdminService

__all__ = ["GetList"]

#: Kinds of definitions: what services call their type, and fields that are no secrets.
_KINDS = {
    "security.api_key": (SEC_DEF_TYPE.APIKEY, ("header",)),
    "security.basic_auth": (SEC_DEF_TYPE.BASIC_AUTH, ("realm",)),
    "security.bearer_token": ("bearer_token", ("auth_endpoint", "grant_type", "scopes", "data_format")),
}


class GetList(AdminService):
    """Lists security definitions of all types, without their secrets."""

    name = "zato.security.get-list"

    def handle(self) -> None:
        """Answers with a list of definitions, sorted by name.

        Each has `id`, `name`, `is_active`, `sec_type`, `username`, which is None if the type has none, and other
        fields of the type.
        """
        found = [
            _shown(definition, sec_type, fields)
            for kind, (sec_type, fields) in _KINDS.items()
            for definition in list_objects(kind, actor=self.actor, cid=self.cid)
        ]
        self.answer(sorted(found, key=lambda definition: definition["name"]))


def _shown(definition: dict[str, Any], sec_type: str, fields: tuple[str, ...]) -> dict[str, Any]:
    """Gives a definition as it is listed."""
    spec = definition["spec"]
    return {
        "id": definition["id"],
        "name": definition["name"],
        "is_active": definition["is_active"],
        "sec_type": sec_type,
        "username": spec.get("username"),
        **{name: spec[name] for name in fields},
    }
