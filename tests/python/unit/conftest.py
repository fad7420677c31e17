"""Unit tests never touch the native part, even if it is installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))

import fake_core

fake_core.install()

# Machines that run several builds at once are slow now and then, which says nothing about the code.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture
def log() -> Iterator[fake_core.Records]:
    """Records of the server's log, empty at first."""
    records = fake_core.records
    records.lines.clear()
    records.level, records.cid = 10, None
    yield records
    records.lines.clear()
    records.level, records.cid = 10, None
