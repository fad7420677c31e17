"""Connections of any kind: what a service does with one is recorded, and gets what the test said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from zato.bunch import Bunch
from zato.testing._answers import Answers

__all__ = ["FakeConnection", "RecordedCall", "no_connection"]

# Calls that are made to begin or to end something, and give nothing.
_QUIET = frozenset({"begin", "close", "commit", "disconnect", "flush", "rollback", "unbind"})


@dataclass
class RecordedCall:
    """One call that a service made."""

    #: Names on the way to what was called, for instance `session.execute`; `conn` and `client()` are left out.
    path: str
    arguments: tuple[Any, ...] = ()
    options: dict[str, Any] = field(default_factory=dict[str, Any])


class FakeConnection:
    """A connection, as a test has it.

    Args:
        shown: The way services write it.
    """

    def __init__(self, shown: str) -> None:
        self._shown = shown
        self._answers: dict[str, Answers] = {}
        #: Values by path that are read instead of called.
        self.attributes: dict[str, Any] = {}
        #: Calls in the order in which they were made.
        self.calls: list[RecordedCall] = []

    def set_response(self, path: str, response: Any = None, *, request: Any = None) -> None:
        """Says what is given where a service calls something.

        `zato.outgoing.sql['CRM'].set_response('session.execute', rows)` is for
        `self.out.sql['CRM'].session().execute(..)`. Calls that only lead to another, such as `session`, need nothing.

        Args:
            path: Names on the way; `conn` and `client` may be left out, as they say nothing about what is done.
            response: What is given. An exception is raised; a function is called with the `RecordedCall`.
            request: What has to be among the arguments; anything by default.
        """
        place = _short(path)

        def fits(call: RecordedCall) -> bool:
            return request is None or request in call.arguments or request in (*call.options.values(), call.options)

        fits.__doc__ = path
        self._answers.setdefault(place, Answers(f"{self._shown}.{path}")).add(fits, [response], is_endless=True)

    def set_attribute(self, path: str, value: Any) -> None:
        """Says what a service reads somewhere, such as `entries` of an LDAP connection."""
        self.attributes[_short(path)] = value

    def calls_of(self, path: str) -> list[RecordedCall]:
        """Gives the calls of one thing."""
        return [call for call in self.calls if call.path == _short(path)]

    def for_service(self) -> Any:
        """Gives what services see."""
        return Link(self, ())

    def answers_at(self, path: str) -> Answers | None:
        """Gives what is set at a path."""
        return self._answers.get(path)

    def leads_on(self, path: str) -> bool:
        """Whether something is set behind a path."""
        prefix = f"{path}." if path else ""
        return any(known.startswith(prefix) and known != path for known in (*self._answers, *self.attributes))

    def refuse(self, path: str) -> LookupError:
        """Makes the error for a call that nothing is set for."""
        known = ", ".join(f"`{item}`" for item in sorted({*self._answers, *self.attributes})) or "nothing"
        return LookupError(f"no response is set for `{path}` of {self._shown}, only for: {known}; use set_response(..)")


class Link:
    """One step on the way to a call."""

    def __init__(self, connection: FakeConnection, names: tuple[str, ...]) -> None:
        self._connection = connection
        self._names = names

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        names = (*self._names, name)
        path = _short(".".join(names))
        attributes = self._connection.attributes
        return attributes[path] if path in attributes else Link(self._connection, names)

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        connection, path = self._connection, _short(".".join(self._names))
        call = RecordedCall(path, arguments, options)
        if path:
            connection.calls.append(call)
        found = connection.answers_at(path)
        if found is None:
            if not path or connection.leads_on(path):
                return Link(connection, self._names)
            if self._names[-1] in _QUIET:
                return None
            raise connection.refuse(path)
        value = found.next_for(call)
        if callable(value) and not isinstance(value, type):
            value = value(call)
        if isinstance(value, BaseException) or (isinstance(value, type) and issubclass(value, BaseException)):
            raise value
        if isinstance(value, dict) and connection.leads_on(path):
            return LinkedDict(connection, self._names, value)
        return value

    def __enter__(self) -> Link:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        return None

    def __repr__(self) -> str:
        return f"<{'.'.join(self._names) or 'connection'} of a test>"


class LinkedDict(Bunch):
    """A dictionary that was given by a call, and whose attributes lead to further calls."""

    __slots__ = ("_link",)

    def __init__(self, connection: FakeConnection, names: tuple[str, ...], value: dict[str, Any]) -> None:
        super().__init__(value)
        object.__setattr__(self, "_link", Link(connection, names))

    def __getattr__(self, name: str) -> Any:
        return self[name] if name in self else getattr(object.__getattribute__(self, "_link"), name)


def no_connection(path: str, name: str, known: Iterable[str]) -> KeyError:
    """Makes the error for a connection that the test does not have."""
    names = ", ".join(f"`{item}`" for item in sorted(known)) or "none"
    test = path.replace("self.out", "zato.outgoing").replace("self.", "zato.")
    return KeyError(f"{path}[{name!r}]: the test has no such connection, only {names}; {test}[{name!r}] makes one")


def _short(path: str) -> str:
    """Leaves out names that only lead to a client."""
    return ".".join(name for name in path.split(".") if name not in ("conn", "client"))
