"""An HTTP proxy between a phone and the service, with which tests simulate a poor network."""

from __future__ import annotations

import gzip
import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

Mode = Literal["forward", "down", "login page", "lose answers"]

LOGIN_PAGE = b"<!doctype html><title>Free WiFi</title><p>Please accept our terms."


class SentRequest(NamedTuple):
    """A POST that reached the proxy."""

    path: str
    headers: dict[str, str]
    body: bytes


class HttpProxy:
    """A proxy that listens on a separate port.

    Attributes:
        mode: What happens to requests. "down" cuts the connection. "login page" answers each
            request with 200 and a page of the network. "lose answers" forwards each POST, but cuts
            the connection in place of the answer.
        posts: Every POST, in order.
        rewrite: Changes the body of an answer, by its path.
    """

    def __init__(self, service: str) -> None:
        self.mode: Mode = "forward"
        self.posts: list[SentRequest] = []
        self.rewrite: Callable[[str, bytes], bytes] = lambda _, body: body
        upstream = urlsplit(service)
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                with suppress(ConnectionError):  # the browser gave up
                    proxy._serve(self, str(upstream.netloc))

            do_POST = do_GET  # noqa: N815  # http.server finds methods by these names

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def outcomes(self) -> list[SentRequest]:
        """Return the outcomes that were sent, in order."""
        return [post for post in self.posts if post.path.endswith("/outcomes")]

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()

    def _serve(self, request: BaseHTTPRequestHandler, upstream: str) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        mode, is_post = self.mode, request.command == "POST"
        if is_post:
            headers = {name.lower(): value for name, value in request.headers.items()}
            self.posts.append(SentRequest(request.path, headers, body))
        if mode == "down":
            request.close_connection = True
            return
        if mode == "login page":
            _answer(request, 200, [("Content-Type", "text/html")], LOGIN_PAGE)
            return
        connection = http.client.HTTPConnection(upstream, timeout=60)
        connection.request(request.command, request.path, body, dict(request.headers.items()))
        found = connection.getresponse()
        content = found.read()
        connection.close()
        if mode == "lose answers" and is_post:
            request.close_connection = True
            return
        kept = [
            (name, value)
            for name, value in found.getheaders()
            if name.lower() not in ("content-length", "transfer-encoding", "connection", "date")
        ]
        is_compressed = found.getheader("Content-Encoding") == "gzip" and bool(content)
        plain = gzip.decompress(content) if is_compressed else content
        changed = self.rewrite(request.path, plain)
        _answer(request, found.status, kept, gzip.compress(changed) if is_compressed else changed)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing when a browser cuts its connection."""


def _answer(
    request: BaseHTTPRequestHandler, status: int, headers: list[tuple[str, str]], body: bytes
) -> None:
    request.send_response(status)
    for name, value in headers:
        request.send_header(name, value)
    if status != 304:
        request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


@contextmanager
def http_proxy(service: str) -> Iterator[HttpProxy]:
    """Yield a proxy to a service."""
    proxy = HttpProxy(service)
    try:
        yield proxy
    finally:
        proxy.close()
