"""The plugin for pytest: the fixture `zato`. Nothing else is imported before a test asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from zato.testing import Runner


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the option of pytest.ini and pyproject.toml."""
    parser.addini("zato_profile", "Compat profile of services that name none of their own", default="3.2")


def pytest_configure(config: pytest.Config) -> None:
    """Lets tests written for the `zato-testing` package import it."""
    from zato._testing_names import install

    install()


@pytest.fixture
def zato(request: pytest.FixtureRequest) -> Iterator[Runner]:
    """Runs services without a server; see `zato.testing.Runner`."""
    from zato.testing import Runner

    with Runner(str(request.config.getini("zato_profile"))) as runner:
        yield runner
