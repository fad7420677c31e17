"""The library `retools`, which 2.0 shipped: what services catch, and nothing else (reference service-api 3.9)."""

from zato.server._old.retools import lock

__all__ = ["lock"]
