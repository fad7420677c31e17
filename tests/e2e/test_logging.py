"""Logs say what happened, under which CID, at the levels that logging.conf and the command line set, and no secret."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from environment import Environment, at_once, environment, wait_for

LINE = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) - (?P<level>[A-Z]+[ \d]*) - (?P<process>\d+):(?P<thread>\S+) - "
    r"(?P<logger>\S+):(?P<line>\d+) - (?P<message>.*)"
)
CHANNELS = ("levels", "forms", "secrets", "much", "nested", "asynchronous", "threads")


def made_channels(zato: Environment) -> None:
    zato.enmasse(
        {
            "channel_rest": [
                {"name": f"logs.{name}", "url_path": f"/{name}", "service": f"logs.{name}", "data_format": "json"}
                for name in CHANNELS
            ]
        }
    )


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """An environment with the logging.conf it was made with, but for the lines about requests, which are off there."""
    requests = ("    zato_rest:\n        level: WARNING", "    zato_rest:\n        level: INFO")
    made = with_logging_conf(tmp_path_factory.mktemp("env") / "qs", requests)
    made.start()
    try:
        made_channels(made)
        yield made
    finally:
        made.stop(expect=None)


def with_logging_conf(root: Path, *changes: tuple[str, str], **options: object) -> Environment:
    """Makes an environment and changes its logging.conf; the caller starts it."""
    made = Environment(root, fixtures=("services/logs.py",), **options)  # type: ignore[arg-type]
    made.create()
    path = made.server / "config/repo/logging.conf"
    text = path.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text)
    return made


def parsed(text: str, message: str) -> re.Match[str]:
    """Waits for nothing; finds the line with a message."""
    for line in text.splitlines():
        if message in line:
            found = LINE.fullmatch(line)
            assert found, f"not the documented form: {line}"
            return found
    raise AssertionError(f"no line with {message!r}")


# Lines


def test_lines_have_the_historical_form(served: Environment) -> None:
    answer = served.get("/forms").json()
    wait_for(lambda: "with a traceback" in served.log())
    found = parsed(served.log(), "plain with keyword")
    assert found["level"] == "INFO"
    assert found["logger"] == "logs.forms"
    assert int(found["process"]) in served.worker_pids()
    assert answer["name"] == "logs.forms"
    source = (served.pickup / "logs.py").read_text().splitlines()
    assert "plain with keyword" in source[int(found["line"]) - 1], "the line of the service"


def test_every_form_of_message_is_written(served: Environment) -> None:
    served.get("/forms")
    wait_for(lambda: "with a traceback" in served.log())
    log = served.log()
    assert parsed(log, "old spelling of warning 7")["level"] == "WARNING"
    assert "dictionary 1" in log
    assert "does not fit" in log
    assert "{'an': 'object'}" in log
    assert re.search(r"- two( cid=\w+)?\nlines", log)
    assert "zażółć 🙂" in log
    assert "level between" not in log, "15 is below INFO"
    assert parsed(log, "from the root logger")["logger"] == "root"
    assert "from the warnings module" in log
    assert "KeyError: 'missing key'" in log


@pytest.mark.parametrize(
    ("path", "messages"),
    [
        ("/forms", ["plain with keyword", "old spelling", "with a traceback", "from the root logger"]),
        ("/nested", ["outer line", "inner line", "outer again"]),
        ("/asynchronous", ["before waiting", "after waiting"]),
        ("/threads", ["from a thread of its own"]),
    ],
)
def test_the_cid_is_on_lines_of_an_invocation(served: Environment, path: str, messages: list[str]) -> None:
    cid = served.get(path).json()["cid"]

    def all_there() -> bool:
        lines = [line for line in served.log().splitlines() if cid in line]
        return all(any(message in line for line in lines) for message in messages)

    wait_for(all_there, 5, f"{messages} with {cid}")


def test_a_call_for_later_logs_under_its_own_cid(served: Environment) -> None:
    later = served.get("/nested").json()["later"]
    wait_for(lambda: any(later in line and "inner line" in line for line in served.log().splitlines()))


def test_coroutines_side_by_side_keep_their_cids(served: Environment) -> None:
    cids = at_once(20, lambda: served.get("/asynchronous").json()["cid"])
    assert len(set(cids)) == 20

    def is_paired() -> bool:
        lines = served.log().splitlines()
        return all(
            sum(cid in line and message in line for line in lines) == 1
            for cid in cids
            for message in ("before waiting", "after waiting")
        )

    wait_for(is_paired, 5)


def test_requests_leave_a_line_when_they_come_and_one_when_they_are_answered(served: Environment) -> None:
    cid = served.request("POST", "/nested?a=1", "{}", {"User-Agent": "test/1.0"}).json()["cid"]
    wait_for(lambda: f"REST cha ← cid={cid}" in served.log())
    log = served.log()
    came = parsed(log, f"REST cha → cid={cid}")
    assert came["logger"] == "zato_rest"
    assert re.fullmatch(
        rf"REST cha → cid={cid}; POST /nested\?a=1 name=logs\.nested; len=2; agent=test/1\.0; "
        r"remote-addr=127\.0\.0\.1:\d+",
        came["message"],
    )
    left = parsed(log, f"REST cha ← cid={cid}")
    assert re.fullmatch(rf"REST cha ← cid={cid}; 200 time=\S+; len=\d+", left["message"])
    served.zato("service", "invoke", served.server, "logs.inner")
    assert "/zato/admin/invoke" not in served.log(), "rest_log_ignore names it"


# The access log


def test_the_access_log_has_the_historical_form(served: Environment) -> None:
    served.request("POST", "/levels?secret=x", "{}", {"User-Agent": 'a "quoted" agent'})
    served.get("/no/such/path")
    log = served.server / "logs" / "http_access.log"

    def lines(part: str) -> list[str]:
        return [line for line in log.read_text().splitlines() if part in line]

    (line,) = wait_for(lambda: lines("quoted"))
    assert re.fullmatch(
        r"127\.0\.0\.1 [0-9a-f]{24}/0\.\d{6} \"logs\.levels\" \[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "
        r"\"POST /levels HTTP/1\.1\" 200 \d+ \"-\" \"a \\x22quoted\\x22 agent\"",
        line,
    ), line
    (unknown,) = wait_for(lambda: lines("/no/such/path"))
    assert '""' in unknown
    assert '" 404 ' in unknown
    assert "secret=x" not in log.read_text(), "query strings may hold secrets"


def test_clients_cannot_forge_lines(served: Environment) -> None:
    served.request("GET", "/no/such%0A2030-01-01%20fake", headers={"User-Agent": "x\ty"})
    served.get("/levels")
    wait_for(lambda: "fake" in (served.server / "logs/http_access.log").read_text())
    for name in ("http_access.log", "server.log"):
        text = (served.server / "logs" / name).read_text()
        assert not any(line.startswith("2030-01-01") for line in text.splitlines())


# Secrets


def test_secrets_are_not_in_any_log(served: Environment) -> None:
    served.request(
        "POST", "/secrets", '{"password": "hunter2-body"}', {"Authorization": "Basic dXNlcjpoZWFkZXItc2VjcmV0"}
    )
    wait_for(lambda: "everything I was given" in served.log())
    for log in (served.server / "logs").iterdir():
        text = log.read_text()
        for secret in (
            "hunter2-log",
            "hunter2-body",
            "key-log-secret",
            "dXNlcjpzZWNyZXQtbG9n",
            "dXNlcjpoZWFkZXItc2VjcmV0",
        ):
            assert secret not in text, f"{secret} in {log.name}"
        for password in served.credentials().values():
            assert password not in text
    assert "ann" in served.log(), "what is no secret stays"


# Levels


def test_levels_of_the_shipped_file(served: Environment) -> None:
    assert served.get("/levels").text == ""
    wait_for(lambda: "level critical" in served.log())
    log = served.log()
    for level in ("info", "warning", "error", "critical"):
        assert parsed(log, f"level {level}")["level"] == level.upper()
    assert "level debug" not in log
    assert "library info" in log
    assert "library debug" not in log


def test_levels_of_single_services_and_libraries(tmp_path: Path) -> None:
    own = "    # The server itself.\n    zato:"
    levels = {"logs.levels": "DEBUG", "mylib": "DEBUG", "logs.inner": "ERROR"}
    loggers = "".join(f"    {name}:\n        level: {level}\n" for name, level in levels.items())
    zato = with_logging_conf(tmp_path / "qs", (own, loggers + own))
    zato.start()
    try:
        made_channels(zato)
        assert zato.get("/levels").text == "true"
        zato.get("/nested")
        wait_for(lambda: "outer again" in zato.log())
        log = zato.log()
        assert parsed(log, "level debug")["level"] == "DEBUG"
        assert parsed(log, "library debug")["logger"] == "mylib.part"
        assert "inner line" not in log
    finally:
        zato.stop(expect=None)


def test_logs_can_be_switched_off_and_sent_elsewhere(tmp_path: Path) -> None:
    zato = with_logging_conf(
        tmp_path / "qs",
        ("    zato_access_log:\n        level: INFO", "    zato_access_log:\n        level: WARNING"),
        (
            "loggers:\n",
            "loggers:\n    logs.levels:\n        level: INFO\n        handlers: [own]\n        propagate: false\n",
        ),
        (
            "handlers:\n    default:",
            "handlers:\n    own:\n        class: logging.FileHandler\n        formatter: short\n        level: ERROR\n"
            "        filename: ./logs/deep/own.log\n    default:",
        ),
        ("formatters:\n", "formatters:\n    short:\n        format: '%(levelname)-8s|%(cid)s|%(message)s'\n"),
    )
    zato.start()
    try:
        made_channels(zato)
        zato.get("/levels")
        zato.get("/nested")
        wait_for(lambda: "outer again" in zato.log())
        own = wait_for(lambda: (zato.server / "logs/deep/own.log").read_text())
        assert re.fullmatch(r"ERROR   \|[0-9a-f]{24}\|level error\nCRITICAL\|[0-9a-f]{24}\|level critical\n", own)
        assert "level error" not in zato.log()
        assert "REST cha" not in zato.log()
        access = zato.server / "logs/http_access.log"
        assert not access.exists() or access.read_text() == ""
    finally:
        zato.stop(expect=None)


# Files


def test_files_are_rotated_by_size_and_no_line_is_lost(tmp_path: Path) -> None:
    zato = with_logging_conf(
        tmp_path / "qs",
        ("maxBytes: 1000000000", "maxBytes: 60000"),
        ("backupCount: 2", "backupCount: 40"),
        workers=2,
    )
    zato.start()
    try:
        made_channels(zato)
        at_once(8, lambda: zato.post("/much", {"lines": 1000}))

        def files() -> list[Path]:
            return [path for path in (zato.server / "logs").glob("server.log*") if not path.name.endswith(".lock")]

        def count() -> int:
            return sum(path.read_text().count(" - line ") for path in files())

        wait_for(lambda: count() == 8000, 10, "all lines")
        assert len(files()) > 10
        assert {path.name for path in files()} >= {"server.log", "server.log.1", "server.log.2"}
        for path in files():
            # A process that has not seen the rotation yet may still add what it has.
            assert path.stat().st_size <= 120_000, path.name
            for line in path.read_text().splitlines():
                assert LINE.fullmatch(line), "lines are whole"
    finally:
        zato.stop(expect=None)


def test_the_environment_decides_about_the_size_of_the_server_log(tmp_path: Path) -> None:
    zato = Environment(tmp_path / "qs", fixtures=("services/logs.py",))
    zato.create()
    zato.zato("start", zato.server, env={"Zato_Server_Log_Max_Size": "50000", "Zato_Server_Log_Backup_Count": "3"})
    zato.is_running = True
    try:
        made_channels(zato)
        zato.post("/much", {"lines": 3000})
        wait_for(lambda: (zato.server / "logs/server.log.3").exists())
        assert not (zato.server / "logs/server.log.4").exists()
    finally:
        zato.stop(expect=None)


def test_a_log_that_is_moved_aside_is_begun_again(served: Environment) -> None:
    log = served.server / "logs" / "server.log"
    log.rename(log.with_suffix(".moved"))
    served.get("/levels")
    wait_for(lambda: log.exists() and "level critical" in log.read_text())
    moved = log.with_suffix(".moved")
    log.write_text(moved.read_text() + log.read_text())
    moved.unlink()


def test_lines_can_be_json(tmp_path: Path) -> None:
    root = tmp_path / "qs"
    with environment(root, settings={"logging": {"format": "json"}}, fixtures=("services/logs.py",)) as zato:
        made_channels(zato)
        cid = zato.get("/forms").json()["cid"]
        zato.post("/secrets", {"password": "hunter2-body"})
        wait_for(lambda: "everything I was given" in zato.log())
        records = [json.loads(line) for line in zato.log().splitlines()]
        for record in records:
            assert {"timestamp", "level", "pid", "thread", "logger", "line", "message"} <= set(record)
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", record["timestamp"])
        (plain,) = [record for record in records if record["message"] == "plain with keyword"]
        assert (plain["level"], plain["logger"], plain["cid"]) == ("INFO", "logs.forms", cid)
        assert "two\nlines" in [record["message"] for record in records]
        (traceback,) = [record for record in records if record["message"].startswith("with a traceback")]
        assert "KeyError: 'missing key'" in traceback["message"]
        assert "hunter2" not in zato.log()
        access = wait_for(lambda: (zato.server / "logs/http_access.log").read_text().splitlines())
        assert '"logs.forms"' in access[0], "the access log keeps its own form"


def test_the_ini_form_of_2_0_is_understood(tmp_path: Path) -> None:
    zato = Environment(tmp_path / "qs", fixtures=("services/logs.py",))
    zato.create()
    (zato.server / "config/repo/logging.conf").write_text(
        "[loggers]\nkeys=root,zato\n\n[handlers]\nkeys=logfile\n\n[formatters]\nkeys=default\n\n"
        "[formatter_default]\nformat=%(asctime)s - %(levelname)s - %(name)s - %(message)s\n\n"
        "[handler_logfile]\nclass=logging.handlers.RotatingFileHandler\nformatter=default\n"
        "args=('./logs/server.log', 'a', 20000000, 10)\n\n"
        "[logger_root]\nlevel=WARNING\nhandlers=logfile\n\n"
        "[logger_zato]\nlevel=INFO\nhandlers=logfile\nqualname=zato\npropagate=0\n"
    )
    zato.start()
    zato.is_running = True
    try:
        made_channels(zato)
        zato.get("/levels")
        wait_for(lambda: "level critical" in zato.log())
        assert "level info" not in zato.log()
        assert re.search(r"^\S+ \S+ - WARNING - logs\.levels - level warning", zato.log(), re.MULTILINE)
    finally:
        zato.stop(expect=None)
