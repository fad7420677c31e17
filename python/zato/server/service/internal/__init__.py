"""The server's own services (reference operations 24)."""

from __future__ import annotations

from typing import Any, ClassVar

from zato.common.api import CHANNEL, ZATO_OK
from zato.server.service import Service

__all__ = ["AdminService", "Ping", "Ping2", "PubPing"]


class AdminService(Service):
    """Base of the server's own services. Over HTTP their responses carry `zato_env`."""

    _zato_is_base: ClassVar[bool] = True

    class SimpleIO:
        """Nothing is declared; what comes in the URL is part of the input."""

    def reply(self, element: str, data: dict[str, Any] | list[Any]) -> None:
        """Answers with data under an element; callers over HTTP get `zato_env` next to it."""
        answer: dict[str, Any] = {element: data}
        self.response.payload = {"zato_env": self.envelope(), **answer} if self.is_http else answer

    def answer(self, data: dict[str, Any] | list[Any]) -> None:
        """Answers under the historical element, for instance `zato_scheduler_job_create_response`."""
        self.reply(f"{self.get_name().replace('.', '_').replace('-', '_')}_response", data)

    @property
    def actor(self) -> str:
        """Who reads and changes objects of the config store, for their history."""
        return f"service {self.get_name()}"

    def envelope(self) -> dict[str, str]:
        """Gives the content of `zato_env` for a call that succeeded."""
        return {"result": ZATO_OK, "cid": self.cid, "details": ""}

    @property
    def is_http(self) -> bool:
        """Whether the call came over HTTP."""
        return self.channel.type == CHANNEL.HTTP_SOAP


class Ping(AdminService):
    """Says that the server is there (reference operations 5.2)."""

    def handle(self) -> None:
        """Answers `pong`; from 3.2 on callers over HTTP get it without a response element."""
        pong = {"pong": "zato"}
        if self.is_http and self.server.profile >= "3.2":
            self.response.payload = {**pong, "zato_env": self.envelope()}
        else:
            self.reply("zato_ping_response", pong)


class Ping2(Ping):
    """Does what `zato.ping` does, for checks that need two services."""


class PubPing(Ping):
    """Does what `zato.ping` does, under a name that any user may invoke."""

    name = "pub.zato.ping"
