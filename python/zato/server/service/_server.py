"""`self.server`: what services may know about the server they run in (reference service-api 3.6)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from zato import _core
from zato.bunch import Bunch
from zato.common._missing import missing_object, refuse
from zato.common.util.time_ import TimeUtil
from zato.server.service import _user_config
from zato.server.service._crypto import Crypto
from zato.server.service._odb import ODB
from zato.server.service._server_conf import read_server_conf
from zato.server.service._service_store import ServiceStore
from zato.server.service._static_config import StaticConfig


class Server:
    """The server this process belongs to."""

    #: Redis, under its name of 2.0-3.2.
    kvdb: Any = missing_object("self.server.kvdb", "Redis connections")
    #: Connections and channels of a worker (2.0-3.2).
    worker_store: Any = missing_object("self.server.worker_store", "the worker store of 2.0-3.2")

    def __init__(self) -> None:
        #: Configuration files of users; the same as `self.config` of services.
        self.user_config: _user_config.UserConfig = _user_config.config
        #: Files that services need as they are.
        self.static_config: StaticConfig = StaticConfig()
        #: What is configured, as tables.
        self.odb: ODB = ODB()
        #: Deployed services.
        self.service_store: ServiceStore = ServiceStore()
        self._server_conf: Bunch | None = None
        self._cluster: dict[str, Any] | None = None

    @property
    def time_util(self) -> TimeUtil:
        """What `self.time` is, with the formats of the server's compat profile."""
        return TimeUtil(self.profile)

    @property
    def cluster_id(self) -> int:
        """Identifier of the cluster, as in `Cluster.id` of `self.odb`."""
        if self._cluster is None:
            self._cluster = _core.cluster()
        return self._cluster["id"]

    @property
    def repo_location(self) -> str:
        """Directory of server.conf and its neighbors."""
        return str(Path(self.base_dir) / "config" / "repo")

    @property
    def fs_server_config(self) -> Bunch:
        """Stanzas and keys of server.conf as they were when first asked for, for instance `misc.jwt_secret`.

        Keys that the file does not have raise `AttributeError`.
        """
        if self._server_conf is None:
            self._server_conf = read_server_conf(self.repo_location, self.profile)
        return self._server_conf

    def is_service_deployed(self, name: str) -> bool:
        """Says whether there is a service of this name."""
        return self.service_store.is_deployed(name)

    def publish(self, *_arguments: Any, **_options: Any) -> Any:
        """Raises `MissingFeature`: there is no publish/subscribe."""
        refuse("self.server.publish", "publish/subscribe")

    def hash_secret(self, data: str | bytes, name: str = "zato.default") -> str:
        """Hashes a secret; see `self.crypto.hash_secret`."""
        return Crypto.hash_secret(data, name)

    def verify_hash(self, given: str | bytes, expected: str | bytes, name: str = "zato.default") -> bool:
        """Says whether a secret is what a hash was made of; see `self.crypto.verify_hash`."""
        return Crypto.verify_hash(given, expected, name)

    @property
    def name(self) -> str:
        """Name of the server, for instance `server1`."""
        return self._facts["name"]

    @property
    def cluster_name(self) -> str:
        """Name of the cluster."""
        return self._facts["cluster_name"]

    @property
    def base_dir(self) -> str:
        """Directory of the server."""
        return self._facts["base_dir"]

    @property
    def worker_index(self) -> int:
        """Number of this worker process, from 0."""
        return self._facts["worker_index"]

    @property
    def profile(self) -> str:
        """Compat profile of services that name none of their own, for instance `3.2`."""
        return self._facts["profile"]

    @property
    def pid(self) -> int:
        """Process ID of this worker."""
        return os.getpid()

    @property
    def invoker_allows_internal(self) -> list[str]:
        """Internal services, and channels, that `/zato/api/invoke` runs internal services for."""
        return self._facts["invoker_allows_internal"]

    def encrypt(self, data: str | bytes) -> str:
        """Encrypts text with the secret key of the server."""
        return _core.encrypt(data.decode("utf-8") if isinstance(data, bytes) else data)

    def decrypt(self, data: str | bytes) -> str:
        """Decrypts what was encrypted with the secret key of the server, such as secrets of `self.request.input`.

        Raises:
            ValueError: If it is not encrypted, was encrypted with another key, or was changed.
        """
        return _core.decrypt(data.decode("utf-8") if isinstance(data, bytes) else data)

    def invoke(self, service: str | type, request: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Invokes a service on this thread, the way `self.invoke` of services does; the answer is the same.

        Args:
            service: Name or class of the service.
            request: Its payload.
            args: What else `self.invoke` takes.
            kwargs: Likewise.

        Raises:
            KeyError: If the service is not deployed.
            Inactive: If it is switched off.
        """
        return _core.server_invoke(service, request, *args, **kwargs)

    def invoke_async(self, service: str | type, request: Any = None, *args: Any, **kwargs: Any) -> str:
        """Invokes a service in the background, the way `self.invoke_async` of services does; gives its correlation ID.

        Raises:
            KeyError: If the service is not deployed.
            Inactive: If it is switched off.
        """
        return _core.server_invoke_async(service, request, *args, **kwargs)

    def get_full_name(self) -> str:
        """Gives the name that is unique among clusters, for instance `server1@quickstart`."""
        return f"{self.name}@{self.cluster_name}"

    @property
    def _facts(self) -> dict[str, Any]:
        facts = _core.server_facts()
        if facts is None:
            raise AttributeError("no server runs in this process")
        return facts
