"""What elements are under each profile, and JSON that the fast writer refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zato.common._json_fallback import dump_slowly
from zato.server.service import _io
from zato.server.service._convert import convert_input, convert_output
from zato.server.service._crypto import Crypto
from zato.server.service._profiles import describe_input


@pytest.mark.compat("5.4-date")
@pytest.mark.parametrize(
    ("element", "kinds"),
    [
        (_io.Date("x"), ("as_is", "as_is", "date", "date")),
        (_io.DateTime("x"), ("as_is", "as_is", "date_time", "date_time")),
        (_io.DictList("x", "a"), ("as_is", "as_is", "dict_list", "dict_list")),
        (_io.AsIs("x"), ("scalar_text", "as_is", "as_is", "as_is")),
        (_io.Secret("x"), ("text", "secret", "secret", "text")),
        (_io.Int("x"), ("int", "int", "int", "int")),
    ],
)
def test_kinds_by_profile(element: _io.Elem, kinds: tuple[str, ...]) -> None:
    found = tuple(describe_input(element, profile, encrypts=True)["kind"] for profile in ("2.0", "3.1", "3.2", "4.1"))
    # Dates become text in 2.0 where they are no text.
    assert found == (("scalar_text" if kinds[0] == "as_is" else kinds[0]), *kinds[1:])


def test_secrets_are_text_if_the_declaration_says_so() -> None:
    assert describe_input(_io.Secret("x"), "3.1", encrypts=False)["kind"] == "text"


@pytest.mark.compat("5.4-dict")
def test_keys_that_do_not_come_are_the_default_up_to_3_1() -> None:
    element = _io.Dict("x", "a", "b", default="none")
    old = describe_input(element, "3.0", encrypts=True)
    assert convert_input("dict", {"a": 1}, old) == {"a": 1, "b": "none"}
    with pytest.raises(ValueError, match="key `b` is missing"):
        convert_input("dict", {"a": 1}, describe_input(element, "3.2", encrypts=True))


@pytest.mark.compat("5.4-date-format")
def test_formats_of_dates_are_used_both_ways() -> None:
    for element in (_io.Date("x", "%d.%m.%Y"), _io.DateTime("x", format="%d.%m.%Y")):
        described = element.describe()
        moment = convert_input(element.kind, "31.01.2030", described)
        assert convert_output(element.kind, moment, described) == "31.01.2030"
    assert convert_output("date_time", "2030-01-31T10:00:00", _io.DateTime("x", format="iso").describe()) == (
        "2030-01-31T10:00:00"
    )


@pytest.mark.compat("3.6-crypto")
def test_crypto_speaks_of_text_and_bytes() -> None:
    crypto = Crypto()
    token = crypto.encrypt(b"secret")
    assert isinstance(token, bytes) and crypto.decrypt(token) == "secret"
    assert crypto.decrypt(crypto.encrypt("secret", needs_str=True)) == "secret"
    assert crypto.decrypt("plain") == "plain"
    assert len(crypto.generate_secret()) == 44 and isinstance(crypto.generate_secret(as_str=True), str)
    assert len(crypto.generate_password()) == 32 and isinstance(crypto.generate_password(to_str=True), str)
    assert crypto.generate_secret() != crypto.generate_secret()


_JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from("abcd") | st.text(), inner),
)


@pytest.mark.compat("6.1-huge")
@given(_JSON)
def test_the_slow_writer_writes_everything(value: Any) -> None:
    for is_pretty in (False, True):
        assert json.loads(dump_slowly(value, is_pretty)) == value


_ELEMENTS = [
    *(class_("x") for class_ in (_io.CSV, _io.List, _io.Dict, _io.DictList, _io.Date, _io.DateTime, _io.Decimal)),
    _io.UUID("x"),
    _io.UTC("x"),
    _io.Dict("x", "a", _io.Int("-b"), _io.Dict("-c", "d")),
    _io.DictList("x", "a", _io.Int("-b")),
]


@given(_JSON, st.sampled_from(_ELEMENTS))
def test_conversion_of_anything_gives_a_value_or_a_value_error(value: Any, element: _io.Elem) -> None:
    try:
        convert_input(element.kind, value, element.describe())
    except ValueError as error:
        assert str(error)


def test_keys_that_cannot_be_converted_are_named() -> None:
    element = _io.Dict("x", _io.Int("n"))
    for value in ([1], float("inf"), "x", {}):
        with pytest.raises(ValueError, match="key `n`: "):
            convert_input("dict", {"n": value}, element.describe())
