"""What services import (reference service-api 1.1)."""

from dataclasses import dataclass

from zato._core import ChannelInfo, ChannelSecurityInfo
from zato.common.api import NOT_GIVEN
from zato.common.marshal_.api import Model, ModelCtx
from zato.common.pubsub import PubSubMessage
from zato.common.util.time_ import TimeUtil
from zato.server.service._absent import AMQPFacade, DataverseClient, PubSub, WSXFacade
from zato.server.service._context import AsyncCtx
from zato.server.service._hook_services import PubSubHook, WSXAdapter, WSXHook, _Hook
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
    Float,
    ForceType,
    Int,
    Integer,
    IOElem,
    List,
    ListOfDicts,
    Nested,
    Opaque,
    SIOElem,
    Text,
    Unicode,
)
from zato.server.service._patterns import PatternsFacade
from zato.server.service._rest_adapter import (
    AdapterBase,
    BusinessCentralAdapter,
    ODataAdapter,
    RESTAdapter,
    SAPAdapter,
    SOAPAdapter,
)
from zato.server.service._service import Service

__all__ = [
    "CSV",
    "NOT_GIVEN",
    "UTC",
    "UUID",
    "AMQPFacade",
    "AdapterBase",
    "AsIs",
    "AsyncCtx",
    "Bool",
    "Boolean",
    "BusinessCentralAdapter",
    "ChannelInfo",
    "ChannelSecurityInfo",
    "DataverseClient",
    "Date",
    "DateTime",
    "Decimal",
    "Dict",
    "DictList",
    "Float",
    "ForceType",
    "IOElem",
    "Int",
    "Integer",
    "List",
    "ListOfDicts",
    "Model",
    "ModelCtx",
    "Nested",
    "ODataAdapter",
    "Opaque",
    "PatternsFacade",
    "PubSub",
    "PubSubHook",
    "PubSubMessage",
    "RESTAdapter",
    "SAPAdapter",
    "SIOElem",
    "SOAPAdapter",
    "Service",
    "Text",
    "TimeUtil",
    "Unicode",
    "WSXAdapter",
    "WSXFacade",
    "WSXHook",
    "_Hook",
    "dataclass",
]
