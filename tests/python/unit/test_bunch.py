from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zato.bunch import Bunch, bunchify, debunchify
from zato.server.service._input import ServiceInput

trees = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner),
    max_leaves=20,
)


def test_keys_are_attributes() -> None:
    bunch = Bunch(a=1)
    bunch.b = 2
    assert (bunch.a, bunch["b"]) == (1, 2)
    del bunch.a
    assert dict(bunch) == {"b": 2}
    assert "b" in dir(bunch)
    assert repr(bunch) == "Bunch(b=2)"
    with pytest.raises(AttributeError):
        bunch.missing  # noqa: B018 - the access is the point
    with pytest.raises(AttributeError):
        del bunch.missing
    assert json.dumps(bunch) == '{"b": 2}'


@given(trees)
def test_trees_survive_the_way_there_and_back(tree: Any) -> None:
    assert debunchify(bunchify(tree)) == tree
    assert copy.deepcopy(bunchify(tree)) == tree


@pytest.mark.compat("1.3-zato.bunch")
def test_bunches_go_all_the_way_down() -> None:
    bunch = bunchify({"a": [{"b": {"c": 1}}], "t": ({"d": 2},)})
    assert bunch.a[0].b.c == 1 and bunch.t[0].d == 2
    assert type(debunchify(bunch)["a"][0]) is dict
    assert isinstance(pickle.loads(pickle.dumps(bunch)), Bunch)


@pytest.mark.compat("3.2-input-access")
def test_input_names_what_it_has() -> None:
    given = ServiceInput(name="x", age=5)
    assert given.name == "x" and given.get("nope") is None
    with pytest.raises(AttributeError, match=r"No such key `nope` in self.request.input, known ones: `age`, `name`"):
        given.nope  # noqa: B018 - the access is the point
    copied = given.deepcopy()
    assert isinstance(copied, ServiceInput) and copied == given and copied is not given


@pytest.mark.compat("3.2-require-any")
def test_input_may_require_any_of_some_names() -> None:
    given = ServiceInput(a="", b="x")
    given.require_any("a", "b")
    with pytest.raises(ValueError, match="At least one of these elements is required: `a`, `c`"):
        given.require_any("a", "c")
