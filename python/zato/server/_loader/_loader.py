"""Deployments as the native part asks for them: prepare, then commit or abort."""

from __future__ import annotations

import gc
import linecache
import logging
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from types import ModuleType
from typing import Any

from zato import _core
from zato.server._loader._collect import Collector, Rules, call_after_add_to_store
from zato.server._loader._installed import class_lines, import_by_name
from zato.server._loader._internal import PACKAGE
from zato.server._loader._lines import SourceLines
from zato.server._loader._modules import ModuleSpace
from zato.server._loader._preparation import Candidate, Preparation, Superseded
from zato.server._loader._problems import Problem, from_exception, printable
from zato.server._loader._units import Unit, is_deployed

_logger = logging.getLogger("zato.deploy")


class Loader:
    """Holds the units in force and prepares new versions of them.

    Args:
        profile: Compat profile of services that name none of their own.
        simple_io: Name inference of SimpleIO, see `describe_io`.
        is_service_allowed: Whether a service may be deployed, by its name, its module and the paths of its file.
        on_import: Told the key of each unit before its code runs, and None after the last one.
        has_old_module_names: Whether deployed modules may import others by names that are gone.
    """

    def __init__(
        self,
        *,
        profile: str,
        simple_io: dict[str, Any],
        is_service_allowed: Callable[[str, str, list[str]], bool] | None = None,
        on_import: Callable[[str | None], None] | None = None,
        has_old_module_names: bool = True,
    ) -> None:
        self._rules = Rules(profile, simple_io, is_service_allowed or (lambda *_: True))
        self._on_import = on_import or (lambda _: None)
        self._space = ModuleSpace(has_old_module_names)
        #: Units in force by key; of two services with one name, the one deployed later is in effect.
        self._in_force: dict[str, Candidate] = {}
        self._running: Preparation | None = None
        self._prepared: Preparation | None = None
        self._lock = threading.Lock()

    def close(self) -> None:
        """Takes everything this loader did out of Python's import system; for tests."""
        self._drop(self._in_force.values(), {})
        self._in_force = {}
        self._space.close()

    def prepare(
        self, deployment: int, put: Sequence[dict[str, Any]], delete: Sequence[str] = ()
    ) -> list[dict[str, Any]]:
        """Imports units aside, without putting anything in force, and everything in force that imports them.

        Args:
            deployment: Number of the deployment. One that was prepared before is forgotten; one that hangs on another
                thread is told to give up.
            put: Units that are new or changed.
            delete: Keys of units that will be gone.

        Returns:
            A description of every unit, those that import a changed one included.
        """
        candidates = self._candidates(put, delete)
        owners = {
            candidate.unit.name: key
            for key, candidate in self._in_force.items()
            if key not in candidates and key not in delete and not _is_found_by_name(candidate.unit)
        }
        preparation = Preparation(deployment, self._space, candidates, owners, frozenset(delete), self._on_import)
        with self._lock:
            superseded, self._running = self._running, preparation
            self._prepared = None
        if superseded is not None:
            superseded.supersede()
        try:
            with preparation:
                self._load(preparation)
        finally:
            with self._lock:
                if self._running is preparation:
                    self._running = None
        preparation.check()
        self._prepared = preparation
        self._log_warnings(candidates.values())
        return [_described(candidate) for candidate in candidates.values()]

    def prepared(self) -> dict[str, Candidate]:
        """Gives the units of the deployment that is prepared, by key, with their modules; none if there is none."""
        return {} if self._prepared is None else dict(self._prepared.candidates)

    def commit(self, deployment: int, keys: Sequence[str]) -> list[dict[str, Any]]:
        """Puts units of the prepared deployment in force, and drops the deleted ones.

        Args:
            deployment: Number of the deployment that was prepared.
            keys: Which of its units to put in force.

        Returns:
            Descriptions of all services in force afterwards, sorted by name; each has the key of its `unit`.

        Raises:
            LookupError: If another deployment, or none, is prepared.
        """
        prepared = self._prepared
        if prepared is None or prepared.deployment != deployment:
            raise LookupError(f"deployment {deployment} is not prepared")
        self._prepared = None
        chosen = {key: prepared.candidates[key] for key in keys if key in prepared.candidates}
        in_force = {key: unit for key, unit in self._in_force.items() if key not in prepared.deleted}
        gone = [self._in_force[key] for key in (*prepared.deleted, *chosen) if key in self._in_force]
        for key, candidate in chosen.items():
            if not candidate.is_dependant:
                in_force.pop(key, None)
            in_force[key] = candidate
        modules = {name: module for unit in in_force.values() for name, module in unit.modules.items()}
        self._drop(gone, modules)
        self._space.modules = modules
        self._in_force = in_force
        for candidate in chosen.values():
            sys.modules.update(candidate.modules)
            _remember_lines(candidate)
        for candidate in chosen.values():
            call_after_add_to_store(candidate.services)
        if chosen and all(candidate.unit.is_internal for candidate in chosen.values()):
            # The server's own modules live as long as the process; later collections need not look at them.
            gc.collect()
            gc.freeze()
        return self._services()

    def abort(self, deployment: int) -> None:
        """Forgets a prepared deployment, or makes it give up if it is still being prepared."""
        with self._lock:
            running = self._running
        if running is not None and running.deployment == deployment:
            running.supersede()
        if self._prepared is not None and self._prepared.deployment == deployment:
            self._prepared = None

    def _candidates(self, put: Sequence[dict[str, Any]], delete: Sequence[str]) -> dict[str, Candidate]:
        """Gives the units to prepare: changed ones first, then those that import them, directly or not."""
        units = [Unit.read(described) for described in put]
        candidates = {unit.key: Candidate(unit, is_dependant=False) for unit in units}
        taken = {candidate.unit.name: key for key, candidate in self._in_force.items() if key not in delete}
        for unit in units:
            previous = self._in_force.get(unit.key)
            if _is_found_by_name(unit):
                unit.name = unit.module
                continue
            others = {name for name, key in taken.items() if key != unit.key}
            unit.choose_name(others, previous.unit.name if previous else None)
            taken[unit.name] = unit.key
        wave = set(candidates)
        while wave:
            wave = {
                key
                for key, candidate in self._in_force.items()
                if key not in candidates and key not in delete and candidate.depends_on & wave
            }
            for key in self._in_force:
                if key in wave:
                    candidates[key] = Candidate(self._in_force[key].unit, is_dependant=True)
        return candidates

    def _load(self, preparation: Preparation) -> None:
        try:
            for key, candidate in preparation.candidates.items():
                preparation.tell(key)
                if _is_found_by_name(candidate.unit):
                    self._import_by_name(candidate)
                else:
                    preparation.load(candidate)
                    _add_indirect_dependencies(candidate, preparation)
            for key, candidate in preparation.candidates.items():
                preparation.tell(key)
                if not candidate.problems:
                    self._collect(candidate)
        finally:
            preparation.tell(None)
        self._refuse_internal_names(preparation)
        _spread_failures(preparation.candidates)
        self._find_duplicates(preparation)
        for candidate in preparation.candidates.values():
            candidate.problems = [printable(problem) for problem in candidate.problems]
            candidate.warnings = [printable(problem) for problem in candidate.warnings]

    @staticmethod
    def _import_by_name(candidate: Candidate) -> None:
        try:
            candidate.found_by_name = import_by_name(
                candidate.unit.module, is_package_whole=candidate.unit.is_installed
            )
        except Superseded:
            raise
        except BaseException as error:  # noqa: BLE001 - SystemExit of a module must not end the server
            candidate.problems.append(from_exception(error, candidate.unit))

    def _collect(self, candidate: Candidate) -> None:
        """Describes the services of a unit; one that cannot be looked through fails alone."""
        try:
            self._collect_services(candidate)
        except Superseded:
            raise
        except BaseException as error:  # noqa: BLE001 - looking at classes may run users' code
            candidate.problems.append(from_exception(error, candidate.unit))

    def _collect_services(self, candidate: Candidate) -> None:
        collector = Collector(candidate.unit, self._rules)
        unit = candidate.unit
        for module in candidate.found_by_name:
            name = module.__name__
            # The server's own are many, and nobody looks for their lines.
            lines = {} if unit.is_internal else class_lines(module)
            collector.collect(module, {"2.0": name, "3.2": name}, lines)
        for name, source in unit.sources.items():
            module = candidate.modules.get(name)
            if isinstance(module, ModuleType):
                collector.collect(module, source.name_part, candidate.class_lines.get(name, {}))
        candidate.services = collector.services
        candidate.problems += collector.problems
        candidate.warnings += collector.warnings
        if unit.name_note:
            location = unit.files[0]["location"] if unit.files else None
            candidate.warnings.append(Problem(file=location, line=None, message=unit.name_note, hint=None))

    def _refuse_internal_names(self, preparation: Preparation) -> None:
        """Keeps units of users from taking the place of the server's own services."""
        internal = {
            service["name"] for unit in self._in_force.values() if unit.unit.is_internal for service in unit.services
        }
        for candidate in preparation.candidates.values():
            for service in candidate.services:
                if service["name"] in internal and not candidate.unit.is_internal:
                    message = f"service `{service['name']}`: the name belongs to a service of the server"
                    hint = "give the class another `name`"
                    candidate.problems.append(
                        Problem(file=service["file"], line=service["line"], message=message, hint=hint)
                    )

    def _find_duplicates(self, preparation: Preparation) -> None:
        """Warns of services whose names others have as well."""
        known = {
            service["name"]: (key, service)
            for key, unit in self._in_force.items()
            if key not in preparation.candidates and key not in preparation.deleted
            for service in unit.services
        }
        good = {key: candidate for key, candidate in preparation.candidates.items() if not candidate.problems}
        for key, candidate in good.items():
            for service in candidate.services:
                other_key, other = known.get(service["name"], (key, None))
                if other is not None:
                    message = (
                        f"service `{service['name']}` of class {service['impl_name']} is also provided by class "
                        f"{other['impl_name']} of unit `{other_key}`; only one of them is in effect"
                    )
                    hint = "give one of the classes another `name`"
                    candidate.warnings.append(
                        Problem(file=service["file"], line=service["line"], message=message, hint=hint)
                    )
                known[service["name"]] = (key, service)

    def _services(self) -> list[dict[str, Any]]:
        by_name: dict[str, dict[str, Any]] = {}
        for key, unit in self._in_force.items():
            for service in unit.services:
                service["unit"] = key
                by_name[service["name"]] = service
        return [by_name[name] for name in sorted(by_name)]

    @staticmethod
    def _drop(candidates: Iterable[Candidate], remaining: dict[str, ModuleType]) -> None:
        """Takes modules out of `sys.modules` and their lines out of `linecache`."""
        for candidate in candidates:
            for name, module in candidate.modules.items():
                if name not in remaining and sys.modules.get(name) is module:
                    del sys.modules[name]
            for location in candidate.unit.locations:
                linecache.cache.pop(location, None)

    @staticmethod
    def _log_warnings(candidates: Iterable[Candidate]) -> None:
        """One worker tells the log about what is odd; all of them found the same."""
        facts = _core.server_facts()
        if facts is not None and facts["worker_index"] != 0:
            return
        for candidate in candidates:
            for warning in candidate.warnings:
                place = f"{warning['file']}:{warning['line']}" if warning["line"] else warning["file"]
                hint = f" ({warning['hint']})" if warning["hint"] else ""
                _logger.warning("%s: %s%s", place, warning["message"], hint)


