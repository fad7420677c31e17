"""From imported modules to descriptions of the services in them (reference service-api 2.3)."""

from __future__ import annotations

import inspect
import logging
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from zato import _core
from zato.common.util.names import convert_impl_name
from zato.common.util.time_ import TimeUtil
from zato.server._loader._preparation import Superseded
from zato.server._loader._problems import Problem, from_exception
from zato.server._loader._schema import input_schema
from zato.server._loader._units import Unit
from zato.server._logging import get_service_logger
from zato.server.service import Service
from zato.server.service._declaration import describe_io
from zato.server.service._hooks import INSTANCE_HOOKS, is_overridden
from zato.server.service._service import own_name

PROFILES = ("2.0", "3.0", "3.1", "3.2", "4.1")
# Categories of characters that lines end at, that terminals obey, or that are only half of one.
_UNFIT = ("Cc", "Cs", "Zl", "Zp")
_deployments = logging.getLogger("zato.deploy")


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides how services are described."""

    #: Compat profile of services that name none of their own.
    profile: str
    #: Name inference of SimpleIO.
    simple_io: dict[str, Any]
    #: Whether a service may be deployed, by its name, its module and the paths of its file.
    is_allowed: Callable[[str, str, list[str]], bool]


class Collector:
    """Describes the services of one unit; what is wrong goes to `problems` and `warnings`."""

    def __init__(self, unit: Unit, rules: Rules) -> None:
        self.services: list[dict[str, Any]] = []
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self._unit = unit
        self._rules = rules

    def collect(self, module: ModuleType, name_part: dict[str, str], lines: dict[str, int]) -> None:
        """Describes the services of a module.

        Args:
            module: The module, imported.
            name_part: Module part of implementation names, by profile.
            lines: Lines of its classes.
        """
        file = getattr(module, "__file__", "") or ""
        for cls in service_classes(module):
            try:
                self.describe(cls, name_part, file, lines.get(cls.__name__, 1))
            except Superseded:
                raise
            except BaseException as error:  # noqa: BLE001 - hooks are users' code
                problem = from_exception(error, self._unit)
                if isinstance(error, RefusedError):
                    problem = Problem(file=file, line=lines.get(cls.__name__), message=str(error), hint=error.hint)
                self.problems.append(problem)

    def describe(self, cls: type[Service], name_part: dict[str, str], file: str, line: int) -> None:
        """Describes one class.

        Raises:
            RefusedError: If it cannot be deployed as it is.
        """
        own_profile = _own_profile(cls)
        profile = own_profile or self._rules.profile
        part = name_part.get("2.0" if profile in ("2.0", "3.0", "3.1") else "3.2", cls.__module__)
        impl_name = f"{part}.{cls.__name__}"
        name = _name(cls, impl_name)
        ignored = _ignored_name(cls)
        if ignored is not None:
            text = f"service `{name}`: the `name` of its class is {ignored}, which is no text and has no effect"
            self._warn(file, line, text)
        module = name_part.get("3.2", cls.__module__)
        if not self._unit.is_internal and not self._rules.is_allowed(name, module, self._unit.paths_of(file)):
            self._warn(file, line, f"service `{name}` was skipped, deploy_patterns_allowed does not allow it")
            return
        io_warnings: list[str] = []
        try:
            io = describe_io(cls, self._rules.simple_io, profile, io_warnings)
        except ValueError as error:
            raise RefusedError(f"service `{name}`: {error}") from None
        schema = input_schema(cls, profile, io_warnings)
        for text in io_warnings:
            self._warn(file, line, f"service `{name}`: {text}")
        _settle(cls, name, impl_name, profile)
        if not self._is_accepted(cls, name, file, line):
            return
        verbs = _verbs(cls)
        handlers = [getattr(cls, method) for method in ("handle", *verbs.values())]
        self.services.append(
            {
                "name": name,
                "impl_name": impl_name,
                "file": file,
                "line": line,
                "is_internal": self._unit.is_internal,
                "cls": cls,
                "io": io,
                "schema": schema,
                "hooks": [hook for hook in INSTANCE_HOOKS if is_overridden(cls, hook)],
                "verbs": verbs,
                "is_async": any(map(inspect.iscoroutinefunction, handlers)),
                "profile": own_profile,
            }
        )

    def _is_accepted(self, cls: type[Service], name: str, file: str, line: int) -> bool:
        if not is_overridden(cls, "before_add_to_store"):
            return True
        answer = cls.before_add_to_store(_deployments)
        if answer:
            return True
        message = f"service `{name}` was left out, its before_add_to_store gave {answer!r}; return True to deploy it"
        self._warn(file, line, message)
        return False

    def _warn(self, file: str, line: int, message: str) -> None:
        self.warnings.append(Problem(file=file, line=line, message=message, hint=None))


class RefusedError(Exception):
    """A class that cannot be deployed as it is."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


