"""Services that the benchmarks measure."""

import time

from zato.server.service import Service


class Hello(Service):
    """A no-op."""

    def handle(self):
        self.response.payload = {"hello": "world"}


class Echo(Service):
    """JSON in and out."""

    def handle(self):
        self.response.payload = self.request.payload


class Declared(Service):
    """Declared input and output."""

    input = "customer_id", "name", "is_active", "-note"
    output = "customer_id", "name", "is_active"

    def handle(self):
        given = self.request.input
        self.response.payload.customer_id = given.customer_id
        self.response.payload.name = given.name
        self.response.payload.is_active = given.is_active


class Sleep(Service):
    """Blocks for 10 ms."""

    def handle(self):
        time.sleep(0.01)
        self.response.payload = {"slept": 10}


class Cpu(Service):
    """About 1 ms of pure Python; the same loop as the peers'."""

    def handle(self):
        total = 0
        for number in range(17_000):
            total += number
        self.response.payload = {"burned": 1}


class Leaf(Service):
    """Invoked by the next one."""

    def handle(self):
        self.response.payload = self.request.payload


class Nested(Service):
    """Invokes five services."""

    def handle(self):
        total = 0
        for number in range(1, 6):
            total += self.invoke("services.leaf", number)
        self.response.payload = {"total": total}
