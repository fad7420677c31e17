"""Methods that services may implement around `handle` (reference service-api 2.5).

All of them do nothing here. They stay callable, so that `super().before_handle()` works, and are marked, so that the
server calls only what a service overrides.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar

_Function = TypeVar("_Function", bound=Callable[..., Any])

INSTANCE_HOOKS = (
    "accept",
    "before_handle",
    "validate_input",
    "validate_output",
    "after_handle",
    "finalize_handle",
    "before_job",
    "before_one_time_job",
    "before_interval_based_job",
    "before_cron_style_job",
    "after_job",
    "after_one_time_job",
    "after_interval_based_job",
    "after_cron_style_job",
    "get_request_hash",
)


def _default(function: _Function) -> _Function:
    """Marks a hook that does nothing."""
    function._zato_is_default = True  # type: ignore[attr-defined]
    return function


def is_overridden(cls: type, name: str) -> bool:
    """Whether a service class has a hook of its own, inherited ones included."""
    hook = getattr(cls, name, None)
    return hook is not None and not getattr(hook, "_zato_is_default", False)


class Hooks:
    """The hooks with their default behavior."""

    __slots__ = ()

    @staticmethod
    @_default
    def before_add_to_store(logger: logging.Logger) -> bool:
        """Called once a class was imported; it is deployed only if this gives True."""
        return True

    @staticmethod
    @_default
    def after_add_to_store(logger: logging.Logger) -> None:
        """Called once a service is in force; a single argument called `server` gets the server in place of a logger."""

    @_default
    def accept(self) -> bool:
        """Whether to handle the request at all; False answers with status 400 and nothing else runs."""
        return True

    @staticmethod
    @_default
    def get_request_hash(ctx: Any) -> None:
        """Gives the part of a cache key that stands for the request."""

    @_default
    def before_handle(self) -> None:
        """Runs before `handle`; exceptions are logged and ignored."""

    @_default
    def validate_input(self) -> None:
        """Runs before `handle`; exceptions keep `handle` from running."""

    @_default
    def validate_output(self) -> None:
        """Runs after `handle`; exceptions are errors of the service."""

    @_default
    def after_handle(self) -> None:
        """Runs after `handle` unless that raised; exceptions are logged and ignored."""

    @_default
    def finalize_handle(self) -> None:
        """Runs last; exceptions are logged and ignored."""

    @_default
    def before_job(self) -> None:
        """Runs before `handle` if a scheduled job invoked the service."""

    @_default
    def before_one_time_job(self) -> None:
        """Runs before `handle` if a one-time job invoked the service."""

    @_default
    def before_interval_based_job(self) -> None:
        """Runs before `handle` if an interval-based job invoked the service."""

    @_default
    def before_cron_style_job(self) -> None:
        """Runs before `handle` if a cron-style job invoked the service."""

    @_default
    def after_job(self) -> None:
        """Runs after `handle` if a scheduled job invoked the service."""

    @_default
    def after_one_time_job(self) -> None:
        """Runs after `handle` if a one-time job invoked the service."""

    @_default
    def after_interval_based_job(self) -> None:
        """Runs after `handle` if an interval-based job invoked the service."""

    @_default
    def after_cron_style_job(self) -> None:
        """Runs after `handle` if a cron-style job invoked the service."""
