"""What `self.lock` makes of its arguments (reference service-api 3.9)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import fake_core
from zato.distlock import LockTimeout
from zato.server.service import Service
from zato.server.service._lock import make_lock, short_name


class CrmSync(Service):
    name = "crm.sync"


@pytest.fixture
def locks() -> Iterator[fake_core.Locks]:
    fake_core.locks.__init__()
    yield fake_core.locks


@pytest.mark.compat("3.9-arguments")
@pytest.mark.parametrize(
    ("args", "kwargs", "expected"),
    [
        ((), {}, (20, 10)),
        ((5,), {}, (5, 10)),
        ((5, 3), {}, (5, 3)),
        ((0, 0), {}, (0, 0)),
        ((5, 3, "redis"), {}, (5, 3)),
        ((), {"ttl": 5, "block": 3}, (5, 3)),
        ((), {"expires": 5, "timeout": 3, "backend": None}, (5, 3)),
        ((), {"timeout": 0}, (20, 0)),
        ((), {"block": False}, (20, 0)),
        ((), {"block": True}, (20, 10)),
        ((), {"ttl": None}, (20, 10)),
    ],
)
def test_times_are_read_in_all_forms(args: tuple, kwargs: dict, expected: tuple, locks: fake_core.Locks) -> None:
    with make_lock("a", *args, **kwargs) as info:
        assert (info.ttl, info.block) == expected
    assert locks.asked == [("a", *expected)]


@pytest.mark.compat("3.9-context", "3.9-arguments")
def test_a_lock_tells_about_itself_and_is_given_back(locks: fake_core.Locks) -> None:
    lock = CrmSync().lock()
    assert (lock.name, lock.acquired, lock.fencing_number) == ("crm.sync", False, 0)
    with lock as info:
        assert info.acquired and info.fencing_number > 0
        assert info.namespace and info.pub_id and info.priv_id and info.lock_type and info.block_interval == 0
        fence = info.fencing_number
    assert not lock.acquired and locks.released == [("crm.sync", fence)]
    assert lock.acquire() is lock
    with pytest.raises(RuntimeError, match="held by this object"):
        lock.acquire()
    assert lock.release() is True
    assert lock.release() is False


@pytest.mark.compat("3.9-timeout", "3.9-zero")
def test_a_lock_that_is_not_free_raises_and_the_body_does_not_run(locks: fake_core.Locks) -> None:
    locks.taken.add("a")
    with pytest.raises(LockTimeout, match="lock `a` was not free within 0 s"), make_lock("a", 0, 0):
        pytest.fail("the body ran")
    assert locks.released == []


def test_what_is_given_twice_or_unknown_is_refused() -> None:
    for args, kwargs in [((1,), {"ttl": 1}), ((), {"block": 1, "timeout": 1}), ((), {"tll": 1}), ((1, 2, 3, 4), {})]:
        with pytest.raises(TypeError):
            make_lock("a", *args, **kwargs)


@pytest.mark.compat("3.9-names")
def test_long_names_are_shortened_and_stay_different() -> None:
    first, second = "a" * 200 + "b" + "c" * 100, "a" * 200 + "x" + "c" * 100
    assert short_name("a" * 128) == "a" * 128
    assert len(short_name(first)) <= 128 and short_name(first) != short_name(second)
    assert short_name(first).startswith("aaa") and "-ccc" in short_name(first)
    assert make_lock(first).name == first
