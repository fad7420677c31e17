"""The base class of services (reference service-api 2, 3)."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from zato import _core
from zato.common.nav import DictNav, ListNav
from zato.common.util.names import convert_impl_name
from zato.common.util.time_ import TimeUtil
from zato.server._logging import ServiceLogger, get_service_logger
from zato.server.service import _user_config
from zato.server.service._cache import CacheAPI
from zato.server.service._crypto import Crypto
from zato.server.service._facades import AbsentFacades
from zato.server.service._hooks import Hooks
from zato.server.service._invocation import InvocationFacades
from zato.server.service._lock import Lock, make_lock
from zato.server.service._odb import ODB
from zato.server.service._outgoing import Outgoing, Rest
from zato.server.service._schedule import Schedule
from zato.server.service._server import Server
from zato.server.service._static_config import StaticConfig
from zato.server.service._thread import ServiceThread
from zato.server.service._user_config import UserConfig

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    from zato.server.service._msg import Messages

    _Input = TypeVar("_Input", default=Any)
else:
    from typing import TypeVar

    _Input = TypeVar("_Input")

_LOGGED_INPUT = (
    "channel",
    "cid",
    "data_format",
    "environ",
    "impl_name",
    "invocation_time",
    "job_type",
    "name",
    "slow_threshold",
    "usage",
    "wsgi_environ",
)
_LOGGED_OUTPUT = ("handle_return_time", "processing_time", "processing_time_raw")


class _Logger:
    """Gives classes that are not deployed a logger of their own; deployment puts the logger itself on the class."""

    def __get__(self, instance: Any, owner: type[Service]) -> ServiceLogger:
        return get_service_logger(owner.get_name())


class Service(Hooks, _core.Service[_Input], InvocationFacades, AbsentFacades):
    """A unit of work that channels, jobs and other services invoke. Implement `handle`, or `handle_GET` and the like.

    A new instance is made for each invocation. What belongs to the invocation, such as `self.request` and
    `self.response`, is there once `handle` and the hooks run, not in `__init__`.

    `Service[Client]` is `Service`, and tells type checkers that `self.request.input` is a `Client`.
    """

    __slots__ = ()

    #: Whether `before_handle`, `after_handle` and the job hooks are called at all.
    call_hooks: ClassVar[bool] = True
    #: Above how many milliseconds an invocation counts as slow.
    slow_threshold: int = 99999
    has_validate_input: bool = False
    has_validate_output: bool = False

    #: The server this service runs in.
    server: ClassVar[Server] = Server()
    #: Current time in any format and time zone.
    time: ClassVar[TimeUtil] = TimeUtil()
    #: Encryption, hashes and random secrets.
    crypto: ClassVar[Crypto] = Crypto()
    #: Outgoing connections.
    out: ClassVar[Outgoing] = Outgoing()
    outgoing: ClassVar[Outgoing] = out
    #: REST connections, whose methods take no correlation ID here.
    rest: ClassVar[Any] = Rest()
    #: Looks into dictionaries: `self.dictnav(value).get(['a', 'b'])` (2.0-3.1).
    dictnav: ClassVar[type[DictNav]] = DictNav
    #: Looks into lists, as `dictnav` does.
    listnav: ClassVar[type[ListNav]] = ListNav
    #: Configuration files of users, by file, section and key.
    config: ClassVar[UserConfig] = _user_config.config
    #: The same, under its name of 2.0-3.1.
    user_config: ClassVar[UserConfig] = _user_config.config
    #: Files that services need as they are.
    static_config: ClassVar[StaticConfig] = StaticConfig()
    #: What is configured, as tables; needs SQLAlchemy.
    odb: ClassVar[ODB] = ODB()
    #: Services that run later.
    schedule: ClassVar[Schedule] = Schedule()
    #: Caches that all workers share.
    cache: ClassVar[CacheAPI] = CacheAPI()
    #: Logger named after the service.
    logger: ServiceLogger = _Logger()  # type: ignore[assignment]

    def handle(self) -> Any:
        """Does the work. It may be a coroutine function.

        Raises:
            NotImplementedError: If a service implements neither this method nor one for the HTTP verb.
        """
        raise NotImplementedError(f"service `{self.get_name()}` has no `handle` method")

    @classmethod
    def get_name(cls) -> str:
        """Gives the service's name: the attribute `name`, or one derived from module and class."""
        return own_name(cls) or convert_impl_name(cls.get_impl_name())

    @staticmethod
    def get_name_static(class_: type[Service]) -> str:
        """Gives the name of a service class."""
        return class_.get_name()

    @classmethod
    def get_impl_name(cls) -> str:
        """Gives module and class, for instance `crm.GetClient`."""
        known = vars(cls).get("impl_name")
        if isinstance(known, str):
            return known
        module = sys.modules.get(cls.__module__)
        return f"{getattr(module, '__zato_module__', cls.__module__)}.{cls.__name__}"

    @staticmethod
    def convert_impl_name(name: str) -> str:
        """Turns `module.Class` into a service name."""
        return convert_impl_name(name)

    @staticmethod
    def extract_target(name: str) -> tuple[str, str]:
        """Splits `service@target` into its two parts; the second is empty without a target."""
        service, _, target = name.partition("@")
        return service, target

    @property
    def msg(self) -> Messages:
        """Values in messages by named expressions (2.0-3.1)."""
        from zato.server.service._msg import Messages

        return Messages(self)

    def lock(self, name: str | None = "", *args: Any, **kwargs: Any) -> Lock:
        """Gives a lock that one holder at a time has among all workers; without a name, one named after the service.

        Args:
            name: Its name.
            args: How many seconds it is held at most (20), and how many seconds to wait for it (10).
            kwargs: The same as `ttl` or `expires`, and `block` or `timeout`; 0 is no limit, and not to wait.
        """
        return make_lock(name or self.get_name(), *args, **kwargs)

    def sleep(self, timeout: float = 1) -> None:
        """Waits for a number of seconds; other services go on running."""
        time.sleep(timeout)

    def spawn(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> ServiceThread:
        """Runs a function in a thread of its own and gives a handle to wait for it."""
        return ServiceThread.spawn(func, *args, **kwargs)

    run_in_thread = spawn

    def log_input(
        self, user_msg: str = "", level: int = logging.INFO, suppress_keys: Iterable[str] | None = None
    ) -> dict[str, Any]:
        """Logs what the service was given, and gives it as a dictionary."""
        return self._log_facts(user_msg, level, suppress_keys, _LOGGED_INPUT)

    def log_output(
        self,
        user_msg: str = "",
        level: int = logging.INFO,
        suppress_keys: Iterable[str] | None = ("wsgi_environ",),
    ) -> dict[str, Any]:
        """Logs what the service was given and what it produced, and gives it as a dictionary."""
        facts = (*_LOGGED_INPUT, *_LOGGED_OUTPUT, "zato.http.response.headers")
        return self._log_facts(user_msg, level, suppress_keys, facts)

    def _log_facts(
        self, user_msg: str, level: int, suppress_keys: Iterable[str] | None, names: Iterable[str]
    ) -> dict[str, Any]:
        suppressed = frozenset(suppress_keys or ())

        def value(name: str) -> Any:
            if name in suppressed:
                return "(suppressed)"
            if name == "request.payload":
                return self.request.payload
            if name == "zato.http.response.headers":
                return self.response.headers
            return getattr(self, name, "(None)")

        facts = {name: value(name) for name in ["request.payload", *names]}
        self.logger.log(level, "%s %s", user_msg, facts, stacklevel=3)
        return facts


def own_name(cls: type) -> str:
    """Gives the `name` a class or one of its ancestors declares; names that deployment derived do not count."""
    for ancestor in cls.__mro__:
        found = vars(ancestor)
        if "name" in found and "_zato_has_derived_name" not in found:
            name = found["name"]
            return name if isinstance(name, str) else ""
    return ""
