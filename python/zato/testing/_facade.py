"""`self.out` and its kin: connections by kind and name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from zato.bunch import Bunch
from zato.connections.http._facade import RESTFacade, RESTInvoker
from zato.testing._recorder import FakeConnection, no_connection
from zato.testing._rest import RestConnection
from zato.testing._rest_transport import ServiceConnection

__all__ = ["Connections", "Facade", "Outgoing", "RestFacade"]

_Connection = TypeVar("_Connection")

# Kinds whose `get` raises an error for a name that is not there.
_STRICT = frozenset({"es", "ftp", "imap", "smtp", "solr", "sql"})


class Connections(Generic[_Connection]):
    """The connections of one kind, as a test has them: asking for a name makes the connection.

    What a test assigns, `zato.outgoing.sql['CRM'] = engine`, is what services get in its place.
    """

    def __init__(self, path: str, make: Callable[[str], _Connection], shown: Callable[[_Connection], Any]) -> None:
        self.path = path
        self._make = make
        self._shown = shown
        self._made: dict[str, _Connection] = {}
        self._given: dict[str, Any] = {}

    def __getitem__(self, name: str) -> _Connection:
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def __setitem__(self, name: str, connection: Any) -> None:
        self._given[name] = connection

    def __contains__(self, name: object) -> bool:
        return name in self._made or name in self._given

    def __iter__(self) -> Iterator[str]:
        return iter({**self._made, **self._given})

    def for_service(self, name: str) -> Any:
        """Gives what a service finds by a name.

        Raises:
            KeyError: If the test has no such connection; the message names those it has.
        """
        if name in self._given:
            return self._given[name]
        if name not in self._made:
            raise no_connection(self.path, name, list(self))
        return self._shown(self._made[name])


class ServiceConnections:
    """The connections of one kind, as a service has them."""

    def __init__(self, connections: Connections[Any]) -> None:
        self._connections = connections

    def __getitem__(self, name: str) -> Any:
        return self._connections.for_service(name)

    def get(self, name: str, default: Any = None, **_options: Any) -> Any:
        """Gives a connection; without one the default, or an error where the real thing raises one.

        Raises:
            KeyError: If the test has no such SQL, FTP, mail or search connection (reference connections 1.2).
        """
        is_strict = self._connections.path.rpartition(".")[2] in _STRICT
        return self[name] if is_strict or name in self._connections else default

    def __contains__(self, name: object) -> bool:
        return name in self._connections

    def __iter__(self) -> Iterator[str]:
        return iter(self._connections)

    def __len__(self) -> int:
        return len(self.keys())

    def keys(self) -> list[str]:
        """Gives the names of all connections, sorted."""
        return sorted(self._connections)


class Facade:
    """What a test says about `self.email`, `self.cloud` and the like; every attribute is a kind of connections.

    Args:
        path: The way services write it, for instance `self.cloud`.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._kinds: dict[str, Any] = {}

    def __getattr__(self, kind: str) -> Any:
        if kind.startswith("_"):
            raise AttributeError(kind)
        if kind not in self._kinds:
            self._kinds[kind] = self._make_kind(f"{self._path}.{kind}")
        return self._kinds[kind]

    def _make_kind(self, path: str) -> Any:
        return Connections(path, lambda name: FakeConnection(f"{path}[{name!r}]"), lambda made: made.for_service())

    def for_service(self) -> Any:
        """Gives what services see."""
        return ServiceFacade(self)


class ServiceFacade:
    """A facade as services see it."""

    def __init__(self, facade: Facade) -> None:
        self._facade = facade

    def __getattr__(self, kind: str) -> Any:
        found = getattr(self._facade, kind)
        return ServiceConnections(found) if isinstance(found, Connections) else found.for_service()


class Outgoing(Facade):
    """What a test says about `self.out`: REST connections, and every other kind by its name."""

    def __init__(self) -> None:
        super().__init__("self.out")
        rest: Connections[RestConnection] = Connections("self.out.rest", RestConnection, _rest_item)
        #: REST connections, for `self.out.rest`, `self.out.plain_http` and `self.rest`.
        self.rest = rest
        self.plain_http = rest
        #: SOAP connections; what is sent and received is text.
        self.soap: Connections[RestConnection] = Connections("self.out.soap", RestConnection, _rest_item)

    def _make_kind(self, path: str) -> Any:
        # `self.out.hl7.fhir` and `self.out.hl7.mllp` are the only kinds that come in two.
        return Facade(path) if path == "self.out.hl7" else super()._make_kind(path)


class RestFacade(RESTFacade):
    """`self.rest` (3.2): the same connections, whose methods need no CID."""

    __slots__ = ("_connections",)

    def __init__(self, connections: Connections[RestConnection]) -> None:
        self._connections = connections

    def get(self, name: str, default: Any = None) -> Any:
        """Gives a connection; the default if there is none."""
        return self._find(name) if name in self._connections else default

    def _find(self, name: str) -> Any:
        found = self._connections.for_service(name)
        conn = getattr(found, "conn", None)
        return RESTInvoker(conn) if isinstance(conn, ServiceConnection) else found

    def _names(self) -> list[str]:
        return sorted(self._connections)


def _rest_item(connection: RestConnection) -> Bunch:
    """Gives `self.out.rest[name]` of a service."""
    conn = ServiceConnection(connection)
    return Bunch(conn=conn, config=conn.config, ping=conn.ping, name=conn.name)
