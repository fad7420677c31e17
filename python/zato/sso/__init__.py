"""Single sign-on under its import path of 3.0 to 3.2 (reference service-api 1.3)."""

from typing import Any

from zato.common._missing import Missing, missing_object

__all__ = ["SearchCtx", "SignupCtx", "const", "status_code"]

_NEEDS = "single sign-on"


class SearchCtx(Missing, needs=_NEEDS):
    """Not available: needs single sign-on."""


class SignupCtx(Missing, needs=_NEEDS):
    """Not available: needs single sign-on."""


const: Any = missing_object("const", _NEEDS)
status_code: Any = missing_object("status_code", _NEEDS)
