"""Base classes of services that are called when something happens (reference service-api 2.7)."""

from __future__ import annotations

from typing import Any, ClassVar

from zato.common.api import PUBSUB, WEB_SOCKET
from zato.server.service._io import Opaque
from zato.server.service._service import Service

__all__ = ["PubSubHook", "WSXAdapter", "WSXHook", "_Hook"]


class _Hook(Service):
    """Runs the method that belongs to what happened; its input is a context with a `hook_type`."""

    _zato_is_base: ClassVar[bool] = True
    #: Methods by type of hook.
    _hook_methods: ClassVar[dict[str, str]] = {}

    class SimpleIO:
        """The context, and what the hook decides."""

        input_required: Any = (Opaque("ctx"),)
        output_optional: Any = ("hook_action",)

    def handle(self) -> None:
        """Runs the method.

        Raises:
            ValueError: If the hook is of another type.
        """
        hook_type = self.request.input.ctx.hook_type
        method = self._hook_methods.get(hook_type)
        if method is None:
            raise ValueError(f"class {type(self).__name__} has no method for hooks of type `{hook_type}`")
        getattr(self, method)()


class PubSubHook(_Hook):
    """Called around messages of a topic (3.0 to 3.2).

    `self.request.input.ctx` says what happened; `self.response.payload.hook_action` takes one of `PUBSUB.HOOK_ACTION`.
    """

    _zato_is_base: ClassVar[bool] = True
    _hook_methods: ClassVar[dict[str, str]] = {
        PUBSUB.HOOK_TYPE.BEFORE_PUBLISH: "before_publish",
        PUBSUB.HOOK_TYPE.BEFORE_DELIVERY: "before_delivery",
        PUBSUB.HOOK_TYPE.ON_OUTGOING_SOAP_INVOKE: "on_outgoing_soap_invoke",
        PUBSUB.HOOK_TYPE.ON_SUBSCRIBED: "on_subscribed",
        PUBSUB.HOOK_TYPE.ON_UNSUBSCRIBED: "on_unsubscribed",
    }

    def before_publish(self) -> None:
        """Called before a message is published."""

    def before_delivery(self) -> None:
        """Called before a message is delivered."""

    def on_outgoing_soap_invoke(self) -> None:
        """Called in place of delivering a message to a SOAP connection."""

    def on_subscribed(self) -> None:
        """Called when somebody subscribed."""

    def on_unsubscribed(self) -> None:
        """Called when somebody unsubscribed."""


class WSXHook(_Hook):
    """Called around WebSocket connections of a channel (3.0 to 3.2)."""

    _zato_is_base: ClassVar[bool] = True
    _hook_methods: ClassVar[dict[str, str]] = {
        WEB_SOCKET.HOOK_TYPE.ON_CONNECTED: "on_connected",
        WEB_SOCKET.HOOK_TYPE.ON_DISCONNECTED: "on_disconnected",
        WEB_SOCKET.HOOK_TYPE.ON_PUBSUB_RESPONSE: "on_pubsub_response",
        WEB_SOCKET.HOOK_TYPE.ON_VAULT_MOUNT_POINT_NEEDED: "on_vault_mount_point_needed",
    }

    def on_connected(self) -> None:
        """Called when a client connected."""

    def on_disconnected(self) -> None:
        """Called when a client is gone."""

    def on_pubsub_response(self) -> None:
        """Called when a client responded to a message of a topic."""

    def on_vault_mount_point_needed(self) -> None:
        """Called when a client's credentials are to be looked up in Vault (3.2)."""


class WSXAdapter(Service):
    """Handles events of an outgoing WebSocket connection (3.2); methods are called directly, not through `handle`."""

    _zato_is_base: ClassVar[bool] = True

    def on_connected(self, ctx: Any) -> None:
        """Called when the connection was made."""

    def on_message_received(self, ctx: Any) -> None:
        """Called for each message, `ctx.data`."""

    def on_closed(self, ctx: Any) -> None:
        """Called when the connection was closed; `ctx.code` and `ctx.reason` say why."""
