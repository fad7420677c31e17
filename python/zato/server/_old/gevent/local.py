"""`gevent.local`: attributes that each greenlet has for itself, as greenlets are threads here."""

from threading import local

__all__ = ["local"]
