"""Every import path of the reference (service-api 1), row by row: paths, names, aliases and values of constants."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from import_table import ALIASES, ATTRIBUTES, GROUPS, METHODS, MISSING, NAMES, VALUES
from zato.common._missing import MissingFeature

ROWS = [
    (section, path, name) for section, paths in NAMES.items() for path, names in paths.items() for name in names.split()
]


def compat_rows(section: str, path: str, name: str) -> list[str]:
    """Gives the rows of the page on compatibility that a name belongs to."""
    rows = [row for row, names in GROUPS.get(path, {}).items() if name in names.split()]
    return rows or [f"{section}-{path}"]


def imported(place: str) -> Any:
    """Gives what `module:name` stands for."""
    path, _, name = place.partition(":")
    return getattr(importlib.import_module(path), name)


@pytest.mark.parametrize(
    ("section", "path", "name"), [pytest.param(*row, marks=pytest.mark.compat(*compat_rows(*row))) for row in ROWS]
)
def test_every_name_imports(section: str, path: str, name: str) -> None:
    found = getattr(importlib.import_module(path), name)
    assert found is not None, section


@pytest.mark.compat("1.1-zato.server.service.reqresp")
@pytest.mark.parametrize("path", sorted({path for _, path, _ in ROWS}))
def test_every_module_says_what_it_is(path: str) -> None:
    module = importlib.import_module(path)
    assert module.__doc__
    for name in getattr(module, "__all__", ()):
        assert hasattr(module, name)


@pytest.fixture
def forgotten() -> Iterator[None]:
    """Takes what is imported of the package away for a while, but for what stands for the native part."""
    kept = {path: module for path, module in sys.modules.items() if path.split(".")[0] == "zato"}
    for path in kept.keys() - {"zato._core"}:
        del sys.modules[path]
    yield
    for path in [path for path in sys.modules if path.split(".")[0] == "zato"]:
        del sys.modules[path]
    sys.modules.update(kept)


@pytest.mark.usefixtures("forgotten")
@pytest.mark.parametrize("path", sorted({path for _, path, _ in ROWS}))
def test_every_module_can_be_the_first_that_is_imported(path: str) -> None:
    importlib.import_module(path)


@pytest.mark.compat(
    "1.1-Bool", "1.1-ForceType", "1.1-Int", "1.1-ListOfDicts", "1.1-Model", "1.1-Opaque", "1.1-PubSubMessage",
    "1.1-SOAPAdapter", "1.1-Text", "1.1-TimeUtil", "1.2-helpers-service", "1.3-zato.common.ext.bunch",
    "1.3-zato.common.json_internal", "1.3-zato.common.marshal_.api", "1.3-zato.common.util.api",
    "1.3-zato.common.util.time_", "1.4-ModelValidationError", "1.4-Reportable",
)  # fmt: skip
@pytest.mark.parametrize("line", ALIASES.strip().splitlines())
def test_aliases_are_one_object(line: str) -> None:
    first, second = line.split()
    assert imported(first) is imported(second)


@pytest.mark.compat(
    "1.1-NOT_GIVEN", "1.3-zato.common", "1.3-zato.common.api", "1.9-channel", "1.9-content-type",
    "1.9-data-format", "1.9-priorities", "1.9-pubsub", "1.9-scheduler", "1.9-web-socket",
)  # fmt: skip
@pytest.mark.parametrize(("path", "value"), VALUES.items())
@pytest.mark.parametrize("home", ["zato.common", "zato.common.api"])
def test_constants_have_their_values(home: str, path: str, value: Any) -> None:
    found: Any = importlib.import_module(home)
    for part in path.split("."):
        found = getattr(found, part)
    assert found == value


@pytest.mark.compat("1.5-attributes", "1.6-attributes")
@pytest.mark.parametrize("place", ATTRIBUTES)
def test_base_classes_have_their_defaults(place: str) -> None:
    found = imported(place)
    assert {name: getattr(found, name) for name in ATTRIBUTES[place]} == ATTRIBUTES[place]


@pytest.mark.compat("1.1-WSXAdapter", "1.5-call-params", "1.6-rest-call", "5.8-methods")
@pytest.mark.parametrize("line", METHODS.strip().splitlines())
def test_classes_have_their_methods(line: str) -> None:
    place, *names = line.split()
    assert all(callable(getattr(imported(place), name)) for name in names)


@pytest.mark.parametrize("line", MISSING.strip().splitlines())
def test_what_is_missing_says_so_when_it_is_used(line: str) -> None:
    place, needs = line.split(maxsplit=1)
    found = imported(place)
    with pytest.raises(MissingFeature, match=f"`{place.partition(':')[2]}.* needs {needs}, which this version"):
        found()
    with pytest.raises(MissingFeature, match=f"needs {needs}"):
        _ = found.anything
    assert not hasattr(found, "__wrapped__")


def test_missing_classes_can_be_subclassed() -> None:
    base = imported("zato.common.odb.model:DeployedService")

    class Own(base):
        pass

    with pytest.raises(MissingFeature, match="`Own` needs the tables"):
        Own()
    value = imported("zato.sso:const")
    with pytest.raises(MissingFeature, match=r"`const\['x'\]` needs single sign-on"):
        _ = value["x"]
    assert "not available" in repr(value)


@pytest.mark.compat("1.3-zato.server.connection.http_soap")
def test_exceptions_are_the_same_in_all_their_homes() -> None:
    home = importlib.import_module("zato.common.exception")
    for path in ("zato.common", "zato.server.connection.http_soap", "zato.common.marshal_.api"):
        module = importlib.import_module(path)
        for name in home.__all__:
            assert getattr(module, name, getattr(home, name)) is getattr(home, name)


@pytest.mark.compat("1.3-zato.common.broker_message")
def test_the_action_of_publish_is_a_number_as_text() -> None:
    action = imported("zato.common.broker_message:SERVICE").PUBLISH
    assert action.value.isdigit() and "PUBLISH" in repr(action)
    with pytest.raises(MissingFeature, match="the broker"):
        _ = imported("zato.common.broker_message:SCHEDULER").CREATE
