"""`self.broker_client` (reference service-api 3.6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zato.common.api import BROKER, CHANNEL
from zato.common.broker_message import SERVICE, Action

__all__ = ["BrokerClient"]

# What the keys of a message are called as arguments of `invoke_async`.
_OPTIONS = ("data_format", "transport", "cid", "callback", "zato_ctx", "environ", "wsgi_environ", "channel_params")


class BrokerClient:
    """Takes messages that earlier versions sent through a broker.

    There is no broker: a message that invokes a service is run by this worker. One of all workers runs it at any rate,
    whether it was published to all or sent to one.

    Args:
        service: The service that sends.
    """

    __slots__ = ("_service",)

    def __init__(self, service: Any) -> None:
        self._service = service

    def publish(self, msg: Mapping[str, Any], *_unused: Any, **_options: Any) -> str:
        """Invokes the service that a message names, in the background.

        Args:
            msg: `action`, which is `SERVICE.PUBLISH.value`, `service`, and anything that `self.invoke_async` takes.

        Returns:
            The correlation ID that the service runs with.

        Raises:
            ValueError: If the action is another, or the message names no service.
            KeyError: If the service is not deployed.
        """
        return self._invoke(msg, None)

    def invoke_async(
        self, msg: Mapping[str, Any], expiration: float = BROKER.DEFAULT_EXPIRATION, **_options: Any
    ) -> str:
        """Invokes the service that a message names, unless that has to wait for longer than a number of seconds.

        Returns and raises what `publish` does.
        """
        return self._invoke(msg, expiration)

    def _invoke(self, msg: Mapping[str, Any], expiration: float | None) -> str:
        action = msg.get("action")
        code = action.value if isinstance(action, Action) else action
        if isinstance(code, bytes):
            code = code.decode("ascii", "replace")
        if code != SERVICE.PUBLISH.value:
            raise ValueError(
                f"action {action!r} of a message to the broker is not supported; "
                "SERVICE.PUBLISH.value of zato.common.broker_message, which invokes a service, is the only one"
            )
        name = msg.get("service")
        if not name:
            raise ValueError("a message to the broker names no `service`")
        options = {option: msg[option] for option in _OPTIONS if msg.get(option) is not None}
        if expiration is not None:
            options["expiration"] = expiration
        payload = msg.get("payload")
        channel = msg.get("channel") or CHANNEL.INVOKE_ASYNC
        return self._service.invoke_async(name, "" if payload is None else payload, channel, **options)
