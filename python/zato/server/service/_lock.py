"""`self.lock`: one holder at a time among all workers of a server (reference service-api 3.9).

The supervisor keeps locks. A lock is free again when it is released, when its time to live is over, and when the worker
that holds it ends. Whoever waits longest is next and is told at once.
"""

from __future__ import annotations

import logging
import os
from typing import Any

from zato import _core
from zato.distlock import LockTimeout

__all__ = ["Lock", "make_lock"]

_logger = logging.getLogger("zato")

#: Longest name that is used as it is.
_NAME_LIMIT = 128

#: For how many seconds a thread waits before Python code runs, which is when it can be interrupted.
_PIECE = 0.1

_TTL, _BLOCK = 20, 10


class Lock:
    """A lock that is held inside of `with`, or from `acquire` to `release`; it also tells what is known about it."""

    __slots__ = ("_fence", "_pid", "block", "name", "priv_id", "pub_id", "ttl")

    #: What locks of services have in common.
    namespace = "zato.service"
    #: Which implementation this is.
    lock_type = "zato"
    #: How long it takes to notice that a lock is free: who waits is told.
    block_interval = 0

    def __init__(self, name: str, ttl: float = _TTL, block: float = _BLOCK) -> None:
        self.name: str = name
        self.ttl: float = ttl
        self.block: float = block
        self.priv_id: str = short_name(name)
        self.pub_id: str = _core.new_cid()
        self._fence = 0
        self._pid = 0

    @property
    def acquired(self) -> bool:
        """Whether the lock was acquired and not released yet; its time to live may be over nevertheless."""
        return self._fence != 0

    @property
    def fencing_number(self) -> int:
        """A number greater than those of all holders before, 0 while the lock is not held."""
        return self._fence

    def acquire(self) -> Lock:
        """Waits for the lock.

        Raises:
            LockTimeout: If it was not free within `block` seconds.
            RuntimeError: If this object holds the lock already.
            OSError: If the supervisor of the server does not answer.
        """
        if self._fence:
            raise RuntimeError(f"lock `{self.name}` is held by this object already")
        pending = _core.acquire_lock(self.priv_id, self.ttl, self.block)
        try:
            while (fence := pending.wait(_PIECE)) is None:
                pass
            self._pid = os.getpid()
            self._fence = fence
        except BaseException:
            self._fence = 0
            pending.give_up()
            raise
        if not fence:
            raise LockTimeout(f"lock `{self.name}` was not free within {self.block} s")
        return self

    def release(self) -> bool:
        """Gives the lock back; gives whether it was still held. Does nothing without it, or in a forked child."""
        fence, self._fence = self._fence, 0
        if not fence or self._pid != os.getpid():
            return False
        return _core.release_lock(self.priv_id, fence)

    def __enter__(self) -> Lock:
        return self.acquire()

    def __exit__(self, *_error: object) -> None:
        is_own = self._fence != 0 and self._pid == os.getpid()
        try:
            was_held = self.release()
        except OSError as error:
            # The result of the service is not the worse for it: the lock ends with its time to live.
            _logger.warning("Lock `%s` could not be given back: %s", self.name, error)
            return
        if is_own and not was_held:
            _logger.warning(
                "Lock `%s` was over after %s s, before what it was for; use a greater `ttl`", self.name, self.ttl
            )

    def __repr__(self) -> str:
        state = f"held, {self._fence}" if self._fence else "not held"
        return f"<Lock {self.name}, {state}>"


def make_lock(name: str, *args: Any, **kwargs: Any) -> Lock:
    """Makes a lock from what `self.lock` is given, in the forms of 2.0 and of 3.0 and later.

    Args:
        name: Its name, shared by all services of the server.
        args: `ttl` and `block`, in seconds (in 2.0 `expires` and `timeout`), and `backend`, which is not used.
        kwargs: The same by name. A `ttl` of 0 is no limit, a `block` of 0 does not wait.

    Raises:
        TypeError: If something is given twice or not known.
    """
    if len(args) > 3:
        raise TypeError("a lock takes a name, a time to live and a time to wait")
    kwargs.pop("backend", None)
    values = {"ttl": ("expires", _TTL), "block": ("timeout", _BLOCK)}
    found: dict[str, float] = {}
    for index, (key, (other, default)) in enumerate(values.items()):
        given = [kwargs.pop(spelling) for spelling in (key, other) if spelling in kwargs]
        if index < len(args):
            given.append(args[index])
        if len(given) > 1:
            raise TypeError(f"`{key}` of lock `{name}` is given more than once")
        value = given[0] if given else None
        if value is False:
            value = 0
        found[key] = default if value is None or value is True else value
    if kwargs:
        raise TypeError(f"a lock has no option `{next(iter(kwargs))}`, use `ttl` and `block`")
    return Lock(name, found["ttl"], found["block"])


def short_name(name: str) -> str:
    """Gives a name of at most 128 characters; of longer ones beginning and end stay, and a hash tells them apart."""
    if len(name) <= _NAME_LIMIT:
        return name
    import hashlib

    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    part = (_NAME_LIMIT - len(digest) - 2) // 2
    return f"{name[:part]}-{name[-part:]}-{digest}"
