"""Services cannot take the worker or a neighbor down, whatever they do."""

from __future__ import annotations

import contextlib
import threading
import time
from pathlib import Path

import pytest
from environment import Environment, at_once, environment, is_alive, wait_for

CODE = """\
import asyncio, ctypes, multiprocessing, os, sys, threading, time
from zato.server.service import Service

local = threading.local()

class Quick(Service):
    def handle(self):
        self.response.payload = 'quick'

class Sleeps(Service):
    def handle(self):
        time.sleep(0.3)
        self.response.payload = 'slept'

class Exits(Service):
    def handle(self):
        sys.exit(1)

class Interrupts(Service):
    def handle(self):
        raise KeyboardInterrupt

class Recurses(Service):
    def handle(self):
        def again():
            return again()
        again()

class Bare(Service):
    def handle(self):
        try:
            raise SystemExit
        except:
            self.response.payload = 'caught'

class Local(Service):
    def handle(self):
        local.count = getattr(local, 'count', 0) + 1
        self.response.payload = str(local.count)

class Forks(Service):
    def handle(self):
        pid = os.fork()
        if pid == 0:
            found = 0
            for descriptor in os.listdir('/proc/self/fd'):
                try:
                    target = os.readlink('/proc/self/fd/' + descriptor)
                except OSError:
                    continue
                if target.startswith('socket:'):
                    import socket as s
                    try:
                        sock = s.socket(fileno=os.dup(int(descriptor)))
                        name = sock.getsockname()
                    except OSError:
                        continue
                    if isinstance(name, tuple) and name[1] == self.port():
                        found += 1
            os._exit(found)
        self.response.payload = str(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))

    def port(self):
        return int(self.wsgi_environ['SERVER_PORT'])

class ForkedChild(Service):
    def handle(self):
        pid = os.fork()
        if pid == 0:
            self.be_a_child()
            return
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                self.response.payload = str(os.waitstatus_to_exitcode(status))
                return
            time.sleep(0.005)
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        self.response.payload = 'hangs'

    def be_a_child(self):
        match self.request.payload['does']:
            case 'exits':
                sys.exit(3)
            case 'exits without a code':
                sys.exit()
            case 'exits with a text':
                sys.exit('text of a child')
            case 'raises':
                raise ValueError('raised by a child')
            case 'invokes':
                self.invoke('runtime.exits')

class ForkedChildInCoroutine(Service):
    name = 'runtime.forked-child-in-coroutine'
    async def handle(self):
        ForkedChild.handle(self)

    def be_a_child(self):
        ForkedChild.be_a_child(self)

class ForkedChildAsync(Service):
    name = 'runtime.forked-child-nested'
    def handle(self):
        self.response.payload = self.invoke('runtime.forked-child-in-coroutine', self.request.payload)

class Spins(Service):
    def handle(self):
        while True:
            pass

class Async(Service):
    async def handle(self):
        await asyncio.sleep(0.05)
        self.response.payload = f'async {self.cid}'

class AsyncFails(Service):
    async def handle(self):
        await asyncio.sleep(0)
        raise ValueError('late')

class CallsAsync(Service):
    def handle(self):
        self.response.payload = self.invoke('runtime.async')

class Nested(Service):
    def handle(self):
        level = self.request.payload or 0
        self.response.payload = {'level': level}

class Nests(Service):
    def handle(self):
        self.response.payload = [self.invoke('runtime.nested', i)['level'] if i else 0 for i in range(5)]

class InvokesLater(Service):
    def handle(self):
        self.response.payload = self.invoke_async('runtime.notes', {'text': 'noted'})

class Notes(Service):
    noted = []
    def handle(self):
        self.noted.append((self.cid, self.request.payload['text'], self.channel.type))
        self.response.payload = 'answer'

class InvokesLaterAsyncCallback(Service):
    name = 'runtime.invokes-later-async-callback'
    def handle(self):
        Notes.noted.append((self.in_reply_to, self.request.payload, self.channel.type))

class Noted(Service):
    def handle(self):
        self.response.payload = Notes.noted
"""

NAMES = [
    "quick", "sleeps", "exits", "interrupts", "recurses", "bare", "local", "forks", "spins", "async", "async-fails",
    "calls-async", "nests", "invokes-later", "noted", "forked-child", "forked-child-in-coroutine",
    "forked-child-nested",
]  # fmt: skip


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory):
    root = tmp_path_factory.mktemp("env") / "qs"
    with environment(root, settings={"main": {"queue_limit": "64", "max_threads": "16"}}) as zato:
        zato.deploy("runtime.py", CODE)
        channels = [
            {"name": f"r.{name}", "url_path": f"/{name}", "service": f"runtime.{name}"}
            | ({"timeout": 1} if name == "spins" else {})
            | ({"data_format": "json"} if name.startswith("forked") else {})
            for name in NAMES
        ]
        zato.enmasse({"channel_rest": channels})
        wait_for(lambda: zato.get("/quick").text == "quick")
        yield zato


