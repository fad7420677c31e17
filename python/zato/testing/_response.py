"""What a test gets of a service."""

from __future__ import annotations

from typing import Any

from zato import _core
from zato.common.json_internal import loads

__all__ = ["Headers", "Response"]


class Headers(dict[str, str]):
    """Headers by name, in any case."""

    def __init__(self, pairs: Any = ()) -> None:
        super().__init__()
        for name, value in dict(pairs).items() if isinstance(pairs, dict) else pairs:
            self[str(name)] = str(value)

    def __setitem__(self, name: str, value: str) -> None:
        super().__setitem__(self._known(name), value)

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(self._known(name))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(self._known(name))

    def get(self, name: str, default: Any = None) -> Any:
        """Gives a header; the default if there is none."""
        return super().get(self._known(name), default)

    def _known(self, name: str) -> str:
        wanted = name.lower()
        return next((key for key in self if key.lower() == wanted), name)


class Response:
    """The response of a service, as a client of a REST channel gets it."""

    def __init__(
        self,
        status_code: int,
        headers: list[tuple[str, str]],
        content: bytes,
        service: _core.Service | None,
        exception: BaseException | None,
    ) -> None:
        #: HTTP status.
        self.status_code = status_code
        #: Headers; one that is there more than once has its last value.
        self.headers: Headers = Headers(headers)
        #: All headers, as they are sent.
        self.header_list = headers
        #: The body.
        self.content = content
        #: What the service raised, if it did.
        self.exception: BaseException | None = exception
        self._service = service

    @property
    def service(self) -> Any:
        """The instance that ran, with everything that `handle` put on it.

        Raises:
            AttributeError: If its `__init__` raised an exception.
        """
        if self._service is None:
            raise AttributeError(f"there is no instance, making it failed with {self.exception!r}")
        return self._service

    @property
    def payload(self) -> Any:
        """What the service has in `self.response.payload`."""
        return self.service.response.payload

    @property
    def cid(self) -> str:
        """Correlation ID of the run."""
        return self.service.cid

    @property
    def ok(self) -> bool:
        """Whether the status is below 400."""
        return self.status_code < 400

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode("utf-8", "replace")

    @property
    def content_type(self) -> str:
        """Content type without parameters, in lower case."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def data(self) -> Any:
        """The body as objects if its content type is JSON and there is a body; as text otherwise."""
        is_json = self.content_type == "application/json" or self.content_type.endswith("+json")
        return self.json() if is_json and self.content else self.text

    def json(self) -> Any:
        """Gives the body as objects.

        Raises:
            ValueError: If it is not JSON.
        """
        return loads(self.content)

    def __repr__(self) -> str:
        raised = f", {type(self.exception).__name__}" if self.exception else ""
        return f"<Response {self.status_code}, {len(self.content)} bytes{raised}>"
