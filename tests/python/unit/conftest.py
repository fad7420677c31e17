"""Unit tests never touch the native part, even if it is installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import fake_core

fake_core.install()


@pytest.fixture
def log() -> Iterator[fake_core.Records]:
    """Records of the server's log, empty at first."""
    records = fake_core.records
    records.lines.clear()
    records.level, records.cid = 10, None
    yield records
    records.lines.clear()
    records.level, records.cid = 10, None
