"""Messages between processes of a server, under their import path of 2.0 to 3.2 (reference service-api 1.3).

Services name them in the `action` of `self.broker_client.publish`. Numbers are this server's own: they never leave it.
"""

from __future__ import annotations

from zato.common._missing import missing_object

__all__ = [
    "CHANNEL",
    "DEFINITION",
    "HOT_DEPLOY",
    "OUTGOING",
    "PUBSUB",
    "SCHEDULER",
    "SECURITY",
    "SERVICE",
    "Action",
]


class Action:
    """One action; services use its `value`."""

    __slots__ = ("name", "value")

    def __init__(self, name: str, code: int) -> None:
        self.name: str = name
        self.value: str = str(code)

    def __repr__(self) -> str:
        return f"<{self.name}={self.value}>"


class SERVICE:
    """Actions about services."""

    #: Invokes a service in the background.
    PUBLISH = Action("SERVICE.PUBLISH", 100700)


_NEEDS = "configuration changes through the broker"

CHANNEL = missing_object("CHANNEL", _NEEDS)
DEFINITION = missing_object("DEFINITION", _NEEDS)
HOT_DEPLOY = missing_object("HOT_DEPLOY", _NEEDS)
OUTGOING = missing_object("OUTGOING", _NEEDS)
PUBSUB = missing_object("PUBSUB", _NEEDS)
SCHEDULER = missing_object("SCHEDULER", _NEEDS)
SECURITY = missing_object("SECURITY", _NEEDS)
