"""Unit tests never touch the native part, even if it is installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))

import fake_core

fake_core.install()

# Machines that run several builds at once are slow now and then, which says nothing about the code.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture
def it() -> Iterator[Any]:
    """A loader with nothing in force, and what drives it."""
    from deployment import SIMPLE_IO, Deployments
    from zato.server._loader import Loader

    loader = Loader(profile="3.2", simple_io=SIMPLE_IO)
    yield Deployments(loader)
    loader.close()


@pytest.fixture
def log() -> Iterator[fake_core.Records]:
    """Records of the server's log, empty at first."""
    records = fake_core.records
    records.lines.clear()
    records.level, records.cid = 10, None
    yield records
    records.lines.clear()
    records.level, records.cid = 10, None
