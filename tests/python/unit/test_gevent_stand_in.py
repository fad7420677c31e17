"""What services get for gevent where it is not installed."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from fake_core import Records
from zato.server._old import gevent
from zato.server._old.gevent import event, greenlet, lock, monkey, pool, queue


def test_spawned_functions_run_and_give_their_value() -> None:
    made = gevent.spawn(lambda value, more: value + more, 1, more=2)
    assert made.get(timeout=5) == 3
    assert made.ready() and made.successful() and made.dead and not made


def test_exceptions_are_kept_and_raised_by_get() -> None:
    def fail() -> None:
        raise ValueError("expected")

    made = gevent.spawn(fail)
    made.join(5)
    assert not made.successful()
    assert isinstance(made.exception, ValueError)
    with pytest.raises(ValueError, match="expected"):
        made.get()
    with pytest.raises(ValueError, match="expected"):
        gevent.joinall([made], raise_error=True)


def test_get_raises_the_timeout_of_gevent() -> None:
    made = gevent.spawn(gevent.sleep, 5)
    with pytest.raises(gevent.Timeout):
        made.get(timeout=0.01)
    made.kill()


def test_killing_ends_what_waits() -> None:
    made = gevent.spawn(gevent.sleep, 30)
    begun = time.monotonic()
    made.kill()
    assert time.monotonic() - begun < 5
    assert isinstance(made.value, gevent.GreenletExit) and made.successful()


def test_what_was_killed_before_it_started_never_runs() -> None:
    ran: list[int] = []
    made = greenlet.Greenlet(ran.append, 1)
    made.kill()
    made.start()
    assert made.ready() and ran == []


def test_joinall_gives_what_is_over_in_time() -> None:
    quick, slow = gevent.spawn(lambda: 1), gevent.spawn(gevent.sleep, 30)
    assert gevent.joinall([quick, slow], timeout=0.2) == [quick]
    assert gevent.joinall([quick, slow], count=1) == [quick]
    gevent.killall([slow])
    assert slow.ready()


def test_links_are_called_once_it_is_over_and_afterwards() -> None:
    seen: list[Any] = []
    release = event.Event()
    made = gevent.spawn(release.wait)
    made.link(seen.append)
    made.link_exception(seen.append)
    release.set()
    made.join(5)
    made.link_value(seen.append)
    deadline = time.monotonic() + 5
    while len(seen) < 2 and time.monotonic() < deadline:
        gevent.sleep(0.001)
    assert seen == [made, made]


def test_subclasses_define_run() -> None:
    class Own(greenlet.Greenlet):
        def _run(self) -> int:
            return 7

    assert Own.spawn().get(timeout=5) == 7


def test_timeouts_interrupt_waiting_and_only_their_own_block() -> None:
    with pytest.raises(gevent.Timeout) as raised, gevent.Timeout(0.02) as timeout:
        gevent.sleep(5)
    assert raised.value is timeout
    assert str(timeout) == "0.02 seconds"
    with gevent.Timeout(0.02, False):
        event.Event().wait()
    with pytest.raises(KeyError), gevent.Timeout(0.02, KeyError):
        queue.Queue().get()
    with gevent.Timeout(5):
        gevent.sleep(0)
    gevent.sleep(0.03)


def test_the_outer_timeout_passes_through_the_inner_one() -> None:
    with pytest.raises(gevent.Timeout) as raised, gevent.Timeout(0.02) as outer, gevent.Timeout(5, False):
        gevent.sleep(5)
    assert raised.value is outer
    assert gevent.with_timeout(0.01, gevent.sleep, 5, timeout_value="late") == "late"


def test_timeouts_of_one_thread_are_nothing_to_others() -> None:
    timeout = gevent.Timeout.start_new(0.02)
    other = gevent.spawn(gevent.sleep, 0.1)
    with pytest.raises(gevent.Timeout), timeout:
        gevent.sleep(5)
    other.join(5)
    assert other.successful()


def test_timeouts_do_not_interrupt_what_does_not_wait_here() -> None:
    with gevent.Timeout(0.01):
        time.sleep(0.03)


def test_pools_run_at_most_so_many_at_once() -> None:
    running, most, guard = [0], [0], threading.Lock()

    def work(value: int) -> int:
        with guard:
            running[0] += 1
            most[0] = max(most[0], running[0])
        gevent.sleep(0.01)
        with guard:
            running[0] -= 1
        return value * 2

    limited = pool.Pool(2)
    assert limited.map(work, range(6)) == [0, 2, 4, 6, 8, 10]
    assert most[0] <= 2
    assert sorted(limited.imap_unordered(work, [1, 2])) == [2, 4]
    assert list(limited.imap(work, [1, 2])) == [2, 4]
    assert limited.apply(work, (3,)) == 6
    assert limited.join(5)
    assert limited.free_count() == 2 and not limited.full()


def test_groups_forget_what_is_over() -> None:
    group = pool.Group()
    group.spawn(gevent.sleep, 30)
    assert len(group) == 1
    group.kill()
    assert group.join(5)


def test_queues_events_and_results_hand_things_over() -> None:
    things: Any = queue.Queue(maxsize=1)
    gevent.spawn(lambda: [things.put(value) for value in (1, 2, StopIteration)])
    assert list(things) == [1, 2]
    with pytest.raises(queue.Empty):
        things.get(timeout=0.01)
    ordered = queue.PriorityQueue()
    for value in (2, 1):
        ordered.put(value)
    assert (ordered.peek(), ordered.get(), len(ordered)) == (1, 1, 1)
    result = event.AsyncResult()
    gevent.spawn(lambda: 5).link(result)
    assert result.get(timeout=5) == 5
    with pytest.raises(gevent.Timeout):
        event.AsyncResult().get(timeout=0.01)


def test_locks_let_in_as_many_as_they_should() -> None:
    semaphore = lock.BoundedSemaphore(1)
    with semaphore:
        assert semaphore.locked()
        assert not semaphore.acquire(timeout=0.01)
    with pytest.raises(ValueError, match="too many times"):
        semaphore.release()
    again = lock.RLock()
    with again, again:
        assert not gevent.spawn(again.acquire, False).get(timeout=5)
    assert gevent.spawn(again.acquire, False).get(timeout=5)


def test_patching_does_nothing_and_says_so_once(log: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    from zato.server import _greenlets

    told: list[str] = []
    monkeypatch.setattr(_greenlets, "_has_warned", False)
    monkeypatch.setattr(_greenlets._logger, "warning", lambda text, *args: told.append(text % args))
    sleep = time.sleep
    monkey.patch_all(thread=False)
    monkey.patch_socket()
    assert time.sleep is sleep
    assert told == [
        "gevent.monkey.patch_all has no effect in this server, whose services run in threads; leave it out"
    ]
    assert monkey.get_original("time", "sleep") is sleep and not monkey.is_module_patched("time")


def test_what_is_not_there_says_how_to_get_it() -> None:
    with pytest.raises(AttributeError, match="pip install gevent"):
        gevent.get_hub  # noqa: B018
