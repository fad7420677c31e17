"""The parts of `self.cache` that are pure Python."""

from __future__ import annotations

import gc
import weakref

import pytest

from zato.cache import Entry, KeyExpiredError
from zato.server.service import Service, _cache
from zato.server.service._cache import warn_of_unshared


def test_entries_show_times_as_text() -> None:
    entry = Entry("k", "v", 0.0, 0.0, 86400.5, 0.0, 5.0, 86405.5, 2, 1, 7)
    assert entry.last_write_iso == "1970-01-02T00:00:00.500000+00:00"
    assert entry.expires_at_http == "Fri, 02 Jan 1970 00:00:05 GMT"
    assert entry.last_read_iso == "" and entry.prev_write_http == ""
    facts = entry.to_dict()
    assert (facts["key"], facts["value"], facts["hits"], facts["position"], facts["hash"]) == ("k", "v", 2, 1, 7)
    assert facts["last_write_iso"] == entry.last_write_iso
    with pytest.raises(AttributeError, match="no attribute `last_seen`"):
        _ = entry.last_seen


@pytest.mark.compat("3.6-cache-expired")
def test_an_expired_key_is_a_missing_key() -> None:
    assert issubclass(KeyExpiredError, KeyError)


@pytest.mark.compat("3.6-cache-memcached")
def test_what_is_missing_of_caches_is_memcached() -> None:
    cache = Service().cache
    with pytest.raises(KeyError, match="no Memcached connection `m`"):
        cache.memcached["m"]
    with pytest.raises(KeyError, match="built-in caches only"):
        cache.get_memcached_cache("m")
    with pytest.raises(ValueError, match="there is no type `redis`"):
        cache.get_cache("redis", "m")
    assert "m" not in cache.memcached and cache.memcached.get("m", 1) == 1


def test_classes_that_cannot_be_shared_are_named_once(monkeypatch: pytest.MonkeyPatch) -> None:
    class Conn:
        pass

    said: list[str] = []
    monkeypatch.setattr(_cache._logger, "warning", lambda message, *arguments: said.append(message % arguments))
    warn_of_unshared(Conn)
    warn_of_unshared(Conn)
    assert len(said) == 1 and "Conn` cannot be shared" in said[0]


def test_a_warning_about_a_class_does_not_keep_it(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(_cache._logger, "warning", lambda message, *arguments: said.append(message % arguments))

    def warn() -> weakref.ref[type]:
        deployed = type("Connection", (), {"__module__": "deployed"})
        warn_of_unshared(deployed)
        return weakref.ref(deployed)

    references = [warn(), warn()]
    gc.collect()
    assert [reference() for reference in references] == [None, None]
    assert len(said) == 1 and "`deployed.Connection` cannot" in said[0]
