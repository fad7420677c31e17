"""Services that measure the Service API: declared types, models, XML, calls between services."""

import time
from dataclasses import dataclass

from zato.common.typing_ import date_, list_
from zato.server.service import Bool, Date, Decimal, Float, Int, Model, Service


class Typed(Service):
    """Five typed inputs, five typed outputs."""

    input = Int("customer_id"), Float("balance"), Bool("is_active"), Date("since"), Decimal("limit")
    output = Int("customer_id"), Float("balance"), Bool("is_active"), Date("since"), Decimal("limit")

    def handle(self):
        given = self.request.input
        payload = self.response.payload
        payload.customer_id = given.customer_id
        payload.balance = given.balance
        payload.is_active = given.is_active
        payload.since = given.since
        payload.limit = given.limit


@dataclass(init=False)
class Line(Model):
    """A line of an order."""

    sku: str
    count: int
    price: float


@dataclass(init=False)
class Order(Model):
    """A model with a nested list."""

    order_id: int
    customer: str
    day: date_
    line_list: list_[Line]


@dataclass(init=False)
class Total(Model):
    """What the order comes to."""

    order_id: int
    customer: str
    total: float
    line_list: list_[Line]


class Nested(Service):
    """A model with a nested list in, another out."""

    input = Order
    output = Total

    def handle(self):
        order = self.request.input
        answer = Total()
        answer.order_id = order.order_id
        answer.customer = order.customer
        answer.total = sum(line.count * line.price for line in order.line_list)
        answer.line_list = order.line_list
        self.response.payload = answer


class Xml(Service):
    """Declared input and output over XML."""

    class SimpleIO:
        """The declaration."""

        input_required = ("customer_id", "name", "is_active")
        output_required = ("customer_id", "name", "is_active")

    def handle(self):
        given = self.request.input
        self.response.payload.customer_id = given.customer_id
        self.response.payload.name = given.name
        self.response.payload.is_active = given.is_active


class Direct(Service):
    """Ten method calls, one inside of the other."""

    def handle(self):
        self.response.payload = {"depth": self.descend(10)}

    def descend(self, left):
        """Calls itself."""
        return self.descend(left - 1) + 1 if left else 0


class _Link(Service):
    """A service that invokes the next one, ten deep."""

    zato_dont_import = True
    next_name = ""

    def handle(self):
        self.response.payload = self.invoke(self.next_name, self.request.payload) + 1


def _chain(depth):
    """Makes the classes of the chain: a service may not invoke itself."""
    for number in range(1, depth + 1):
        following = f"api-services.link{number + 1}" if number < depth else "api-services.end"
        methods = {"next_name": following, "__module__": __name__, "handle": _Link.handle}
        yield f"Link{number}", type(f"Link{number}", (Service,), methods)


class End(Service):
    """The last of the chain."""

    def handle(self):
        self.response.payload = 0


globals().update(_chain(10))


class Chain(Service):
    """Invokes services ten deep."""

    def handle(self):
        self.response.payload = {"depth": self.invoke("api-services.link1", "x")}


class Async(Service):
    """Queues one other service."""

    def handle(self):
        self.response.payload = {"cid": self.invoke_async("api-services.end", "x")}


class AsyncRate(Service):
    """Queues 2,000 calls and tells how many it could queue in a second."""

    def handle(self):
        begin = time.perf_counter()
        for _ in range(2_000):
            self.invoke_async("api-services.end", "x")
        self.response.payload = {"rate": 2_000 / (time.perf_counter() - begin)}
