"""Elements under their import path of 3.2 (reference service-api 1.1)."""

from zato.common._missing import Missing
from zato.common.exception import ParsingError, SerialisationError
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
    NotGiven,
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
    "CySimpleIO",
    "Date",
    "DateTime",
    "Decimal",
    "Dict",
    "DictList",
    "Elem",
    "Float",
    "ForceType",
    "Int",
    "Integer",
    "List",
    "ListOfDicts",
    "Nested",
    "NotGiven",
    "Opaque",
    "ParsingError",
    "Secret",
    "SerialisationError",
    "ServiceInput",
    "Text",
    "Unicode",
]


class CySimpleIO(Missing, needs="the input and output engine of 3.2"):
    """Not available: needs the input and output engine of 3.2."""
