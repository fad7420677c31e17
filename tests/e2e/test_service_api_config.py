"""Configuration files of users: `self.config`, `self.user_config`, `self.static_config`, hot reload on all workers."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from environment import Environment, wait_for

APP = """\
[api]
url = https://example.com/#top
timeout = 30
is_on = True
lower = true
ratio = 0.5
hosts = a, b
token = $CONFIG_TOKEN
password = zato+secret://app.password
from_file = $ENV_FILE_VALUE
[[deep]]
text = '''one
two'''
"""


@pytest.fixture(scope="module")
def zato(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """Two workers, and files saved before the start."""
    root = tmp_path_factory.mktemp("env")
    made = Environment(root / "qs", workers=2, fixtures=("services/configured.py",))
    made.settings = {"user_config": {"data1": "./my1.ini"}}
    made.create()
    repository = made.server / "config" / "repo"
    (repository / "my1.ini").write_text("[hello]\na_string=My string\na_list=sample,list\n")
    with (repository / "secrets.conf").open("a") as secrets:
        secrets.write("[app]\npassword=hunter2\n")
    more = root / "more"
    more.mkdir()
    (more / "extra.conf").write_text("k=v\n")
    folder(made).mkdir(exist_ok=True)
    (folder(made) / "app.ini").write_text(APP)
    (folder(made) / "env.ini").write_text("[env]\nENV_FILE_VALUE=from env.ini\n")
    variables = {"CONFIG_TOKEN": "t0ken", "Zato_User_Conf_Dir": str(more)}
    try:
        made.zato("start", made.server, env=variables)
        made.is_running = True
        yield made
    finally:
        made.stop(expect=None)
        with contextlib.suppress(OSError):
            print(made.log()[-20_000:])  # noqa: T201


def folder(zato: Environment) -> Path:
    return zato.server / "pickup" / "incoming" / "user-conf"


def ask(zato: Environment, path: str, **more: Any) -> dict[str, Any]:
    return zato.invoke("configured.config", {"path": path, **more}).json()


def on_all(zato: Environment, path: str, **more: Any) -> Any:
    """What all workers answer; None if they do not agree."""
    found: dict[int, Any] = {}
    for _ in range(200):
        answer = ask(zato, path, **more)
        found[answer["pid"]] = answer
        if len(found) == 2:
            break
    values = [(one["value"], one["variable"]) for one in found.values()]
    return values[0] if len(values) == 2 and values[0] == values[1] else None


def put(zato: Environment, name: str, text: str) -> Path:
    """Saves a file the way editors do."""
    path = folder(zato) / name
    temporary = folder(zato) / f".{name}.swp"
    temporary.write_text(text)
    temporary.rename(path)
    return path


def becomes(zato: Environment, path: str, value: Any) -> None:
    wait_for(lambda: (on_all(zato, path) or [...])[0] == value, what=f"{path} is {value!r} on both workers")


@pytest.mark.compat("3.7-files", "3.7-values")
def test_files_saved_before_the_start_are_there(zato: Environment) -> None:
    assert on_all(zato, "app.api")[0] == {
        "url": "https://example.com/#top",
        "timeout": 30,
        "is_on": True,
        "lower": "true",
        "ratio": 0.5,
        "hosts": ["a", "b"],
        "token": "t0ken",
        "password": "hunter2",
        "from_file": "from env.ini",
        "deep": {"text": "one\ntwo"},
    }
    answer = ask(zato, "extra.k", variable="ENV_FILE_VALUE")
    assert (answer["value"], answer["variable"]) == ("v", "from env.ini")
    assert set(answer["at_deployment"]) == {"app", "data1", "env", "extra"}


@pytest.mark.compat("3.7-user-config")
def test_labels_of_server_conf_and_files_of_the_directory_are_in_one_place(zato: Environment) -> None:
    assert zato.invoke("configured.labeled").json() == ["My string", ["sample", "list"], 30]


@pytest.mark.compat("3.7-reload")
def test_a_saved_changed_and_removed_file_is_in_force_on_all_workers(zato: Environment) -> None:
    path = folder(zato) / "fresh.conf"
    path.write_text("[a]\nk=1\n")
    becomes(zato, "fresh.a.k", 1)
    put(zato, "fresh.conf", "[a]\nk=2\n")
    becomes(zato, "fresh.a.k", 2)
    path.unlink()
    becomes(zato, "fresh", None)
    target = zato.root.parent / "target.ini"
    target.write_text("k=3\n")
    (folder(zato) / "linked.ini").symlink_to(target)
    becomes(zato, "linked.k", 3)
    target.write_text("k=4\n")
    becomes(zato, "linked.k", 4)


@pytest.mark.compat("3.7-reload")
def test_a_labeled_file_is_reloaded_as_well(zato: Environment) -> None:
    path = zato.server / "config" / "repo" / "my1.ini"
    before = path.read_text()
    path.write_text(before.replace("My string", "Another"))
    becomes(zato, "data1.hello.a_string", "Another")
    path.write_text(before)
    becomes(zato, "data1.hello.a_string", "My string")


def test_a_broken_file_leaves_the_last_good_version_and_is_named_with_its_line(zato: Environment) -> None:
    put(zato, "fragile.ini", "[a]\nk=good\n")
    becomes(zato, "fragile.a.k", "good")
    path = put(zato, "fragile.ini", "[a]\nk=bad\nhunter3 hunter3\n")
    wait_for(lambda: f"{path}:3: " in zato.log(), what="the problem is logged")
    assert on_all(zato, "fragile.a.k")[0] == "good"
    assert "its last good version stays in force" in zato.log()
    put(zato, "fragile.ini", "[a]\nk=mended\n")
    becomes(zato, "fragile.a.k", "mended")
    for secret in ("hunter2", "hunter3", "t0ken"):
        assert secret not in zato.log()


def test_a_worker_that_is_started_again_has_what_is_in_force(zato: Environment) -> None:
    put(zato, "kept.ini", "k=1\n")
    becomes(zato, "kept.k", 1)
    put(zato, "kept.ini", "[k\n")
    wait_for(lambda: "kept.ini" in zato.log() and "cannot be used" in zato.log())
    old = zato.worker_pids()
    os.kill(old[0], signal.SIGKILL)
    wait_for(lambda: len(zato.worker_pids()) == 2 and old[0] not in zato.worker_pids())
    becomes(zato, "kept.k", 1)


def test_variables_of_env_ini_follow_the_file(zato: Environment) -> None:
    put(zato, "env.ini", "[env]\nENV_FILE_VALUE=changed\n")
    wait_for(lambda: on_all(zato, "app.api.from_file", variable="ENV_FILE_VALUE") == ("changed", "changed"))


@pytest.mark.compat("3.6-static-config")
def test_static_files_are_read_as_they_are_now(zato: Environment) -> None:
    path = zato.server / "pickup" / "incoming" / "static" / "greeting.txt"
    path.parent.mkdir(exist_ok=True)
    path.write_text("hello")
    assert zato.invoke("configured.static").json() == ["hello", "hello"]
    path.write_text("good evening")
    assert zato.invoke("configured.static").json() == ["good evening"] * 2


@pytest.mark.compat("3.7-files", "3.7-values")
def test_old_profiles_see_text_and_lists(tmp_path: Path) -> None:
    made = Environment(tmp_path / "qs", fixtures=("services/configured.py",))
    made.settings = {"compat": {"profile": "3.1"}}
    made.create()
    (folder(made) / "app.ini").write_text("[api]\ntimeout = 30\nis_on = True\nhome = $HOME\nlist = a, 1\n")
    try:
        made.start()
        expected = {"timeout": "30", "is_on": "True", "home": "$HOME", "list": ["a", "1"]}
        assert ask(made, "app.api")["value"] == expected
    finally:
        made.stop(expect=None)
