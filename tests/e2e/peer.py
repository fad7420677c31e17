"""An HTTP server that outgoing connections call: it records requests, and its paths say how it answers."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes
    port: int


@dataclass
class Peer:
    """A running server."""

    port: int
    seen: list[Seen] = field(default_factory=list)

    @property
    def host(self) -> str:
        """Its address, for the field `host` of connections."""
        return f"http://127.0.0.1:{self.port}"

    def last(self) -> Seen:
        """The latest request."""
        return self.seen[-1]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    peer: Peer

    def log_message(self, *_arguments: Any) -> None:
        pass

    def answer(self) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length)
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = Seen(self.command, parts.path, parse_qs(parts.query), headers, body, self.client_address[1])
        self.peer.seen.append(seen)
        name = parts.path.strip("/").split("/")[0]
        getattr(self, f"path_{name.replace('-', '_')}", self.path_)(seen)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = answer

    def reply(self, status: int, body: bytes, content_type: str = "text/plain", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def path_(self, seen: Seen) -> None:
        answer = {"method": seen.method, "path": seen.path, "query": seen.query, "body": seen.body.decode("latin-1")}
        self.reply(200, json.dumps(answer).encode(), "application/json", X_Peer="yes")

    def path_text(self, seen: Seen) -> None:
        self.reply(200, "zażółć".encode(), "text/plain; charset=utf-8", Set_Cookie="a=1; Path=/")

    def path_empty(self, seen: Seen) -> None:
        self.reply(200, b"", "application/json")

    def path_broken(self, seen: Seen) -> None:
        self.reply(200, b'{"a": ', "application/json")

    def path_status(self, seen: Seen) -> None:
        status = int(seen.path.rsplit("/", 1)[1])
        self.reply(status, f"status {status}".encode())

    def path_slow(self, seen: Seen) -> None:
        time.sleep(float(seen.path.rsplit("/", 1)[1]))
        with contextlib.suppress(OSError):
            self.reply(200, b"at last")

    def path_redirect(self, seen: Seen) -> None:
        self.reply(302, b"", Location="/landed?from=redirect")

    def path_loop(self, seen: Seen) -> None:
        self.reply(302, b"", Location="/loop")

    def path_cut(self, seen: Seen) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"only this")
        self.close_connection = True

    def path_hang_up(self, seen: Seen) -> None:
        self.close_connection = True

    def path_pieces(self, seen: Seen) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for number in range(5):
            piece = f"line {number}\n".encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def path_gzip(self, seen: Seen) -> None:
        import gzip

        self.reply(200, gzip.compress(b'{"packed": true}'), "application/json", Content_Encoding="gzip")

    def path_token(self, seen: Seen) -> None:
        if b"secret=right" not in seen.body and b'"right"' not in seen.body:
            self.reply(401, b'{"error": "invalid_client"}', "application/json")
            return
        count = sum(one.path == "/token" for one in self.peer.seen)
        answer = {"access_token": f"token-{count}", "token_type": "bearer", "expires_in": 3600}
        self.reply(200, json.dumps(answer).encode(), "application/json")

    def path_guarded(self, seen: Seen) -> None:
        self.reply(401 if seen.headers.get("authorization") == "Bearer token-1" else 200, b"guarded")


@contextlib.contextmanager
def peer(tls: Any = None) -> Iterator[Peer]:
    """A running server on a port of its own; with a TLS context it speaks HTTPS."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    handler.peer = Peer(server.server_address[1])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield handler.peer
    finally:
        server.shutdown()
        server.server_close()