def still_serves(zato: Environment, workers: list[int]) -> None:
    assert zato.get("/quick").text == "quick"
    assert zato.worker_pids() == workers


@pytest.mark.parametrize("name", ["exits", "interrupts", "recurses"])
def test_a_crash_is_an_error_response_and_not_the_end_of_the_worker(served: Environment, name: str) -> None:
    workers = served.worker_pids()
    for _ in range(3):
        assert served.get(f"/{name}").status == 500
    still_serves(served, workers)


def test_thread_locals_survive_from_request_to_request(served: Environment) -> None:
    counts = [int(served.get("/local").text) for _ in range(20)]
    assert max(counts) > 5, "a new thread state per request would empty them"


def test_a_forked_child_keeps_none_of_the_servers_sockets(served: Environment) -> None:
    workers = served.worker_pids()
    assert served.get("/forks").text == "0"
    still_serves(served, workers)


@pytest.mark.parametrize("path", ["/forked-child", "/forked-child-in-coroutine", "/forked-child-nested"])
@pytest.mark.parametrize(
    ("does", "code"),
    [
        ("returns", "0"),
        ("exits", "3"),
        ("exits without a code", "0"),
        ("exits with a text", "1"),
        ("raises", "1"),
        ("invokes", "1"),
    ],
)
def test_a_forked_child_ends_where_its_service_does(served: Environment, path: str, does: str, code: str) -> None:
    workers = served.worker_pids()
    assert served.post(path, {"does": does}).text == code
    assert does != "raises" or "ValueError: raised by a child" in served.log()
    still_serves(served, workers)


def test_an_endless_loop_is_ended_at_the_timeout_and_hurts_nobody(served: Environment) -> None:
    workers = served.worker_pids()
    begun = time.monotonic()
    got: list[int] = []
    threads = [threading.Thread(target=lambda: got.append(served.get("/spins").status)) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert served.get("/quick").text == "quick"
    for thread in threads:
        thread.join()
    assert got == [504] * 3
    assert time.monotonic() - begun < 10
    still_serves(served, workers)

    def is_quiet() -> bool:
        fields = Path(f"/proc/{workers[0]}/stat").read_text().rsplit(")", 1)[1].split()
        used = int(fields[11]) + int(fields[12])
        time.sleep(0.2)
        fields = Path(f"/proc/{workers[0]}/stat").read_text().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12]) - used < 10

    wait_for(is_quiet, 10, "the endless loops to be interrupted")


def test_a_full_queue_answers_503_with_retry_after(served: Environment) -> None:
    got = at_once(160, lambda: served.get("/sleeps"))
    answers = [(answer.status, answer.headers["Retry-After"]) for answer in got]
    statuses = {status for status, _ in answers}
    assert statuses == {200, 503}
    assert all(retry for status, retry in answers if status == 503)
    assert served.get("/quick").text == "quick"


def test_coroutines(served: Environment) -> None:
    assert served.get("/async").text.startswith("async ")
    assert served.get("/calls-async").text.startswith("async ")
    assert served.get("/async-fails").status == 500
    begun = time.monotonic()
    got = at_once(40, lambda: served.get("/async").text)
    assert len(set(got)) == 40
    assert time.monotonic() - begun < 2.0


def test_calls_between_services(served: Environment) -> None:
    assert served.get("/nests").json() == [0, 1, 2, 3, 4]


@pytest.mark.compat("3.1-in-reply-to")
def test_a_call_for_later_gives_its_cid_and_calls_back(served: Environment) -> None:
    cid = served.get("/invokes-later").text
    noted = wait_for(lambda: (found := served.get("/noted")).body.count(cid.encode()) == 2 and found).json()
    assert [cid, "noted", "invoke-async"] in noted
    assert [cid, "answer", "invoke-async-callback"] in noted


def test_stopping_under_blocking_load_exits_cleanly(tmp_path: Path) -> None:
    with environment(tmp_path / "qs") as zato:
        zato.deploy(
            "blocks.py",
            "import time\nfrom zato.server.service import Service\n\n"
            "class Blocks(Service):\n    def handle(self):\n        time.sleep(60)\n",
        )
        zato.channel("/blocks", "blocks.blocks")
        zato.wait_for_service("demo.ping")
        wait_for(lambda: "blocks.blocks" in zato.zato("service", "list", zato.server).stdout)

        def block() -> None:
            with contextlib.suppress(OSError):
                zato.get("/blocks", timeout=30)

        clients = [threading.Thread(target=block, daemon=True) for _ in range(20)]
        for client in clients:
            client.start()
        time.sleep(0.5)
        pids = [zato.supervisor_pid(), *zato.worker_pids()]
        begun = time.monotonic()
        zato.stop()
        assert time.monotonic() - begun < 5
        assert not any(map(is_alive, pids))
        assert "SIGABRT" not in zato.log()
        assert "134" not in zato.zato("info", zato.server, expect=None).stderr
