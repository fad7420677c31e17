"""Where services find connections (reference connections 1.1, 12.2; service-api 3.5)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

from zato import _core
from zato.bunch import Bunch
from zato.common.util.api import fs_safe_name
from zato.connections.http._connection import RESTConnection

__all__ = ["RESTConnections", "RESTFacade"]


def _find(name: str) -> RESTConnection | None:
    native = _core.rest_connection(str(name).strip())
    return RESTConnection(native) if native is not None else None


def _missing(name: str) -> KeyError:
    known = ", ".join(f"`{one}`" for one in _core.rest_connection_names())
    return KeyError(f"there is no outgoing REST connection `{name}`; there are {known or 'none at all'}")


class RESTConnections:
    """`self.out.rest` and `self.out.plain_http`: connections by name, each an item with `conn` and `config`."""

    __slots__ = ()

    def get(self, name: str, default: Any = None) -> Any:
        """Gives the item of a connection, or the default if there is none."""
        found = _find(name)
        return _item(found) if found else default

    def __getitem__(self, name: str) -> Any:
        found = _find(name)
        if found is None:
            raise _missing(name)
        return _item(found)

    def __contains__(self, name: object) -> bool:
        return _core.rest_connection(str(name).strip()) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(_core.rest_connection_names())

    def __len__(self) -> int:
        return len(_core.rest_connection_names())

    def keys(self) -> list[str]:
        """Gives the names of all connections, sorted."""
        return _core.rest_connection_names()


def _item(connection: RESTConnection) -> Bunch:
    return Bunch(conn=connection, config=connection.config, ping=connection.ping, name=connection.name)


class RESTFacade:
    """`self.rest`: connections by name or as attributes, whose methods take no correlation ID (3.2)."""

    __slots__ = ()

    def __getitem__(self, name: str) -> RESTInvoker:
        if name.startswith("$"):
            variable = name[1:]
            if variable not in os.environ:
                raise KeyError(f"the name of the connection is in `${variable}`, which is not set")
            name = os.environ[variable]
        return self._find(name)

    def get(self, name: str, default: Any = None) -> Any:
        """Gives a connection, or the default if there is none."""
        found = _find(name)
        return RESTInvoker(found) if found else default

    def __getattr__(self, attribute: str) -> RESTInvoker:
        if not attribute.startswith("_"):
            for name in self._names():
                if attribute in {name, fs_safe_name(name), fs_safe_name(name).replace(".", "_").replace("-", "_")}:
                    return self[name]
        raise AttributeError(f"there is no outgoing REST connection whose name reads `{attribute}` as an attribute")

    # Tests have connections of their own.

    def _find(self, name: str) -> RESTInvoker:
        found = _find(name)
        if found is None:
            raise _missing(name)
        return RESTInvoker(found)

    def _names(self) -> list[str]:
        return _core.rest_connection_names()


class RESTInvoker:
    """A connection whose methods take no correlation ID; one that is given anyway is left out."""

    __slots__ = ("conn",)

    def __init__(self, connection: RESTConnection) -> None:
        self.conn: RESTConnection = connection

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.conn, name)
        return _with_cid(found) if name in _METHODS else found

    def rest_call(self, **options: Any) -> Any:
        """Sends a request and gives its data; see `RESTConnection.rest_call`."""
        options.setdefault("cid", _cid())
        return self.conn.rest_call(**options)

    rest_invoke = rest_call

    def __repr__(self) -> str:
        return repr(self.conn)


_METHODS = frozenset({"delete", "get", "head", "options", "patch", "ping", "post", "put", "send", "upload"})


def _cid() -> str:
    return _core.current_cid() or _core.new_cid()


def _with_cid(method: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **options: Any) -> Any:
        cid = options.pop("cid", None) or _cid()
        if args and args[0] == cid:
            args = args[1:]
        return method(cid, *args, **options)

    return call
