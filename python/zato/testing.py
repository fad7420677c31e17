"""Tests of services without a server, under their import path of 3.2 and 4.1 (reference service-api 1.3)."""

from zato.common._missing import missing_class

__all__ = ["ServiceTestCase"]

ServiceTestCase = missing_class("ServiceTestCase", "the test harness", __name__)
