from __future__ import annotations

import json
import os
import pickle
from collections.abc import Iterator
from typing import Any

import pytest

from zato.server.service import Service, _user_config


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    yield
    _user_config.replace("")


def put(
    files: dict[str, Any], aliases: dict[str, str] | None = None, environment: dict[str, str] | None = None
) -> None:
    _user_config.replace(json.dumps({"files": files, "aliases": aliases or {}, "environment": environment or {}}))


def test_values_are_read_by_attribute_and_by_item() -> None:
    put({"app": {"api": {"timeout": 30, "hosts": ["a", "b"], "deep": {"x": "y"}}}})
    config = Service.config
    assert config is Service.user_config
    assert config.app.api.timeout == config["app"]["api"]["timeout"] == 30
    assert config.app.api.hosts == ["a", "b"] and config.app.api.deep.x == "y"
    assert config.app.get("none", 5) == 5 and config.get("none") is None
    with pytest.raises(AttributeError, match="none"):
        _ = config.app.none


def test_a_change_keeps_what_is_the_same_and_drops_what_is_gone() -> None:
    put({"a": {"k": 1}, "b": {"k": True}, "c": {}})
    config, a, b = Service.config, Service.config.a, Service.config.b
    put({"a": {"k": 1}, "b": {"k": 1}})
    assert Service.config is config and config.a is a
    assert b.k is True and config.b.k == 1 and config.b is not b
    assert list(config) == ["a", "b"] and "c" not in config


def test_going_through_files_sees_those_there_were_when_it_began() -> None:
    put({"a": {"k": 1}, "b": {"k": 2}})
    seen = []
    for key, file in Service.config.items():
        put({"a": {"k": 1}, "b": {"k": 2}, f"{key}-more": {}})
        seen.append((key, file.k))
    assert seen == [("a", 1), ("b", 2)]


@pytest.mark.compat("3.7-user-config")
def test_a_file_with_a_label_is_found_under_its_own_name_as_well() -> None:
    put({"data1": {"hello": {"a": "b"}}}, {"data1": "my1"})
    config = Service.user_config
    assert config.data1.hello.a == config.data1.my1.hello.a == config["data1"]["my1"]["hello"]["a"] == "b"
    assert list(config.data1) == ["hello"] and config.data1.get("my1") is config.data1
    assert config.data1.get("other", 1) == 1
    assert pickle.loads(pickle.dumps(config.data1)).my1.hello.a == "b"
    with pytest.raises(AttributeError):
        _ = config.data1.other


def test_variables_are_set_and_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZT_OLD", "before")
    monkeypatch.delenv("ZT_NEW", raising=False)
    put({}, environment={"ZT_OLD": "1", "ZT_NEW": "2"})
    assert (os.environ["ZT_OLD"], os.environ["ZT_NEW"]) == ("1", "2")
    put({}, environment={"ZT_NEW": "3"})
    assert (os.environ["ZT_OLD"], os.environ["ZT_NEW"]) == ("before", "3")
    put({})
    assert os.environ["ZT_OLD"] == "before" and "ZT_NEW" not in os.environ
