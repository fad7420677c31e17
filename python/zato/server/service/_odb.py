"""`self.odb`: what is configured, as the tables of earlier versions (reference service-api 3.6)."""

from __future__ import annotations

from typing import Any

__all__ = ["ODB"]


class ODB:
    """The database of the server, to be read with SQLAlchemy (`pip install sqlalchemy`).

    The tables of `zato.common.odb.model` are filled from the configuration that is in force; secrets are left out.
    """

    __slots__ = ()

    def session(self) -> Any:
        """Gives a session of SQLAlchemy; close it when it is no longer needed.

        Queries see the configuration as it is when the session is opened. Changes are refused with
        `ReadOnlyDatabase`, which says what to use instead.

        Raises:
            MissingFeature: If SQLAlchemy is not installed.
        """
        from zato.common.odb._session import open_session

        return open_session()
