"""Fixtures of the end-to-end tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from environment import Environment, environment
from profiles import PROFILES, Profiled, profiled_environment

# What is installed is tested, not the tree, which has no native part.
SOURCES = Path(__file__).parents[2] / "python"
sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != SOURCES]


@pytest.fixture(scope="module")
def zato(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """A running environment with one worker, shared by the tests of a module."""
    with environment(tmp_path_factory.mktemp("env") / "qs") as made:
        yield made


@pytest.fixture(scope="module")
def zato_two_workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """A running environment with two workers, shared by the tests of a module."""
    with environment(tmp_path_factory.mktemp("env") / "qs", workers=2) as made:
        yield made


@pytest.fixture
def own_zato(tmp_path: Path) -> Iterator[Environment]:
    """A running environment of the test's own, with two workers."""
    with environment(tmp_path / "qs", workers=2) as made:
        yield made


@pytest.fixture(scope="session", params=PROFILES)
def profiled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Profiled]:
    """A running environment of each profile in turn, shared by all tests."""
    pytest.importorskip("sqlalchemy", reason="its services answer with rows of a database")
    with profiled_environment(tmp_path_factory.mktemp("env") / "qs", request.param) as made:
        yield made
