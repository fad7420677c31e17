"""Attributes of services for invoking things in other ways than one by one (reference service-api 3.6, 4.5).

What is behind them is imported when a service uses it for the first time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zato.server.commands import CommandsFacade
    from zato.server.service._broker import BrokerClient
    from zato.server.service._patterns import PatternsFacade

__all__ = ["InvocationFacades"]


class InvocationFacades:
    """The attributes."""

    __slots__ = ()

    @property
    def patterns(self: Any) -> PatternsFacade:
        """Fan-out, parallel execution and repeated calls of other services."""
        from zato.server.service._patterns import PatternsFacade

        return PatternsFacade(self)

    @property
    def commands(self: Any) -> CommandsFacade:
        """Shell commands."""
        from zato.server.commands import CommandsFacade

        return CommandsFacade(self)

    @property
    def broker_client(self: Any) -> BrokerClient:
        """Messages to workers of the server."""
        from zato.server.service._broker import BrokerClient

        return BrokerClient(self)
