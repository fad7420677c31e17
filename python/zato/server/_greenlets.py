"""gevent in services (reference service-api 1.3, execution-model 9): it is installed by whoever wants it, and works.

Threads that run services each have a hub of their own. Two things need help: greenlets that a service has spawned and
not waited for, which would stand still once it has answered, and `gevent.monkey`, which would change modules under a
server that runs on threads.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from importlib.abc import Loader
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

from zato import _core

__all__ = ["NOTED", "are_left", "begin_to_stop", "find_spec", "finish", "note", "patches_nothing"]

_logger = logging.getLogger("zato")

#: Modules whose first import matters here.
NOTED = frozenset({"gevent", "gevent.monkey", "gevent.subprocess"})

#: Most threads of a worker that may be busy with greenlets of services that have answered.
_MOST_THREADS = 64

#: How long greenlets may go on where there are so many already, in seconds.
_SHORT_LIMIT = 5.0

#: How often a thread looks whether the worker stops, in seconds.
_LOOK = 0.2

#: Functions of `gevent.monkey` that the others are made of.
_INNER = ("patch_item", "patch_module")

_lock = threading.Lock()
_busy = 0
#: When all greenlets are to be over, by the monotonic clock; none while the worker serves.
_stop_at: float | None = None
_has_warned = False


def find_spec(name: str, path: Any) -> ModuleSpec | None:
    """Notes that gevent is imported, and finds those of its modules that need a change.

    Args:
        name: Name of a module that matters, see `NOTED`.
        path: Where the package around it is.

    Returns:
        How to load the module; none if Python is to find it as ever.
    """
    if name == "gevent":
        _core.watch_greenlets()
        return None
    spec = PathFinder.find_spec(name, path)
    if spec is not None and spec.loader is not None:
        spec.loader = _Changing(spec.loader)
    return spec


def note() -> None:
    """Takes gevent as it is if something has imported it before the loader was there."""
    if "gevent" in sys.modules:
        _core.watch_greenlets()
    for name in NOTED & sys.modules.keys():
        _change(sys.modules[name])


class _Changing(Loader):
    """Loads a module as another loader does, and changes it then."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        _change(module)


def _change(module: ModuleType) -> None:
    """Makes functions that patch modules do nothing, and processes work in threads other than the first.

    Earlier versions ran with everything patched, so that services that patch did not notice.
    """
    if module.__name__ == "gevent.monkey":
        for name, function in list(vars(module).items()):
            if name.startswith("patch_") and name not in _INNER and callable(function):
                setattr(module, name, patches_nothing(name))
    elif module.__name__ == "gevent.subprocess":
        import subprocess

        # gevent is told of children by the loop of the main thread, which runs no services.
        vars(module).update({name: getattr(subprocess, name) for name in subprocess.__all__})


def patches_nothing(name: str) -> Any:
    """Gives a function that stands for one of `gevent.monkey`; the first call of any is logged."""

    def patch(*_args: Any, **_options: Any) -> bool:
        global _has_warned
        if not _has_warned:
            _has_warned = True
            _logger.warning(
                "gevent.monkey.%s has no effect in this server, whose services run in threads; leave it out", name
            )
        return True

    patch.__name__ = name
    return patch


def are_left() -> bool:
    """Whether this thread has greenlets, or timeouts, that are not over."""
    hub = _hub()
    return hub is not None and (hub.loop.activecnt > 0 or hub.loop.pendingcnt > 0)


def finish(max_threads: int) -> None:
    """Lets the greenlets of this thread go on until all are over; called by a thread whose service has answered.

    Args:
        max_threads: Most threads that run services, of which half may be busy with this at the same time. Where there
            are so many already, greenlets have a few seconds.
    """
    global _busy
    with _lock:
        _busy += 1
        is_crowded = _busy > min(_MOST_THREADS, max_threads // 2)
    try:
        _run(time.monotonic() + _SHORT_LIMIT if is_crowded else None)
    finally:
        with _lock:
            _busy -= 1


def begin_to_stop(seconds: float) -> None:
    """Gives greenlets this long to end; to be called when the worker stops."""
    global _stop_at
    _stop_at = time.monotonic() + seconds


def _run(limit: float | None) -> None:
    import gevent

    hub = _hub()
    while True:
        now = time.monotonic()
        ends = [moment for moment in (limit, _stop_at) if moment is not None]
        if ends and now >= min(ends):
            _abandon(hub, is_crowded=_stop_at is None)
            return
        try:
            if hub.join(timeout=_LOOK):
                return
        except gevent.Timeout:
            # It was started for a run that is over, and has nothing to interrupt.
            continue
        except gevent.GreenletExit:
            continue


def _abandon(hub: Any, *, is_crowded: bool) -> None:
    """Ends what would not end; a later service on this thread gets a new hub."""
    if is_crowded:
        _logger.warning(
            "greenlets that a service left behind were ended after %d s, as those of others keep half of the threads; "
            "wait for greenlets with joinall, or end them",
            _SHORT_LIMIT,
        )
    hub.destroy(destroy_loop=True)


def _hub() -> Any:
    """The hub of this thread, if it has one."""
    module = sys.modules.get("gevent._hub_local")
    return None if module is None else module.get_hub_if_exists()
