"""Free-form messages, which responses under profile 4.1 begin as (reference service-api, conflict table)."""

from __future__ import annotations

from typing import Any

from zato.bunch import Bunch


class Message(Bunch):
    """A free-form message: what is not there yet is made when it is looked at, so that paths can be assigned."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]

    def __missing__(self, name: str) -> Message:
        made = self[name] = Message()
        return made
