"""Sessions over what is configured, for `self.odb` (reference service-api 3.6).

The tables are filled once for each revision of the configuration, in memory; every session gets a connection to a copy
that it cannot change.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from typing import Any

from zato import _core
from zato.common._missing import refuse

__all__ = ["ReadOnlyDatabase", "open_session"]


class ReadOnlyDatabase(RuntimeError):  # noqa: N818 - it says what is the matter
    """Something was to be changed through `self.odb`, which only shows what is configured."""

    def __init__(self) -> None:
        super().__init__(
            "`self.odb` cannot be changed, it shows what is configured; change that with `zato enmasse --import` or"
            " with commands such as `zato create-rest-channel`"
        )


_lock = threading.Lock()
_latest: tuple[Any, Any] | None = None


def open_session() -> Any:
    """Opens a session over the configuration in force.

    Raises:
        MissingFeature: If SQLAlchemy is not installed.
        RuntimeError: If no server runs in this process.
    """
    try:
        import sqlalchemy  # noqa: F401
    except ImportError:
        refuse("self.odb", "SQLAlchemy", "sqlalchemy")
    global _latest
    services = _core.list_services()
    version = (_core.configuration_revision(), [(facts["id"], facts["is_active"]) for facts in services])
    with _lock:
        if _latest is None or _latest[0] != version:
            _latest = (version, _make_sessions(services))
        make = _latest[1]
    return make()


def _make_sessions(services: list[dict[str, Any]]) -> Any:
    """Fills tables; gives what makes sessions over them."""
    from sqlalchemy import create_engine, event
    from sqlalchemy.orm import Session, sessionmaker
    from sqlalchemy.pool import QueuePool, StaticPool

    from zato.common.odb._tables import Base

    original = sqlite3.connect(":memory:", check_same_thread=False)
    engine = create_engine("sqlite://", creator=lambda: original, poolclass=StaticPool)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(_rows(services))
        session.commit()
    copying = threading.Lock()

    def copy() -> sqlite3.Connection:
        made = sqlite3.connect(":memory:", check_same_thread=False)
        with copying:
            original.backup(made)
        made.execute("PRAGMA query_only = ON")
        return made

    copies = create_engine("sqlite://", creator=copy, poolclass=QueuePool, pool_size=4, max_overflow=-1)
    sessions = sessionmaker(bind=copies)

    def refuse_flush(*_: Any) -> None:
        raise ReadOnlyDatabase

    def refuse_statement(state: Any) -> None:
        if state.is_insert or state.is_update or state.is_delete:
            raise ReadOnlyDatabase

    event.listen(sessions, "before_flush", refuse_flush)
    event.listen(sessions, "do_orm_execute", refuse_statement)
    return sessions


def _rows(services: list[dict[str, Any]]) -> list[Any]:
    from zato.common.odb import _tables as tables

    cluster = _core.cluster()
    here = {"cluster_id": cluster["id"]}
    facts = _core.server_facts() or {}
    rows: list[Any] = [
        tables.Cluster(id=cluster["id"], name=cluster["name"], odb_type="sqlite"),
        tables.Server(id=1, name=facts.get("name", ""), **here),
    ]
    known = {service["name"]: service["id"] for service in services}
    for service in services:
        threshold = service["service_class"].slow_threshold
        names = ("id", "name", "impl_name", "is_active", "is_internal")
        rows.append(tables.Service(slow_threshold=threshold, **{name: service[name] for name in names}, **here))
    definitions: dict[str, int] = {}
    for kind, table, extra in (
        ("security.basic_auth", tables.HTTPBasicAuth, ("username", "realm")),
        ("security.api_key", tables.APIKeySecurity, ("header",)),
    ):
        for found in _core.list_objects(kind):
            definitions[found["name"]] = found["id"]
            names = ("id", "name", "is_active", *extra)
            rows.append(table(**{name: found.get(name) for name in names}, **here))
    for channel in _core.list_objects("channel.rest"):
        name = channel["service"]
        if name not in known:
            # What a channel names is shown although it is not deployed, with an identifier nothing else has.
            known[name] = -len(known) - 1
            missing = {"name": name, "impl_name": "", "is_active": True, "is_internal": False, "slow_threshold": 99999}
            rows.append(tables.Service(id=known[name], **missing, **here))
        security = definitions.get(channel.get("security") or "")
        rows.append(_channel(tables.HTTPSOAP, channel, known[name], security, here))
    return rows


def _channel(
    table: Any, channel: dict[str, Any], service_id: int, security_id: int | None, here: dict[str, Any]
) -> Any:
    names = {column.name for column in table.__table__.columns}
    values = {name: value for name, value in channel.items() if name in names}
    names.update(("service", "security"))
    others = {name: value for name, value in channel.items() if name not in names}
    values.update(
        connection="channel",
        transport="plain_http",
        service_id=service_id,
        security_id=security_id,
        opaque1=json.dumps(others, sort_keys=True),
    )
    return table(**values, **here)