def service_classes(module: ModuleType) -> list[type[Service]]:
    """Gives the classes of a module that are to be deployed, in alphabetical order.

    That is every service class defined in that very module, unless it is abstract or has `zato_dont_import`.
    """
    found: dict[int, type[Service]] = {}
    for name in sorted(vars(module)):
        item = vars(module)[name]
        if (
            # Unlike `isinstance` this runs no code of the object.
            issubclass(type(item), type)
            and issubclass(item, Service)
            and item.__module__ == module.__name__
            and not inspect.isabstract(item)
            and not hasattr(item, "zato_dont_import")
            and not vars(item).get("_zato_is_base", False)
        ):
            found.setdefault(id(item), item)
    return list(found.values())


def call_after_add_to_store(services: list[dict[str, Any]]) -> None:
    """Tells services that they are in force; what their hooks raise is logged."""
    for service in services:
        cls = service["cls"]
        if not is_overridden(cls, "after_add_to_store"):
            continue
        try:
            hook = cls.after_add_to_store
            parameters = list(inspect.signature(hook).parameters)
            hook(cls.server if parameters == ["server"] else _deployments)
        except BaseException:  # noqa: BLE001 - users' code must not undo a deployment
            _deployments.exception("after_add_to_store of service `%s` failed", service["name"])


def _own_profile(cls: type) -> str | None:
    profile = getattr(cls, "zato_compat", None)
    if profile is None or profile in PROFILES:
        return profile
    raise RefusedError(f"class {cls.__name__}: zato_compat is {profile!r}", hint=f"use one of {', '.join(PROFILES)}")


def _name(cls: type[Service], impl_name: str) -> str:
    """Gives the service's name; a class may override `get_name`, as 2.0 documents."""
    overridden = getattr(cls.get_name, "__func__", cls.get_name)
    if overridden is not Service.get_name.__func__:
        name = cls.get_name()
        if not isinstance(name, str) or not name:
            raise RefusedError(f"class {cls.__name__}: get_name gave {name!r}, which is no service name")
    else:
        name = own_name(cls) or convert_impl_name(impl_name)
    # Names are in lines of logs and of listings.
    if any(unicodedata.category(character) in _UNFIT for character in name):
        raise RefusedError(
            f"class {cls.__name__}: the service name {name!a} has a line break or another control character",
            hint="give the class another `name`",
        )
    return name


def _ignored_name(cls: type[Service]) -> str | None:
    """Gives what a class has for a name if that cannot be one, in words."""
    for ancestor in cls.__mro__:
        if ancestor is Service:
            return None
        found = vars(ancestor).get("name")
        if found is not None:
            return None if isinstance(found, str) else f"of type {type(found).__name__}"
    return None


def _settle(cls: type[Service], name: str, impl_name: str, profile: str) -> None:
    """Puts what is known since deployment on the class, where instances find it fastest."""
    settled: dict[str, Any] = {"impl_name": impl_name, "_zato_profile": profile}
    if vars(cls).get("name") != name:
        settled |= {"name": name, "_zato_has_derived_name": True}
    if not _is_users_own(cls, "logger"):
        settled["logger"] = get_service_logger(name)
    if profile != "3.2" and not _is_users_own(cls, "time"):
        settled["time"] = TimeUtil(profile)
    settled["_zato_settled"] = frozenset(settled)
    for attribute, value in settled.items():
        setattr(cls, attribute, value)


def _is_users_own(cls: type, name: str) -> bool:
    """Whether a user's class sets an attribute that deployment would set otherwise."""
    for ancestor in cls.__mro__:
        if ancestor is Service:
            return False
        if name in vars(ancestor):
            return name not in vars(ancestor).get("_zato_settled", ())
    return False


def _verbs(cls: type[Service]) -> dict[str, str]:
    """Gives methods such as `handle_GET` by HTTP verb; a fresh table for each class."""
    return {
        name.removeprefix("handle_"): name
        for name in dir(cls)
        if name.startswith("handle_") and not hasattr(_core.Service, name) and callable(getattr(cls, name))
    }
