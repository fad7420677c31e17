"""Messages of publish/subscribe as services get them (reference service-api 1.3, 7)."""

from __future__ import annotations

import dataclasses
from typing import Any

__all__ = ["PubSubMessage"]


@dataclasses.dataclass
class PubSubMessage:
    """One message that was published to a topic (3.0 to 4.1)."""

    #: What was published.
    data: Any = ""
    pub_msg_id: str = ""
    pub_correl_id: str = ""
    topic_name: str = ""
    sub_key: str = ""
    priority: int = 5
    #: After how many milliseconds nobody wants it any more; none is never.
    expiration: int | None = None
    mime_type: str = "text/plain"
    size: int = 0
    pub_time_iso: str = ""
    ext_client_id: str = ""
    in_reply_to: str = ""
    user_ctx: Any = None
    zato_ctx: Any = None

    def to_dict(self) -> dict[str, Any]:
        """Gives attributes by name."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
