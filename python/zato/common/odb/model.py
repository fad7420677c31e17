"""Tables of the server's own database as classes of SQLAlchemy (reference service-api 1.3, operations 10).

This server keeps configuration in a store of its own, so there are no such tables. The classes import, and say so when
they are used.
"""

from zato.common._missing import Missing

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

_NEEDS = "the tables of Zato's own database"


class APIKeySecurity(Missing, needs=_NEEDS):
    """Not available: needs the tables of Zato's own database."""


class Base(Missing, needs=_NEEDS):
    """Not available: needs the tables of Zato's own database."""


class ChannelAMQP(Missing, needs=_NEEDS):
    """Not available: needs the tables of Zato's own database."""


class ChannelWMQ(Missing, needs=_NEEDS):
    """Not available: needs the tables of Zato's own database."""


class ChannelZMQ(Missing, needs=_NEEDS):
    """Not available: needs the tables of Zato's own database."""


class Cluster(Missing, needs=_NEEDS):
    """Not available: needs the tables of Zato's own database."""


class CronStyleJob(Missing, needs=_NEEDS):
    """Not available: needs the tables of Zato's own database."""


class DeployedService(Missing, needs=_NEEDS):
    """Not available: needs the tables of Zato's own database."""


class DeploymentPackage(Missing, needs=_NEEDS):
    """Not available: needs the tables of Zato's own database."""


class DeploymentStatus(Missing, needs=_NEEDS):
    """Not available: needs the tables of Zato's own database."""


class HTTPBasicAuth(Missing, needs=_NEEDS):
    """Not available: needs the tables of Zato's own database."""


class HTTPSOAP(Missing, needs=_NEEDS):
    """Not available: needs the tables of Zato's own database."""


class IntervalBasedJob(Missing, needs=_NEEDS):
    """Not available: needs the tables of Zato's own database."""


class Job(Missing, needs=_NEEDS):
    """Not available: needs the tables of Zato's own database."""


class OutgoingAMQP(Missing, needs=_NEEDS):
    """Not available: needs the tables of Zato's own database."""


class OutgoingFTP(Missing, needs=_NEEDS):
    """Not available: needs the tables of Zato's own database."""


class OutgoingOdoo(Missing, needs=_NEEDS):
    """Not available: needs the tables of Zato's own database."""


class OutgoingWMQ(Missing, needs=_NEEDS):
    """Not available: needs the tables of Zato's own database."""


class OutgoingZMQ(Missing, needs=_NEEDS):
    """Not available: needs the tables of Zato's own database."""


class SQLConnectionPool(Missing, needs=_NEEDS):
    """Not available: needs the tables of Zato's own database."""


class SecurityBase(Missing, needs=_NEEDS):
    """Not available: needs the tables of Zato's own database."""


class Server(Missing, needs=_NEEDS):
    """Not available: needs the tables of Zato's own database."""


class Service(Missing, needs=_NEEDS):
    """Not available: needs the tables of Zato's own database."""
