"""`self.security` under its import path of 3.2 (reference service-api 1.3, 3.6)."""

from zato.common._missing import Missing

__all__ = ["SecurityFacade"]


class SecurityFacade(Missing, needs="access to bearer tokens"):
    """Not available: needs access to bearer tokens."""
