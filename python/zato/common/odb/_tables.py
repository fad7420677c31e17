"""Tables of the server's database, with SQLAlchemy (reference service-api 1.3, operations 12).

Names of tables and columns are those of earlier versions; what this server does not have is not there.
"""

from __future__ import annotations

from typing import Any, NoReturn

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, String, Text
from sqlalchemy.orm import declarative_base, relationship

__all__ = ["HTTPSOAP", "APIKeySecurity", "Base", "Cluster", "HTTPBasicAuth", "SecurityBase", "Server", "Service"]

Base: Any = declarative_base()


class Cluster(Base):
    """The cluster."""

    __tablename__ = "cluster"

    id = Column(Integer, primary_key=True)
    name = Column(String(200), nullable=False)
    description = Column(String(1000))
    odb_type = Column(String(30), nullable=False)


class Server(Base):
    """The server that the session was opened in."""

    __tablename__ = "server"

    id = Column(Integer, primary_key=True)
    name = Column(String(200), nullable=False)
    cluster_id = Column(Integer, ForeignKey("cluster.id"), nullable=False)
    cluster = relationship(Cluster, backref="servers")


class Service(Base):
    """A deployed service, or one that a channel names."""

    __tablename__ = "service"

    id = Column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    name = Column(String(2000), nullable=False)
    is_active = Column(Boolean, nullable=False)
    impl_name = Column(String(2000), nullable=False)
    is_internal = Column(Boolean, nullable=False)
    slow_threshold = Column(Integer, nullable=False)
    cluster_id = Column(Integer, ForeignKey("cluster.id"), nullable=False)
    cluster = relationship(Cluster, backref="services")


class SecurityBase(Base):
    """A security definition of any type."""

    __tablename__ = "sec_base"

    id = Column(Integer, primary_key=True)
    name = Column(String(200), nullable=False)
    username = Column(String(200))
    is_active = Column(Boolean, nullable=False)
    sec_type = Column(String(45), nullable=False)
    cluster_id = Column(Integer, ForeignKey("cluster.id"), nullable=False)
    cluster = relationship(Cluster, backref="security_list")

    __mapper_args__ = {"polymorphic_on": sec_type}  # noqa: RUF012 - read by SQLAlchemy

    @property
    def password(self) -> NoReturn:
        """Raises `AttributeError`: secrets are not part of these tables."""
        raise AttributeError(f"`self.odb` gives no secrets, not even the one of security definition `{self.name}`")


class HTTPBasicAuth(SecurityBase):
    """A definition of Basic Auth."""

    __tablename__ = "sec_basic_auth"
    __mapper_args__ = {"polymorphic_identity": "basic_auth"}  # noqa: RUF012 - read by SQLAlchemy

    id = Column(Integer, ForeignKey("sec_base.id"), primary_key=True)
    realm = Column(String(200), nullable=False)


class APIKeySecurity(SecurityBase):
    """An API key."""

    __tablename__ = "sec_apikey"
    __mapper_args__ = {"polymorphic_identity": "apikey"}  # noqa: RUF012 - read by SQLAlchemy

    id = Column(Integer, ForeignKey("sec_base.id"), primary_key=True)
    header = Column(String(200), nullable=False)


class HTTPSOAP(Base):
    """A REST channel."""

    __tablename__ = "http_soap"

    id = Column(Integer, primary_key=True)
    name = Column(String(200), nullable=False)
    is_active = Column(Boolean, nullable=False)
    is_internal = Column(Boolean, nullable=False)
    connection = Column(String(20), nullable=False)
    transport = Column(String(200), nullable=False)
    url_path = Column(String(200), nullable=False)
    method = Column(String(200))
    data_format = Column(String(20))
    content_type = Column(String(200))
    http_accept = Column(String(200))
    merge_url_params_req = Column(Boolean)
    url_params_pri = Column(String(200))
    params_pri = Column(String(200))
    match_slash = Column(Boolean)
    timeout = Column(Integer)
    opaque1 = Column(Text)
    security_id = Column(Integer, ForeignKey("sec_base.id"))
    security = relationship(SecurityBase, backref="http_soap_list")
    service_id = Column(Service.id.type, ForeignKey("service.id"))
    service = relationship(Service, backref="http_soap")
    cluster_id = Column(Integer, ForeignKey("cluster.id"), nullable=False)
    cluster = relationship(Cluster, backref="http_soap_list")
