"""`self.security` under its import path of 3.2 (reference service-api 1.3, 3.6)."""

from zato.common._missing import missing_class

__all__ = ["SecurityFacade"]

SecurityFacade = missing_class("SecurityFacade", "bearer token definitions", __name__)
