"""Which parts of the server a service uses, and whether this version has them."""

from __future__ import annotations

import ast
import inspect
import sys
import typing
from collections.abc import Iterator
from typing import Any

from zato.common._missing import Missing, MissingObject
from zato.server.service import Service
from zato.server.service._facades import AbsentFacades

__all__ = ["uses_of"]

# Parts of the server that services reach through `self` (reference service-api 3.4-3.9, 4); what is missing adds
# itself.
_FACADES = frozenset(
    """
    amqp audit_pii aws broker_client cache cassandra_conn cassandra_query cloud commands config
    crypto definition dictnav email es fhir graphql ibm_mq im invoke invoke_async invoke_by_id
    invoke_by_impl_name keysight kvdb listnav llm lock mllp mongodb msg odata odb odoo out outgoing
    patterns publish pubsub redis rest rules sap schedule search security server servers sftp slack
    smb soap sso static_config time translate user_config worker_store wsx
    """.split()  # noqa: SIM905
).union(name for name in vars(AbsentFacades) if not name.startswith("_"))

# How many names after the first say which part it is; `self.cloud.aws.s3` is one thing.
_DEPTHS = {
    **dict.fromkeys(("cache", "definition", "email", "im", "msg", "out", "outgoing", "patterns", "search", "wsx"), 1),
    "cloud": 2,
}

# Methods whose second argument names the connection.
_SECOND = {"send", "publish", "invoke", "invoke_async"}
_BY_SECOND = ("amqp", "ibm_mq", "jms_wmq", "wmq", "zmq", "stomp")
# Parts that are called with the name of what they work on.
_BY_FIRST = ("invoke", "invoke_async", "lock", "publish", "schedule.onetime", "pubsub.publish")


def uses_of(cls: type, body: ast.ClassDef) -> list[dict[str, Any]]:
    """Gives the parts of the server that the methods of a class use.

    Args:
        cls: The class, imported.
        body: Its source, parsed.

    Returns:
        Descriptions sorted by first line, as docs/reference/service-check.md describes them.
    """
    own = set(_own_names(cls, body))
    found: dict[str, dict[str, Any]] = {}

    def add(api: str, line: int, names: list[str], needs: str | None) -> None:
        use = {"api": api, "names": [], "lines": [], "is_available": needs is None, "needs": needs}
        known = found.setdefault(api, use)
        known["lines"] = sorted({*known["lines"], line})
        known["names"] += [name for name in names if name not in known["names"]]

    for chain, node, names in _chains(body):
        if chain[0] in _FACADES and chain[0] not in own:
            part = chain[: 1 + _DEPTHS.get(chain[0], 0)]
            add("self." + ".".join(part), node.lineno, names, _needs(part))
    for name, node in _plain_names(body):
        value = vars(sys.modules.get(cls.__module__, ast)).get(name)
        needs = _needed_by(value)
        if needs is not None:
            add(_title(value, name), node.lineno, [], needs)
    return sorted(found.values(), key=lambda use: (use["lines"][0], use["api"]))


def _chains(body: ast.ClassDef) -> Iterator[tuple[list[str], ast.Attribute, list[str]]]:
    """Gives each chain of attributes that begins with the first parameter of a method, and names it is given."""
    for method in body.body:
        if isinstance(method, (ast.FunctionDef, ast.AsyncFunctionDef)) and method.args.args:
            yield from _below(method, method.args.args[0].arg)


def _below(node: ast.AST, itself: str) -> Iterator[tuple[list[str], ast.Attribute, list[str]]]:
    for child in ast.iter_child_nodes(node):
        chain = _chain(child, itself) if isinstance(child, ast.Attribute) else None
        if chain is None:
            yield from _below(child, itself)
        elif isinstance(child, ast.Attribute) and not isinstance(child.ctx, ast.Store):
            yield chain, child, _names(chain, child, node)


def _chain(node: ast.expr, itself: str) -> list[str] | None:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return parts[::-1] if isinstance(node, ast.Name) and node.id == itself else None


def _names(chain: list[str], node: ast.Attribute, user: ast.AST) -> list[str]:
    """Names of connections and services, where they are written out."""
    if isinstance(user, ast.Subscript) and user.value is node:
        return _text(user.slice)
    if not isinstance(user, ast.Call) or user.func is not node or not user.args:
        return []
    if chain[-1] in _SECOND and any(part in _BY_SECOND for part in chain[:-1]):
        return _text(user.args[1]) if len(user.args) > 1 else []
    if chain[-1] == "get" or ".".join(chain) in _BY_FIRST:
        return _text(user.args[0])
    return []


def _text(node: ast.expr) -> list[str]:
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def _own_names(cls: type, body: ast.ClassDef) -> Iterator[str]:
    """Attributes that users' classes define, which are no part of the server."""
    for ancestor in cls.__mro__:
        if ancestor is Service:
            break
        yield from (name for name in vars(ancestor) if not name.startswith("_"))
    for node in ast.walk(body):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name):
            yield node.attr


def _plain_names(body: ast.ClassDef) -> Iterator[tuple[str, ast.Name]]:
    for node in ast.walk(body):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id, node


def _needs(part: list[str]) -> str | None:
    """Says what is missing for a part of the server, if anything is."""
    name, *rest = part
    value = inspect.getattr_static(Service, name, None)
    if value is None:
        return None if hasattr(Service, name) else f"`self.{name}`"
    for step in rest:
        if isinstance(value, MissingObject):
            break
        holder = _class_of(value)
        value = None if holder is None else inspect.getattr_static(holder, step, None)
        if value is None:
            return None
    return _needed_by(value)


def _class_of(value: Any) -> type | None:
    """The class whose attributes something has; of properties and functions what they promise to give."""
    getter = getattr(value, "fget", None) or getattr(value, "func", None)
    if getter is None:
        return None if hasattr(type(value), "__get__") else type(value)
    try:
        given = typing.get_type_hints(getter).get("return")
    except (NameError, TypeError):
        return None
    return given if isinstance(given, type) else None


def _needed_by(value: Any) -> str | None:
    if type(value) is MissingObject:
        return object.__getattribute__(value, "_needs")
    if isinstance(value, type) and issubclass(type(value), type(Missing)) and value is not Missing:
        return vars(type)["__getattribute__"](value, "_zato_needs") or None
    return None


def _title(value: Any, name: str) -> str:
    module = value.__module__ if isinstance(value, type) else ""
    return f"{module}.{name}" if module.startswith("zato.") else name
