"""What the documents tell people to do works, and prints what the documents say.

In a page, text after "Save this as `name`:" is written to that file, blocks of `sh` are run in one shell from top to
bottom, and a block without a language directly below such a block is what it prints, with `...` for what differs from
run to run.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "e2e"))

from environment import ZATO, Environment, environment

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted([*DOCS.glob("tutorial/*.md"), *DOCS.glob("how-to/*.md")])
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SAVED = re.compile(r"Save this as `([^`]+)`:?\s*\Z")
# Commands that change nothing: what they print may take a moment to become what the page says.
READING = re.compile(r"(PASSWORD=|curl |grep |zato service list|zato info|zato service deployments)")
END = "--- end of block"


@dataclass
class Block:
    """One thing to do."""

    line: int
    text: str
    saved_as: str = ""
    expected: str | None = None


def blocks(page: str) -> Iterator[Block]:
    found = list(FENCE.finditer(page))
    for index, match in enumerate(found):
        language, text = match.groups()
        line = page.count("\n", 0, match.start()) + 1
        saved = SAVED.search(page[: match.start()])
        if saved:
            yield Block(line, text, saved_as=saved.group(1))
        elif language == "sh":
            block = Block(line, text)
            if index + 1 < len(found):
                following = found[index + 1]
                is_output = not following.group(1) and not page[match.end() : following.start()].strip()
                block.expected = following.group(2) if is_output else None
            yield block


class Shell:
    """A shell that runs block after block."""

    def __init__(self, directory: Path, variables: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            ["bash"],
            cwd=directory,
            env=variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, text: str) -> tuple[str, int]:
        """Gives what the block prints and the exit code of its last command."""
        assert self._process.stdin and self._process.stdout
        # Commands of a page must not read what comes after them.
        self._process.stdin.write(f"{{\n{text}\n}} </dev/null\nprintf '\\n{END} %s\\n' $?\n")
        self._process.stdin.flush()
        printed = []
        for line in self._process.stdout:
            if line.startswith(END):
                return "".join(printed), int(line.removeprefix(END))
            printed.append(line)
        raise AssertionError(f"the shell ended:\n{''.join(printed)}")

    def close(self) -> None:
        """Ends it."""
        self._process.kill()
        self._process.wait()


def matches(printed: str, expected: str) -> bool:
    pattern = ".*".join(re.escape(part) for part in expected.strip().split("..."))
    return re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None


def follow(page: Path, directory: Path, zato: Environment) -> None:
    variables = zato.variables
    variables["PATH"] = f"{ZATO.parent}:{variables['PATH']}"
    shell = Shell(directory, variables)
    try:
        for block in blocks(page.read_text().replace("17010", str(zato.port))):
            place = f"{page.relative_to(DOCS.parent)}:{block.line}"
            if block.saved_as:
                (directory / block.saved_as).write_text(block.text)
                continue
            is_reading = all(READING.match(line) for line in block.text.splitlines())
            deadline = time.monotonic() + (10 if is_reading else 0)
            while True:
                printed, code = shell.run(block.text)
                is_right = code == 0 and (block.expected is None or matches(printed, block.expected))
                if is_right or time.monotonic() > deadline:
                    break
                time.sleep(0.05)
            assert is_right, f"{place}: exit code {code}, printed\n{printed}\nexpected\n{block.expected}"
    finally:
        shell.close()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_the_page_says_works(page: Path, tmp_path: Path) -> None:
    if page.parent.name == "tutorial":
        made = Environment(tmp_path / "qs")
        made.is_running = True
        try:
            follow(page, tmp_path, made)
        finally:
            made.stop(expect=None)
        return
    with environment(tmp_path / "qs") as made:
        follow(page, tmp_path, made)
