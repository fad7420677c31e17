"""Files saved in the pickup directory are served at once, and nothing that is saved there breaks the server."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest
from environment import Environment, environment, wait_for

HELLO = """\
from zato.server.service import Service

class HelloWorld(Service):
    def handle(self):
        self.response.payload = 'How goes it?'
"""


def service(class_name: str, text: str) -> str:
    return f"""\
from zato.server.service import Service

class {class_name}(Service):
    def handle(self):
        self.response.payload = {text!r}
"""


def answers(zato: Environment, name: str, text: str) -> bool:
    answer = zato.invoke(name)
    return answer.status == 200 and answer.json() == text


def test_a_file_is_served_within_100_ms_of_being_copied(zato: Environment, tmp_path: Path) -> None:
    source = tmp_path / "hello.py"
    source.write_text(HELLO)
    zato.channel("/hello", "hello.hello-world")
    assert zato.get("/hello").status in (404, 500)
    begun = time.monotonic()
    shutil.copy(source, zato.pickup / "hello.py")
    wait_for(lambda: zato.get("/hello").text == "How goes it?", 5)
    assert time.monotonic() - begun < 0.5, "far over the 100 ms that a quiet machine needs"


def test_the_request_after_a_save_runs_the_new_code(zato: Environment) -> None:
    zato.channel("/edited", "edited.edited")
    zato.deploy("edited.py", service("Edited", "one"))
    wait_for(lambda: zato.get("/edited").text == "one")
    zato.deploy("edited.py", service("Edited", "two"))
    wait_for(lambda: zato.get("/edited").text == "two", 5)


def test_requests_in_flight_finish_on_the_old_code(zato: Environment) -> None:
    slow = """\
import time
from zato.server.service import Service

class Slow(Service):
    def handle(self):
        if 'wait' in self.request.http.GET:
            open({marker!r}, 'w').close()
            time.sleep(2.0)
        self.response.payload = {text!r}
