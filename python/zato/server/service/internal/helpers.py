"""Small services for trying things out (reference service-api 1.2)."""

from __future__ import annotations

from zato.server.service import Service
from zato.server.service.internal import AdminService

__all__ = ["Echo", "InputLogger", "PubInputLogger", "RawRequestLogger", "SIOInputLogger", "Service"]


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
