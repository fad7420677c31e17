"""Context of asynchronous invocations, under its name of 3.2 (reference service-api 1.1, 4.4)."""

from __future__ import annotations

import dataclasses
from typing import Any

__all__ = ["AsyncCtx"]


@dataclasses.dataclass
class AsyncCtx:
    """What an asynchronous invocation was asked for."""

    calling_service: str = ""
    service_name: str = ""
    cid: str = ""
    data: Any = ""
    data_format: str = ""
    zato_ctx: Any = None
    environ: Any = None
    callback: Any = None
