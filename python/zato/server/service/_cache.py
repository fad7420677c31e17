"""`self.cache`: caches that all workers of a server share (reference connections 24.1-24.3, service-api 3.6).

The supervisor of the server keeps them. What is read back is a copy of what was stored, in every worker alike.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any, NoReturn

from zato.server.service._cache_families import Families

__all__ = ["Cache", "CacheAPI"]

_logger = logging.getLogger("zato")

#: How many values are read at once by iterators.
_CHUNK = 100

#: Names of classes, as a class that is deployed again must not keep the one before.
_told: set[tuple[str, str]] = set()


def warn_of_unshared(class_: type) -> None:
    """Says once per class that its objects stay in the worker that stores them."""
    name = (class_.__module__, class_.__qualname__)
    if name not in _told:
        _told.add(name)
        _logger.warning(
            "Objects of `%s.%s` cannot be shared, other workers will not find them in caches; store text, numbers, "
            "lists, dictionaries or dataclasses instead",
            *name,
        )


class Cache(Families):
    """One cache. Keys are text, bytes or whole numbers, values are anything; times are in seconds."""

    __slots__ = ()

    def exists(self, key: Any) -> bool:
        """Whether there is such an entry (4.1)."""
        return self.has_key(key)

    def values(self) -> list[Any]:
        """Gives all values, those of entries used most recently first, without counting as a read of them."""
        return list(self.itervalues())

    def items(self) -> list[tuple[Any, Any]]:
        """Gives all keys with their values; see `values`."""
        return list(self.iteritems())

    def iterkeys(self) -> Iterator[Any]:
        """Goes through all keys that there are now."""
        return iter(self.keys())

    def itervalues(self) -> Iterator[Any]:
        """Goes through the values of all keys that there are now and that are there when their turn comes."""
        return (value for _, value in self.iteritems())

    def iteritems(self) -> Iterator[tuple[Any, Any]]:
        """Goes through keys and values; see `itervalues`."""
        keys = self.keys()
        for start in range(0, len(keys), _CHUNK):
            yield from self._peek(keys[start : start + _CHUNK])

    def __iter__(self) -> Iterator[Any]:
        return self.iterkeys()

    def __contains__(self, key: Any) -> bool:
        return self.has_key(key)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            start, stop, step = key.indices(len(self))
            if step < 0:
                return self._slice(stop + 1, start + 1)[::-1][::-step]
            return self._slice(start, stop)[::step]
        missing: Any = _MISSING
        value = self.get(key, missing)
        if value is missing:
            raise KeyError(key)
        return value

    def __setitem__(self, key: Any, value: Any) -> None:
        self.set(key, value)

    def __delitem__(self, key: Any) -> None:
        self.delete(key)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"<Cache {self.name or '(default)'}>"


_MISSING = object()


class _Builtin:
    """Built-in caches by name."""

    __slots__ = ()

    def __getitem__(self, name: str) -> Cache:
        cache = Cache(name)
        cache._find()
        return cache

    def __contains__(self, name: str) -> bool:
        try:
            self[name]
        except KeyError:
            return False
        return True

    def get(self, name: str, default: Any = None) -> Any:
        """Gives a cache, or the default if there is no such cache."""
        try:
            return self[name]
        except KeyError:
            return default


class _Memcached:
    """Connections to Memcached by name: there are none."""

    __slots__ = ()

    def __getitem__(self, name: str) -> NoReturn:
        raise KeyError(f"there is no Memcached connection `{name}`; this version has built-in caches only")

    def __contains__(self, name: str) -> bool:
        return False

    def get(self, name: str, default: Any = None) -> Any:
        """Gives the default."""
        return default


class CacheAPI(Cache):
    """All caches of the server; everything a cache does is done with the default one."""

    __slots__ = ()

    #: The cache that is marked as default, or else the one named `default`.
    default: Cache = Cache("")
    #: Built-in caches by name; KeyError if there is no such cache.
    builtin: _Builtin = _Builtin()
    #: Connections to Memcached by name.
    memcached: _Memcached = _Memcached()

    def get_cache(self, cache_type: str, name: str) -> Cache:
        """Gives a cache of a type, `builtin` or `memcached`.

        Raises:
            KeyError: If there is no such cache.
            ValueError: If there is no such type.
        """
        if cache_type == "builtin":
            return self.builtin[name]
        if cache_type == "memcached":
            return self.memcached[name]
        raise ValueError(f"there is no type `{cache_type}` of caches, use `builtin` or `memcached`")

    def get_builtin_cache(self, name: str) -> Cache:
        """Gives a built-in cache; KeyError if there is no such cache."""
        return self.builtin[name]

    def get_memcached_cache(self, name: str) -> Any:
        """Gives a connection to Memcached; KeyError if there is none."""
        return self.memcached[name]

    def get_size(self, cache_type: str = "builtin", name: str = "") -> int:
        """Gives how many entries a cache has; without a name, the default one."""
        return len(self._named(cache_type, name))

    def clear(self, cache_type: str = "builtin", name: str = "") -> None:
        """Drops all entries of a cache; without a name, of the default one."""
        self._named(cache_type, name).clear()

    def _named(self, cache_type: str, name: str) -> Cache:
        return self.get_cache(cache_type, name) if name else self.default
