"""`self.server`, hashes of `self.crypto`, usage and processing times."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator

import pytest
from environment import Environment, environment


@pytest.fixture(scope="module")
def zato(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """One worker, so that it counts every invocation."""
    fixtures = ("services/configured.py", "services/timed.py")
    with environment(tmp_path_factory.mktemp("env") / "qs", fixtures=fixtures) as made:
        yield made


@pytest.mark.compat("3.6-crypto", "3.6-server")
def test_hashes_are_verified_also_those_of_earlier_versions(zato: Environment) -> None:
    def encoded(data: bytes) -> str:
        return base64.b64encode(data, b"./").decode().rstrip("=")

    checksum = hashlib.pbkdf2_hmac("sha512", b"hunter2", b"0123456789", 120_000)
    known = f"$pbkdf2-sha512$120000${encoded(b'0123456789')}${encoded(checksum)}"
    found = zato.invoke("configured.secrets", {"known": known}).json()
    assert found == {"made": True, "verified": True, "other": False, "known": True, "bytes": 8, "hex": 16}


@pytest.mark.compat("3.6-server")
def test_the_server_knows_itself_and_its_services(zato: Environment) -> None:
    found = zato.invoke("configured.facts").json()
    assert found.pop("full") == f"server1@{found['cluster_key']}"
    assert found.pop("cluster_key")
    assert found == {
        "cluster_id": 1,
        "name": "server1",
        "repo": str(zato.server / "config" / "repo"),
        "impl": "configured.Facts",
        "slow": 99999,
        "id": "configured.facts",
        "class": True,
        "deployed": [True, False],
        "time": True,
    }


def test_what_is_missing_is_named(zato: Environment) -> None:
    told = zato.invoke("configured.missing").json()
    assert [text.split("`")[1] for text in told] == [
        "self.server.kvdb.conn",
        "self.server.worker_store.invoke",
        "self.server.publish",
    ]


@pytest.mark.compat("2.5-timing", "3.1-usage", "3.1-times")
def test_old_services_know_how_often_and_how_long_they_ran(zato: Environment) -> None:
    first = zato.invoke("timed.old").json()
    assert first == {"usage": 1, "in_handle": False, "latest": {}}
    second = zato.invoke("timed.old").json()
    assert second["usage"] == 2
    latest = second["latest"]
    assert latest["whole"] >= 20 and latest["fits"] and latest["adds_up"]


@pytest.mark.compat("3.1-usage", "3.1-times")
def test_new_services_know_neither(zato: Environment) -> None:
    for _ in range(2):
        assert zato.invoke("timed.new").json() == {"usage": 0, "has_time": False}
    assert zato.invoke("timed.old").json()["latest"]["new"] is False
