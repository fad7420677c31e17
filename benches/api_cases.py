"""What the Service API costs: each case against our own no-op, and against the same work done with FastAPI."""

from __future__ import annotations

import json
import statistics
from http.client import HTTPConnection

from load_generator import Case, Sample
from servers import Zato

TYPED = json.dumps({"customer_id": 123, "balance": 12.5, "is_active": True, "since": "2026-11-28", "limit": "100.10"})
ORDER = json.dumps({
    "order_id": 7, "customer": "Jane Xi", "day": "2026-11-28",
    "line_list": [{"sku": f"sku-{number}", "count": number, "price": 1.25} for number in range(1, 6)],
})  # fmt: skip
XML = "<request><customer_id>123</customer_id><name>Jane Xi</name><is_active>true</is_active></request>"

CHANNELS = {
    "typed": "typed", "model": "nested", "xml": "xml", "direct": "direct", "chain": "chain", "async": "async",
    "async-rate": "async-rate",
}  # fmt: skip


def channels() -> list[dict[str, str]]:
    """Channels of the measured services."""
    return [
        {
            "name": f"bench.api.{path}", "url_path": f"/{path}", "service": f"api-services.{service}",
            "data_format": "xml" if path == "xml" else "json",
        }
        for path, service in CHANNELS.items()
    ]  # fmt: skip


def api_cases() -> dict[str, Case]:
    """The cases, ours first in each."""

    def case(title: str, path: str, script: str = "", body: str = "") -> Case:
        rows = {"zato": f"/{path}", "zato: no-op": "/hello", "uvicorn+FastAPI": f"/{path}"}
        scripts = {name: [script, body] for name in ("zato", "uvicorn+FastAPI")} if script else None
        return Case(title, rows, script=scripts)

    chain = case("Services that invoke each other ten deep", "chain")
    chain.paths = {"zato": "/chain", "zato: ten method calls": "/direct", **chain.paths}
    return {
        "typed": case("SimpleIO, five typed inputs and outputs", "typed", "post.lua", TYPED),
        "model": case("Models with a nested list in and out", "model", "post.lua", ORDER),
        "xml": case("SimpleIO over XML in and out", "xml", "xml.lua", XML),
        "chain": chain,
        "async": case("A service that queues another", "async"),
    }


def print_nested_cost(samples: dict[str, list[Sample]]) -> None:
    """Prints what one nested invocation costs above a method call, from the CPU time of whole requests."""
    pairs = zip(samples["zato"], samples["zato: ten method calls"], strict=True)
    cost = statistics.median((ours.cpu - direct.cpu) / 11 for ours, direct in pairs)
    print(f"\na nested invocation above a method call: {cost:.2f} us (goal: under 5)", flush=True)


def print_queue_rate(zato: Zato, rounds: int) -> None:
    """Prints how many calls a service can queue in a second; the worker is idle otherwise."""
    rates = []
    for _ in range(rounds):
        connection = HTTPConnection("127.0.0.1", zato.port)
        connection.request("GET", "/async-rate")
        rates.append(json.loads(connection.getresponse().read())["rate"])
        connection.close()
    print(f"\ncalls queued by invoke_async: {statistics.median(rates):,.0f}/s (goal: 100,000)", flush=True)
