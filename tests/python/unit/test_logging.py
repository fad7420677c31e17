from __future__ import annotations

import logging
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fake_core import Records
from zato.server import _logging


@pytest.fixture
def installed(log: Records) -> Iterator[Records]:
    handlers, level = logging.root.handlers[:], logging.root.level
    _logging.install()
    yield log
    logging.captureWarnings(False)
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    logging.setLoggerClass(logging.Logger)


def here() -> int:
    """Gives the line of the caller."""
    return sys._getframe(1).f_lineno


def test_records_reach_the_server_with_logger_and_line(installed: Records) -> None:
    installed.cid = "abc"
    line = here() + 1
    logging.getLogger("crm.get").info("Called %s with %d", "x", 5)
    assert installed.lines == [(20, "crm.get", "Called x with 5", line, "abc")]


def test_service_loggers_take_any_keyword(installed: Records) -> None:
    logger: Any = _logging.get_service_logger("crm.get")
    line = here() + 1
    logger.warning("Odd", cid="abc", what=5)
    assert installed.lines == [(30, "crm.get", "Odd", line, None)]


def test_stack_levels_are_counted_from_the_caller(installed: Records) -> None:
    def helper() -> None:
        logging.getLogger("crm").info("x", stacklevel=2)

    line = here() + 1
    helper()
    assert installed.lines[0][3] == line


def test_tracebacks_and_stacks_are_part_of_the_message(installed: Records) -> None:
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        logging.getLogger("crm").exception("It broke")
    logging.getLogger("crm").info("Where", stack_info=True)
    first, second = (line[2] for line in installed.lines)
    assert first.startswith("It broke\nTraceback (most recent call last):") and "ZeroDivisionError" in first
    assert second.startswith("Where\nStack (most recent call last):") and "test_logging" in second


def test_nothing_is_formatted_below_the_level(installed: Records) -> None:
    class Expensive:
        def __str__(self) -> str:
            raise AssertionError("formatted")

    installed.level = 30
    for name in ("crm.get", "some.library"):
        logging.getLogger(name).info("%s", Expensive())
        assert not logging.getLogger(name).isEnabledFor(20)
    logging.info("%s", Expensive())
    assert installed.lines == []
    installed.level = 10
    assert logging.getLogger("crm.get").isEnabledFor(10)


def test_levels_set_in_python_count_too(installed: Records) -> None:
    logger = logging.getLogger("noisy.library")
    logger.setLevel(logging.ERROR)
    logger.warning("quiet")
    logger.error("loud")
    assert [line[2] for line in installed.lines] == ["loud"]


def test_a_wrong_format_string_is_told_and_breaks_nothing(installed: Records) -> None:
    line = here() + 1
    logging.getLogger("crm").info("%d and %s", "x")
    level, name, message, found, _ = installed.lines[0]
    assert (level, name, found) == (40, "crm", line)
    assert message.startswith("log message '%d and %s' does not fit its arguments ('x',): ")


def test_loggers_made_before_are_taken_over(log: Records) -> None:
    early = logging.getLogger("made.early")
    _logging.install()
    try:
        log.level = 50
        assert not early.isEnabledFor(40)
        assert logging.getLogger("made.late.child").isEnabledFor(50)
    finally:
        logging.captureWarnings(False)
        logging.root.handlers[:] = []
        logging.setLoggerClass(logging.Logger)


def test_warnings_go_to_the_log(installed: Records) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn("old thing", DeprecationWarning, stacklevel=1)
    assert any("old thing" in line[2] for line in installed.lines)


def test_filters_of_users_count(installed: Records) -> None:
    logging.root.handlers[0].addFilter(lambda record: "secret" not in record.getMessage())
    logging.getLogger("crm").info("a secret")
    logging.getLogger("crm").info("fine")
    assert [line[2] for line in installed.lines] == ["fine"]


def test_the_command_imports_nothing_but_the_native_part() -> None:
    program = (
        "import sys, types; core = types.ModuleType('zato._core'); core.main = lambda argv: 0;"
        "sys.modules['zato._core'] = core; before = set(sys.modules); import zato.__main__;"
        "print(sorted(name for name in set(sys.modules) - before if not name.startswith('zato')))"
    )
    root = Path(__file__).parents[3] / "python"
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
