"""Services use gevent as in earlier versions: gevent itself if it is installed, a stand-in on threads if not."""

from __future__ import annotations

import importlib.util
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from environment import Environment, at_once, environment, wait_for

IS_INSTALLED = importlib.util.find_spec("gevent") is not None
NEEDS_GEVENT = pytest.mark.skipif(not IS_INSTALLED, reason="gevent is not installed: python -m pip install gevent")

HIDES_GEVENT = """\
import sys

class Hides:
    def find_spec(self, name, path=None, target=None):
        if name == "gevent" or name.startswith("gevent."):
            raise ModuleNotFoundError(f"No module named {name!r}", name="gevent")
        return None

sys.meta_path.insert(0, Hides())
"""


@pytest.fixture(
    scope="module", params=[pytest.param("installed", marks=NEEDS_GEVENT), "stand-in"], ids=["installed", "stand-in"]
)
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """An environment with gevent, and one without."""
    root = tmp_path_factory.mktemp("env")
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "stand-in":
            (root / "hides").mkdir()
            (root / "hides" / "sitecustomize.py").write_text(HIDES_GEVENT)
            patch.setenv("PYTHONPATH", str(root / "hides"))
        with environment(root / "qs", fixtures=("services/greens.py",)) as made:
            yield made


@pytest.mark.compat("1.3-gevent")
def test_greenlets_work_within_a_service(served: Environment) -> None:
    assert served.invoke("greens.work").json() == {
        "got": [1, True, "result"],
        "successful": [True, False, "expected"],
        "map": [2, 4, 6],
        "threads": "time",
    }


def test_greenlets_go_on_after_the_service_has_answered(served: Environment) -> None:
    before = served.invoke("greens.count").json().count("later")
    begun = time.monotonic()
    assert served.invoke("greens.leaves").json() == "answered"
    assert time.monotonic() - begun < 0.3, "the answer does not wait for them"
    wait_for(lambda: served.invoke("greens.count").json().count("later") == before + 1, 5)


def test_greenlets_of_deployment_go_on_and_keep_no_other_deployment(served: Environment) -> None:
    wait_for(lambda: "deployed" in served.invoke("greens.count").json(), 5)
    source = "from zato.server.service import Service\n\nclass New(Service):\n    def handle(self):\n        pass\n"
    served.deploy("new.py", source)
    served.wait_for_service("new.new")


@pytest.mark.compat("1.3-gevent")
def test_services_that_sleep_do_not_wait_for_each_other(served: Environment) -> None:
    begun = time.monotonic()
    answers = at_once(5, lambda: served.invoke("greens.sleeps").json())
    assert answers == ["slept"] * 5
    assert time.monotonic() - begun < 3


@pytest.mark.compat("1.3-gevent")
def test_timeouts_end_what_waits(served: Environment) -> None:
    assert served.invoke("greens.limited").json() == "0.05 seconds"


def test_a_timeout_that_nobody_catches_is_an_error_of_that_service_only(served: Environment) -> None:
    assert served.invoke("greens.escapes").status == 500
    assert served.invoke("greens.limited").status == 200


def test_a_timeout_that_was_forgotten_interrupts_no_other_service(served: Environment) -> None:
    served.invoke("greens.forgets")
    for _ in range(20):
        assert served.invoke("greens.local").json() == ["mine", "nothing"]
        threading.Event().wait(0.02)


def test_processes_and_local_attributes_work(served: Environment) -> None:
    assert served.invoke("greens.process").json() == "hello"
    assert served.invoke("greens.local").json() == ["mine", "nothing"]


def test_patching_is_without_effect_and_told_once(served: Environment) -> None:
    lines = [line for line in served.log().splitlines() if "gevent.monkey.patch_all has no effect" in line]
    assert len(lines) == 1
    assert "WARNING" in lines[0]


@NEEDS_GEVENT
def test_greenlets_that_do_not_end_keep_threads_but_neither_services_nor_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It hides gevent while the environment without it is there.
    monkeypatch.delenv("PYTHONPATH", raising=False)
    settings = {"main": {"max_threads": "4", "drain_timeout": "2"}}
    with environment(tmp_path / "qs", fixtures=("services/greens.py",), settings=settings) as own:
        for _ in range(2):
            assert own.invoke("greens.forever").status == 200
        for _ in range(3):
            assert own.invoke("greens.forever").status == 200
            assert own.invoke("greens.count").status == 200
        wait_for(lambda: "were ended after 5 s" in own.log(), 15)
        begun = time.monotonic()
        own.stop()
        assert time.monotonic() - begun < 8
