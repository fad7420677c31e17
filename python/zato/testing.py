"""Tests of services without a server, under their import path of 3.2 and 4.1 (reference service-api 1.3)."""

from zato.common._missing import Missing

__all__ = ["ServiceTestCase"]


class ServiceTestCase(Missing, needs="the test harness"):
    """Not available: needs the test harness."""
