"""Shell commands: output, input, time limits, callbacks."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from zato.common._missing import MissingFeature
from zato.server.commands import CommandResult, CommandsFacade


class Caller:
    cid = "c" * 24


@pytest.fixture
def commands() -> CommandsFacade:
    return CommandsFacade(Caller())


def test_gives_output_and_exit_code(commands: CommandsFacade) -> None:
    result = commands.invoke("echo out; echo err >&2; exit 3")
    assert isinstance(result, CommandResult)
    assert (result.stdout, result.stderr, result.exit_code) == ("out\n", "err\n", 3)
    assert (result.is_ok, result.is_timeout, result.is_async) == (False, False, False)
    assert (result.len_stdout_bytes, result.len_stdout_human) == (4, "4 Bytes")
    assert result.cid == Caller.cid
    assert result.timeout == 600.0
    assert 0 < result.total_time_sec < 60
    assert commands.invoke("true").is_ok is True


def test_passes_input_on(commands: CommandsFacade) -> None:
    assert commands.invoke("tr a-z A-Z", stdin="hello").stdout == "HELLO"
    assert commands.invoke("true", stdin="x" * 1_000_000).is_ok is True, "nobody has to read it"


@pytest.mark.parametrize("timeout", [None, 30])
def test_input_may_be_read_late(commands: CommandsFacade, timeout: float | None) -> None:
    result = commands.invoke("sleep 0.7; cat", stdin="x" * 300_000, timeout=timeout)
    assert (result.is_ok, result.stdout) == (True, "x" * 300_000)


def test_large_output_on_both_sides_does_not_block(commands: CommandsFacade) -> None:
    command = "head -c 3000000 /dev/zero | tr '\\0' x | tee /dev/stderr; cat > /dev/null"
    result = commands.invoke(command, stdin="y" * 300_000)
    assert (len(result.stdout), len(result.stderr)) == (3_000_000, 3_000_000)
    assert result.len_stdout_human == "3.0 MB"


def test_what_takes_too_long_is_killed_with_all_it_started(commands: CommandsFacade, tmp_path: Path) -> None:
    started = tmp_path / "started"
    begun = time.monotonic()
    command = f"echo before; sh -c 'echo $$ > {started}.new; mv {started}.new {started}; exec sleep 60' & wait"
    result = commands.invoke(command, timeout=0.5)
    assert time.monotonic() - begun < 10
    assert (result.is_timeout, result.is_ok, result.exit_code) == (True, False, -1)
    assert "0.5 s" in result.timeout_msg
    assert result.stdout == "before\n", "what was written until then is there"
    # Killed at once, and gone for good once whoever it belongs to now looks after it.
    state = Path(f"/proc/{started.read_text().strip()}/stat")
    assert not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] in "ZX"


def test_output_that_is_no_text_is_replaced(commands: CommandsFacade) -> None:
    assert commands.invoke(r"printf 'a\377b'").stdout == "a\ufffdb"
    assert commands.invoke(r"printf 'a\377b'", replace_char="?").stdout == "a?b"
    assert commands.invoke(r"printf '\344'", encoding="latin-1").stdout == "ä"


def test_a_function_gets_the_result(commands: CommandsFacade) -> None:
    given: list[Any] = []
    result = commands.invoke("echo 1", callback=given.append)
    assert given == [result]


def test_mistakes_are_found_before_the_command_is_run(commands: CommandsFacade, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    with pytest.raises(LookupError):
        commands.invoke(f"touch {ran}", encoding="no-such")
    with pytest.raises(MissingFeature, match="publish/subscribe"):
        commands.invoke(f"touch {ran}", use_pubsub=True)
    assert not ran.exists()
