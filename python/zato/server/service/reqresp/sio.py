"""Elements under their import path of 2.0 and 3.0 (reference service-api 1.1)."""

from zato.common.exception import ValidationException
from zato.server.service._input import ServiceInput
from zato.server.service._io import (
    CSV,
    UTC,
    AsIs,
    Bool,
    Boolean,
    Date,
    DateTime,
    Dict,
    Float,
    ForceType,
    Int,
    Integer,
    List,
    ListOfDicts,
    Nested,
    Opaque,
    Unicode,
)

__all__ = [
    "CSV",
    "UTC",
    "AsIs",
    "Bool",
    "Boolean",
    "Date",
    "DateTime",
    "Dict",
    "Float",
    "ForceType",
    "Int",
    "Integer",
    "List",
    "ListOfDicts",
    "Nested",
    "Opaque",
    "ServiceInput",
    "Unicode",
    "ValidationException",
]
