"""Elements and attributes of SimpleIO under each profile, secrets, and input that is meant to hurt."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from environment import Environment, environment

SERVICES = (
    "reads20", "reads30", "reads32", "reads41", "formats", "params-only", "body-first", "required20", "skips-all",
    "skips-some", "decrypts", "not-encrypted", "deep",
)  # fmt: skip
KEYS = {"a": 1, "b": 2}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """An environment with a JSON channel for each service."""
    root = tmp_path_factory.mktemp("env") / "qs"
    with environment(root, fixtures=("services/elements.py", "services/modeled.py")) as made:
        channels = [
            {"name": name, "url_path": f"/{name}", "service": f"elements.{name}", "data_format": "json"}
            for name in SERVICES
        ]
        channels.append({"name": "trees", "url_path": "/trees", "service": "modeled.trees", "data_format": "json"})
        (body_first,) = (channel for channel in channels if channel["name"] == "body-first")
        body_first["params_pri"] = "msg-over-channel-params"
        made.enmasse({"channel_rest": channels})
        yield made


# Conversion (reference service-api 5.4)


@pytest.mark.compat("5.4-as-is", "5.4-bool", "5.4-date", "5.4-encoding", "5.4-float", "5.4-int", "5.4-text")
@pytest.mark.parametrize(
    ("profile", "name", "given", "expected"),
    [
        ("2.0", "any", 5, ["str", "5"]),
        ("2.0", "any", True, ["str", "True"]),
        ("2.0", "any", [5], ["list", [5]]),
        ("3.0", "any", 5, ["int", 5]),
        ("3.0", "opaque", {"a": 1}, ["dict", {"a": 1}]),
        ("3.2", "opaque", {"a": {"b": 1}}, ["Bunch", {"a": {"b": 1}}]),
        ("3.2", "any", [{"a": 1}], ["list", [{"a": 1}]]),
        ("4.1", "any", {"a": 1}, ["dict", {"a": 1}]),
        ("2.0", "int", "", ["int", 0]),
        ("3.0", "int", "", ["str", ""]),
        ("3.2", "int", 0, ["int", 0]),
        ("4.1", "int", True, ["bool", True]),
        ("3.2", "int", True, ["int", 1]),
        ("4.1", "bool", "on", ["bool", False]),
        ("3.0", "bool", "on", ["bool", True]),
        ("4.1", "bool", None, ["NoneType", None]),
        ("2.0", "date", "2030-01-31", ["str", "2030-01-31"]),
        ("3.0", "date_time", "no date", ["str", "no date"]),
        ("3.2", "date", "2030-01-31", ["datetime", "2030-01-31 00:00:00"]),
        ("4.1", "date", "2030-01-31", ["str", "2030-01-31"]),
        ("3.0", "dict_list", "anything", ["str", "anything"]),
        ("3.0", "dict", {"a": 1}, ["Bunch", {"a": 1, "b": "none"}]),
        ("4.1", "dict", {"a": 1}, ["dict", {"a": 1}]),
        ("4.1", "text", 5, ["int", 5]),
        ("4.1", "float", "1.5", ["str", "1.5"]),
        ("3.0", "float", "1.5", ["float", 1.5]),
        ("2.0", "password", "x", ["str", "x"]),
        ("4.1", "password", "x", ["str", "x"]),
        ("4.1", "pin", "x", ["str", "x"]),
    ],
)
def test_each_profile_converts_by_its_own_rules(
    served: Environment, profile: str, name: str, given: object, expected: list[object]
) -> None:
    answer = served.post(f"/reads{profile.replace('.', '')}", {name: given})
    assert answer.json()["seen"][name] == expected


@pytest.mark.compat("5.4-failure")
def test_what_cannot_be_converted_has_the_status_of_the_profile(served: Environment) -> None:
    assert served.post("/reads20", {"float": "x"}).status == 500
    answer = served.post("/reads30", {"float": "x"})
    assert answer.status == 400 and "element `float`: could not convert" in answer.text
    answer = served.post("/reads32", {"float": "x"})
    assert answer.status == 500 and "element `float`: could not convert" in answer.text
    answer = served.post("/reads30", {"int": "x"})
    assert answer.status == 500 and "ParsingException" in answer.text


@pytest.mark.compat("5.5-nothing")
def test_missing_input_of_2_0_says_whether_anything_came(served: Environment) -> None:
    answer = served.request("POST", "/required20")
    assert answer.status == 500 and "Missing input" in answer.text and "`a`" not in answer.text
    answer = served.post("/required20", {"b": 1})
    assert answer.status == 500 and "Missing input element: `a`" in answer.text


@pytest.mark.compat("5.4-date-format")
def test_formats_of_dates(served: Environment) -> None:
    assert served.get("/formats").json() == {"at": "12:30", "day": "31.01.2030", "iso": "2030-01-31T12:30:00"}


# Attributes (reference service-api 5.2, 5.5)


@pytest.mark.compat("5.2-params-only", "5.5-priority")
def test_the_body_may_be_ignored_or_preferred(served: Environment) -> None:
    assert served.post("/params-only?a=1", {"a": "2", "b": "3"}).json()["seen"] == {"a": "1", "b": ""}
    assert served.post("/body-first?a=1&b=2", {"a": "3"}).json()["seen"] == {"a": "3", "b": "2"}


@pytest.mark.compat("5.2-skip-empty-class")
def test_empty_input_may_be_left_out(served: Environment) -> None:
    assert served.post("/skips-all", {"needed": "x", "a": "", "n": None}).json()["seen"] == {"needed": "x", "b": ""}
    assert served.post("/skips-all", {"needed": "", "a": "1", "n": 0}).json()["seen"] == {"a": "1", "b": "", "n": 0}
    assert served.post("/skips-all", {}).status == 400
    assert served.post("/skips-some", {"a": "", "b": ""}).json()["seen"] == {"b": ""}


# Secrets (reference service-api 5.3, 9.16)


@pytest.mark.compat("3.6-server", "5.2-encrypt-secrets", "5.3-secret", "5.4-secret")
def test_secrets_arrive_encrypted_and_can_be_decrypted(served: Environment) -> None:
    assert served.post("/decrypts", {"password": "pässword", "api_key": ""}).json()["seen"] == {
        "is_encrypted": True, "by_server": "pässword", "by_crypto": "pässword", "api_key": None,
        "token": ["bytes", "secret", "x"], "as_text": "gAAAA", "as_it_is": "not encrypted",
    }  # fmt: skip
    for path in ("/reads30", "/reads32"):
        seen = served.post(path, {"password": "x", "pin": 5}).json()["seen"]
        assert seen["password"][1].startswith("zato.secret.") and seen["pin"][1].startswith("zato.secret.")
    assert served.post("/not-encrypted", {"password": "x"}).json()["seen"] == "x"


@pytest.mark.compat("5.4-secret")
def test_secrets_arrive_encrypted_where_the_key_is_not_in_a_file(tmp_path: Path) -> None:
    with environment(tmp_path / "qs", fixtures=("services/elements.py",)) as own:
        channel = {"name": "d", "url_path": "/d", "service": "elements.decrypts", "data_format": "json"}
        own.enmasse({"channel_rest": [channel]})
        own.stop()
        (found,) = own.server.rglob("secrets.conf")
        text = found.read_text()
        key = re.search(r"^key1\s*=\s*(\S+)", text, re.MULTILINE)
        assert key
        found.write_text(text.replace(key.group(1), ""))
        own.zato("start", own.server, env={"ZATO_SECRET_KEY": key.group(1)})
        own.is_running = True
        assert own.post("/d", {"password": "x"}).json()["seen"]["by_server"] == "x"


# Input that is meant to hurt


@pytest.mark.parametrize("name", ["text", "any", "dict", "list"])
@pytest.mark.parametrize("depth", [200, 900, 1100, 100_000])
def test_deep_nesting_is_read_or_refused(served: Environment, name: str, depth: int) -> None:
    for opening, closing in (("[", "]"), ('{"a":', "}")):
        body = f'{{"{name}": {opening * depth}1{closing * depth}}}'
        answer = served.request("POST", "/deep", body)
        is_wrong_type = name == "dict" and opening == "["
        if depth < 1000 and not is_wrong_type and answer.status == 200:
            continue
        if is_wrong_type and depth < 1000:
            assert answer.status in (400, 500), answer.text
            continue
        assert answer.status == 400, answer.text[:300]
        assert "nested too deeply" in answer.text or "depth limit exceeded" in answer.text
    assert served.post("/deep", {}).status == 200


def test_deep_models_are_read_or_refused(served: Environment) -> None:
    def tree(depth: int) -> str:
        return '{"value": 1, "children": [' * depth + "]}" * depth

    assert served.request("POST", "/trees", tree(100)).json() == {"count": 100}
    for depth in (500, 50_000):
        answer = served.request("POST", "/trees", tree(depth))
        assert answer.status == 400, answer.text[:300]


@pytest.mark.compat("5.5-broken-json")
@pytest.mark.parametrize(
    "body",
    [
        '{"float": NaN}', '{"float": Infinity}', '{"float": -Infinity}', b'{"text": "\xff"}', b"\xef\xbb\xbf{}",
        b'{"text": "\xed\xa0\x80"}', '{"text": "\\ud800"}', '{"text": 1,}', '{"int": 0x10}', b"\x00", "{", '{"a"',
        '{"text": "\x01"}',
    ],
)  # fmt: skip
def test_what_is_not_json_is_400(served: Environment, body: str | bytes) -> None:
    answer = served.request("POST", "/deep", body)
    assert answer.status == 400 and "the body is not valid JSON" in answer.json()["details"]


@pytest.mark.parametrize("number", ["1" + "0" * 20, "9" * 400, "-" + "9" * 5000, '"' + "9" * 5000 + '"'])
def test_integers_with_too_many_digits_are_400(served: Environment, number: str) -> None:
    answer = served.request("POST", "/deep", f'{{"int": {number}}}')
    assert answer.status == 400, answer.text[:300]


def test_integers_keep_their_digits(served: Environment) -> None:
    for number in (2**63 - 1, 2**64 - 1, -(2**63)):
        assert served.request("POST", "/deep", f'{{"int": {number}}}').json()["int"] == number
    assert served.post("/deep", {"int": str(10**50)}).text == '{"text":0,"int":1' + "0" * 50 + ',"any":"str"}'


def test_of_duplicate_keys_the_last_counts(served: Environment) -> None:
    assert served.request("POST", "/deep", '{"int": 1, "int": 2}').json()["int"] == 2


def test_lists_of_a_million(served: Environment) -> None:
    many = json.dumps({"any": [0] * 1_000_000})
    assert served.request("POST", "/deep", many).json()["any"] == "list"
    body = json.dumps({"value": 1, "children": [{"value": 1}] * 200_000})
    assert served.request("POST", "/trees", body, timeout=60).json()["count"] == 200_001
