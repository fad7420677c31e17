"""One deployment being prepared: new modules are imported aside from those in force."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec
from pathlib import PurePath
from types import CodeType, ModuleType
from typing import Any

from zato.server._loader._interrupt import interrupt
from zato.server._loader._modules import ModuleSpace, UnitLoader
from zato.server._loader._problems import Problem, from_exception
from zato.server._loader._units import Source, Unit

_ABSENT: Any = object()


class Superseded(BaseException):
    """Ends the imports of a deployment that another one has replaced."""


@dataclass(slots=True)
class Candidate:
    """A unit of the deployment that is being prepared."""

    unit: Unit
    is_dependant: bool
    modules: dict[str, ModuleType] = field(default_factory=dict)
    #: Modules that were imported the ordinary way.
    found_by_name: list[ModuleType] = field(default_factory=list)
    #: Lines of classes, by module name and class name.
    class_lines: dict[str, dict[str, int]] = field(default_factory=dict)
    depends_on: set[str] = field(default_factory=set)
    services: list[dict[str, Any]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    #: Modules that failed while the unit itself imported them; no problem if it catches the error.
    failed_inside: dict[str, Problem] = field(default_factory=dict)
    is_loaded: bool = False


class Preparation:
    """Imports the units of a deployment on one thread.

    While it works, `sys.modules` holds the new modules, because `dataclasses`, `pickle` and the like look there;
    services that run meanwhile are not affected, their imports go through `ModuleSpace`.
    """

    def __init__(
        self,
        deployment: int,
        space: ModuleSpace,
        candidates: dict[str, Candidate],
        owners: Mapping[str, str],
        deleted: frozenset[str],
        on_import: Callable[[str | None], None] = lambda _: None,
    ) -> None:
        """Makes a preparation.

        Args:
            deployment: Number of the deployment.
            space: Modules in force.
            candidates: Units to import, by key.
            owners: Keys of units in force that stay as they are, by top-level module name.
            deleted: Keys of units that will be gone.
            on_import: Told the key of the unit whose code runs next, which may be one that another one imports.
        """
        self.deployment = deployment
        self.deleted = deleted
        self.candidates = candidates
        self._space = space
        self._owners = owners
        self._on_import = on_import
        self._importing: str | None = None
        self._by_name = {candidate.unit.name: candidate for candidate in candidates.values()}
        self._previous: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._is_superseded = False
        self._is_open = False
        #: The thread that imports; none before and after.
        self._thread: int | None = None

    def __enter__(self) -> Preparation:
        self._space.refresh_builtins()
        self._space.enter(self)
        self._is_open, self._thread = True, threading.get_ident()
        return self

    def __exit__(self, *_: object) -> None:
        while self._is_open:
            # An interruption may arrive just now, and must not leave anything half done.
            with contextlib.suppress(Superseded):
                self._close()

    def _close(self) -> None:
        with self._lock:
            self._thread = None
        if self._is_superseded:
            interrupt(threading.get_ident(), None)
        self._space.leave()
        self._restore()
        self._is_open = False

    def supersede(self) -> None:
        """Makes a preparation that hangs on another thread give up: at once, or when a call into native code ends."""
        with self._lock:
            self._is_superseded = True
            if self._thread is not None:
                interrupt(self._thread, Superseded)
        self._on_import(None)
        self._restore()

    def check(self) -> None:
        """Gives up if another deployment has replaced this one.

        Raises:
            Superseded: In that case.
        """
        if self._is_superseded:
            raise Superseded

    def tell(self, key: str | None) -> None:
        """Tells whoever listens which unit's code runs from now on."""
        if key != self._importing and not self._is_superseded:
            self._importing = key
            self._on_import(key)

    def load(self, candidate: Candidate) -> None:
        """Imports all modules of a unit; what goes wrong is kept as a problem of the unit."""
        if candidate.is_loaded or candidate.problems:
            return
        candidate.is_loaded = True
        try:
            for source in candidate.unit.sources.values():
                if source.is_imported and source.name not in candidate.failed_inside:
                    self._module(candidate, source)
        except Superseded:
            raise
        except BaseException as error:  # noqa: BLE001 - SystemExit of a module must not end the server
            self.check()
            candidate.problems.append(from_exception(error, candidate.unit))
        candidate.warnings += [
            problem for name, problem in candidate.failed_inside.items() if name not in candidate.modules
        ]

    def find(self, name: str, importer: str | None) -> ModuleType | None:
        """Gives the module that an `import` in the new code means; see `Finder`."""
        self.check()
        top = name.partition(".")[0]
        candidate = self._by_name.get(top)
        if candidate is None:
            owner = self._owners.get(top)
            if owner is None:
                return None
            self._depend(importer, owner)
            return self._space.modules.get(name)
        self._depend(importer, candidate.unit.key)
        source = candidate.unit.sources.get(name)
        if source is None:
            return None
        if candidate.unit.key != importer:
            self._refuse_failed(candidate)
        module = candidate.modules.get(name)
        if module is None:
            try:
                module = self._module(candidate, source)
            except Superseded:
                raise
            except BaseException as error:
                problem = from_exception(error, candidate.unit)
                if candidate.unit.key == importer:
                    candidate.failed_inside[name] = problem
                    raise
                if not candidate.problems:
                    candidate.problems.append(problem)
                self._refuse_failed(candidate)
                raise
        return module

    def _refuse_failed(self, candidate: Candidate) -> None:
        if candidate.problems:
            problem = candidate.problems[0]
            message = f"unit `{candidate.unit.key}` cannot be deployed: {problem['message']}"
            raise ImportError(message, name=candidate.unit.name) from None

    def _depend(self, importer: str | None, owner: str) -> None:
        if importer is not None and importer != owner and importer in self.candidates:
            self.candidates[importer].depends_on.add(owner)

    def _module(self, candidate: Candidate, source: Source) -> ModuleType:
        """Imports one module, after the packages it is in."""
        known = candidate.modules.get(source.name)
        if known is not None:
            return known
        parent_name, _, tail = source.name.rpartition(".")
        if parent_name:
            self._module(candidate, candidate.unit.sources[parent_name])
            known = candidate.modules.get(source.name)
            if known is not None:
                return known
        module = self._run(candidate, source)
        if parent_name:
            setattr(candidate.modules[parent_name], tail, module)
        return module

    def _run(self, candidate: Candidate, source: Source) -> ModuleType:
        module = _new_module(source, candidate.unit.key, self._space.builtins)
        candidate.modules[source.name] = module
        self._put(source.name, module)
        importer = self._importing
        self.tell(candidate.unit.key)
        try:
            code = compile(source.content, source.location, "exec", dont_inherit=True)
            exec(code, vars(module))  # noqa: S102 - running users' modules is what the server is for
        except BaseException:
            candidate.modules.pop(source.name, None)
            self._put_back(source.name)
            raise
        finally:
            self.tell(importer)
        candidate.class_lines[source.name] = dict(_class_lines(code))
        # A module may replace itself in `sys.modules`; Python then goes on with the replacement.
        replaced = sys.modules.get(source.name, module)
        candidate.modules[source.name] = replaced
        return replaced

    def _put(self, name: str, module: ModuleType) -> None:
        with self._lock:
            self.check()
            self._previous.setdefault(name, sys.modules.get(name, _ABSENT))
            sys.modules[name] = module

    def _put_back(self, name: str) -> None:
        with self._lock:
            if name in self._previous:
                _set(name, self._previous[name])

    def _restore(self) -> None:
        with self._lock:
            for name, module in self._previous.items():
                _set(name, module)
            self._previous.clear()


