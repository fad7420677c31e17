"""The peer application on FastAPI."""

import time
from datetime import date
from decimal import Decimal

from fastapi import BackgroundTasks, FastAPI, Request, Response
from lxml import etree, objectify
from pydantic import BaseModel

app = FastAPI()


@app.get("/hello")
def hello():
    """A no-op."""
    return {"hello": "world"}


@app.post("/echo")
def echo(value: dict):
    """JSON in and out."""
    return value


@app.get("/sleep")
def sleep():
    """Blocks for 10 ms."""
    time.sleep(0.01)
    return {"slept": 10}


@app.get("/cpu")
def cpu():
    """About 1 ms of pure Python."""
    total = 0
    for number in range(17_000):
        total += number
    return {"burned": 1}


class Typed(BaseModel):
    """Five typed fields."""

    customer_id: int
    balance: float
    is_active: bool
    since: date
    limit: Decimal


@app.post("/typed")
def typed(given: Typed) -> Typed:
    """Five typed inputs, five typed outputs."""
    return Typed(
        customer_id=given.customer_id,
        balance=given.balance,
        is_active=given.is_active,
        since=given.since,
        limit=given.limit,
    )


class Line(BaseModel):
    """A line of an order."""

    sku: str
    count: int
    price: float


class Order(BaseModel):
    """A model with a nested list."""

    order_id: int
    customer: str
    day: date
    line_list: list[Line]


class Total(BaseModel):
    """What the order comes to."""

    order_id: int
    customer: str
    total: float
    line_list: list[Line]


@app.post("/model")
def model(order: Order) -> Total:
    """A model with a nested list in, another out."""
    return Total(
        order_id=order.order_id,
        customer=order.customer,
        total=sum(line.count * line.price for line in order.line_list),
        line_list=order.line_list,
    )


@app.post("/xml")
async def xml(request: Request) -> Response:
    """XML in and out with lxml, as there is nothing built in."""
    given = objectify.fromstring(await request.body())
    root = etree.Element("response")
    for name in ("customer_id", "name", "is_active"):
        etree.SubElement(root, name).text = str(given[name])
    return Response(etree.tostring(root), media_type="application/xml")


def descend(left: int) -> int:
    """Calls itself."""
    return descend(left - 1) + 1 if left else 0


@app.get("/chain")
def chain():
    """Ten calls, one inside of the other."""
    return {"depth": descend(10)}


@app.get("/async")
def background(tasks: BackgroundTasks):
    """Queues one function."""
    tasks.add_task(descend, 1)
    return {"cid": "x"}
