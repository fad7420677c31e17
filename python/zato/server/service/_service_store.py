"""`self.server.service_store`: the services deployed in this process (reference service-api 3.6)."""

from __future__ import annotations

from typing import Any

from zato import _core
from zato.bunch import Bunch

__all__ = ["ServiceStore"]


class ServiceStore:
    """Deployed services as they are at the moment; what it gives are copies."""

    __slots__ = ()

    @property
    def services(self) -> dict[str, Bunch]:
        """Facts about services by implementation name (`module.Class`).

        Keys: `id`, `name`, `impl_name`, `is_active`, `is_internal`, `service_class`, `slow_threshold`, `source_path`,
        `line`.
        """
        return {facts["impl_name"]: _described(facts) for facts in _core.list_services()}

    @property
    def name_to_impl_name(self) -> dict[str, str]:
        """Implementation names by service name."""
        return {facts["name"]: facts["impl_name"] for facts in _core.list_services()}

    @property
    def impl_name_to_name(self) -> dict[str, str]:
        """Service names by implementation name."""
        return {facts["impl_name"]: facts["name"] for facts in _core.list_services()}

    @property
    def id_to_name(self) -> dict[str, str]:
        """Service names by identifier, which is a text here."""
        return {str(facts["id"]): facts["name"] for facts in _core.list_services()}

    @property
    def id_to_impl_name(self) -> dict[int, str]:
        """Implementation names by identifier."""
        return {facts["id"]: facts["impl_name"] for facts in _core.list_services()}

    @property
    def impl_name_to_id(self) -> dict[str, int]:
        """Identifiers by implementation name; they are the same on all workers and servers."""
        return {facts["impl_name"]: facts["id"] for facts in _core.list_services()}

    def is_deployed(self, name: str) -> bool:
        """Says whether there is a service of this name."""
        return name in self.name_to_impl_name

    def service_data(self, impl_name: str) -> Bunch:
        """Gives facts about a service.

        Raises:
            KeyError: If no service has this implementation name.
        """
        return self.services[impl_name]

    def get_service_class_by_name(self, name: str) -> type:
        """Gives the class of a service; no instance of it belongs to an invocation unless the server made it.

        Raises:
            KeyError: If there is no service of this name.
        """
        found = next((facts for facts in _core.list_services() if facts["name"] == name), None)
        if found is None:
            raise KeyError(name)
        return found["service_class"]


def _described(facts: dict[str, Any]) -> Bunch:
    described = Bunch(facts)
    described["slow_threshold"] = facts["service_class"].slow_threshold
    return described
