"""`self.server`: what services may know about the server they run in (reference service-api 3.6)."""

from __future__ import annotations

import os
from typing import Any

from zato import _core
from zato.common.util.time_ import TimeUtil


class Server:
    """The server this process belongs to."""

    def __init__(self) -> None:
        self.time_util = TimeUtil()

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

    def get_full_name(self) -> str:
        """Gives the name that is unique among clusters, for instance `server1@quickstart`."""
        return f"{self.name}@{self.cluster_name}"

    @property
    def _facts(self) -> dict[str, Any]:
        facts = _core.server_facts()
        if facts is None:
            raise AttributeError("no server runs in this process")
        return facts
