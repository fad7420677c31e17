"""What the native part of Zato (`rust/zato-py`) offers to the Python part."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, Generic, final

from typing_extensions import Self, TypeVar, disjoint_base

__version__: str

# What `self.request.input` is; the native part gives whatever the declaration says.
_Input = TypeVar("_Input", default=Any)

@disjoint_base
class Service(Generic[_Input]):
    """Native base class of services: everything that belongs to one invocation, built when first touched."""

    def __init__(self, *arguments: Any, **options: Any) -> None: ...
    def __class_getitem__(cls, _input: Any) -> type[Service]: ...
    @property
    def cid(self) -> str: ...
    # Properties, which services replace by attributes of their classes.
    name: str
    impl_name: str
    @property
    def request(self) -> Request[_Input]: ...
    @property
    def response(self) -> Response: ...
    @property
    def channel(self) -> ChannelInfo: ...
    @property
    def chan(self) -> ChannelInfo: ...
    @property
    def data_format(self) -> str: ...
    @property
    def transport(self) -> str: ...
    environ: Any
    @property
    def wsgi_environ(self) -> dict[str, Any]: ...
    @property
    def job_type(self) -> str | None: ...
    @property
    def in_reply_to(self) -> str | None: ...
    @property
    def invocation_time(self) -> datetime: ...
    @property
    def usage(self) -> int: ...
    @property
    def handle_return_time(self) -> datetime: ...
    @property
    def processing_time_raw(self) -> timedelta: ...
    @property
    def processing_time(self) -> int: ...
    def invoke(self, *arguments: Any, **options: Any) -> Any: ...
    def invoke_async(self, *arguments: Any, **options: Any) -> str: ...
    def invoke_by_impl_name(self, impl_name: str, *arguments: Any, **options: Any) -> Any: ...
    def invoke_by_id(self, service_id: int | str, *arguments: Any, **options: Any) -> Any: ...
    def new_instance(self, service_name: str | type, *arguments: Any, **options: Any) -> Any: ...
    def _zato_start(
        self,
        on_end: Callable[[Any, BaseException | None], None] | None,
        is_certain: bool,
        *arguments: Any,
        **options: Any,
    ) -> str: ...

@final
class Request(Generic[_Input]):
    payload: Any
    input: _Input
    @property
    def raw_request(self) -> Any: ...
    @property
    def raw(self) -> Any: ...
    @property
    def text(self) -> Any: ...
    @property
    def channel_params(self) -> dict[str, Any]: ...
    @property
    def merge_channel_params(self) -> bool: ...
    @property
    def cid(self) -> str: ...
    @property
    def data_format(self) -> str: ...
    @property
    def transport(self) -> str: ...
    @property
    def http(self) -> HTTPRequestData: ...
    def bunchified(self) -> Any: ...
    def to_bunch(self) -> Any: ...
    def deepcopy(self) -> Any: ...

@final
class HTTPRequestData:
    GET: dict[str, Any]
    POST: dict[str, Any]
    @property
    def method(self) -> str | None: ...
    @property
    def path(self) -> dict[str, Any]: ...
    @property
    def params(self) -> dict[str, Any]: ...
    @property
    def user_agent(self) -> str: ...
    @property
    def headers(self) -> dict[str, str]: ...
    def get_form_data(self) -> dict[str, Any]: ...
    def to_dict(self) -> dict[str, Any]: ...

@final
class Response:
    payload: Any
    status_code: int
    content_type: str
    headers: Any
    content_encoding: str | None
    result: str | None
    result_details: str | None
    status_message: str | None
    @property
    def content_type_changed(self) -> bool: ...
    @property
    def cid(self) -> str: ...
    @property
    def data_format(self) -> str: ...
    def __len__(self) -> int: ...

@final
class Payload:
    """`self.response.payload` of services that declare output: declared names as attributes or items."""

    def __getattr__(self, name: str, /) -> Any: ...
    def __setattr__(self, name: str, value: Any, /) -> None: ...
    def __delattr__(self, name: str, /) -> None: ...
    def __getitem__(self, key: Any, /) -> Any: ...
    def __setitem__(self, key: Any, value: Any, /) -> None: ...
    def __delitem__(self, key: Any, /) -> None: ...
    def __contains__(self, key: object, /) -> bool: ...
    def __len__(self) -> int: ...
    def __bool__(self) -> bool: ...
    def __iter__(self) -> Iterator[Any]: ...
    def get(self, name: str, default: Any = None) -> Any: ...
    def append(self, item: Any) -> None: ...
    def extend(self, items: Iterable[Any]) -> None: ...
    def update(self, *arguments: Any, **options: Any) -> None: ...

@final
class InputElement:
    """A declared name as an attribute of `self.request.input`."""

    def __new__(cls, name: str) -> InputElement: ...
    def __get__(self, instance: Any, owner: Any = None, /) -> Any: ...

@final
class ChannelInfo:
    def __new__(
        cls,
        id: int = 0,  # noqa: A002 - historical name
        name: str = ...,
        type: str = "invoke",  # noqa: A002 - historical name
        data_format: str = ...,
        is_internal: bool = False,
        match_target: str = ...,
        impl: Any = None,
        security: Any = None,
    ) -> ChannelInfo: ...
    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def data_format(self) -> str: ...
    @property
    def is_internal(self) -> bool: ...
    @property
    def match_target(self) -> str: ...
    @property
    def impl(self) -> Any: ...
    @property
    def security(self) -> Any: ...
    @property
    def sec(self) -> Any: ...
    def to_dict(self) -> dict[str, Any]: ...

@final
class ChannelSecurityInfo:
    def __new__(
        cls,
        id: int = 0,  # noqa: A002 - historical name
        name: str = ...,
        type: str = ...,  # noqa: A002 - historical name
        username: str = ...,
        impl: Any = None,
    ) -> ChannelSecurityInfo: ...
    @property
    def id(self) -> int | None: ...
    @property
    def name(self) -> str | None: ...
    @property
    def type(self) -> str | None: ...
    @property
    def username(self) -> str | None: ...
    @property
    def impl(self) -> Any: ...
    def to_dict(self, needs_impl: bool = False) -> dict[str, Any]: ...

@final
class Completion:
    """Called when the coroutine of a run has ended."""

    @property
    def cid(self) -> str: ...
    def __call__(self, error: BaseException | None) -> None: ...
    def expire(self) -> None: ...

@final
class AsyncInvocation:
    """A call made with `invoke_async` in a test."""

    @property
    def service(self) -> str: ...
    @property
    def payload(self) -> Any: ...
    @property
    def cid(self) -> str: ...
    @property
    def channel(self) -> str: ...
    @property
    def data_format(self) -> str: ...
    @property
    def callbacks(self) -> list[str]: ...
    @property
    def in_reply_to(self) -> str | None: ...
    def run(self) -> Any:
        """Runs the service now; gives what it produced, raises what it raised."""

@final
class InProcess:
    """Runs services in a process without a server, for `zato.testing`."""

    def __new__(
        cls, *, profile: str, find: Callable[[Any], bool], take: Callable[[AsyncInvocation], None]
    ) -> InProcess: ...
    def register(self, description: dict[str, Any]) -> None:
        """Registers a service the way the loader describes it."""

    def set_time(self, seconds: float | None) -> None:
        """Holds the clock of invocations still, or lets it go on."""

    def request(
        self, service: str, facts: dict[str, Any]
    ) -> tuple[tuple[Service | None, BaseException | None], tuple[int, list[tuple[str, str]], bytes]]:
        """Runs a service like a request to a REST channel."""

    def call(
        self, service: str, facts: dict[str, Any]
    ) -> tuple[tuple[Service | None, BaseException | None], Any]:
        """Runs a service like a call by another."""

    def close(self) -> None:
        """Forgets all services and lets another session begin."""

@disjoint_base
class Cache:
    """Native base of caches; the empty name means the default one."""

    def __new__(cls, name: str = "") -> Self: ...
    @property
    def name(self) -> str: ...
    def get(self, key: Any, default: Any = None, details: bool = False) -> Any: ...
    def set(self, key: Any, value: Any, expiry: float | None = 0.0, details: bool = False) -> Any: ...
    def set_if_absent(self, key: Any, value: Any, expiry: float | None = 0.0) -> bool: ...
    def delete(self, key: Any, raise_key_error: bool = True) -> Any: ...
    def expire(self, key: Any, expiry: float | None = 0.0) -> bool: ...
    def has_key(self, key: Any) -> bool: ...
    def keys(self) -> list[Any]: ...
    def clear(self) -> None: ...
    def __len__(self) -> int: ...
    def _find(self) -> None: ...
    def _peek(self, keys: list[Any]) -> list[tuple[Any, Any]]: ...
    def _slice(self, start: int, stop: int) -> list[Any]: ...
    def _get_matching(self, criterion: str, patterns: Any, details: bool, limit: int) -> dict[Any, Any]: ...
    def _set_matching(
        self, criterion: str, patterns: Any, value: Any, expiry: float | None, return_found: bool, limit: int
    ) -> dict[Any, Any] | None: ...
    def _delete_matching(
        self, criterion: str, patterns: Any, return_found: bool, limit: int
    ) -> dict[Any, Any] | None: ...
    def _expire_matching(self, criterion: str, patterns: Any, expiry: float | None, limit: int) -> bool: ...

@final
class PendingLock:
    """A lock that is waited for."""

    def wait(self, seconds: float) -> int | None:
        """Waits so long at most; gives the fencing number, 0 if the lock is not to be had, none if undecided."""

    def give_up(self) -> None:
        """Gives up waiting."""

def acquire_lock(name: str, time_to_live: float, patience: float) -> PendingLock:
    """Begins to wait for a lock; times in seconds, 0 for no limit and for not waiting."""

def release_lock(name: str, fence: int) -> bool:
    """Gives a lock back; gives whether it was still held."""

def main(argv: list[str]) -> int:
    """Runs the command line; gives the exit code."""

def log(level: int, logger: str, message: str, line: int = 0, cid: str | None = None) -> None:
    """Writes one log record; `level` is a number of the `logging` module."""

def log_enabled(logger: str, level: int) -> bool:
    """Whether a record of this level would be written for this logger."""

def is_secret_name(name: str) -> bool:
    """Whether what goes by this name is never written to the log."""

def without_secrets(text: str) -> str:
    """The text as the log would show it: values of secrets in it are replaced."""

def current_cid() -> str | None:
    """Correlation ID of the invocation that this thread runs."""

def new_cid() -> str:
    """Makes a correlation ID: 24 hexadecimal digits."""

def server_facts() -> dict[str, Any] | None:
    """Facts about the server of this process, none outside of one.

    Keys: `name`, `cluster_name`, `base_dir`, `worker_index`, `profile`, `pid`, `simple_io`,
    `invoker_allows_internal`, `static_directories`.
    """

def definitions(kind: str) -> dict[str, dict[str, Any]]:
    """Definitions of one kind by name, for kinds that services look up by themselves, such as `message.xpath`."""

def server_invoke(*arguments: Any, **options: Any) -> Any:
    """Invokes a service for no other service in particular; takes what `Service.invoke` does."""

def server_invoke_async(*arguments: Any, **options: Any) -> str:
    """Invokes a service later, for no other service in particular; takes what `Service.invoke_async` does."""

def service_name(target: Any) -> str:
    """Name of the service that a name, a class or an instance stands for; KeyError if it is not deployed."""

def administer(request: bytes) -> bytes:
    """Reads and changes objects of the config store; `zato.server._objects` says what is asked and answered."""

def encrypt(text: str) -> str:
    """Encrypts text the way the config store does."""

def fernet_encrypt(text: str) -> str:
    """Encrypts text as a Fernet token."""

def decrypt(text: str) -> str:
    """Decrypts what `encrypt` or `fernet_encrypt` made."""

def is_encrypted(text: str) -> bool:
    """Whether text has the form of an encrypted value."""

def watch_greenlets() -> None:
    """Makes threads that run services look after greenlets from now on; for the first import of gevent."""

def check_description(description: dict[str, Any], profile: str) -> str | None:
    """Says why a service that the loader has described could not be deployed; None if it could."""

def hash_secret(text: str) -> str:
    """Hashes a secret with PBKDF2-SHA512; other threads go on meanwhile."""

def verify_hash(text: str, expected: str) -> bool:
    """Whether a secret is what a hash was made of; text that is no hash was made of nothing."""

def cluster() -> dict[str, Any]:
    """The cluster: its `id` and `name`."""

def configuration_revision() -> int:
    """Revision of the config store that is in force in this worker."""

def list_objects(kind: str) -> list[dict[str, Any]]:
    """All objects of a kind, for instance `channel.rest`: `id`, `name`, `is_active` and its fields without secrets.

    Raises KeyError if there is no such kind.
    """

def list_services() -> list[dict[str, Any]]:
    """Services deployed in this worker, sorted by name.

    Keys: `id`, `name`, `impl_name`, `is_active`, `is_internal`, `service_class`, `source_path`, `line`.
    """

def after_in_child() -> None:
    """Makes a forked child forget the server; registered with `os.register_at_fork`."""

@final
class RestConnection:
    """An outgoing REST connection; always the one in force of its name."""

    @property
    def name(self) -> str: ...
    @property
    def id(self) -> int: ...
    @property
    def is_active(self) -> bool: ...
    @property
    def host(self) -> str: ...
    @property
    def url_path(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def data_format(self) -> str: ...
    @property
    def content_type(self) -> str: ...
    @property
    def ping_method(self) -> str: ...
    @property
    def pool_size(self) -> int: ...
    @property
    def timeout(self) -> float | None: ...
    @property
    def is_verified(self) -> bool: ...
    @property
    def security(self) -> tuple[str, str, str] | None: ...
    def start(
        self,
        method: str,
        url: str,
        headers: list[tuple[str, str]],
        body: bytes,
        timeout: tuple[float | None, float | None],
        follows_redirects: bool,
        is_streamed: bool,
        verify: bool | str | None,
        cert: list[str],
        proxies: list[tuple[str, str]],
        scopes: str | None,
        security: str | None,
    ) -> HttpCall: ...

@final
class HttpCall:
    """A call that is under way; letting go of it ends it."""

    def wait(self, seconds: float) -> HttpAnswer | None: ...

@final
class HttpAnswer:
    """The answer to a call, whatever its status."""

    @property
    def status(self) -> int: ...
    @property
    def reason(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def headers(self) -> list[tuple[str, str]]: ...
    @property
    def url(self) -> str: ...
    @property
    def elapsed(self) -> float: ...
    @property
    def hops(self) -> list[tuple[int, str, list[tuple[str, str]]]]: ...
    @property
    def body(self) -> bytes: ...
    def next_piece(self) -> bytes | None: ...
    def close(self) -> None: ...

def rest_connection(name: str) -> RestConnection | None:
    """Gives the outgoing REST connection of a name, or None."""

def rest_connection_names() -> list[str]:
    """Gives the names of all outgoing REST connections, sorted."""
