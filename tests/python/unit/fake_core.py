"""A stand-in for the native part, for tests of logic that is pure Python. Tests of behavior use the real server."""

from __future__ import annotations

import itertools
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

_numbers = itertools.count(1)


class Records:
    """What was logged."""

    def __init__(self) -> None:
        self.lines: list[tuple[int, str, str, int, str | None]] = []
        self.level = 10
        self.cid: str | None = None


records = Records()


class Locks:
    """Locks that are free unless said otherwise; tests of behavior use the real ones."""

    def __init__(self) -> None:
        self.taken: set[str] = set()
        self.asked: list[tuple[str, float, float]] = []
        self.released: list[tuple[str, int]] = []

    def acquire(self, name: str, time_to_live: float, patience: float) -> Any:
        self.asked.append((name, time_to_live, patience))
        fence = 0 if name in self.taken else next(_numbers)
        return SimpleNamespace(wait=lambda seconds: fence, give_up=lambda: None)

    def release(self, name: str, fence: int) -> bool:
        self.released.append((name, fence))
        return True


locks = Locks()


def install() -> ModuleType:
    """Puts the stand-in where `zato._core` is looked for."""
    core: Any = ModuleType("zato._core")

    class Service:
        usage = 0

        def __init__(self, *arguments: Any, **options: Any) -> None:
            pass

        def __class_getitem__(cls, item: Any) -> Any:
            return cls

    for name in (
        "AsyncInvocation",
        "ChannelInfo",
        "ChannelSecurityInfo",
        "HTTPRequestData",
        "HttpAnswer",
        "HttpCall",
        "InProcess",
        "InputElement",
        "Payload",
        "PendingLock",
        "Request",
        "Response",
        "RestConnection",
    ):
        setattr(core, name, type(name, (), {"__module__": "zato._core"}))
    core.Service = Service
    core.Cache = type("Cache", (), {"__module__": "zato._core", "__init__": lambda self, name="": None})
    core.acquire_lock = locks.acquire
    core.release_lock = locks.release
    core.__version__ = "0"
    core.log = lambda level, logger, message, line=0, cid=None: records.lines.append(
        (level, logger, message, line, cid)
    )
    core.log_enabled = lambda logger, level: level >= records.level
    core.is_secret_name = lambda name: "password" in name.lower() or "authorization" in name.lower()
    core.without_secrets = lambda text: text.replace("hunter2", "******")
    core.current_cid = lambda: records.cid
    core.new_cid = lambda: f"{next(_numbers):024x}"
    core.encrypt = lambda text: f"zato.secret.v1:{text[::-1]}"
    core.fernet_encrypt = lambda text: f"gAAAA{text[::-1]}"
    core.is_encrypted = lambda text: text.startswith(("zato.secret.v1:", "gAAAA"))
    core.decrypt = lambda text: text.removeprefix("zato.secret.v1:").removeprefix("gAAAA")[::-1]
    core.hash_secret = lambda text: f"$fake${text[::-1]}"
    core.verify_hash = lambda text, expected: expected == f"$fake${text[::-1]}"
    core.cluster = lambda: {"id": 1, "name": "main"}
    core.configuration_revision = lambda: 1
    core.list_objects = lambda kind: []
    core.list_services = list
    core.server_facts = lambda: None
    core.definitions = lambda kind: {}
    core.server_invoke = lambda *arguments, **options: None
    core.server_invoke_async = lambda *arguments, **options: core.new_cid()
    core.administer = lambda request: b"null"
    core.service_name = lambda target: target if isinstance(target, str) else target.get_name()
    core.after_in_child = lambda: None
    core.rest_connection = lambda name: None
    core.rest_connection_names = list
    core.watch_greenlets = lambda: None
    core.check_description = lambda description, profile: None
    core.main = lambda argv: 0
    sys.modules["zato._core"] = core
    return core
