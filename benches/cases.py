"""What is measured: paths of our server and of its peers."""

from __future__ import annotations

import base64
import json
import shutil

from api_cases import api_cases, channels
from load_generator import Case
from servers import HERE, Zato

CUSTOMER = json.dumps({"customer_id": 123, "name": "Jane Xi", "is_active": "true", "note": "x" * 40})


def configure(zato: Zato) -> dict[str, list[str]]:
    """Deploys the measured services, makes their channels; gives wrk's options for the secured one."""
    for name in ("services.py", "api_services.py"):
        shutil.copy(HERE / name, zato.pickup / name)
    services = ["hello", "echo", "declared", "sleep", "cpu", "nested"]
    rest = [
        {"name": f"bench.{name}", "url_path": f"/{name}", "service": f"services.{name}", "data_format": "json"}
        for name in services
    ]
    rest += channels()
    rest.append(
        {"name": "bench.secured", "url_path": "/secured", "service": "services.declared", "data_format": "json",
         "security": "bench"}
    )  # fmt: skip
    security = [{"name": "bench", "type": "basic_auth", "username": "bench", "password": "bench-pw", "realm": "b"}]
    file = zato.root / "bench.yaml"
    file.write_text(json.dumps({"security": security, "channel_rest": rest}))
    zato.zato("enmasse", str(zato.server), "--import", "--input", str(file))
    token = base64.b64encode(b"bench:bench-pw").decode()
    return {"zato": ["-H", f"Authorization: Basic {token}"]}


def load_cases(authorization: dict[str, list[str]], wanted: set[str]) -> dict[str, Case]:
    """The cases that are wanted, or all; ours first in each."""
    post = {name: ["post.lua", CUSTOMER] for name in ("zato", "Granian WSGI", "gunicorn+gevent", "uvicorn+FastAPI")}
    hello = {name: "/hello" for name in ("zato", "Granian WSGI", "gunicorn+gevent", "uvicorn+FastAPI", "raw hyper")}
    main = ("zato", "Granian WSGI", "gunicorn+gevent", "uvicorn+FastAPI")
    cases = {
        "hello": Case("No-op service: routing, CID, access log and metrics on", hello),
        "json": Case("JSON in and out", {name: "/echo" for name in main}, script=post),
        "declared": Case("SimpleIO, against the peers' bare hello", {"zato": "/declared", "Granian WSGI": "/hello"},
                         script={"zato": post["zato"]}),
        "secured": Case("Basic Auth + SimpleIO + access log + metrics, against the peer's bare hello",
                        {"zato": "/secured", "Granian WSGI": "/hello"}, extra=authorization,
                        script={"zato": post["zato"]}),
        "sleep": Case("Service that blocks for 10 ms (ceiling 25,600/s)", {name: "/sleep" for name in main}, 256),
        "nested": Case("Service that invokes five others, against one bare hello",
                       {"zato": "/nested", "Granian WSGI": "/hello"}),
        "cpu": Case("Service that computes for 1 ms", {name: "/cpu" for name in main[:3]}, 16),
        "mix": Case("1 ms of computing in every 20th request, no-ops otherwise", {name: "/" for name in main[:3]},
                    script={name: ["mix.lua"] for name in main[:3]}),
        **api_cases(),
    }  # fmt: skip
    return {name: case for name, case in cases.items() if not wanted or name in wanted}
