"""Small services for trying things out (reference service-api 1.2)."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, ClassVar

from zato.common._missing import refuse
from zato.common.exception import Forbidden
from zato.common.json_internal import dumps, loads
from zato.server.service import AsIs, Service
from zato.server.service._html import render
from zato.server.service.internal import AdminService
from zato.server.service.internal.service import Invoke

__all__ = [
    "Echo",
    "HTMLService",
    "IBMMQLogger",
    "InputLogger",
    "JSONRawRequestLogger",
    "PubInputLogger",
    "RawRequestLogger",
    "SIOInputLogger",
    "Service",
    "ServiceGateway",
    "TLSLogger",
    "WebSocketsGateway",
]


class Echo(AdminService):
    """Answers with what it was sent."""

    def handle(self) -> None:
        """Gives the raw request back."""
        self.response.payload = self.request.raw_request


class InputLogger(Service):
    """Logs everything it was given."""

    def handle(self) -> None:
        """Does nothing, so that the log tells what came in and nothing else."""

    def finalize_handle(self) -> None:
        """Logs the input."""
        self.log_input(f"{self.get_name()} input:")


class PubInputLogger(InputLogger):
    """Logs everything it was given, under a name that any user may invoke."""

    name = "pub.helpers.input-logger"


class SIOInputLogger(Service):
    """Logs its declared input."""

    class SimpleIO:
        """Takes whatever comes in the URL."""

    def handle(self) -> None:
        """Logs the input."""
        self.logger.info("%s input: %s", self.get_name(), self.request.input)


class RawRequestLogger(Service):
    """Logs the raw request."""

    def handle(self) -> None:
        """Logs the request."""
        self.logger.info("Received request: `%s`", self.request.raw_request)


class JSONRawRequestLogger(Service):
    """Logs the raw request as JSON (3.0 to 3.2)."""

    def handle(self) -> None:
        """Logs the request; one that is no JSON is logged as it is."""
        request = self.request.raw_request
        with suppress(ValueError):
            request = dumps(loads(request) if isinstance(request, (str, bytes)) else request)
        self.logger.info("Received request: `%s`", request)


class IBMMQLogger(Service):
    """Logs messages of IBM MQ (3.0 to 3.2)."""

    def handle(self) -> None:
        """Logs the message.

        Raises:
            MissingFeature: If the server has no IBM MQ channels.
        """
        message: Any = getattr(self.request, "ibm_mq", None)
        if message is None:
            refuse("self.request.ibm_mq", "IBM MQ channels")
        self.logger.info("Received message: `%s`", message)


class TLSLogger(Service):
    """Logs what a load balancer says about the client's certificate (3.0 to 3.2)."""

    def handle(self) -> None:
        """Logs headers that begin with `X-Zato-TLS`."""
        environ = self.wsgi_environ or {}
        found = {name: value for name, value in environ.items() if name.startswith("HTTP_X_ZATO_TLS")}
        self.logger.info("TLS headers: `%s`", found)


class HTMLService(Service):
    """Base of services that answer with HTML pages (2.0 to 4.1)."""

    _zato_is_base: ClassVar[bool] = True

    def set_html_payload(
        self, ctx: dict[str, Any], template: str, content_type: str = "text/html; charset=utf-8"
    ) -> None:
        """Answers with a page.

        Args:
            ctx: What the template may use, by name.
            template: Text of a template in Django's language.
            content_type: What the page is.

        Raises:
            MissingFeature: If the library `django` is not installed.
        """
        self.response.content_type = content_type
        self.response.payload = render(template, ctx).encode("utf-8")


class WebSocketsGateway(Service):
    """Invokes a service by name, for WebSocket clients (3.0 to 3.2); subclasses say which are allowed."""

    #: Names of services that clients may invoke.
    services_allowed: Any = []  # noqa: RUF012 - subclasses replace it

    class SimpleIO:
        """The service, and what it is given."""

        input_required: Any = ("service",)
        input_optional: Any = (AsIs("request"),)

    def handle(self) -> None:
        """Answers with what the service produced.

        Raises:
            Forbidden: If the service is not allowed.
        """
        given = self.request.input
        if given.service not in self.services_allowed:
            raise Forbidden(self.cid, f"Service `{given.service}` may not be invoked here")
        self.response.payload = self.invoke(given.service, given.get("request") or "")


class ServiceGateway(Invoke):
    """Invokes any service by name (3.0 to 3.2); see `Invoke`."""

    name = "helpers.service-gateway"
