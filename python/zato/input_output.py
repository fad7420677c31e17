"""Elements under their import path of 4.1 (reference service-api 1.1)."""

from zato.common._missing import Missing
from zato.server.service._input import ServiceInput
from zato.server.service._io import (
    CSV,
    UTC,
    UUID,
    AsIs,
    Bool,
    Boolean,
    Date,
    DateTime,
    Decimal,
    Dict,
    DictList,
    Elem,
    Float,
    ForceType,
    Int,
    Integer,
    List,
    ListOfDicts,
    Nested,
    Opaque,
    Secret,
    Text,
    Unicode,
)

__all__ = [
    "CSV",
    "UTC",
    "UUID",
    "AsIs",
    "Bool",
    "Boolean",
    "Date",
    "DateTime",
    "Decimal",
    "Dict",
    "DictList",
    "Elem",
    "Float",
    "ForceType",
    "IOProcessor",
    "Int",
    "Integer",
    "List",
    "ListOfDicts",
    "Nested",
    "Opaque",
    "Secret",
    "ServiceInput",
    "Text",
    "Unicode",
]


class IOProcessor(Missing, needs="the input and output engine of 4.1"):
    """Not available: needs the input and output engine of 4.1."""