def _set(name: str, module: Any) -> None:
    if module is _ABSENT:
        sys.modules.pop(name, None)
    else:
        sys.modules[name] = module


def _new_module(source: Source, key: str, builtins: dict[str, Any]) -> ModuleType:
    """Makes an empty module with the attributes that Python gives modules it imports."""
    module = ModuleType(source.name)
    loader: Any = UnitLoader(key, source.location, source.content)
    spec = ModuleSpec(source.name, loader, origin=source.location, is_package=source.is_package)
    spec.has_location = True
    module.__spec__ = spec
    module.__loader__ = loader
    module.__file__ = source.location
    module.__package__ = source.name if source.is_package else source.name.rpartition(".")[0]
    if source.is_package:
        directory = str(PurePath(source.location).parent)
        spec.submodule_search_locations = [directory]
        module.__path__ = [directory]
    vars(module)["__builtins__"] = builtins
    if source.name_part:
        vars(module)["__zato_module__"] = source.name_part["3.2"]
    return module


def _class_lines(code: CodeType) -> list[tuple[str, int]]:
    """Gives the lines of classes in compiled code; of two with one name, the later comes last."""
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    found = []
    for constant in inner:
        # Since Python 3.12 the body of a generic class is inside code for its type parameters.
        if constant.co_name.startswith("<generic parameters of"):
            found += _class_lines(constant)
        else:
            found.append((constant.co_name, constant.co_firstlineno))
    return found
