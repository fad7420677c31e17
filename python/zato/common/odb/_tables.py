"""Tables of the server's database, with SQLAlchemy (reference service-api 1.3, operations 12).

Names of tables and columns are those of earlier versions; what this server does not have is not there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, String, Text
from sqlalchemy.orm import declarative_base, relationship

__all__ = ["HTTPSOAP", "APIKeySecurity", "Base", "Cluster", "HTTPBasicAuth", "SecurityBase", "Server", "Service"]

if TYPE_CHECKING:

    class Base:
        """Base of the tables."""

        metadata: ClassVar[Any]
        __table__: ClassVar[Any]

        def __init__(self, **columns: Any) -> None:
            """Makes a row; values of columns are given by name."""

else:

    class _Columns:
        # Types of columns are for readers; SQLAlchemy 2 would take them for declarations of its own.
        __allow_unmapped__ = True

    Base = declarative_base(cls=_Columns)


class Cluster(Base):
    """The cluster."""

    __tablename__ = "cluster"

    id: Any = Column(Integer, primary_key=True)
    name: Any = Column(String(200), nullable=False)
    description: Any = Column(String(1000))
    odb_type: Any = Column(String(30), nullable=False)


class Server(Base):
    """The server that the session was opened in."""

    __tablename__ = "server"

    id: Any = Column(Integer, primary_key=True)
    name: Any = Column(String(200), nullable=False)
    cluster_id: Any = Column(Integer, ForeignKey("cluster.id"), nullable=False)
    cluster: Any = relationship(Cluster, backref="servers")


class Service(Base):
    """A deployed service, or one that a channel names."""

    __tablename__ = "service"

    id: Any = Column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    name: Any = Column(String(2000), nullable=False)
    is_active: Any = Column(Boolean, nullable=False)
    impl_name: Any = Column(String(2000), nullable=False)
    is_internal: Any = Column(Boolean, nullable=False)
    slow_threshold: Any = Column(Integer, nullable=False)
    cluster_id: Any = Column(Integer, ForeignKey("cluster.id"), nullable=False)
    cluster: Any = relationship(Cluster, backref="services")


class SecurityBase(Base):
    """A security definition of any type."""

    __tablename__ = "sec_base"

    id: Any = Column(Integer, primary_key=True)
    name: Any = Column(String(200), nullable=False)
    username: Any = Column(String(200))
    is_active: Any = Column(Boolean, nullable=False)
    sec_type: Any = Column(String(45), nullable=False)
    cluster_id: Any = Column(Integer, ForeignKey("cluster.id"), nullable=False)
    cluster: Any = relationship(Cluster, backref="security_list")

    __mapper_args__: ClassVar[dict[str, Any]] = {"polymorphic_on": sec_type}

    @property
    def password(self) -> NoReturn:
        """Raises `AttributeError`: secrets are not part of these tables."""
        raise AttributeError(f"`self.odb` gives no secrets, not even the one of security definition `{self.name}`")


class HTTPBasicAuth(SecurityBase):
    """A definition of Basic Auth."""

    __tablename__ = "sec_basic_auth"
    __mapper_args__: ClassVar[dict[str, Any]] = {"polymorphic_identity": "basic_auth"}

    id: Any = Column(Integer, ForeignKey("sec_base.id"), primary_key=True)
    realm: Any = Column(String(200), nullable=False)


class APIKeySecurity(SecurityBase):
    """An API key."""

    __tablename__ = "sec_apikey"
    __mapper_args__: ClassVar[dict[str, Any]] = {"polymorphic_identity": "apikey"}

    id: Any = Column(Integer, ForeignKey("sec_base.id"), primary_key=True)
    header: Any = Column(String(200), nullable=False)


class HTTPSOAP(Base):
    """A REST channel."""

    __tablename__ = "http_soap"

    id: Any = Column(Integer, primary_key=True)
    name: Any = Column(String(200), nullable=False)
    is_active: Any = Column(Boolean, nullable=False)
    is_internal: Any = Column(Boolean, nullable=False)
    connection: Any = Column(String(20), nullable=False)
    transport: Any = Column(String(200), nullable=False)
    url_path: Any = Column(String(200), nullable=False)
    method: Any = Column(String(200))
    data_format: Any = Column(String(20))
    content_type: Any = Column(String(200))
    http_accept: Any = Column(String(200))
    merge_url_params_req: Any = Column(Boolean)
    url_params_pri: Any = Column(String(200))
    params_pri: Any = Column(String(200))
    match_slash: Any = Column(Boolean)
    timeout: Any = Column(Integer)
    opaque1: Any = Column(Text)
    security_id: Any = Column(Integer, ForeignKey("sec_base.id"))
    security: Any = relationship(SecurityBase, backref="http_soap_list")
    service_id: Any = Column(Service.id.type, ForeignKey("service.id"))
    service: Any = relationship(Service, backref="http_soap")
    cluster_id: Any = Column(Integer, ForeignKey("cluster.id"), nullable=False)
    cluster: Any = relationship(Cluster, backref="http_soap_list")
