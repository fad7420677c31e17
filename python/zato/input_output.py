"""Elements under their import path of 4.1 (reference service-api 1.1)."""

from zato.server.service._input import ServiceInput
from zato.server.service._io import (
    CSV,
    UTC,
    UUID,
    AsIs,
    Bool,
    Date,
    DateTime,
    Decimal,
    Dict,
    DictList,
    Elem,
    Float,
    Int,
    List,
    Opaque,
    Secret,
    Text,
)

__all__ = [
    "CSV",
    "UTC",
    "UUID",
    "AsIs",
    "Bool",
    "Date",
    "DateTime",
    "Decimal",
    "Dict",
    "DictList",
    "Elem",
    "Float",
    "Int",
    "List",
    "Opaque",
    "Secret",
    "ServiceInput",
    "Text",
]
