"""Services of these tests that others find by name."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from zato.common.exception import NotFound
from zato.server.service import Model, Service


@dataclass(init=False)
class Client(Model):
    """A client."""

    name: str
    size: int = 0


class Greet(Service):
    name = "sample.greet"
    input = "name", "-is_loud"
    output = "greeting", "-note"

    def handle(self):
        greeting = f"Hello {self.request.input.name}"
        self.response.payload.greeting = greeting.upper() if self.request.input.is_loud else greeting
        self.response.headers["X-Greeted"] = self.request.input.name
        self.response.status_code = 201


class AddClient(Service):
    name = "sample.add-client"
    input = Client
    output = Client

    def handle(self):
        client = self.request.input
        client.size += 1
        self.response.payload = client


class Echo(Service):
    name = "sample.echo"

    def handle(self):
        http = self.request.http
        self.response.payload = {
            "payload": self.request.payload,
            "method": http.method,
            "path": dict(http.path),
            "query": dict(http.GET),
            "channel_params": dict(self.request.channel_params),
            "user_agent": http.user_agent,
            "channel": [self.channel.name, self.channel.type],
            "username": self.channel.security.username,
            "cid": self.cid,
            "data_format": self.data_format,
        }


class ByVerb(Service):
    name = "sample.by-verb"

    def handle_GET(self):
        self.response.payload = "got"

    def handle_POST(self):
        self.response.payload = "posted"


class Hooked(Service):
    name = "sample.hooked"

    def accept(self):
        self.seen = ["accept"]
        return self.request.payload != "refuse"

    def before_handle(self):
        self.seen.append("before_handle")

    def validate_input(self):
        self.seen.append("validate_input")

    def handle(self):
        self.seen.append("handle")

    def validate_output(self):
        self.seen.append("validate_output")

    def after_handle(self):
        self.seen.append("after_handle")

    def finalize_handle(self):
        self.seen.append("finalize_handle")


class BrokenHook(Service):
    name = "sample.broken-hook"

    def before_handle(self):
        raise ValueError("the hook is broken")

    def handle(self):
        self.logger.info("handled")
        self.response.payload = "done"


class Missing(Service):
    name = "sample.missing"

    def handle(self):
        self.response.headers["X-Looked-For"] = "client 1"
        raise NotFound(self.cid, "no such client")


class Coroutine(Service):
    name = "sample.coroutine"

    async def handle(self):
        await asyncio.sleep(0)
        self.response.payload = self.invoke(Greet, {"name": "coroutine"})


class Pieces(Service):
    name = "sample.pieces"

    def handle(self):
        self.response.payload = (f"{number};" for number in range(3))


class Caller(Service):
    name = "sample.caller"

    def handle(self):
        by_name = self.invoke("sample.greet", name="name")
        by_class = self.invoke(AddClient, {"name": "class", "size": 2})
        self.response.payload = [by_name, by_class]


class Background(Service):
    name = "sample.background"

    def handle(self):
        cid = self.invoke_async("sample.greet", {"name": "later"}, callback="sample.greeted")
        self.response.payload = {"cid": cid}


class Greeted(Service):
    name = "sample.greeted"

    def handle(self):
        self.response.payload = f"called back with {self.request.payload['greeting']}"


class Clock(Service):
    name = "sample.clock"

    def handle(self):
        from zato.common.util.api import utcnow

        self.response.payload = [
            self.time.utcnow(),
            self.time.today(tz="UTC"),
            self.time.utcnow_as_float(),
            self.invocation_time.isoformat(),
            utcnow().isoformat(),
        ]


class Configured(Service):
    name = "sample.configured"

    def handle(self):
        self.response.payload = [self.config.crm.api.url, self.user_config.crm.api.url]


class Secrets(Service):
    name = "sample.secrets"
    input = "password"

    def handle(self):
        token = self.crypto.encrypt("text")
        self.response.payload = [self.server.decrypt(self.request.input.password), self.crypto.decrypt(token)]
