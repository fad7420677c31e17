"""SIGURG: what all threads are doing is written to the log."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from environment import ZATO, Environment, environment, wait_for

SERVICES = '''
import asyncio
import threading
from zato.server.service import Service

is_over = threading.Event()

class Stuck(Service):
    def handle(self):
        self.look_up(self.request.payload["customer_id"], db_password="hunter2")

    def look_up(self, customer_id, db_password):
        settings = {"url": "https://api", "token": "hunter2", "body": b'{"secret": "hunter2"}'}
        is_over.wait(60)

class Waiting(Service):
    async def handle(self):
        order_id = 4711
        while not is_over.is_set():
            await asyncio.sleep(0.05)

class Release(Service):
    def handle(self):
        is_over.set()
'''


@pytest.fixture(scope="module")
def stuck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """An environment with services that hang until they are released."""
    with environment(tmp_path_factory.mktemp("env") / "qs") as made:
        made.deploy("hangs.py", SERVICES)
        wait_for(lambda: made.invoke("hangs.nothing").status == 400 and "hangs.waiting" in services(made))
        yield made


def services(made: Environment) -> str:
    return made.zato("service", "list", made.server).stdout


def hang(made: Environment) -> list[threading.Thread]:
    """Lets both services hang."""
    calls = [("hangs.stuck", {"customer_id": 123}), ("hangs.waiting", None)]
    threads = [threading.Thread(target=made.invoke, args=call, daemon=True) for call in calls]
    for thread in threads:
        thread.start()
    return threads


def release(made: Environment, threads: list[threading.Thread]) -> None:
    made.invoke("hangs.release")
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()


def check(text: str) -> None:
    """What has to be in the log about both services."""
    stuck = text[text.index("service hangs.stuck, CID ") :]
    assert "hangs.py" in stuck
    assert ", in look_up" in stuck
    assert "is_over.wait(60)" in stuck
    assert "argument customer_id = 123" in stuck
    assert "argument db_password = ******" in stuck
    assert "'url': 'https://api', 'token': ******" in stuck
    waiting = text[text.index("Coroutine, service hangs.waiting, CID ") :]
    assert "local order_id = 4711" in waiting
    assert "hunter2" not in text


def both_are_told(made: Environment, pid: int, log: Path) -> bool:
    """Asks for the stacks until both services are found hanging; gives whether they are in the log."""
    os.kill(pid, signal.SIGURG)
    wait_for(lambda: "Stacks of worker process" in log.read_text(), what="an answer to SIGURG")
    text = log.read_text()
    return "service hangs.stuck" in text and "Coroutine, service hangs.waiting" in text and "order_id" in text


def test_stacks_arguments_and_locals_are_in_the_log(stuck: Environment) -> None:
    threads = hang(stuck)
    log = stuck.server / "logs" / "server.log"
    wait_for(lambda: both_are_told(stuck, stuck.supervisor_pid(), log), what="both services to hang")
    check(log.read_text())
    release(stuck, threads)
    assert stuck.invoke("demo.ping").status == 200


def test_a_server_in_the_foreground_prints_them(tmp_path: Path) -> None:
    made = Environment(tmp_path / "qs")
    made.create()
    made.deploy("hangs.py", SERVICES)
    console = tmp_path / "console.txt"
    with console.open("w") as output:
        command = [str(ZATO), "start", str(made.server), "--fg"]
        process = subprocess.Popen(command, env=made.variables, stdout=output, stderr=subprocess.STDOUT)
        try:
            wait_for(lambda: made.get("/zato/ping").status == 200, 30)
            threads = hang(made)
            wait_for(lambda: both_are_told(made, made.supervisor_pid(), console), what="both services to hang")
            check(console.read_text())
            release(made, threads)
        finally:
            process.terminate()
            process.wait(30)
