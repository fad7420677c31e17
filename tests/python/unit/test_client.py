"""Clients of other programs, against a server on a real socket."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import urllib.error
from base64 import b64decode, b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from zato.bunch import Bunch
from zato.client import (
    CID_NO_CLIP,
    AnyServiceInvoker,
    APIClient,
    JSONClient,
    JSONSIOClient,
    RawDataClient,
    XMLClient,
    ZatoClient,
    get_client_from_credentials,
)


class Peer:
    """A server that records requests and answers as told."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.answer: tuple[int, dict[str, str], bytes] = (200, {}, b"")
        peer = self

        class Handler(BaseHTTPRequestHandler):
            def handle_one(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                peer.requests.append((self.command, self.path, dict(self.headers), body))
                status, headers, content = peer.answer
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_one

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def says(self, content: Any, status: int = 200, **headers: str) -> None:
        """Decides on the next responses."""
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.answer = (status, {name.replace("_", "-"): value for name, value in headers.items()}, raw)

    def invoked(self, response: Any, result: str = "ZATO_OK", details: str = "") -> None:
        """Answers the way `zato.service.invoke` does."""
        text = response if isinstance(response, str) else json.dumps(response)
        envelope = {"result": result, "cid": "abcdefgh", "details": details}
        encoded = b64encode(text.encode()).decode()
        self.says({"zato_env": envelope, "zato_service_invoke_response": {"response": encoded}})


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.mark.compat("1.8-APIClient")
def test_the_api_client_sends_and_reads_json(peer: Peer) -> None:
    client = APIClient(peer.address + "/", "user", "pass")
    peer.says({"a": 1}, X_Zato_CID="abc", X_Response_Time="7")
    response = client.invoke("crm.get", {"b": 2})
    assert (response.is_ok, response.ok, response.data, response.details) == (True, True, {"a": 1}, None)
    assert (response.cid, response.response_time) == ("abc", "7")
    verb, path, headers, body = peer.requests[0]
    assert (verb, path, body) == ("POST", "/zato/api/invoke/crm.get", b'{"b":2}')
    assert headers["Authorization"] == "Basic " + b64encode(b"user:pass").decode()
    for verb in ("get", "post", "put", "patch", "delete"):
        getattr(client, verb)("crm.get")
        assert peer.requests[-1][0] == verb.upper() and peer.requests[-1][3] == b""


@pytest.mark.compat("1.8-APIClient")
def test_only_200_is_ok_for_the_api_client(peer: Peer) -> None:
    client = APIClient(peer.address, "user", "pass")
    for status in (201, 400, 500):
        peer.says(b"what went wrong", status)
        response = client.get("crm.get")
        assert (response.is_ok, response.data, response.details) == (False, "", "what went wrong")
        assert response.cid == response.response_time == "(None)"
    assert "is_ok:`False`" in repr(response)
    peer.says(b"")
    assert client.get("crm.get").data == ""


@pytest.mark.compat("1.8-AnyServiceInvoker")
def test_any_service_is_invoked_through_another_one(peer: Peer) -> None:
    client = AnyServiceInvoker(peer.address, "/zato/admin/invoke", ("user", "pass"))
    peer.invoked({"zato_crm_response": {"a": 1}, "_meta": {"page": 2}})
    response = client.invoke("crm.get", {"b": 2}, headers={"X-A": "b"}, timeout=5)
    assert (response.ok, response.has_data, response.data, response.meta) == (True, True, {"a": 1}, {"page": 2})
    assert (response.cid, response.sio_result) == ("abcdefgh", "ZATO_OK")
    verb, path, headers, body = peer.requests[0]
    sent = json.loads(body)
    assert (verb, path, headers["X-A"]) == ("POST", "/zato/admin/invoke", "b")
    assert json.loads(b64decode(sent.pop("payload"))) == {"b": 2}
    assert sent == {
        "name": "crm.get",
        "channel": "invoke",
        "data_format": "json",
        "is_async": False,
        "expiration": 15,
        "all_pids": False,
        "timeout": 5,
        "skip_response_elem": True,
        "needs_response_time": True,
    }
    peer.invoked("plain text")
    assert client.invoke(id=7, payload="raw", to_json=False).data == "plain text"
    sent = json.loads(peer.requests[-1][3])
    assert sent["id"] == 7 and "name" not in sent and b64decode(sent["payload"]) == b"raw"
    peer.invoked("0123456789")
    assert client.invoke_async("crm.get").inner_service_response == "0123456789"
    sent = json.loads(peer.requests[-1][3])
    assert sent["is_async"] is True and sent["channel"] == "invoke-async"
    with pytest.raises(ValueError, match="either `name` or `id`"):
        client.invoke()


@pytest.mark.compat("1.8-responses")
def test_errors_have_details_and_no_data(peer: Peer) -> None:
    client = ZatoClient(peer.address, "/invoke", cluster_id=1, to_bunch=True)
    peer.invoked("", "ZATO_ERROR", "no such service")
    response = client.invoke("x")
    assert (response.ok, response.data, response.details) == (False, None, "no such service")
    assert "cid:`abcde`" in repr(response) and client.cluster_id == 1
    peer.says(b"<html>", 502)
    response = client.invoke("x")
    assert not response.ok and "<html>" in response.details and response.cid == "(None)"
    peer.invoked({"a": {"b": 1}})
    client.max_cid_repr = CID_NO_CLIP
    response = client.invoke("x")
    assert isinstance(response.data, Bunch) and response.data.a.b == 1 and "cid:`abcdefgh`" in repr(response)


@pytest.mark.compat("1.8-plain")
def test_clients_of_one_path(peer: Peer) -> None:
    peer.says({"a": 1}, X_Zato_CID="c")
    assert RawDataClient(peer.address, "/raw").invoke("text").data == '{"a": 1}'
    assert peer.requests[-1][1] == "/raw" and peer.requests[-1][3] == b"text"
    assert JSONClient(peer.address, "/json", to_bunch=True).invoke({"b": 1}).data.a == 1
    assert peer.requests[-1][3] == b'{"b":1}'
    assert JSONSIOClient(peer.address, "/json").invoke().data == {"a": 1}
    peer.says({"zato_env": {"result": "ZATO_OK", "cid": "d", "details": ""}, "response": {"b": 2}})
    response = JSONSIOClient(peer.address, "/json").invoke({})
    assert (response.data, response.cid, response.ok) == ({"b": 2}, "d", True)
    peer.says(b"broken")
    response = JSONClient(peer.address, "/json").invoke({})
    assert not response.ok and "broken" in response.details
    peer.says(b"down", 503)
    assert RawDataClient(peer.address, "/raw").invoke("").details == "down"
    assert JSONClient(peer.address, "/raw").invoke("").details == "down"


@pytest.mark.compat("1.8-XMLClient")
def test_the_xml_client_reads_documents(peer: Peer) -> None:
    from lxml import etree  # type: ignore[attr-defined]

    client = XMLClient(peer.address, "/xml")
    peer.says("<a><b>1</b></a>".encode("utf-16"))
    response = client.invoke(etree.fromstring("<c>ż</c>"))
    assert (response.ok, response.has_data, response.data.b) == (True, True, 1)
    assert peer.requests[-1][3] == "<?xml version='1.0' encoding='UTF-8'?>\n<c>ż</c>".encode()
    peer.says(b"<a>")
    response = client.invoke("<d/>")
    assert not response.ok and "not valid XML: line 1, column 4" in response.details
    peer.says(b"down", 503)
    response = client.invoke("")
    assert (response.details, response.has_data) == ("down", False)


@pytest.mark.compat("1.8-ZatoClient")
def test_a_client_goes_where_it_is_told(peer: Peer) -> None:
    client = get_client_from_credentials(False, "127.0.0.1:1", ("user", "pass"))
    assert client.service_address == "http://127.0.0.1:1/zato/admin/invoke"
    client.set_address(peer.address)
    peer.invoked({})
    assert client.invoke("x").ok
    with pytest.raises(ValueError, match="does not begin with http"):
        APIClient("localhost:17010", "", "").get("x")


def test_connections_are_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("zato.client._transport.time.sleep", pauses.append)
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{reserved.getsockname()[1]}"
        with pytest.raises(urllib.error.URLError):
            RawDataClient(address, "/").invoke("")
    assert pauses == [0.1, 0.2, 0.4, 0.8]


def test_the_client_loads_nothing_of_the_server() -> None:
    code = "import zato.client, sys; print([name for name in sys.modules if name.startswith('zato.server')])"
    python = Path(__file__).parents[3] / "python"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": str(python)})
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
