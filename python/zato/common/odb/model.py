"""Tables of the server's own database as classes of SQLAlchemy (reference service-api 1.3, operations 10).

This server keeps configuration in a store of its own, so there are no such tables. The classes import, and say so when
they are used.
"""

from zato.common._missing import missing_class

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

APIKeySecurity = missing_class("APIKeySecurity", _NEEDS, __name__)
Base = missing_class("Base", _NEEDS, __name__)
ChannelAMQP = missing_class("ChannelAMQP", _NEEDS, __name__)
ChannelWMQ = missing_class("ChannelWMQ", _NEEDS, __name__)
ChannelZMQ = missing_class("ChannelZMQ", _NEEDS, __name__)
Cluster = missing_class("Cluster", _NEEDS, __name__)
CronStyleJob = missing_class("CronStyleJob", _NEEDS, __name__)
DeployedService = missing_class("DeployedService", _NEEDS, __name__)
DeploymentPackage = missing_class("DeploymentPackage", _NEEDS, __name__)
DeploymentStatus = missing_class("DeploymentStatus", _NEEDS, __name__)
HTTPBasicAuth = missing_class("HTTPBasicAuth", _NEEDS, __name__)
HTTPSOAP = missing_class("HTTPSOAP", _NEEDS, __name__)
IntervalBasedJob = missing_class("IntervalBasedJob", _NEEDS, __name__)
Job = missing_class("Job", _NEEDS, __name__)
OutgoingAMQP = missing_class("OutgoingAMQP", _NEEDS, __name__)
OutgoingFTP = missing_class("OutgoingFTP", _NEEDS, __name__)
OutgoingOdoo = missing_class("OutgoingOdoo", _NEEDS, __name__)
OutgoingWMQ = missing_class("OutgoingWMQ", _NEEDS, __name__)
OutgoingZMQ = missing_class("OutgoingZMQ", _NEEDS, __name__)
SQLConnectionPool = missing_class("SQLConnectionPool", _NEEDS, __name__)
SecurityBase = missing_class("SecurityBase", _NEEDS, __name__)
Server = missing_class("Server", _NEEDS, __name__)
Service = missing_class("Service", _NEEDS, __name__)
