"""Attributes of `self.request` that are asked for rarely (reference service-api 3.2); the native part asks here for
whatever it does not have itself.
"""

from __future__ import annotations

from typing import Any

from zato.common._missing import missing_object
from zato.common.api import PARAMS_PRIORITY

__all__ = ["find_request_part"]

# What channels that are not there would fill in.
_CHANNELS = {
    "amqp": "AMQP channels",
    "hl7": "HL7 channels",
    "ibm_mq": "IBM MQ channels",
    "soap": "SOAP channels",
    "wmq": "IBM MQ channels",
}


def find_request_part(name: str, facts: dict[str, Any]) -> Any:
    """Gives an attribute of `self.request`.

    Args:
        name: The attribute.
        facts: `service`, the class that is invoked, and `body_wins`, whether the channel prefers the body to
            parameters of the URL.

    Returns:
        The attribute; for kinds of channels that are not there an object whose every use raises `MissingFeature`.

    Raises:
        AttributeError: If requests have no such attribute.
    """
    if name in _CHANNELS:
        return missing_object(f"self.request.{name}", _CHANNELS[name])
    if name == "logger":
        return facts["service"].logger
    if name == "headers":
        # Those of messages of queues (4.1), not those of HTTP.
        return {}
    if name == "params_priority":
        priority = PARAMS_PRIORITY
        return priority.MSG_OVER_CHANNEL_PARAMS if facts["body_wins"] else priority.CHANNEL_PARAMS_OVER_MSG
    if name == "is_xml":
        return False
    hint = "; the service itself is `self`" if name == "service" else ""
    raise AttributeError(f"`self.request` has no attribute `{name}`{hint}")
