"""Tables of the server's own database as classes of SQLAlchemy (reference service-api 1.3, operations 12).

This server keeps configuration in a store of its own. What is configured is shown in tables of these names by
`self.odb.session()`; tables of what this server does not have import, and say so when they are used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zato.common._missing import Missing

if TYPE_CHECKING:
    from zato.common.odb._tables import (
        HTTPSOAP,
        APIKeySecurity,
        Base,
        Cluster,
        HTTPBasicAuth,
        SecurityBase,
        Server,
        Service,
    )

__all__ = [
    "HTTPSOAP",
    "APIKeySecurity",
    "Base",
    "ChannelAMQP",
    "ChannelWMQ",
    "ChannelZMQ",
    "Cluster",
    "CronStyleJob",
    "DeployedService",
    "DeploymentPackage",
    "DeploymentStatus",
    "HTTPBasicAuth",
    "IntervalBasedJob",
    "Job",
    "OutgoingAMQP",
    "OutgoingFTP",
    "OutgoingOdoo",
    "OutgoingWMQ",
    "OutgoingZMQ",
    "SQLConnectionPool",
    "SecurityBase",
    "Server",
    "Service",
]


class ChannelAMQP(Missing, needs="AMQP connections"):
    """Not available: needs AMQP connections."""


class ChannelWMQ(Missing, needs="IBM MQ connections"):
    """Not available: needs IBM MQ connections."""


class ChannelZMQ(Missing, needs="ZeroMQ connections"):
    """Not available: needs ZeroMQ connections."""


class CronStyleJob(Missing, needs="the tables of Zato's own database"):
    """Not available: needs the tables of Zato's own database."""


class DeployedService(Missing, needs="the tables of Zato's own database"):
    """Not available: needs the tables of Zato's own database."""


class DeploymentPackage(Missing, needs="the tables of Zato's own database"):
    """Not available: needs the tables of Zato's own database."""


class DeploymentStatus(Missing, needs="the tables of Zato's own database"):
    """Not available: needs the tables of Zato's own database."""


class IntervalBasedJob(Missing, needs="the tables of Zato's own database"):
    """Not available: needs the tables of Zato's own database."""


class Job(Missing, needs="the tables of Zato's own database"):
    """Not available: needs the tables of Zato's own database."""


class OutgoingAMQP(Missing, needs="AMQP connections"):
    """Not available: needs AMQP connections."""


class OutgoingFTP(Missing, needs="FTP connections"):
    """Not available: needs FTP connections."""


class OutgoingOdoo(Missing, needs="Odoo connections"):
    """Not available: needs Odoo connections."""


class OutgoingWMQ(Missing, needs="IBM MQ connections"):
    """Not available: needs IBM MQ connections."""


class OutgoingZMQ(Missing, needs="ZeroMQ connections"):
    """Not available: needs ZeroMQ connections."""


class SQLConnectionPool(Missing, needs="SQL connections"):
    """Not available: needs SQL connections."""


#: Tables there are; they are made when one of them is imported, as SQLAlchemy is slow to import.
_PRESENT = frozenset(
    ("HTTPSOAP", "APIKeySecurity", "Base", "Cluster", "HTTPBasicAuth", "SecurityBase", "Server", "Service")
)


def __getattr__(name: str) -> Any:
    if name not in _PRESENT:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        import sqlalchemy  # noqa: F401
    except ImportError:
        made: Any = type(Missing)(name, (Missing,), {"__module__": __name__}, needs="SQLAlchemy", package="sqlalchemy")
    else:
        from zato.common.odb import _tables

        made = getattr(_tables, name)
    globals()[name] = made
    return made
