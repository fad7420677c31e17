"""`gevent.pool`: greenlets that belong together, and pools of at most so many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from zato.server._old.gevent.greenlet import Greenlet, GreenletExit, iwait, joinall, killall
from zato.server._old.gevent.lock import DummySemaphore, Semaphore

__all__ = ["Group", "Pool", "PoolFull"]


class PoolFull(Exception):  # noqa: N818 - the name is gevent's
    """A pool has no place for another greenlet."""


class Group:
    """Greenlets that belong together."""

    greenlet_class = Greenlet

    def __init__(self, greenlets: Iterable[Greenlet] = ()) -> None:
        self.greenlets: set[Greenlet] = set()
        for greenlet in greenlets:
            self.add(greenlet)

    def __len__(self) -> int:
        return len(self.greenlets)

    def __bool__(self) -> bool:
        return True

    def __contains__(self, greenlet: object) -> bool:
        return greenlet in self.greenlets

    def __iter__(self) -> Iterator[Greenlet]:
        return iter(set(self.greenlets))

    def add(self, greenlet: Greenlet) -> None:
        """Takes one in, until it is over."""
        self.greenlets.add(greenlet)
        greenlet.rawlink(self.discard)

    def discard(self, greenlet: Greenlet) -> None:
        """Lets one go."""
        self.greenlets.discard(greenlet)

    def start(self, greenlet: Greenlet) -> None:
        """Takes one in and starts it."""
        self.add(greenlet)
        greenlet.start()

    def spawn(self, *args: Any, **kwargs: Any) -> Greenlet:
        """Makes one, takes it in and starts it."""
        greenlet = self.greenlet_class(*args, **kwargs)
        self.start(greenlet)
        return greenlet

    def join(self, timeout: float | None = None, raise_error: bool = False) -> bool:
        """Waits until all are over; gives whether they are."""
        joinall(self, timeout, raise_error)
        return not any(self)

    def kill(self, exception: Any = GreenletExit, block: bool = True, timeout: float | None = None) -> None:
        """Ends all."""
        killall(self, exception, block, timeout)

    def killone(
        self, greenlet: Greenlet, exception: Any = GreenletExit, block: bool = True, timeout: float | None = None
    ) -> None:
        """Ends one."""
        if greenlet in self.greenlets:
            greenlet.kill(exception, block, timeout)

    def apply(self, func: Callable[..., Any], args: Any = (), kwds: Any = None) -> Any:
        """Calls a function in a greenlet and waits for what it gives."""
        return self.spawn(func, *args, **(kwds or {})).get()

    def apply_async(
        self, func: Callable[..., Any], args: Any = (), kwds: Any = None, callback: Callable[[Any], Any] | None = None
    ) -> Greenlet:
        """Calls a function in a greenlet, and a callback with what it gives."""
        greenlet = self.spawn(func, *args, **(kwds or {}))
        if callback is not None:
            greenlet.link_value(lambda ended: callback(ended.value))
        return greenlet

    def map(self, func: Callable[..., Any], iterable: Iterable[Any]) -> list[Any]:
        """Calls a function with each item, at once, and gives results in the order of items."""
        return [greenlet.get() for greenlet in [self.spawn(func, item) for item in iterable]]

    def map_async(
        self, func: Callable[..., Any], iterable: Iterable[Any], callback: Callable[[Any], Any] | None = None
    ) -> Greenlet:
        """As `map`, without waiting."""
        greenlet = Greenlet.spawn(self.map, func, iterable)
        if callback is not None:
            greenlet.link_value(lambda ended: callback(ended.value))
        return greenlet

    def imap(self, func: Callable[..., Any], *iterables: Iterable[Any], **_options: Any) -> Iterator[Any]:
        """As `map`, and gives results one by one."""
        greenlets = [self.spawn(func, *items) for items in zip(*iterables)]  # noqa: B905 - as `map` does
        return (greenlet.get() for greenlet in greenlets)

    def imap_unordered(self, func: Callable[..., Any], *iterables: Iterable[Any], **_options: Any) -> Iterator[Any]:
        """As `imap`, in the order in which results come."""
        greenlets = [self.spawn(func, *items) for items in zip(*iterables)]  # noqa: B905 - as `map` does
        return (greenlet.get() for greenlet in iwait(greenlets))


class Pool(Group):
    """At most so many greenlets; whoever wants to start another one waits.

    Args:
        size: How many; without it there is no limit.
        greenlet_class: What to make greenlets of.
    """

    def __init__(self, size: int | None = None, greenlet_class: type[Greenlet] | None = None) -> None:
        if size is not None and size < 0:
            raise ValueError("size must not be negative")
        super().__init__()
        self.size = size
        self._places = DummySemaphore() if size is None else Semaphore(size)
        if greenlet_class is not None:
            self.greenlet_class = greenlet_class

    def start(self, greenlet: Greenlet, blocking: bool = True, timeout: float | None = None) -> None:
        """Waits for a place, takes one in and starts it.

        Raises:
            PoolFull: If there is no place in time.
        """
        self.add(greenlet, blocking, timeout)
        greenlet.start()

    def add(self, greenlet: Greenlet, blocking: bool = True, timeout: float | None = None) -> None:
        """Waits for a place and takes one in.

        Raises:
            PoolFull: If there is no place in time.
        """
        if not self._places.acquire(blocking, timeout):
            raise PoolFull(f"{self.size} greenlets are running")
        super().add(greenlet)

    def discard(self, greenlet: Greenlet) -> None:
        """Lets one go, which makes a place."""
        if greenlet in self.greenlets:
            super().discard(greenlet)
            self._places.release()

    def wait_available(self, timeout: float | None = None) -> int:
        """Waits for a place; gives how many there are."""
        return self._places.wait(timeout)

    def free_count(self) -> int:
        """Gives how many places there are; 1 without a limit."""
        return 1 if self.size is None else max(0, self.size - len(self))

    def full(self) -> bool:
        """Whether there is no place."""
        return self.free_count() <= 0
