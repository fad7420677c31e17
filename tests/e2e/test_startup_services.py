"""Services that are invoked when the server has started."""

from __future__ import annotations

from pathlib import Path

import pytest
from environment import Environment, wait_for

SERVICE = """
from zato.server.service import Service

SEEN = []

class Starts(Service):
    name = "starts"

    def handle(self):
        request = self.request
        SEEN.append([self.channel.type, request.payload, request.raw_request == request.payload])

class Fails(Service):
    name = "fails"

    def handle(self):
        raise ValueError("not today")

class Seen(Service):
    name = "seen"

    def handle(self):
        self.response.payload = SEEN
"""


@pytest.mark.compat("7-startup")
def test_startup_services_get_the_text_that_is_configured(tmp_path: Path) -> None:
    made = Environment(tmp_path / "qs")
    made.settings = {
        "startup_services_any_worker": {"starts": "any worker"},
        "startup_services_first_worker": {"starts": "first worker", "no.such.service": "", "fails": ""},
    }
    made.create()
    made.deploy("starts.py", SERVICE)
    try:
        made.start()
        seen = wait_for(lambda: len(found := made.invoke("seen").json()) == 2 and found)
        assert sorted(seen) == [["startup-service", "any worker", True], ["startup-service", "first worker", True]]
        wait_for(lambda: "Start-up service `fails` failed: not today" in made.log())
        assert "Start-up service `no.such.service` is not deployed" in made.log()
    finally:
        made.stop(expect=None)
