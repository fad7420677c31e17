"""The client that invokes any service through `zato.service.invoke` (reference operations 20.2)."""

from __future__ import annotations

import logging
from base64 import b64encode
from typing import Any

from zato.client._response import ServiceInvokeResponse
from zato.client._transport import Session
from zato.common.json_internal import dumps

__all__ = ["CID_NO_CLIP", "AnyServiceInvoker", "ZatoClient", "get_client_from_credentials"]

#: A `max_cid_repr` that shows CIDs whole.
CID_NO_CLIP = 0

_NOT_GIVEN: Any = object()


class AnyServiceInvoker:
    """Invokes services by name or ID.

    Args:
        address: Where the server is, for instance `http://localhost:17010`.
        path: Path of the channel of `zato.service.invoke`, for instance `/zato/admin/invoke`.
        auth: Name and password for HTTP Basic Auth.
        session: What sends requests, a `requests.Session` for instance; by default the standard library does.
        to_bunch: Whether dictionaries in responses become bunches.
        max_response_repr: How many characters of a response its representation shows.
        max_cid_repr: How many characters of a CID it shows.
        logger: Where to log; by default the logger is named after the class.
        tls_verify: Whether certificates of servers are checked, or the file of authorities to check against.
    """

    def __init__(
        self,
        address: str,
        path: str,
        auth: tuple[str, str] | None = None,
        session: Any = None,
        to_bunch: bool = False,
        max_response_repr: int = 2500,
        max_cid_repr: int = 5,
        logger: logging.Logger | None = None,
        tls_verify: Any = True,
    ) -> None:
        self.session: Any = session or Session()
        self.auth = auth
        self.to_bunch = to_bunch
        self.max_response_repr = max_response_repr
        self.max_cid_repr = max_cid_repr
        self.logger: logging.Logger = logger or logging.getLogger(type(self).__name__)
        self.tls_verify = tls_verify
        self.address: str = ""
        self.service_address: str = ""
        self.path = path
        self.set_address(address)

    def set_address(self, address: str) -> None:
        """Makes later calls go to another server."""
        self.address = address.rstrip("/")
        self.set_service_address(self.address + self.path)

    def set_service_address(self, service_address: str) -> None:
        """Makes later calls go to another URL."""
        self.service_address = service_address

    def set_session(self, session: Any) -> None:
        """Makes something else send requests."""
        self.session = session

    def invoke(
        self,
        name: str | None = None,
        payload: Any = "",
        headers: dict[str, str] | None = None,
        channel: str = "invoke",
        data_format: str = "json",
        transport: str | None = None,
        is_async: bool = False,
        expiration: int = 15,
        id: Any = None,  # noqa: A002 - historical name
        to_json: bool = True,
        output_repeated: Any = _NOT_GIVEN,
        pid: int | None = None,
        all_pids: bool = False,
        timeout: float | None = None,
        skip_response_elem: bool = True,
        needs_response_time: bool = True,
    ) -> ServiceInvokeResponse:
        """Invokes a service and waits for its response.

        Args:
            name: Name of the service.
            payload: What it is given.
            headers: More headers of the request.
            channel: What kind of channel the service sees.
            data_format: How the service reads the payload.
            transport: What transport the service sees.
            is_async: Whether to invoke it in the background; `invoke_async` does.
            expiration: Seconds after which nobody needs a background invocation any more.
            id: ID of the service, if there is no name.
            to_json: Whether the payload is turned into JSON; otherwise it has to be text.
            output_repeated: Kept for earlier versions; lists are recognized by themselves.
            pid: The process that is to do it.
            all_pids: Whether all processes are to do it.
            timeout: Seconds to wait for.
            skip_response_elem: Whether an element around the response is taken off.
            needs_response_time: Whether the server measures the time.

        Raises:
            ValueError: If neither name nor ID is given.
            OSError: If the server cannot be reached.
        """
        if not name and not id:
            raise ValueError("either `name` or `id` of the service is needed")
        body = {
            "id" if id and not name else "name": name or id,
            "payload": _encode(payload, to_json),
            "channel": channel,
            "data_format": data_format,
            "transport": transport,
            "is_async": is_async,
            "expiration": expiration,
            "pid": pid,
            "all_pids": all_pids,
            "timeout": timeout,
            "skip_response_elem": skip_response_elem,
            "needs_response_time": needs_response_time,
        }
        response = self.session.request(
            "POST",
            self.service_address,
            data=dumps({key: value for key, value in body.items() if value is not None}),
            headers={"Content-Type": "application/json", **(headers or {})},
            auth=self.auth,
            timeout=timeout,
            verify=self.tls_verify,
        )
        made = ServiceInvokeResponse(response, self.to_bunch, self.max_response_repr, self.max_cid_repr)
        self.logger.debug("%s", made)
        return made

    def invoke_async(self, *arguments: Any, **options: Any) -> ServiceInvokeResponse:
        """Invokes a service in the background; the data of the response is its CID. Takes what `invoke` takes."""
        return self.invoke(*arguments, **{"channel": "invoke-async", **options, "is_async": True})


class ZatoClient(AnyServiceInvoker):
    """An `AnyServiceInvoker` that remembers the cluster it is for.

    Args:
        arguments: What `AnyServiceInvoker` takes.
        cluster_id: ID of the cluster.
        odb_session: Kept for the caller.
        options: What `AnyServiceInvoker` takes.
    """

    def __init__(self, *arguments: Any, cluster_id: Any = None, odb_session: Any = None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.cluster_id = cluster_id
        self.odb_session = odb_session


def get_client_from_credentials(
    use_tls: bool, server_url: str, client_auth: tuple[str, str], path: str = "/zato/admin/invoke"
) -> AnyServiceInvoker:
    """Makes a client of the server at `host:port`."""
    scheme = "https" if use_tls else "http"
    return AnyServiceInvoker(f"{scheme}://{server_url}", path, client_auth, max_response_repr=15000)


def _encode(payload: Any, to_json: bool) -> str:
    """Gives the Base64 form of a payload."""
    if to_json:
        payload = dumps(payload)
    return b64encode(payload.encode("utf-8") if isinstance(payload, str) else payload).decode("ascii")
