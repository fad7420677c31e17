"""Workers in which nothing can run any more are replaced."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from environment import Environment, at_once, environment, is_alive, wait_for

CODE = """\
import ctypes, threading
from zato.server.service import Service

class Quick(Service):
    def handle(self):
        self.response.payload = 'quick'

class Locks(Service):
    def handle(self):
        self.wait_for_ever()

    def wait_for_ever(self):
        lock = threading.Lock()
        lock.acquire()
        lock.acquire()

class Keeps(Service):
    def handle(self):
        # Called like this, C code keeps the interpreter.
        ctypes.PyDLL(None).sleep(3600)
"""

SETTINGS = {"max_threads": "2", "queue_limit": "3", "request_timeout": "1", "stuck_timeout": "2"}
READY = "/zato/health/ready"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Environment]:
    with environment(tmp_path / "qs", settings={"main": SETTINGS}) as zato:
        zato.deploy("stuck.py", CODE)
        names = ["quick", "locks", "keeps"]
        channels = [{"name": name, "url_path": f"/{name}", "service": f"stuck.{name}"} for name in names]
        zato.enmasse({"channel_rest": channels})
        wait_for(lambda: zato.get("/quick").text == "quick")
        yield zato


def replacement(served: Environment, worker: int) -> None:
    assert wait_for(lambda: served.get(READY).status == 503)
    wait_for(lambda: served.worker_pids() not in ([], [worker]), 20, "another worker")
    wait_for(lambda: served.get(READY).status == 200, 20)
    assert served.get("/quick").text == "quick"
    assert not is_alive(worker)
    assert len(served.worker_pids()) == 1


def test_a_worker_whose_threads_are_all_stuck_is_replaced(served: Environment) -> None:
    [worker] = served.worker_pids()
    got = at_once(7, lambda: served.get("/locks"))
    answers = [(answer.status, answer.headers["Retry-After"]) for answer in got]
    # Two ran, three waited, and two found the queue full.
    assert sorted(answers, key=str) == [(503, "1")] * 2 + [(504, None)] * 5
    replacement(served, worker)
    log = served.log()
    assert "all 2 threads are held by runs past their time limit: `stuck.locks` (2)" in log
    assert "wait_for_ever" in log, "the stacks say where"
    assert "ended unexpectedly" not in log


def test_a_worker_whose_interpreter_is_kept_is_replaced(served: Environment) -> None:
    [worker] = served.worker_pids()
    assert served.get("/keeps").status == 504
    replacement(served, worker)
    assert "the interpreter is held by runs past their time limit: `stuck.keeps` (1)" in served.log()
