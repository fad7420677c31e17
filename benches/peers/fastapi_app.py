"""The peer application on FastAPI."""

import time

from fastapi import FastAPI

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