def _is_found_by_name(unit: Unit) -> bool:
    """Whether a unit's modules are imported the ordinary way, and shared with everybody who imports them."""
    return unit.is_installed or (unit.is_internal and unit.module.startswith(PACKAGE))


def _described(candidate: Candidate) -> dict[str, Any]:
    has_failed = bool(candidate.problems)
    return {
        "key": candidate.unit.key,
        "services": [] if has_failed else candidate.services,
        "depends_on": sorted(candidate.depends_on),
        "is_dependant": candidate.is_dependant,
        "problems": candidate.problems,
        "warnings": candidate.warnings,
    }


def _add_indirect_dependencies(candidate: Candidate, preparation: Preparation) -> None:
    """Adds units whose modules and classes a unit holds without having imported them by a statement."""
    owners = {item.unit.name: key for key, item in preparation.candidates.items()}
    for module in candidate.modules.values():
        for item in list(getattr(module, "__dict__", {}).values()):
            try:
                owner = _owner(item, owners)
            except Superseded:
                raise
            except BaseException:  # noqa: BLE001 - what refuses to be looked at tells of no dependency
                owner = None
            if owner is not None and owner != candidate.unit.key:
                candidate.depends_on.add(owner)


def _owner(item: Any, owners: dict[str, str]) -> str | None:
    """Gives the key of the unit that a module or a class is from."""
    # `isinstance` asks objects for their `__class__`, which may run code of theirs.
    if issubclass(type(item), ModuleType):
        return getattr(item.__loader__, "key", None) if is_deployed(item) else None
    if issubclass(type(item), type):
        return owners.get(str(item.__module__).partition(".")[0])
    return None


def _spread_failures(candidates: dict[str, Candidate]) -> None:
    """Makes units that import a failed one fail too: their new modules would be tied to half of it."""
    has_changed = True
    while has_changed:
        has_changed = False
        for candidate in candidates.values():
            failed = [key for key in sorted(candidate.depends_on) if key in candidates and candidates[key].problems]
            if failed and not candidate.problems:
                location = candidate.unit.files[0]["location"] if candidate.unit.files else None
                message = f"it imports unit `{failed[0]}`, which cannot be deployed"
                candidate.problems.append(Problem(file=location, line=None, message=message, hint=None))
                has_changed = True


def _remember_lines(candidate: Candidate) -> None:
    """Makes tracebacks show the source that runs, whatever is on disk by now."""
    for source in candidate.unit.sources.values():
        if source.content:
            lines = SourceLines(source.content)
            linecache.cache[source.location] = (len(source.content), None, lines, source.location)  # type: ignore[assignment]
