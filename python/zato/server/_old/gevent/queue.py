"""`gevent.queue`: queues of the standard library that timeouts can interrupt."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from queue import Empty, Full
from typing import Any

from zato.server._old.gevent._waiting import PatientCondition

__all__ = ["Empty", "Full", "JoinableQueue", "LifoQueue", "PriorityQueue", "Queue", "SimpleQueue"]


class _Patient(queue.Queue[Any]):
    """What queues have in common."""

    def __init__(self, maxsize: int | None = 0, items: Any = ()) -> None:
        super().__init__(maxsize or 0)
        self.not_empty = PatientCondition(self.mutex)
        self.not_full = PatientCondition(self.mutex)
        self.all_tasks_done = PatientCondition(self.mutex)
        for item in items:
            self.put_nowait(item)

    def __len__(self) -> int:
        return self.qsize()

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[Any]:
        """Gives items until one is `StopIteration`."""
        while True:
            item = self.get()
            if item is StopIteration:
                return
            yield item

    def peek(self, block: bool = True, timeout: float | None = None) -> Any:
        """Gives the next item without taking it out.

        Raises:
            Empty: If there is none in time.
        """
        with self.not_empty:
            if not self.not_empty.wait_for(self._qsize, timeout if block else 0):
                raise Empty
            return self.queue[-1 if isinstance(self, LifoQueue) else 0]


class Queue(_Patient):
    """First in, first out."""


class JoinableQueue(Queue):
    """A queue whose `join` waits until everything in it is done."""


class SimpleQueue(Queue):
    """A queue without `join`."""


class LifoQueue(_Patient, queue.LifoQueue[Any]):
    """Last in, first out."""


class PriorityQueue(_Patient, queue.PriorityQueue[Any]):
    """The smallest first."""
