"""service-sources.txt: modules that are found by their names, and directories."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from environment import Environment, wait_for

SERVICE = """\
{top}
from zato.server.service import Service

class GetRate(Service):
    def handle(self):
        self.response.payload = {value}
"""


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_modules_and_directories_are_deployed_at_the_start(tmp_path: Path) -> None:
    made = Environment(tmp_path / "qs", workers=2)
    made.create()
    site = tmp_path / "site"
    write(site / "acme/__init__.py", "")
    write(site / "acme/rates.py", "RATE = 7\n")
    write(site / "acme/billing.py", SERVICE.format(top="from .rates import RATE", value="RATE"))
    write(site / "flat_rates.py", SERVICE.format(top="from acme.rates import RATE", value="RATE + 1"))
    write(site / "broken_rates.py", "import acme\n1 / 0\n")
    write(made.server / "extra/near.py", SERVICE.format(top="", value="9"))
    sources = made.server / "config/repo/service-sources.txt"
    lines = ["acme.billing", "flat_rates", "broken_rates", "nowhere", "./extra"]
    sources.write_text("\n".join([*lines, sources.read_text()]))
    try:
        made.zato("start", made.server, env={"PYTHONPATH": str(site)})
        made.is_running = True
        for service, value in (("acme.billing.get-rate", 7), ("flat-rates.get-rate", 8), ("near.get-rate", 9)):
            wait_for(lambda service=service, value=value: made.invoke(service).text == str(value))
        listed = made.zato("service", "list", made.server).stdout
        assert f"{site}/acme/billing.py:4" in listed
        assert f"{site}/broken_rates.py:2" in listed
        assert "ZeroDivisionError" in listed
        assert "No module named 'nowhere'" in listed
        assert "PYTHONPATH" in listed
        assert made.log().count("Deployed `module:flat_rates`, 1 service: flat-rates.get-rate") == 1
        victim = made.worker_pids()[0]
        os.kill(victim, signal.SIGKILL)
        wait_for(lambda: victim not in made.worker_pids() and len(made.worker_pids()) == 2)
        wait_for(lambda: made.get("/zato/health/ready").status == 200)
        assert all(made.invoke("acme.billing.get-rate").text == "7" for _ in range(20))
        made.deploy("mine.py", SERVICE.format(top="from acme.rates import RATE", value="RATE + 100"))
        wait_for(lambda: made.invoke("mine.get-rate").text == "107")
    except BaseException:
        print(made.log()[-20_000:])  # noqa: T201
        raise
    finally:
        made.stop(expect=None)
