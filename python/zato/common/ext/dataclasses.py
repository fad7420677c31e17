"""The standard library's `dataclasses` under its import path of 3.2 and 4.1 (reference service-api 1.3).

`_FIELDS` and `_PARAMS` are the names of the attributes that a dataclass keeps its fields and options in.
"""

# Names that are passed on are listed together.
# ruff: noqa: I001

from dataclasses import (
    KW_ONLY as KW_ONLY,
    MISSING as MISSING,
    Field as Field,
    FrozenInstanceError as FrozenInstanceError,
    InitVar as InitVar,
    asdict as asdict,
    astuple as astuple,
    dataclass as dataclass,
    field as field,
    fields as fields,
    is_dataclass as is_dataclass,
    make_dataclass as make_dataclass,
    replace as replace,
)

_FIELDS = "__dataclass_fields__"
_PARAMS = "__dataclass_params__"
