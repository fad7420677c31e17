"""`self.response.payload` without declared output under profile 4.1; the native part takes it from here."""

from zato.common._message import Message

__all__ = ["Message"]
