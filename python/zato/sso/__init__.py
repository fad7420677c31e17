"""Single sign-on under its import path of 3.0 to 3.2 (reference service-api 1.3)."""

from zato.common._missing import missing_class, missing_object

__all__ = ["SearchCtx", "SignupCtx", "const", "status_code"]

_NEEDS = "single sign-on"

SearchCtx = missing_class("SearchCtx", _NEEDS, __name__)
SignupCtx = missing_class("SignupCtx", _NEEDS, __name__)
const = missing_object("const", _NEEDS)
status_code = missing_object("status_code", _NEEDS)
