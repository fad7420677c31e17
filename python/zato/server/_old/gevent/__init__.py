"""gevent where it is not installed (reference service-api 1.3): the parts that services use, on threads.

It is found by deployed modules only, and never where gevent itself is there.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from zato.server._old.gevent._waiting import pause as _pause
from zato.server._old.gevent.greenlet import Greenlet, GreenletExit, getcurrent, iwait, joinall, killall, wait
from zato.server._old.gevent.timeout import Timeout, with_timeout

__all__ = [
    "Greenlet",
    "GreenletExit",
    "Timeout",
    "getcurrent",
    "idle",
    "iwait",
    "joinall",
    "kill",
    "killall",
    "sleep",
    "spawn",
    "spawn_later",
    "spawn_raw",
    "wait",
    "with_timeout",
]

# What `from gevent import name` means.
_MODULES = ("event", "greenlet", "local", "lock", "monkey", "pool", "queue", "timeout")
_STANDARD = ("select", "socket", "ssl", "subprocess", "time")

spawn = Greenlet.spawn
spawn_later = Greenlet.spawn_later


def sleep(seconds: float = 0, ref: bool = True) -> None:
    """Waits for a number of seconds."""
    _pause(max(seconds, 0))


def idle(priority: int = 0) -> None:
    """Lets others run."""
    _pause(0)


def spawn_raw(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Greenlet:
    """Starts a function in a greenlet."""
    return Greenlet.spawn(function, *args, **kwargs)


def kill(greenlet: Greenlet, exception: Any = GreenletExit) -> None:
    """Ends a greenlet, without waiting for it."""
    greenlet.kill(exception, block=False)


def __getattr__(name: str) -> Any:
    """Gives a module by its name.

    Raises:
        AttributeError: For what gevent has and this has not.
    """
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _STANDARD:
        return importlib.import_module(name)
    message = f"the stand-in for gevent has no `{name}`; install gevent itself with `python -m pip install gevent`"
    raise AttributeError(message, name=name)
