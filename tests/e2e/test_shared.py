"""Caches and locks that two workers share."""

from __future__ import annotations

import contextlib
import http.client
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from environment import Environment, at_once, environment, wait_for


@pytest.fixture(scope="module")
def zato(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    root = tmp_path_factory.mktemp("env") / "qs"
    with environment(root, workers=2, fixtures=("services/shared.py",)) as made:
        yield made


def evaluate(zato: Environment, expression: str, worker: int | None = None) -> dict[str, Any]:
    """Evaluates an expression in a service, in a certain worker if it matters."""

    def ask() -> Any:
        answer = zato.invoke("shared.evaluate", {"expression": expression, "worker": worker})
        assert answer.status == 200, answer.text
        found = answer.json()
        return None if "other" in found else found

    return wait_for(ask, what=f"worker {worker}")


def value(zato: Environment, expression: str, worker: int | None = None) -> Any:
    """Evaluates an expression and gives its result; what is compared with is written as Python writes it."""
    found = evaluate(zato, expression, worker)
    assert "result" in found, found
    return found["result"]


def metrics(zato: Environment) -> str:
    """Gives the figures of the server."""
    return zato.get("/metrics", auth=("metrics", zato.credentials()["metrics"])).text


@pytest.mark.compat("3.6-cache-default", "3.6-cache-operations")
def test_what_one_worker_stores_the_other_finds(zato: Environment) -> None:
    assert value(zato, "cache.default.set('shared.a', 'one')", 0) == "None"
    assert value(zato, "cache.get('shared.a')", 1) == "'one'"
    assert value(zato, "cache.set('shared.a', 'two')", 1) == "'one'"
    assert value(zato, "cache.builtin['default']['shared.a']", 0) == "'two'"
    assert value(zato, "cache.delete('shared.a')", 1) == "'two'"
    assert (
        value(zato, "(cache.get('shared.a'), cache.delete('shared.a'), 'shared.a' in cache)", 0)
        == "(None, None, False)"
    )
    assert value(zato, "cache.get('shared.a', 5)", 0) == "5"
    assert evaluate(zato, "cache['shared.a']")["error"] == "KeyError"
    assert (
        value(
            zato, "(cache.set_if_absent('shared.n', 1), cache.set_if_absent('shared.n', 2), cache.exists('shared.n'))"
        )
        == "(True, False, True)"
    )


@pytest.mark.parametrize(
    "expression",
    [
        "None", "True", "1", "-5", "2**200", "-(2**200)", "1.5", "'Zażółć'", "'\\ud800'", "b'\\x00\\xff'", "''",
        "[1, 'a', [None]]", "(1, (2,))", "{'a': {'b': [1]}, 1: 2, (1, 2): 3}", "{1}", "frozenset({1})",
        "datetime.datetime(2026, 1, 2, 3, 4, 5, 6)", "datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc)",
        "datetime.datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=ZoneInfo('Europe/Warsaw'))",
        "datetime.date(2026, 1, 2)", "datetime.time(1, 2, 3)", "datetime.timedelta(days=-1, microseconds=5)",
        "decimal.Decimal('1.10')", "uuid.UUID(int=5)", "Bunch(a=Bunch(b=1))",
        "Client(name='x', balance=decimal.Decimal('2.50'))",
    ],
)  # fmt: skip
def test_values_of_all_sorts_come_back_as_they_were(zato: Environment, expression: str) -> None:
    value(zato, f"cache.set('shared.sort', {expression})", 0)
    compare = "lambda found, stored: (found == stored, type(found) is type(stored))"
    same = f"({compare})(cache.get('shared.sort'), {expression})"
    assert value(zato, same, 1) == "(True, True)"


def test_what_is_read_is_a_copy(zato: Environment) -> None:
    value(zato, "cache.set('shared.list', [1])")
    value(zato, "cache.get('shared.list').append(2)")
    assert value(zato, "cache.get('shared.list')") == "[1]"


def test_an_object_that_cannot_be_shared_stays_in_its_worker(zato: Environment) -> None:
    value(zato, "cache.set('shared.kept', kept)", 0)
    assert value(zato, "cache.get('shared.kept') is kept", 0) == "True"
    assert value(zato, "cache.get('shared.kept', 'miss')", 1) == "'miss'"
    value(zato, "cache.set('shared.kept', kept)", 0)
    assert zato.log().count("shared.Connection` cannot be shared") == 1
    assert value(zato, "cache.delete('shared.kept') is kept", 0) == "True"
    assert evaluate(zato, "cache.set_by_prefix('shared', kept)")["error"] == "TypeError"


def test_keys_are_kept_apart_by_type(zato: Environment) -> None:
    value(zato, "[cache.set(key, repr(key)) for key in ('7', b'7', 7, 2**99)]", 0)
    assert value(zato, "[cache.get(key) for key in ('7', b'7', 7, 2**99)]", 1) == repr(
        ["'7'", "b'7'", "7", repr(2**99)]
    )
    assert value(zato, "2**99 in cache.keys()") == "True"
    found = evaluate(zato, "cache.set(1.5, 'x')")
    assert found["error"] == "ValueError" and "text, bytes or whole numbers" in found["text"]


@pytest.mark.compat("3.6-cache-operations", "3.6-cache-expired")
def test_an_entry_ends_with_its_time(zato: Environment) -> None:
    value(zato, "cache.set('shared.ttl', 'x', expiry=0.2)", 0)
    entry = value(zato, "cache.get('shared.ttl', details=True).to_dict()")
    assert "'expiry': 0.2" in entry and "'hits': 1" in entry
    steps = "cache.set('shared.soon', 'x'), cache.has_key('shared.soon'), cache.expire('shared.soon', 0.001)"
    assert value(zato, f"({steps}, time.sleep(0.01), cache.has_key('shared.soon'))[1::3]") == "(True, False)"
    value(zato, "cache.set('shared.quick', 'x', 0.001)")
    # The sweeper may have been there before.
    assert value(zato, "time.sleep(0.01), cache.exists('shared.quick')") == "(None, False)"
    value(zato, "cache.clear()")
    value(zato, "cache.set('shared.quick', 'x', 0.001)")
    found = evaluate(zato, "(time.sleep(0.01), cache.get('shared.quick'))")
    assert found.get("error") == "KeyExpiredError" or found["result"] == "(None, None)"
    assert value(zato, "cache.get('shared.quick')") == "None"
    wait_for(lambda: value(zato, "len(cache)") == "0", what="swept")


@pytest.mark.compat("3.6-cache-families")
def test_entries_are_found_by_what_their_keys_have_in_common(zato: Environment) -> None:
    value(zato, "[cache.set(f'{kind}.{n}', n) for kind in ('fam.a', 'fam.b') for n in range(3)]", 0)
    assert (
        value(zato, "sorted(cache.get_by_prefix('fam.a.').items())", 1)
        == "[('fam.a.0', 0), ('fam.a.1', 1), ('fam.a.2', 2)]"
    )
    assert value(zato, "sorted(cache.get_by_suffix('.2'))", 1) == "['fam.a.2', 'fam.b.2']"
    assert value(zato, "sorted(cache.get_by_regex(r'^fam\\.[ab]\\.1$'))", 1) == "['fam.a.1', 'fam.b.1']"
    assert value(zato, "sorted(cache.get_contains_all(['fam.b', '1']))") == "['fam.b.1']"
    assert value(zato, "len(cache.get_contains_any(['a.0', 'b.0']))") == "2"
    assert value(zato, "sorted(cache.get_not_contains('fam.a'))[:3]") == "['fam.b.0', 'fam.b.1', 'fam.b.2']"
    assert value(zato, "len(cache.get_contains('fam', limit=4))") == "4"
    assert value(zato, "cache.set_by_prefix('fam.b', 'x', return_found=True, limit=1)") in (
        "{'fam.b.2': 2}",
        "{'fam.b.1': 1}",
        "{'fam.b.0': 0}",
    )
    assert value(zato, "cache.set_by_prefix('fam.b', 'x')") == "None"
    assert value(zato, "set(cache.get_by_prefix('fam.b').values())") == "{'x'}"
    assert (
        value(zato, "(cache.expire_by_prefix('fam.b', 0.001), cache.expire_contains('nothing', 5))") == "(True, False)"
    )
    assert value(zato, "(time.sleep(0.01), cache.get_by_prefix('fam.b'))[1]") == "{}"
    assert (
        value(zato, "sorted(cache.delete_by_prefix('fam.a', return_found=True))") == "['fam.a.0', 'fam.a.1', 'fam.a.2']"
    )
    found = evaluate(zato, "cache.get_by_regex('(?=x)')")
    assert found["error"] == "ValueError" and "look-around" in found["text"]
    assert evaluate(zato, "cache.delete_contains_all([])")["error"] == "ValueError"


@pytest.mark.compat("3.6-cache-default", "3.6-cache-operations")
def test_a_cache_is_a_mapping_in_the_order_of_use(zato: Environment) -> None:
    zato.enmasse({"zato_cache_builtin": [{"name": "order"}]})
    own = "cache.get_builtin_cache('order')"
    value(zato, f"[{own}.set(n, str(n)) for n in range(250)]", 0)
    value(zato, f"{own}.get(3)", 1)
    assert value(zato, f"{own}.keys()[:2]") == "[3, 249]"
    assert value(zato, f"[entry.key for entry in {own}[0:3]]") == "[3, 249, 248]"
    assert value(zato, f"[entry.key for entry in {own}[-1:]]") == "[0]"
    assert value(zato, f"{own}.items() == [(n, str(n)) for n in {own}.iterkeys()]") == "True"
    assert value(zato, f"(len({own}), cache.get_size('builtin', 'order'), {own}.values()[0])") == "(250, 250, '3')"
    value(zato, "cache.clear('builtin', 'order')")
    assert value(zato, f"(len({own}), bool({own}))") == "(0, True)"


@pytest.mark.compat("3.6-cache-default")
def test_changes_of_definitions_are_live(zato: Environment) -> None:
    assert evaluate(zato, "cache.builtin['crm']")["error"] == "KeyError"
    zato.enmasse({"zato_cache_builtin": [{"name": "crm", "max_size": 3, "max_item_size": 5}]})
    value(zato, "[cache.builtin['crm'].set(key, key) for key in 'abcd']", 0)
    assert value(zato, "cache.builtin['crm'].keys()", 1) == "['d', 'c', 'b']"
    found = evaluate(zato, "cache.builtin['crm'].set('x', '123456')")
    assert found["error"] == "ValueError" and "cache `crm`: the value has a size of 6, the most is 5" in found["text"]
    zato.enmasse({"zato_cache_builtin": [{"name": "crm", "max_size": 1}]})
    assert value(zato, "cache.builtin['crm'].keys()", 0) == "['d']"
    zato.enmasse({"zato_cache_builtin": [{"name": "crm", "max_size": 1, "is_default": True}]})
    assert value(zato, "(cache.default.keys(), cache.keys())", 1) == "(['d'], ['d'])"
    zato.enmasse({"zato_cache_builtin": [{"name": "crm", "is_active": False}]})
    assert "is not active" in evaluate(zato, "cache.get_cache('builtin', 'crm')")["text"]
    assert value(zato, "cache.builtin.get('crm')") == "None"


def test_metrics_tell_about_caches(zato: Environment) -> None:
    value(zato, "(cache.set('shared.metric', 1), cache.get('shared.metric'))")
    text = metrics(zato)
    assert 'zato_cache_entries{cache="default"}' in text and "zato_locks_held 0" in text
    assert text.count("# TYPE zato_cache_hits_total counter") == 1


@pytest.mark.compat("3.9-context")
def test_a_lock_excludes_services_of_all_workers(zato: Environment, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    ledger.write_text("0")
    answers = at_once(16, lambda: zato.invoke("shared.count", {"path": str(ledger)}))
    assert [answer.status for answer in answers] == [200] * 16
    assert ledger.read_text() == "16"
    facts = [answer.json() for answer in answers]
    assert len({fact["fence"] for fact in facts}) == 16
    assert {fact["worker"] for fact in facts} == {0, 1}


def test_a_lock_is_free_when_its_holder_is_killed(own_zato: Environment, tmp_path: Path) -> None:
    own_zato.deploy_fixtures("services/shared.py")
    own_zato.wait_for_service("shared.hold")
    value(own_zato, "cache.set('shared.survivor', 1)")
    mark = tmp_path / "held"
    holder = threading.Thread(target=lambda: _ignore_loss(own_zato, {"path": str(mark), "dies": True}))
    holder.start()
    wait_for(mark.exists, what="the lock is held")

    def acquire() -> Any:
        answer = own_zato.invoke("shared.acquire", {"name": "shared.held", "block": 10})
        return answer.status == 200 and answer.json()

    found = wait_for(acquire)
    holder.join()
    assert found["outcome"] == "acquired" and found["seconds"] < 5
    assert value(own_zato, "cache.get('shared.survivor')") == "1"


def _ignore_loss(zato: Environment, payload: dict[str, Any]) -> None:
    with contextlib.suppress(OSError, http.client.HTTPException):
        zato.invoke("shared.hold", payload)


@pytest.mark.compat("3.9-timeout", "3.9-zero")
def test_whoever_waits_is_told_at_once_and_not_longer_than_it_wants(zato: Environment, tmp_path: Path) -> None:
    mark = tmp_path / "held"
    holding = {"path": str(mark), "seconds": 1.0}
    holder = threading.Thread(target=lambda: zato.invoke("shared.hold", holding))
    holder.start()
    wait_for(mark.exists, what="the lock is held")
    refused = zato.invoke("shared.acquire", {"name": "shared.held", "timeout": 0}).json()
    assert refused["outcome"] == "timeout" and refused["seconds"] < 0.5
    begun = time.monotonic()
    waited = zato.invoke("shared.acquire", {"name": "shared.held", "block": 20}).json()
    assert waited["outcome"] == "acquired" and time.monotonic() - begun < 3
    holder.join()


@pytest.mark.compat("3.9-ttl")
def test_a_lock_ends_with_its_time_even_if_the_block_goes_on(zato: Environment) -> None:
    steps = "first.acquire().acquired, service.lock('shared.brief', 20, 5).acquire().release(), first.release()"
    found = value(zato, f"(lambda first: [{steps}])(service.lock('shared.brief', 0.2))")
    assert found == "[True, True, False]"


def test_waiting_for_a_lock_ends_with_the_time_of_the_service(zato: Environment, tmp_path: Path) -> None:
    zato.enmasse({"service": [{"name": "shared.interrupted", "timeout": 0.3}]})
    zato.channel("/shared/interrupted", "shared.interrupted", data_format="json")
    mark, seen = tmp_path / "held", tmp_path / "seen"
    holder = threading.Thread(target=lambda: zato.invoke("shared.hold", {"path": str(mark), "seconds": 2.0}))
    holder.start()
    wait_for(mark.exists, what="the lock is held")
    assert zato.post("/shared/interrupted", {"path": str(seen)}).status == 504
    assert wait_for(lambda: seen.exists() and seen.read_text(), 1.5) == "TimeoutException"
    assert "zato_locks_waiting 0" in metrics(zato)
    holder.join()


def test_a_process_without_a_server_has_caches_and_locks_of_its_own() -> None:
    program = """
import threading
from zato.distlock import LockTimeout
from zato.server.service import Service

class Any(Service):
    name = "any"

service = Any()
assert service.cache.set("a", [1]) is None and service.cache.get("a") == [1]
with service.lock() as info:
    assert info.acquired
    try:
        service.lock(block=0).acquire()
    except LockTimeout:
        pass
    else:
        raise SystemExit("held twice")
    waiting = service.lock(block=20)
    thread = threading.Thread(target=waiting.acquire)
    thread.start()
thread.join(10)
assert waiting.fencing_number > 0 and waiting.release()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr


def test_a_forked_child_has_connections_of_its_own_and_no_locks(zato: Environment) -> None:
    for _ in range(2):
        answer = zato.invoke("shared.fork").json()
        assert answer == {"seen": "p", "is_child": True, "was_held": True}
