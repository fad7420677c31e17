"""Which services there are in a test."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any, Protocol

from zato import _core
from zato.server._loader._collect import (
    Collector,
    RefusedError,
    Rules,
    call_after_add_to_store,
    service_classes,
)
from zato.server._loader._units import Unit
from zato.server.service import Service

__all__ = ["Registration"]

_logger = logging.getLogger("zato.testing")


class _Registry(Protocol):
    def register(self, description: dict[str, Any]) -> None:
        """Puts a service in force."""


class Registration:
    """Describes classes the way a deployment does, and puts them in force.

    Args:
        core: The native part.
        profile: Compat profile of services that name none of their own.
    """

    def __init__(self, core: _Registry, profile: str) -> None:
        facts = _core.server_facts()
        self._core = core
        self._rules = Rules(profile, facts["simple_io"] if facts else {}, lambda *_: True)
        self._names: dict[type[Service], str] = {}
        self._classes: dict[str, type[Service]] = {}

    def add(self, target: type[Service] | ModuleType) -> None:
        """Registers a class, or every service class defined in a module.

        Raises:
            TypeError: If it is neither, or a class that a server would not deploy either.
        """
        if isinstance(target, ModuleType):
            for cls in service_classes(target):
                self.name_of(cls)
        else:
            self.name_of(target)

    def name_of(self, target: type[Service] | str) -> str:
        """Gives the name of a service, which is registered if it was not.

        Raises:
            LookupError: If no class that was imported has the name.
            TypeError: If the class is one that a server would not deploy either.
        """
        if isinstance(target, str):
            if target not in self._classes:
                self._add_class(self._class_of(target))
            return target
        # The class that was registered last has the name.
        name = self._names.get(target)
        return name if name is not None and self._classes[name] is target else self._add_class(target)

    def find(self, target: Any) -> bool:
        """Registers what a service calls; gives whether there is such a service. What the native part calls."""
        # `name@target`: a test has no targets, as servers have none.
        service = target.partition("@")[0] if isinstance(target, str) else target
        try:
            self.name_of(service)
        except LookupError:
            return False
        return True

    def _add_class(self, cls: Any) -> str:
        if not (isinstance(cls, type) and issubclass(cls, Service)):
            raise TypeError(f"{cls!r} is no service: neither a class derived from Service, nor the name of one")
        module = cls.__module__
        unit = Unit(key=module, module=module, is_package=False, is_internal=False, files=[])
        collector = Collector(unit, self._rules)
        file = getattr(sys.modules.get(module), "__file__", None) or ""
        try:
            collector.describe(cls, {"2.0": module, "3.2": module}, file, 1)
        except RefusedError as error:
            raise TypeError(f"{error}; {error.hint}" if error.hint else str(error)) from error
        if not collector.services:
            raise TypeError(collector.warnings[0]["message"])
        for warning in collector.warnings:
            _logger.warning("%s", warning["message"])
        description = collector.services[0]
        self._core.register(description)
        name: str = description["name"]
        self._names[cls] = name
        self._classes[name] = cls
        call_after_add_to_store([description])
        return name

    @staticmethod
    def _class_of(name: str) -> type[Service]:
        found = [cls for cls in _imported(Service) if _has_name(cls, name)]
        if len(found) > 1:
            classes = " and ".join(f"{cls.__module__}.{cls.__qualname__}" for cls in found)
            raise LookupError(f"service `{name}` is provided by {classes}; register one of them: zato.register(..)")
        if not found:
            raise LookupError(
                f"no service is called `{name}`; import the module of its class, or call zato.register(..)"
            )
        return found[0]


def _imported(base: type[Service]) -> Iterator[type[Service]]:
    """Gives the classes that modules hold under their own names; those made inside of functions are not among them."""
    for cls in base.__subclasses__():
        if getattr(sys.modules.get(cls.__module__), cls.__name__, None) is cls and not vars(cls).get("_zato_is_base"):
            yield cls
        yield from _imported(cls)


def _has_name(cls: type[Service], name: str) -> bool:
    try:
        return cls.get_name() == name
    except Exception:  # noqa: BLE001 - a `get_name` of users; who registers that class is told
        return False
