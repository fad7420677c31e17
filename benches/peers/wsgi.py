"""The peer application as plain WSGI, for Granian and gunicorn: what our services do, without a framework."""

import json
import os
import time


def burn() -> None:
    """About 1 ms of pure Python; a fixed loop, so that every server does the same work."""
    total = 0
    for number in range(17_000):
        total += number


def application(environ, start_response):
    """Answers /hello, /echo, /sleep and /cpu."""
    path = environ["PATH_INFO"]
    if path == "/hello":
        body = b'{"hello":"world"}'
    elif path == "/echo":
        value = json.loads(environ["wsgi.input"].read())
        body = json.dumps(value).encode()
    elif path == "/sleep":
        time.sleep(0.01)
        body = b'{"slept":10}'
    elif path == "/cpu":
        burn()
        body = b'{"burned":1}'
    else:
        start_response("404 Not Found", [("Content-Length", "0")])
        return [b""]
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


if os.environ.get("PEER_GEVENT"):
    from gevent import monkey

    monkey.patch_all()
