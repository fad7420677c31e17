"""`zato service check` says what deployment does, file by file; refused files keep no others from being deployed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from environment import FIXTURES, CommandLine, Environment, environment, wait_for

CORPUS = FIXTURES / "corpus"

GOOD = """\
from zato.server.service import Service

class {name}(Service):
    def handle(self):
        self.response.payload = "{name}"
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """An environment that has picked up services of every age."""
    with environment(tmp_path_factory.mktemp("env") / "qs", fixtures=("corpus",)) as made:
        yield made


@pytest.fixture
def zato(tmp_path: Path) -> CommandLine:
    """The command line, without any server."""
    return CommandLine(tmp_path)


def checked(zato: Any, path: Path, *options: str | Path, expect: int | None = 21) -> dict[str, Any]:
    return json.loads(zato("service", "check", path, "--format", "json", *options, expect=expect).stdout)


def by_key(report: dict[str, Any]) -> dict[str, Any]:
    return {unit["key"]: unit for unit in report["units"]}


def test_the_report_is_what_deployment_does_file_by_file(served: Environment, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    shutil.copytree(CORPUS, corpus, ignore=shutil.ignore_patterns("__pycache__"))
    report = by_key(checked(served.zato, corpus))
    listed = json.loads(served.zato("service", "list", served.server, "--format", "json").stdout)
    deployed: dict[str, list[str]] = {}
    for service in listed["services"]:
        deployed.setdefault(service["unit"], []).append(service["name"])
    failed = {failure["unit"].removeprefix("corpus/"): failure["problems"] for failure in listed["failures"]}
    assert len(report) > 40
    refused = {key for key, unit in report.items() if unit["status"] == "refused"}
    assert refused == set(failed)
    for key, unit in report.items():
        names = sorted(service["name"] for service in unit["services"])
        assert names == sorted(deployed.get(f"corpus/{key}", [])), key
        if unit["status"] == "refused" and not key.startswith("python2/"):
            said = {problem["message"].replace("corpus/", "") for problem in failed[key]}
            assert {problem["message"] for problem in unit["problems"]} == said, key


@pytest.mark.parametrize(
    ("service", "payload", "expected"),
    [
        (
            "customer-details.get-customer-details",
            {"cust_id": "7", "is_active": "true"},
            {"get_customer_response": {"name": "Customer 7", "is_vip": True}},
        ),
        ("old-modules.old", None, '{"status":200,"query":"b=1","again":"b=1"}'),
        ("string-buffers.collect", None, "one"),
        ("batch.nightly", None, {"began": True}),
        ("dates.now", None, "2014-01-31"),
        ("guarded-names.guarded", None, '{"text": "x", "fast": false}'),
        ("plain-secrets.login", {"username": "a", "password": "b"}, {"response": {"token": "a:b"}}),
        ("account.get", {"account_id": "3"}, {"account_id": 3, "currency": "EUR", "tags": ["one"]}),
        ("combined-declarations.direct", {"name": "x"}, {"name": "x", "is_large": False}),
        ("calls-by-class.caller", None, {"answer": "42"}),
        ("async-service.patient", None, {"waited": True}),
        ("empty-declaration.empty", None, {"input": {}}),
        ("profiled.as-ever", {"order_id": "5"}, {"response": {"order_id": 5, "note": ""}}),
        ("order.create", {"customer_id": "5", "amount": 1}, {"order_id": 51}),
        ("undeclared.anything", {"name": "x"}, {"got": "x"}),
        ("inner-io.inner", {"row_count": 1, "page_id": "2"}, {"is_done": True, "page_id": 2}),
        ("billing.taxes.get-tax", None, 23),
        ("api.crm.clients.get-client", None, "src"),
        ("shared.derived", None, "shared shared"),
        ("uses-helpers.double", None, 42),
        ("latin.latin", None, "café"),
        ("imports-when-it-runs.lazy", None, "done"),
        ("sleeps.sleeps", None, 4),
        ("pools.pools", None, 15),
        ("patches.patches", None, "socket"),
    ],
)
def test_old_services_answer_as_they_did(served: Environment, service: str, payload: Any, expected: Any) -> None:
    answer = served.invoke(service, payload)
    assert answer.status == 200, answer.text
    assert answer.json() == expected


def test_warnings_are_about_what_then_fails(served: Environment, zato: CommandLine) -> None:
    unit = by_key(checked(zato, CORPUS / "v2_0" / "run_time_names.py", expect=0))["run_time_names.py"]
    assert {warning["line"] for warning in unit["warnings"]} == {11, 12, 13, 14}
    assert served.invoke("run-time-names.names").status == 500
    unit = by_key(checked(zato, CORPUS / "v2_0" / "counters.py", expect=0))["counters.py"]
    used = unit["services"][0]["uses"][0]
    assert (used["api"], used["lines"]) == ("self.kvdb", [12])
    assert served.invoke("counters.increment", {"key": "a"}).status == (200 if used["is_available"] else 500)


def test_python_2_is_explained_by_kind_and_line(zato: CommandLine) -> None:
    report = by_key(checked(zato, CORPUS / "python2"))
    found = {
        key: {(problem.get("line"), problem["message"].partition(" is Python 2")[0]) for problem in unit["problems"]}
        for key, unit in report.items()
    }
    assert (6, "the print statement") in found["prints.py"]
    assert {(7, "`raise Class, message`"), (8, "`except Class, name`")} <= found["excepts.py"]
    assert {(6, "the operator `<>`"), (7, "a value in backquotes")} <= found["operators.py"]
    assert {(8, "an octal literal"), (9, "a long integer"), (9, "a `ur''` literal")} <= found["literals.py"]
    assert {(6, "the exec statement"), (7, "`async` as a name")} <= found["executes.py"]
    assert (5, "a parameter that is a tuple") in found["tuples.py"]
    assert "TabError" in json.dumps(report["tabs.py"]["problems"])
    assert "fissix" in json.dumps(report["prints.py"]["problems"])
    assert all(unit["written_for"]["version"] == "2.0 to 3.1" for unit in report.values())


@pytest.mark.compat("1.3-libraries")
def test_missing_libraries_are_named_with_place_and_package(zato: CommandLine, tmp_path: Path) -> None:
    folder = tmp_path / "services"
    folder.mkdir()
    (folder / "a.py").write_text("import os\nimport cx_Oracle_of_nobody\nimport suds.client\n")
    (folder / "b.py").write_text("try:\n    import MySQLdb\nexcept ImportError:\n    MySQLdb = None\n")
    report = by_key(checked(zato, folder))
    assert [(item["module"], item["line"], item["is_required"]) for item in report["a.py"]["libraries"]] == [
        ("cx_Oracle_of_nobody", 2, True),
        ("suds.client", 3, True),
    ]
    assert report["a.py"]["libraries"][1]["package"] == "suds-community"
    assert report["b.py"]["status"] == "deploys"
    assert [(item["package"], item["is_required"]) for item in report["b.py"]["libraries"]] == [("mysqlclient", False)]


def test_profiles_are_compared_for_what_a_service_uses(zato: CommandLine) -> None:
    file = CORPUS / "v3_1" / "secrets_of_users.py"
    for profile, effect in (("2.0", "text"), ("3.2", "encrypted, for self.server.decrypt")):
        service = checked(zato, file, "--profile", profile, expect=0)["units"][0]["services"][0]
        assert service["profile"] == profile
        effects = {item["construct"]: item["effects"] for item in service["differences"]}
        assert effects["input `password`"][profile] == effect
        assert effects["input `user_id`"]["4.1"] == "text"
        assert effects["input `user_id`"][profile] == "an int"
    zato("service", "check", file, "--profile", "5.0", expect=15)


def test_the_configuration_of_a_server_counts_if_it_is_named(
    served: Environment, zato: CommandLine, tmp_path: Path
) -> None:
    folder = tmp_path / "services"
    folder.mkdir()
    (folder / "old.py").write_text("import httplib\n" + GOOD.format(name="Old"))
    assert checked(zato, folder, expect=0)["summary"]["services"] == 1
    other = Environment(tmp_path / "qs", settings={"compat": {"old_module_names": "False", "profile": "2.0"}})
    other.create()
    report = checked(zato, folder, "--server", other.root)
    assert report["profile"] == "2.0"
    assert "old_module_names" in json.dumps(report["units"][0]["problems"])


def test_text_ends_with_a_summary_and_exit_codes_tell_the_outcome(zato: CommandLine, tmp_path: Path) -> None:
    good = tmp_path / "good.py"
    good.write_text(GOOD.format(name="Good"))
    done = zato("service", "check", good)
    assert "service good.good, profile 3.2" in done.stdout
    summary = "1 files or packages: 1 would be deployed with 1 services, 0 would be refused; 0 warnings"
    assert done.stdout.splitlines()[-1] == summary
    (tmp_path / "bad.py").write_text("import nothing_of_nobody\n")
    (tmp_path / "UPPER.PY").write_text("")
    done = zato("service", "check", tmp_path, expect=21)
    assert done.stdout.splitlines()[-1].startswith("3 files or packages: 1 would be deployed with 1 services, 2 would")
    assert "Missing libraries: python -m pip install nothing_of_nobody" in done.stdout
    assert "UPPER.PY" in done.stdout
    assert "2 of 3 would not be deployed" in done.stderr
    zato("service", "check", tmp_path / "none.py", expect=2)


def test_a_package_is_checked_by_its_own_path(zato: CommandLine) -> None:
    report = checked(zato, CORPUS / "layouts" / "billing", expect=0)
    assert [unit["is_package"] for unit in report["units"]] == [True]
    assert [service["name"] for service in report["units"][0]["services"]] == [
        "billing.reports.monthly.monthly",
        "billing.taxes.get-tax",
    ]


def test_what_ends_or_blocks_the_process_is_found_and_the_rest_is_checked(zato: CommandLine, tmp_path: Path) -> None:
    server = Environment(tmp_path / "qs", settings={"hot_deploy": {"import_timeout": "2"}})
    server.create()
    folder = tmp_path / "services"
    folder.mkdir()
    (folder / "ends.py").write_text("import os\nos._exit(3)\n")
    (folder / "good.py").write_text("print('loud')\n" + GOOD.format(name="Good"))
    (folder / "hangs.py").write_text("import threading\nthreading.Event().wait()\n")
    report = checked(zato, folder, "--server", server.server)
    units = by_key(report)
    assert units["good.py"]["status"] == "deploys"
    assert "exit code 3" in units["ends.py"]["problems"][0]["message"]
    assert "stopped after 2 s" in units["hangs.py"]["problems"][0]["message"]


def test_nothing_is_run_that_is_not_imported_and_no_server_is_touched(zato: CommandLine, tmp_path: Path) -> None:
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "setup.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    (folder / "old.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nprint 'x'\n")
    checked(zato, folder)
    assert not (tmp_path / "ran").exists()


def test_hot_deploy_deploys_what_it_can_and_says_what_it_cannot(own_zato: Environment, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "first.py").write_text("print 'old'\n")
    (folder / "second.py").write_bytes(b"text = '\xff'\n")
    (folder / "third.py").write_text(GOOD.format(name="Third"))
    (folder / "FOURTH.PY").write_text("")
    for option in ("--check", "--verbose"):
        done = own_zato.zato("hot-deploy", folder, "--path", own_zato.server, option, expect=21)
        said = done.stdout + done.stderr
        for name in ("first.py", "second.py", "FOURTH.PY"):
            assert name in done.stderr, said
        assert "third.third" in done.stdout
    assert own_zato.invoke("third.third").json() == "Third"
    failures = json.loads(own_zato.zato("service", "list", own_zato.server, "--format", "json").stdout)["failures"]
    assert {failure["unit"] for failure in failures} == {"folder/first.py", "folder/second.py"}


def test_hot_deploy_goes_on_with_the_next_file_after_one_that_is_refused(own_zato: Environment, tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("raise ValueError('one')\n")
    (tmp_path / "two.py").write_text(GOOD.format(name="Two"))
    (tmp_path / "three.py").write_text("raise ValueError('three')\n")
    files = [tmp_path / name for name in ("one.py", "two.py", "three.py")]
    done = own_zato.zato("hot-deploy", *files, "--path", own_zato.server, expect=21)
    assert "ValueError: one" in done.stderr
    assert "ValueError: three" in done.stderr
    wait_for(lambda: own_zato.invoke("two.two").json() == "Two")
