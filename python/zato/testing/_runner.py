"""What runs services in a test."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import ModuleType, TracebackType
from typing import Any

from zato import _core
from zato.server import _delays
from zato.server._logging import ServiceLogger
from zato.server.service import Service
from zato.testing._async import AsyncInvocations
from zato.testing._clock import FrozenTime, Moment
from zato.testing._configuration import Configuration
from zato.testing._facade import Connections, Facade, Outgoing, RestFacade
from zato.testing._overrides import Overrides
from zato.testing._registration import Registration
from zato.testing._requests import request_facts
from zato.testing._response import Response
from zato.testing._rest import RestConnection

__all__ = ["Runner"]


class Runner:
    """Runs services in this process, until it is closed; there can be one at a time.

    Services are found by their classes, and by their names if their modules were imported.

    Args:
        profile: Compat profile of services that name none of their own.

    Raises:
        RuntimeError: If another runner is open, or a server runs in this process.
    """

    def __init__(self, profile: str = "3.2") -> None:
        #: Calls by `self.invoke_async`.
        self.async_invocations: AsyncInvocations = AsyncInvocations()
        #: `self.config` and `self.user_config`.
        self.config: Configuration = Configuration()
        #: Connections for `self.out` and `self.rest`.
        self.outgoing: Outgoing = Outgoing()
        #: Connections for `self.email`, for instance `zato.email.smtp['name']`.
        self.email: Facade = Facade("self.email")
        #: Connections for `self.cloud`.
        self.cloud: Facade = Facade("self.cloud")
        #: Connections for `self.microsoft` (4.1).
        self.microsoft: Facade = Facade("self.microsoft")
        #: Connections for `self.search`.
        self.search: Facade = Facade("self.search")
        self._core = _core.InProcess(profile=profile, find=self._find, take=self.async_invocations.take)
        self._registration = Registration(self._core, profile)
        self._overrides = Overrides()
        self._time: FrozenTime | None = None
        self._override()

    @property
    def rest(self) -> Connections[RestConnection]:
        """REST connections; the same as `outgoing.rest`."""
        return self.outgoing.rest

    def register(self, *targets: type[Service] | ModuleType) -> None:
        """Registers classes, and all service classes of modules. A class takes the name of one registered before.

        Raises:
            TypeError: If one of them cannot be a service.
        """
        for target in targets:
            self._registration.add(target)

    def invoke(
        self,
        service: type[Service] | str,
        payload: Any = None,
        *,
        method: str | None = None,
        params: Mapping[str, Any] | None = None,
        path_params: Mapping[str, Any] | None = None,
        headers: Mapping[str, Any] | None = None,
        path: str = "/test",
        data_format: str = "json",
        channel: str = "test",
        username: str | None = None,
        cid: str | None = None,
        raises: bool = True,
    ) -> Response:
        """Runs a service the way a request to a REST channel does.

        Args:
            service: Its class or its name.
            payload: The body: text or bytes as they are, objects in the data format of the channel.
            method: HTTP method; POST if there is a body, GET otherwise.
            params: The query string.
            path_params: Parameters of the path, in their order.
            headers: Headers of the request.
            path: URL path of the channel; placeholders such as `{id}` are filled in.
            data_format: Data format of the channel: `json`, `form`, `csv`, or nothing.
            channel: Name of the channel.
            username: Who calls, with Basic Auth; nobody by default.
            cid: Correlation ID: 24 hexadecimal digits.
            raises: Whether an exception of the service is raised; otherwise the response is what a client gets for it.

        Raises:
            LookupError: If no service has the name.
            Exception: What the service raises.
        """
        name = self._registration.name_of(service)
        facts = request_facts(
            payload,
            method=method,
            path=path,
            params=params,
            path_params=path_params,
            headers=headers,
            data_format=data_format,
            channel=channel,
            username=username,
            cid=cid,
        )
        (instance, error), (status, sent, body) = self._core.request(name, facts)
        if raises and error is not None:
            raise error
        return Response(status, sent, body, instance, error)

    def call(
        self,
        service: type[Service] | str,
        payload: Any = "",
        *,
        channel: str = "invoke",
        data_format: str = "dict",
        channel_params: dict[str, Any] | None = None,
        environ: Any = None,
        cid: str | None = None,
    ) -> Any:
        """Runs a service the way `self.invoke` of another does, and gives what that would give.

        Args:
            service: Its class or its name.
            payload: What it is given, without a detour through text.
            channel: Where the call comes from, for instance `scheduler` or `amqp`.
            data_format: `json` if the payload is text to be read.
            channel_params: What the service has in `self.request.channel_params`.
            environ: What it has in `self.environ`.
            cid: Correlation ID: 24 hexadecimal digits.

        Raises:
            LookupError: If no service has the name.
            Exception: What the service raises.
        """
        facts = {
            "cid": cid,
            "payload": payload,
            "channel": channel,
            "data_format": data_format,
            "environ": environ,
            "channel_params": channel_params,
        }
        (_, error), value = self._core.call(self._registration.name_of(service), facts)
        if error is not None:
            raise error
        return value

    def instance_of_call(self, service: type[Service] | str, payload: Any) -> Any:
        """Runs a service like `call` and gives the instance that ran."""
        facts = {
            "cid": None,
            "payload": payload,
            "channel": "invoke",
            "data_format": "dict",
            "environ": None,
            "channel_params": None,
        }
        (instance, error), _ = self._core.call(self._registration.name_of(service), facts)
        if error is not None:
            raise error
        return instance

    def run_async(self) -> list[Any]:
        """Runs what waits in `async_invocations`; see `AsyncInvocations.run_all`."""
        return self.async_invocations.run_all()

    def freeze_time(self, moment: Moment) -> FrozenTime:
        """Holds the time of services still, to the end of the test or of a `with` block; see `FrozenTime`.

        Args:
            moment: A `datetime`, ISO 8601 text such as `2030-01-31T12:00:00`, or seconds since 1970; UTC unless it says
                otherwise.
        """
        if self._time is not None:
            self._time.stop()
        self._time = FrozenTime(self._core, moment)
        return self._time

    def replace(self, name: str, value: Any) -> None:
        """Puts an object in the place of an attribute of all services, for instance `kvdb` for `self.kvdb`."""
        self._overrides.set(Service, name, value)

    def close(self) -> None:
        """Forgets all services and puts everything back; does nothing the second time."""
        if self._time is not None:
            self._time.stop()
        self._overrides.restore()
        self._core.close()
        # Without a server the process itself keeps what workers share.
        _core.Cache().clear()

    def __enter__(self) -> Runner:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _find(self, target: Any) -> bool:
        return self._registration.find(target)

    def _override(self) -> None:
        # There is no log of a server to ask about levels.
        self._overrides.set(ServiceLogger, "isEnabledFor", logging.Logger.isEnabledFor)
        # What retries in the background wait for is there at once; the test decides when they run.
        self._overrides.set(_delays, "later", lambda _seconds, function: function(False))
        outgoing = self.outgoing.for_service()
        shown = {"out": outgoing, "outgoing": outgoing, "rest": RestFacade(self.outgoing.rest)}
        shown |= {name: getattr(self, name).for_service() for name in ("email", "cloud", "microsoft", "search")}
        shown |= {"config": self.config, "user_config": self.config}
        for name, value in shown.items():
            self._overrides.set(Service, name, value)
