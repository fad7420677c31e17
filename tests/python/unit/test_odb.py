from __future__ import annotations

import builtins
import sys
from collections.abc import Iterator
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import pytest

from zato import _core
from zato.common._missing import MissingFeature
from zato.server.service import Service

sqlalchemy = pytest.importorskip("sqlalchemy")

OBJECTS: dict[str, list[dict[str, Any]]] = {
    "security.basic_auth": [{"id": 3, "name": "crm.basic", "is_active": True, "username": "crm", "realm": "CRM"}],
    "security.api_key": [{"id": 4, "name": "crm.key", "is_active": False, "header": "X-API-Key"}],
    "channel.rest": [
        {"id": 7, "name": "get", "is_active": True, "service": "crm.get", "url_path": "/crm", "is_internal": False,
         "method": "GET", "data_format": "json", "security": "crm.basic", "max_body_size": 5},
        {"id": 8, "name": "open", "is_active": True, "service": "not.there", "url_path": "/open", "is_internal": False},
    ],
}  # fmt: skip


@pytest.fixture(autouse=True)
def configured(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    state = SimpleNamespace(revision=1)
    service = {
        "id": 2**52, "name": "crm.get", "impl_name": "crm.Get", "is_active": True, "is_internal": False,
        "service_class": Service, "source_path": "crm.py", "line": 1,
    }  # fmt: skip
    monkeypatch.setattr(_core, "list_objects", OBJECTS.__getitem__)
    monkeypatch.setattr(_core, "list_services", lambda: [service])
    monkeypatch.setattr(_core, "configuration_revision", lambda: state.revision)
    monkeypatch.setattr(_core, "server_facts", lambda: {"name": "server1"})
    from zato.common.odb import _session

    monkeypatch.setattr(_session, "_latest", None)
    yield state


@pytest.mark.compat("1.3-odb-model", "3.6-odb")
def test_documented_queries_work() -> None:
    from zato.common.odb.model import HTTPSOAP, APIKeySecurity, Cluster, HTTPBasicAuth, SecurityBase, Server
    from zato.common.odb.model import Service as ServiceTable

    with closing(Service.odb.session()) as session:
        cluster = session.query(Cluster).filter(Cluster.id == Service.server.cluster_id).one()
        assert cluster.name == "main" and [one.name for one in cluster.servers] == ["server1"]
        assert session.query(Server).one().cluster is cluster
        channel = session.query(HTTPSOAP).filter_by(name="get").one()
        assert (channel.connection, channel.transport, channel.url_path) == ("channel", "plain_http", "/crm")
        assert channel.service.impl_name == "crm.Get" and channel.security.username == "crm"
        assert channel.opaque1 == '{"max_body_size": 5}'
        other = session.query(HTTPSOAP).filter_by(name="open").one()
        assert other.service.name == "not.there" and other.security is None
        joined = session.query(HTTPSOAP.name).join(ServiceTable).filter(ServiceTable.name == "crm.get").all()
        assert [row.name for row in joined] == ["get"]
        found = session.query(SecurityBase).order_by(SecurityBase.name).all()
        assert [type(one) for one in found] == [HTTPBasicAuth, APIKeySecurity] and found[1].sec_type == "apikey"
        assert session.query(HTTPBasicAuth).filter(HTTPBasicAuth.username == "crm").one().realm == "CRM"
        with pytest.raises(AttributeError, match=r"no secrets, not even the one of security definition `crm.basic`"):
            _ = found[0].password


@pytest.mark.compat("1.3-odb-model", "3.6-odb")
def test_changes_are_refused_and_say_what_to_do() -> None:
    from zato.common.odb._session import ReadOnlyDatabase
    from zato.common.odb.model import Cluster

    with closing(Service.odb.session()) as session:
        session.query(Cluster).one().name = "x"
        with pytest.raises(ReadOnlyDatabase, match="zato enmasse --import"):
            session.commit()
    with closing(Service.odb.session()) as session:
        with pytest.raises(ReadOnlyDatabase):
            session.query(Cluster).delete()
        with pytest.raises(sqlalchemy.exc.OperationalError, match="readonly"):
            session.execute(sqlalchemy.text("DELETE FROM cluster"))
    with closing(Service.odb.session()) as session:
        assert session.query(Cluster).one().name == "main"


def test_a_session_sees_the_configuration_it_was_opened_with(
    configured: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from zato.common.odb.model import HTTPSOAP

    with closing(Service.odb.session()) as before, closing(Service.odb.session()) as other:
        assert before.query(HTTPSOAP).count() == other.query(HTTPSOAP).count() == 2
        monkeypatch.setattr(_core, "list_objects", lambda kind: [] if kind == "channel.rest" else OBJECTS[kind])
        with closing(Service.odb.session()) as same:
            assert same.query(HTTPSOAP).count() == 2
        configured.revision = 2
        with closing(Service.odb.session()) as after:
            assert after.query(HTTPSOAP).count() == 0
        assert before.query(HTTPSOAP).count() == 2


def test_without_sqlalchemy_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from zato.common.odb import model

    real = builtins.__import__

    def absent(name: str, *arguments: Any, **options: Any) -> Any:
        if name == "sqlalchemy":
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", absent)
    monkeypatch.delitem(sys.modules, "sqlalchemy")
    monkeypatch.delitem(vars(model), "Server", raising=False)
    server = model.Server
    with pytest.raises(MissingFeature, match=r"`Server` needs SQLAlchemy, which .*: pip install sqlalchemy"):
        server()
    with pytest.raises(MissingFeature, match=r"`self.odb` needs SQLAlchemy, which is not installed"):
        Service.odb.session()
    monkeypatch.undo()
    monkeypatch.delattr(model, "Server", raising=False)
