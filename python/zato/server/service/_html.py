"""Pages from templates (reference service-api 1.2, `HTMLService`)."""

from __future__ import annotations

import threading
from typing import Any

from zato.common._missing import MissingFeature

__all__ = ["render"]

_lock = threading.Lock()


def render(template: str, context: dict[str, Any]) -> str:
    """Fills in a template in Django's language.

    Args:
        template: Text of the template.
        context: What it may use, by name.

    Raises:
        MissingFeature: If the library `django` is not installed.
    """
    try:
        import django  # type: ignore[import-not-found]
        from django.conf import settings  # type: ignore[import-not-found]
        from django.template import Context, Engine  # type: ignore[import-not-found]
    except ImportError:
        message = "HTML templates need the library `django`; install it with `python -m pip install django`"
        raise MissingFeature(message) from None
    with _lock:
        if not settings.configured:
            # Filters about dates and numbers ask for settings; those of a project are left alone. Logging is the
            # server's, and times stay in the time zone they have.
            settings.configure(LOGGING_CONFIG=None, USE_TZ=False)
            django.setup()
    return Engine().from_string(template).render(Context(context))
