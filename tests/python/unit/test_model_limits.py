"""Models made of anything: an instance, an error with a path, or an error of conversion; never something else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zato.common.exception import BadRequest, ModelValidationError
from zato.common.marshal_.api import Model
from zato.common.typing_ import dict_, isotimestamp, list_, list_field, optional
from zato.server.service._models import ModelInput, ModelType


@dataclass(init=False)
class Leaf(Model):
    number: int
    day: optional[date]


@dataclass(init=False)
class Tree(Model):
    name: str
    at: optional[datetime]
    stamp: optional[isotimestamp]
    amount: Decimal = Decimal(1)
    leaf: optional[Leaf]
    leaves: list_[Leaf] = list_field()  # noqa: RUF009
    matrix: optional[list_[list_[Leaf]]]
    by_name: optional[dict_[str, Leaf]]
    children: list_[Tree] = list_field()  # noqa: RUF009


_SCALARS: Any = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
_FIELDS = ("name", "at", "stamp", "amount", "leaf", "leaves", "matrix", "by_name", "children", "number", "day")
_NAMES = st.sampled_from(_FIELDS)
_VALUES: Any = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES | st.text(max_size=4), inner, max_size=6),
    max_leaves=30,
)


@given(_VALUES, st.booleans(), st.dictionaries(_NAMES, st.text(max_size=8)))
def test_anything_is_a_model_or_an_error_that_says_what(value: Any, is_list: bool, params: dict[str, str]) -> None:
    try:
        made = ModelInput(ModelType(Tree, is_list)).read(value, params, None)
    except ModelValidationError as error:
        assert error.status == 400 and error.elem_path
    except BadRequest as error:
        assert error.needs_msg
    except ValueError as error:
        assert "element `" in str(error)
    else:
        for item in made if is_list else [made]:
            # Null stays null where a list is not required.
            assert isinstance(item, Tree) and isinstance(item.leaves, list | None) and item.to_dict()


@pytest.mark.parametrize("number", [float("inf"), float("-inf"), 1e300, 2.0**63])
def test_integers_without_digits_are_refused(number: float) -> None:
    with pytest.raises(ModelValidationError, match="beyond 64 bits: /number"):
        ModelInput(ModelType(Leaf, False)).read({"number": number}, {}, None)


def test_depth_ends_in_a_recursion_error_and_nothing_worse() -> None:
    value: dict[str, Any] = {"name": "x"}
    for _ in range(20_000):
        value = {"name": "x", "children": [value]}
    with pytest.raises(RecursionError):
        ModelInput(ModelType(Tree, False)).read(value, {}, None)
    # Tearing down what is nested that deep must not recurse either.
    while value.get("children"):
        value = value.pop("children")[0]


def test_large_lists_are_read() -> None:
    items = [{"number": str(index)} for index in range(100_000)]
    made = ModelInput(ModelType(Tree, False)).read({"name": "x", "leaves": items}, {}, None)
    assert len(made.leaves) == 100_000 and made.leaves[-1].number == 99_999
