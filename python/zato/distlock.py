"""Locks under their import path of 3.0 to 4.1 (reference service-api 1.3, 3.9)."""

from zato.common._missing import Missing

__all__ = ["LockManager", "LockTimeout"]


class LockTimeout(Exception):  # noqa: N818 - historical name
    """A lock could not be had in time."""


class LockManager(Missing, needs="locks shared by servers"):
    """Not available: needs locks shared by servers."""
