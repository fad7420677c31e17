"""Nothing is lost or half-applied when processes are killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time

from environment import ZATO, Environment, is_alive, wait_for

VERSION = """\
from zato.server.service import Service

class Version(Service):
    def handle(self):
        self.response.payload = {text!r}
"""


def test_a_killed_worker_comes_back_with_everything(own_zato: Environment) -> None:
    zato = own_zato
    zato.deploy("version.py", VERSION.format(text="one"))
    zato.channel("/version", "version.version")
    wait_for(lambda: zato.get("/version").text == "one")
    before = zato.worker_pids()
    assert len(before) == 2
    os.kill(before[0], signal.SIGKILL)
    wait_for(lambda: len(set(zato.worker_pids()) - set(before)) == 1 and len(zato.worker_pids()) == 2)
    wait_for(lambda: zato.get("/zato/health/ready").status == 200)
    for _ in range(40):
        assert zato.get("/version").text == "one"


def test_workers_leave_when_the_supervisor_is_killed_and_a_start_recovers(own_zato: Environment) -> None:
    zato = own_zato
    zato.deploy("version.py", VERSION.format(text="one"))
    zato.channel("/version", "version.version")
    wait_for(lambda: zato.get("/version").text == "one")
    workers = zato.worker_pids()
    os.kill(zato.supervisor_pid(), signal.SIGKILL)
    wait_for(lambda: not any(map(is_alive, workers)), what="workers to leave")
    zato.start()
    assert zato.get("/version").text == "one"


def test_killing_everything_during_deployments_leaves_one_whole_version(own_zato: Environment) -> None:
    zato = own_zato
    zato.channel("/version", "version.version")
    zato.deploy("version.py", VERSION.format(text="0"))
    wait_for(lambda: zato.get("/version").text == "0")
    for round_number in range(4):
        stop = threading.Event()

        def save(stop: threading.Event = stop, round_number: int = round_number) -> None:
            number = 0
            while not stop.is_set():
                number += 1
                zato.deploy("version.py", VERSION.format(text=f"{round_number}.{number}"))
                time.sleep(0.003)

        saver = threading.Thread(target=save)
        saver.start()
        wait_for(lambda number=round_number: zato.get("/version").text.startswith(f"{number}."))
        workers = zato.worker_pids()
        os.kill(zato.supervisor_pid(), signal.SIGKILL)
        stop.set()
        saver.join()
        wait_for(lambda workers=workers: not any(map(is_alive, workers)))
        zato.start()
        wanted = (zato.pickup / "version.py").read_text().split("payload = ")[1].strip().strip("'")
        wait_for(lambda wanted=wanted: zato.get("/version").text == wanted, what=f"version {wanted}")
        assert {zato.get("/version").text for _ in range(30)} == {wanted}


def test_a_start_right_after_the_supervisor_was_killed_succeeds(own_zato: Environment) -> None:
    for _ in range(10):
        os.kill(own_zato.supervisor_pid(), signal.SIGKILL)
        own_zato.start()
        assert own_zato.invoke("demo.ping").status == 200


def test_an_import_that_is_killed_is_whole_or_absent(own_zato: Environment) -> None:
    zato = own_zato
    for number in range(12):
        names = [f"k{number}.{index}" for index in range(150)]
        items = [f"  - {{name: {name}, url_path: /{name}, service: demo.ping}}" for name in names]
        file = zato.root.parent / f"many{number}.yaml"
        file.write_text("channel_rest:\n" + "\n".join(items) + "\n")
        command = [ZATO, "enmasse", zato.server, "--import", "--input", file]
        importing = subprocess.Popen(command, env=zato.variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            importing.wait(0.01 + number * 0.012)
        importing.kill()
        importing.wait()
        exported = zato.zato("enmasse", zato.server, "--export", "--output", zato.root.parent / "out.yaml")
        assert exported.returncode == 0
        text = (zato.root.parent / "out.yaml").read_text()
        found = sum(f"name: {name}\n" in text or f"name: '{name}'" in text or f'"{name}"' in text for name in names)
        assert found in (0, len(names)), f"{found} of {len(names)} channels after a killed import"


def test_stop_takes_under_two_seconds_and_drains(own_zato: Environment) -> None:
    zato = own_zato
    zato.deploy(
        "drained.py",
        "import time\nfrom zato.server.service import Service\n\n"
        "class Drained(Service):\n    def handle(self):\n        time.sleep(0.5)\n"
        "        self.response.payload = 'done'\n",
    )
    zato.channel("/drained", "drained.drained")
    wait_for(lambda: zato.get("/drained").text == "done")
    got: list[str] = []
    clients = [threading.Thread(target=lambda: got.append(zato.get("/drained").text)) for _ in range(8)]
    for client in clients:
        client.start()
    time.sleep(0.2)
    begun = time.monotonic()
    zato.stop()
    assert time.monotonic() - begun < 2.5
    for client in clients:
        client.join()
    assert got == ["done"] * 8
