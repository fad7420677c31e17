"""Configuration of parts of the server that are not there is refused by name, or told to be without effect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from environment import Environment

compat = pytest.mark.compat

# Rows of the page on compatibility, and what is imported under which key.
REFUSED: list[tuple[str, str, dict[str, Any]]] = [
    ("6.2-soap", "channel_soap", {"url_path": "/soap", "service": "zato.ping"}),
    ("6.4-soap", "channel_soap", {"url_path": "/soap", "service": "zato.ping"}),
    ("7-soap", "channel_soap", {"url_path": "/soap", "service": "zato.ping"}),
    ("7-file-transfer", "file_transfer", {"pickup_from": "/tmp", "service": "zato.ping"}),
    ("7-notifiers", "notif_sql", {"query": "select 1", "service": "zato.ping"}),
    ("7-notifiers", "notif_cloud_openstack_swift", {"containers": "all", "service": "zato.ping"}),
    ("7-json-rpc", "json_rpc", {"url_path": "/rpc", "service_whitelist": ["zato.ping"]}),
]

# Fields of REST channels that are kept for a server that knows them.
WITHOUT_EFFECT = [
    pytest.param("content_encoding", "gzip", marks=compat("6.2-gzip")),
    pytest.param("is_deprecated", True, marks=compat("6.2-deprecation")),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """An environment that does not run."""
    environment = Environment(tmp_path_factory.mktemp("env") / "qs")
    environment.create()
    yield environment


def imported(made: Environment, key: str, fields: dict[str, Any], *, is_refused: bool) -> str:
    """Imports one object; gives what the command says."""
    done = made.enmasse({key: [{"name": "mine", **fields}]}, expect=None)  # type: ignore[arg-type]
    said = done.stdout + done.stderr
    assert (done.returncode != 0) is is_refused, said
    return said


@pytest.mark.parametrize(("key", "fields"), [pytest.param(*rest, marks=compat(row)) for row, *rest in REFUSED])
def test_what_is_missing_is_refused_by_its_key(made: Environment, key: str, fields: dict[str, Any]) -> None:
    said = imported(made, key, fields, is_refused=True)
    assert f"`{key}` is not supported yet by this server" in said


@compat("2.5-rate-limit", "6.2-rate-limit", "6.3-rate-limit")
@pytest.mark.parametrize(
    ("key", "fields"),
    [
        ("channel_rest", {"url_path": "/limited", "service": "zato.ping"}),
        ("security", {"type": "basic_auth", "username": "limited"}),
    ],
)
def test_what_is_missing_to_limit_rates_is_refused_by_its_field(
    made: Environment, key: str, fields: dict[str, Any]
) -> None:
    limits = {"is_rate_limit_active": True, "rate_limit_type": "APPROXIMATE", "rate_limit_def": "* = 1/m"}
    said = imported(made, key, fields | limits, is_refused=True)
    assert "is_rate_limit_active" in said and "limit requests in front of the server" in said


@compat("2.5-request-hash", "6.5-cache")
@pytest.mark.parametrize("field", ["cache_id", "response_cache"])
def test_what_is_missing_to_cache_responses_is_told(made: Environment, field: str) -> None:
    channel = {"url_path": "/cached", "service": "zato.ping", field: 1}
    said = imported(made, "channel_rest", channel, is_refused=False)
    assert field in said and "it is kept but has no effect" in said


@pytest.mark.parametrize(("field", "value"), WITHOUT_EFFECT)
def test_fields_without_effect_are_told(made: Environment, field: str, value: Any) -> None:
    channel = {"url_path": "/plain", "service": "zato.ping", field: value}
    said = imported(made, "channel_rest", channel, is_refused=False)
    assert field in said and "it is kept but has no effect" in said
