"""Services about publish/subscribe (reference operations 24)."""

from __future__ import annotations

from zato.common._missing import refuse
from zato.server.service.internal import AdminService

__all__ = ["Publish"]


class Publish(AdminService):
    """Publishes a message to a topic."""

    name = "zato.pubsub.publish.publish"

    def handle(self) -> None:
        """Does nothing yet.

        Raises:
            MissingFeature: Always.
        """
        refuse(self.name, "publish/subscribe")
