"""Tests of services with unittest, under the names of the `zato-testing` package of 4.1."""

from __future__ import annotations

import os
import unittest
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from zato._core import Payload
from zato.server.service import Service
from zato.testing._runner import Runner

__all__ = ["ServiceTestCase"]


class ServiceTestCase(unittest.TestCase):
    """A test case that runs services; each test has a runner of its own in `self.zato`.

    Services that do not name a compat profile have that of 4.1, where this class comes from.
    """

    #: A file of configuration to load before each test, its sections being paths such as `[crm.api]`.
    config: ClassVar[str | os.PathLike[str] | None] = None
    #: Compat profile of services that name none of their own.
    profile: ClassVar[str] = "4.1"

    zato: Runner

    def run(self, result: unittest.TestResult | None = None) -> unittest.TestResult | None:
        """Runs the test; a runner is there before `setUp`, whether or not that calls its base."""
        with Runner(self.profile) as self.zato:
            self.zato.async_invocations.run_at_once = True
            if self.config is not None:
                self.zato.config.load_sections(os.fspath(self.config))
            return super().run(result)

    def invoke(
        self, service: type[Service] | str, input_data: Any = None, raw_request: Any = None, **http: Any
    ) -> Any:
        """Runs a service and gives the instance that ran, with `response.payload` and all the rest.

        Args:
            service: Its class, or its name.
            input_data: Its input, as another service would give it.
            raw_request: What it is given instead, if there is no input.
            http: Keywords of `Runner.invoke`, such as `method`; with one of them the service runs like a request to
                a REST channel.

        Raises:
            LookupError: If no service has the name.
            Exception: What the service raises.
        """
        payload = raw_request if input_data is None else input_data
        if http:
            return self.zato.invoke(service, payload, **http).service
        return self.zato.instance_of_call(service, "" if payload is None else payload)

    def set_response(
        self,
        conn_name: str,
        response: Any = None,
        *,
        method: str = "GET",
        status_code: int = 200,
        headers: Mapping[str, Any] | None = None,
        request: Any = None,
    ) -> None:
        """Says what calls of a connection get.

        Args:
            conn_name: Name of a REST connection, or one with a prefix: `rest:`, `ldap:`, `sql:`, `jira:`. For
                `self.microsoft.cloud` it is a path of calls, for instance `My.Connection.sharepoint.get_site`, if
                `conn_name` begins with `ms365:`, or with `O365.` or `ms365.`.
            response: The response: objects are sent as JSON. A dictionary with the keys 1, 2, .. has one for each call.
            method: The HTTP method it is for.
            status_code: HTTP status.
            headers: Headers of the response.
            request: What has to be sent; a list is for several requests.
        """
        kind, separator, name = conn_name.partition(":")
        if not separator or kind not in ("rest", "ldap", "sql", "jira", "ms365"):
            kind, name = ("ms365" if conn_name.startswith(("O365.", "ms365.")) else "rest"), conn_name
        if kind == "ldap":
            connection = self.zato.outgoing.ldap[name]
            connection.set_response("get.search", bool(response))
            connection.set_attribute("get.entries", response)
        elif kind == "sql":
            self.zato.outgoing.sql[name].set_response("session.execute", response, request=request)
        elif kind == "jira":
            self.zato.cloud.jira[name].set_response("jql", response, request=request)
        elif kind == "ms365":
            first, second, path = name.split(".", 2)
            self.zato.microsoft.cloud[f"{first}.{second}"].set_response(path, response, request=request)
        elif _is_sequence(response):
            self.zato.rest[name].set_responses(
                [response[number] for number in sorted(response)], method=method, request=request
            )
        else:
            self.zato.rest[name].set_response(
                response, method=method, status_code=status_code, headers=headers, request=request
            )

    def set_config(self, path: str, value: Any = None) -> None:
        """Sets a value of `self.config` by its path, or loads a file whose sections are paths.

        Raises:
            OSError: If there is no value, and no such file.
        """
        if value is None and (path.endswith((".ini", ".conf")) or Path(path).is_file()):
            self.zato.config.load_sections(path)
        else:
            self.zato.config.put(path, value)

    def assertResponsePayload(self, service: Any, expected: Any) -> None:  # noqa: N802 - the name of 4.1
        """Checks what a service has in `self.response.payload`; declared output counts as a dictionary."""
        self.assertEqual(_plain_payload(service.response.payload), expected)

    def assertResponseStatusCode(self, service: Any, expected: int) -> None:  # noqa: N802 - the name of 4.1
        """Checks the status a service answered with."""
        self.assertEqual(service.response.status_code, expected)


def _is_sequence(response: Any) -> bool:
    """Whether a dictionary has a response for each call, by the number of the call."""
    return isinstance(response, dict) and bool(response) and set(response) == set(range(1, len(response) + 1))


def _plain_payload(payload: Any) -> Any:
    """Gives declared output as a dictionary, or as a list if it is repeated."""
    if not isinstance(payload, Payload):
        return payload
    found = list(payload)
    is_single = all(isinstance(name, str) and name in payload for name in found)
    return {name: payload[name] for name in found} if is_single else found