"""
    marker = zato.root / "slow-started"
    zato.channel("/slow", "slow.slow")
    zato.deploy("slow.py", slow.format(marker=str(marker), text="old"))
    wait_for(lambda: zato.get("/slow").text == "old")
    got: list[str] = []
    thread = threading.Thread(target=lambda: got.append(zato.get("/slow?wait=1").text))
    thread.start()
    wait_for(marker.exists)
    zato.deploy("slow.py", service("Slow", "new"))
    wait_for(lambda: zato.get("/slow").text == "new", 5)
    assert not got, "the old request was to be still in flight"
    thread.join()
    assert got == ["old"]


@pytest.mark.compat("2.3-failure")
def test_a_broken_file_leaves_the_old_version_serving_and_is_named(zato: Environment) -> None:
    zato.channel("/fragile", "fragile.fragile")
    zato.deploy("fragile.py", service("Fragile", "fine"))
    wait_for(lambda: zato.get("/fragile").text == "fine")
    zato.deploy("fragile.py", "from zato.server.service import Service\n\nclass Fragile(Service)\n    pass\n")
    wait_for(lambda: "fragile.py" in zato.zato("service", "list", zato.server).stdout, 5)
    assert zato.get("/fragile").text == "fine"
    info = zato.zato("info", zato.server, "--format", "json").stdout
    for shown in (zato.log(), zato.zato("service", "list", zato.server).stdout, info):
        assert "fragile.py" in shown
        assert "SyntaxError" in shown
        assert "3" in shown
    zato.deploy("fragile.py", service("Fragile", "mended"))
    wait_for(lambda: zato.get("/fragile").text == "mended", 5)
    assert "SyntaxError" not in zato.zato("service", "list", zato.server).stdout


def test_an_import_error_names_the_line_of_the_file(zato: Environment) -> None:
    zato.deploy("needy.py", "import os\nimport no_such_library_anywhere\n" + service("Needy", "x"))
    wait_for(lambda: "no_such_library_anywhere" in zato.log(), 5)
    listed = zato.zato("service", "list", zato.server).stdout
    assert "needy.py:2" in listed
    (zato.pickup / "needy.py").unlink()
    wait_for(lambda: "needy.py" not in zato.zato("service", "list", zato.server).stdout, 5)


def test_a_deleted_file_takes_its_services_along(zato: Environment) -> None:
    path = zato.deploy("gone.py", service("Gone", "here"))
    wait_for(lambda: answers(zato, "gone.gone", "here"))
    path.unlink()
    wait_for(lambda: zato.invoke("gone.gone").status == 400, 5)


def test_a_renamed_file_renames_its_services(zato: Environment) -> None:
    path = zato.deploy("before.py", service("Same", "text"))
    wait_for(lambda: answers(zato, "before.same", "text"))
    path.rename(zato.pickup / "behind.py")
    wait_for(lambda: answers(zato, "behind.same", "text"), 5)
    wait_for(lambda: zato.invoke("before.same").status == 400, 5)


def test_ten_files_at_once_are_all_deployed_but_for_the_broken_one(zato: Environment, tmp_path: Path) -> None:
    for number in range(10):
        text = "def broken(:\n" if number == 4 else service("Item", f"number {number}")
        (tmp_path / f"many{number}.py").write_text(text)
    subprocess.run(f"cp {tmp_path}/many*.py {zato.pickup}/", shell=True, check=True)
    for number in range(10):
        if number != 4:
            wait_for(lambda number=number: answers(zato, f"many{number}.item", f"number {number}"), 5)
    assert zato.invoke("many4.item").status == 400


def test_a_package_with_relative_imports(zato: Environment, tmp_path: Path) -> None:
    package = tmp_path / "billing"
    (package / "parts").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "rates.py").write_text("RATE = 7\n")
    (package / "parts" / "__init__.py").write_text("from ..rates import RATE\n")
    (package / "api.py").write_text(
        "from zato.server.service import Service\nfrom .rates import RATE\nfrom .parts import RATE as SAME\n\n"
        "class GetRate(Service):\n    name = 'billing.get-rate'\n"
        "    def handle(self):\n        self.response.payload = {'rate': RATE, 'same': SAME}\n"
    )
    shutil.copytree(package, zato.pickup / "billing")
    wait_for(lambda: zato.invoke("billing.get-rate").text == '{"rate":7,"same":7}', 5)
    (zato.pickup / "billing" / "rates.py").write_text("RATE = 8\n")
    wait_for(lambda: zato.invoke("billing.get-rate").text == '{"rate":8,"same":8}', 5)


@pytest.mark.compat("2.3-dependants")
def test_a_changed_base_module_redeploys_its_dependants_each_time(zato: Environment) -> None:
    zato.deploy("common_words.py", "WORD = 'a'\n")
    zato.deploy(
        "speaker.py",
        "from zato.server.service import Service\nfrom common_words import WORD\n\n"
        "class Speak(Service):\n    def handle(self):\n        self.response.payload = WORD\n",
    )
    wait_for(lambda: answers(zato, "speaker.speak", "a"), 5)
    for word in ("b", "c", "d"):
        zato.deploy("common_words.py", f"WORD = {word!r}\n")
        wait_for(lambda word=word: answers(zato, "speaker.speak", word), 5)


def test_names_with_a_hyphen_or_a_dot(zato: Environment) -> None:
    zato.deploy("my-api.py", service("Hyphen", "hyphen"))
    wait_for(lambda: answers(zato, "my-api.hyphen", "hyphen"), 5)
    zato.deploy("v1.orders.py", service("Dot", "dot"))
    wait_for(lambda: "dot" in zato.zato("service", "list", zato.server).stdout, 5)
    names = zato.zato("service", "list", zato.server).stdout
    assert "v1.orders.dot" in names


def test_files_of_editors_are_left_alone(zato: Environment) -> None:
    for name in (".left.py.swp", "left.py~", ".#left.py", "#left.py#", "4913", "left.py.tmp"):
        (zato.pickup / name).write_text(service("Left", "never"))
    zato.deploy("after_editors.py", service("After", "yes"))
    wait_for(lambda: answers(zato, "after_editors.after", "yes") or answers(zato, "after-editors.after", "yes"), 5)
    assert "left" not in zato.zato("service", "list", zato.server).stdout


def test_the_way_editors_save_by_renaming(zato: Environment) -> None:
    path = zato.deploy("renamed.py", service("Saved", "first"))
    wait_for(lambda: answers(zato, "renamed.saved", "first"), 5)
    temporary = zato.pickup / ".renamed.py.12345"
    temporary.write_text(service("Saved", "second"))
    temporary.rename(path)
    wait_for(lambda: answers(zato, "renamed.saved", "second"), 5)
    path.rename(zato.pickup / "renamed.py~")
    path.write_text(service("Saved", "third"))
    wait_for(lambda: answers(zato, "renamed.saved", "third"), 5)


def test_a_symlinked_directory_is_followed(zato: Environment, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "linked.py").write_text(service("Linked", "one"))
    (zato.pickup / "project").symlink_to(project, target_is_directory=True)
    wait_for(lambda: answers(zato, "linked.linked", "one"), 5)
    (project / "linked.py").write_text(service("Linked", "two"))
    wait_for(lambda: answers(zato, "linked.linked", "two"), 5)


def test_a_half_written_file_is_not_read(zato: Environment) -> None:
    text = service("Whole", "whole")
    with (zato.pickup / "halves.py").open("w") as file:
        file.write(text[: len(text) // 2])
        file.flush()
        zato.deploy("meanwhile.py", service("Meanwhile", "yes"))
        wait_for(lambda: answers(zato, "meanwhile.meanwhile", "yes"), 5)
        assert "halves.py" not in zato.zato("service", "list", zato.server).stdout
        file.write(text[len(text) // 2 :])
    wait_for(lambda: answers(zato, "halves.whole", "whole"), 5)


def test_code_that_exits_or_recurses_at_import_harms_nobody(zato: Environment) -> None:
    bad = {
        "quits.py": "import sys\nsys.exit(3)\n",
        "interrupts.py": "raise KeyboardInterrupt\n",
        "recurses.py": "def f():\n    return f()\nf()\n",
        "binary.py": "\x00\x01",
    }
    for name, text in bad.items():
        zato.deploy(name, text)
    for name in bad:
        wait_for(lambda name=name: name in zato.zato("service", "list", zato.server).stdout, 10, name)
    assert zato.get("/zato/ping").status == 200


def test_an_older_version_comes_back_with_rollback(zato: Environment) -> None:
    zato.deploy("versions.py", service("Version", "one"))
    wait_for(lambda: answers(zato, "versions.version", "one"), 5)
    zato.deploy("versions.py", service("Version", "two"))
    wait_for(lambda: answers(zato, "versions.version", "two"), 5)
    zato.zato("service", "rollback", zato.server, "versions.py")
    assert answers(zato, "versions.version", "one")
    zato.deploy("versions.py", service("Version", "three"))
    wait_for(lambda: answers(zato, "versions.version", "three"), 5)


@pytest.mark.compat("2.3-allowed")
def test_patterns_refuse_files_modules_and_services(tmp_path: Path) -> None:
    rules = {"order": "false_true", "old/*": "False", "closed": "False", "crm.secret-*": "False"}
    with environment(tmp_path / "qs", settings={"deploy_patterns_allowed": rules}) as zato:
        imported = tmp_path / "imported"
        for file in ("old/api.py", "closed.py"):
            zato.deploy(file, f"open({str(imported)!r}, 'w').close()\n" + service("Get", "no"))
            wait_for(lambda file=file: f"Skipped `{file}`" in zato.log())
        second = service("SecretClient", "no").partition("\n")[2]
        zato.deploy("crm.py", service("GetClient", "yes") + second)
        wait_for(lambda: answers(zato, "crm.get-client", "yes"))
        assert zato.invoke("crm.secret-client").status == 400
        assert "service `crm.secret-client` was skipped" in zato.log()
        assert not imported.exists()
        assert zato.info()["failures"] == []


def test_an_import_that_never_ends_holds_up_nobody(tmp_path: Path) -> None:
    settings = {"hot_deploy": {"import_timeout": "1"}}
    with environment(tmp_path / "qs", settings=settings) as zato:
        pids = zato.worker_pids()
        zato.deploy("loop.py", "import time\nwhile True:\n    time.sleep(.05)\n")
        wait_for(lambda: "did not end within 1 s" in zato.log(), 10)
        zato.deploy("after.py", service("After", "one"))
        wait_for(lambda: answers(zato, "after.after", "one"), 5)
        zato.deploy("loop.py", service("Loop", "over"))
        wait_for(lambda: answers(zato, "loop.loop", "over"), 5)
        assert zato.worker_pids() == pids


def test_an_import_that_ends_the_process_takes_no_other_file_with_it(tmp_path: Path) -> None:
    with environment(tmp_path / "qs") as zato:
        for name, text in {
            "a.py": service("A", "one"),
            "exits.py": "import os\nos._exit(3)\n",
            "odd.py": "raise Exception('\\ud800')\n",
            "z.py": service("Z", "one"),
        }.items():
            zato.deploy(name, text)
        wait_for(lambda: answers(zato, "a.a", "one") and answers(zato, "z.z", "one"))
        failures = zato.zato("service", "list", zato.server).stdout
        assert "exit code 3" in failures and "\\ud800" in failures
