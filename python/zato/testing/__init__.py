"""Runs services without a server, for tests of services.

With pytest, the fixture `zato` is a `Runner`; with unittest, `ServiceTestCase` has one (reference service-api 1.3 and
the names of the `zato-testing` package of 4.1). What runs a service here is what runs it in a server: the native part
reads declared input, calls hooks and verbs, and makes the response. Connections, the clock and asynchronous calls are
the test's.
"""

from zato.common.marshal_.api import Model
from zato.server.service import Service
from zato.testing._async import AsyncInvocations
from zato.testing._clock import FrozenTime
from zato.testing._configuration import Configuration
from zato.testing._facade import Connections, Facade
from zato.testing._recorder import FakeConnection, RecordedCall
from zato.testing._response import Response
from zato.testing._rest import RestCall, RestConnection, RestResponse
from zato.testing._runner import Runner
from zato.testing._test_case import ServiceTestCase

__all__ = [
    "AsyncInvocations",
    "Configuration",
    "Connections",
    "Facade",
    "FakeConnection",
    "FrozenTime",
    "Model",
    "RecordedCall",
    "Response",
    "RestCall",
    "RestConnection",
    "RestResponse",
    "Runner",
    "Service",
    "ServiceTestCase",
]
