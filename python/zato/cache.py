"""Caches under a name that services can import (reference connections 24)."""

from zato.server.service._cache import Cache, CacheAPI
from zato.server.service._cache_entry import Entry, KeyExpiredError

__all__ = ["Cache", "CacheAPI", "Entry", "KeyExpiredError"]
