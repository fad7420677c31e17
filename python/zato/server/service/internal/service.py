"""Services that invoke other services for callers outside (reference connections 3.1, 3.2)."""

from __future__ import annotations

import binascii
import os
import time
from base64 import b64decode, b64encode
from typing import Any

import orjson

from zato.common.api import CHANNEL, DATA_FORMAT
from zato.common.exception import BadRequest
from zato.common.json_internal import dumps
from zato.server.service import AsIs, Bool, Service
from zato.server.service._server import ServiceStore
from zato.server.service.internal import AdminService

__all__ = ["Invoke", "ServiceInvoker"]

_INTERNAL = ("zato.", "pub.zato.")


class Invoke(AdminService):
    """Invokes any service by name; used by the command line and other tools (reference connections 3.2)."""

    class SimpleIO(AdminService.SimpleIO):
        """The historical input; `payload` is in Base64."""

        input_optional: Any = (
            AsIs("id"),
            "name",
            AsIs("payload"),
            "channel",
            "data_format",
            "transport",
            Bool("is_async"),
            AsIs("expiration"),
            AsIs("pid"),
            Bool("all_pids"),
            AsIs("timeout"),
            Bool("skip_response_elem"),
            AsIs("needs_response_time"),
        )

    def handle(self) -> None:
        """Answers with the Base64 form of the response, or of the CID of an asynchronous call."""
        given = self.request.input
        name = self._name(given)
        self._check_process(given)
        data_format = given.get("data_format") or DATA_FORMAT.DICT
        payload = _decode(self.cid, given.get("payload"), data_format)
        if given.get("is_async"):
            channel = given.get("channel") or CHANNEL.INVOKE_ASYNC
            response: Any = self.invoke_async(name, payload, channel, data_format, given.get("transport") or "")
        else:
            started = time.perf_counter()
            response = self._invoke(name, payload, data_format, given)
            if given.get("needs_response_time") not in (False, "false", "False"):
                self._set_response_time(time.perf_counter() - started)
        self.reply("zato_service_invoke_response", {"response": _encode(response)})

    def _name(self, given: Any) -> str:
        name, identifier = given.get("name"), given.get("id")
        if name and identifier:
            raise BadRequest(self.cid, "give either `name` or `id`, not both", needs_msg=True)
        if identifier:
            known = ServiceStore().id_to_name
            if str(identifier) not in known:
                raise BadRequest(self.cid, f"No such service with id `{identifier}`", needs_msg=True)
            return known[str(identifier)]
        if not name:
            raise BadRequest(self.cid, "`name` or `id` of the service is missing", needs_msg=True)
        return name

    def _check_process(self, given: Any) -> None:
        pid = given.get("pid")
        if given.get("all_pids"):
            message = "`all_pids` is not supported; any worker gives the same answer, leave it out"
            raise BadRequest(self.cid, message, needs_msg=True)
        if pid and str(pid) != str(os.getpid()):
            raise BadRequest(self.cid, f"process {pid} did not get this request; leave `pid` out", needs_msg=True)

    def _invoke(self, name: str, payload: Any, data_format: str, given: Any) -> Any:
        # Serialized, as what is declared comes without its response element otherwise.
        options: dict[str, Any] = {"serialize": True, "skip_response_elem": bool(given.get("skip_response_elem"))}
        if given.get("timeout"):
            options["timeout"] = float(given["timeout"])
        channel, transport = given.get("channel") or CHANNEL.INVOKE, given.get("transport") or ""
        try:
            return self.invoke(name, payload, channel, data_format, transport, **options)
        except KeyError as error:
            _refuse_unknown(self.cid, name, error, needs_msg=True)
            raise

    def _set_response_time(self, seconds: float) -> None:
        self.response.headers["X-Zato-Response-Time"] = str(round(seconds * 1000, 3))
        self.response.headers["X-Zato-Response-Time-Human"] = _human(seconds)


class ServiceInvoker(Service):
    """Invokes the service named in the URL, `/zato/api/invoke/{service_name}` (reference connections 3.1)."""

    name = "pub.zato.service.service-invoker"

    def handle(self) -> None:
        """Answers with the JSON form of what the service produced, and with its headers."""
        http = self.request.http
        name = http.path.get("service_name") or http.params.get("service_name")
        if not name:
            raise BadRequest(self.cid, "the URL names no service", needs_msg=True)
        is_internal = name.startswith(_INTERNAL)
        if is_internal and not self._may_invoke_internal(name):
            raise _no_such_service(self.cid, name, needs_msg=False)
        headers: dict[str, Any] = {}
        try:
            response = self.invoke(
                name,
                self._payload(),
                wsgi_environ={"REQUEST_METHOD": http.method, "HTTP_METHOD": http.method},
                skip_response_elem=is_internal,
                zato_response_headers_container=headers,
            )
        except KeyError as error:
            _refuse_unknown(self.cid, name, error, needs_msg=False)
            raise
        if isinstance(response, type(self.response)):
            self.response.status_code = response.status_code
            return
        self.response.payload = dumps(response)
        self.response.content_type = "text/plain"
        self.response.headers.update(headers)

    def _may_invoke_internal(self, name: str) -> bool:
        """Whether server.conf lists the service, or the channel of this call."""
        allowed = self.server.invoker_allows_internal
        return name in allowed or self.channel.name in allowed

    def _payload(self) -> Any:
        """Gives the JSON body with the query string merged in, either of them, or nothing."""
        query = dict(self.request.http.GET)
        body = self.request.payload
        if isinstance(body, (bytes, str)) and body:
            try:
                body = orjson.loads(body)
            except ValueError as error:
                raise BadRequest(self.cid, f"the body is not valid JSON: {error}", needs_msg=True) from None
        if not query:
            return body
        if isinstance(body, dict):
            return {**body, **query}
        return body or query


def _refuse_unknown(cid: str, name: str, error: KeyError, *, needs_msg: bool) -> None:
    """Turns the KeyError of `invoke` itself into a 400; one of the service's own came through frames of Python."""
    traceback = error.__traceback__
    if error.args == (name,) and traceback is not None and traceback.tb_next is None:
        raise _no_such_service(cid, name, needs_msg=needs_msg) from None


def _no_such_service(cid: str, name: str, *, needs_msg: bool) -> BadRequest:
    return BadRequest(cid, f"No such service `{name}`", needs_msg=needs_msg)


def _decode(cid: str, payload: Any, data_format: str) -> Any:
    """Gives what a Base64 payload stands for: lines of `key=value`, JSON, or text."""
    if not payload:
        return ""
    if not isinstance(payload, (str, bytes)):
        return payload
    try:
        text = b64decode(payload, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        raise BadRequest(cid, "`payload` is not Base64 of UTF-8 text", needs_msg=True) from None
    stripped = text.strip()
    if "=" in stripped and not stripped.startswith(("{", "[")):
        lines = [line.partition("=") for line in stripped.splitlines() if line.strip()]
        if all(separator for _, separator, _ in lines):
            return {key.strip(): value.strip() for key, _, value in lines}
    if data_format in (DATA_FORMAT.JSON, DATA_FORMAT.DICT):
        try:
            return orjson.loads(text)
        except ValueError:
            return text
    return text


def _encode(response: Any) -> str:
    if not isinstance(response, (str, bytes)):
        response = dumps(response)
    return b64encode(response.encode() if isinstance(response, str) else response).decode("ascii")


def _human(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
