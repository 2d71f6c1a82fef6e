"""A TCP proxy in front of a PostgreSQL server that can refuse, delay or cut connections."""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from psycopg.conninfo import conninfo_to_dict


class TcpProxy:
    """A proxy that forwards bytes between a loopback port and a server.

    While the proxy is closed, a client cannot reach the server.

    Attributes:
        cut_before: Called with each answer of the server. If it returns true, the connection is cut
            and the client never receives the answer.
    """

    def __init__(self, url: str) -> None:
        self._server = conninfo_to_dict(url)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        user, database = self._server.get("user", "postgres"), self._server["dbname"]
        self.url = f"postgresql://{user}@127.0.0.1:{self._port}/{database}"
        self.cut_before: Callable[[bytes], bool] = lambda _: False
        self._listener: socket.socket | None = None
        self._silent = False
        self._flows = threading.Event()
        self._flows.set()
        self._ends: set[socket.socket] = set()

    def open(self) -> None:
        """Accept connections."""
        self._silent = False
        self._listen()

    def fall_silent(self) -> None:
        """Cut all connections. New connections are accepted but never answered."""
        self.close()
        self._silent = True
        self._listen()

    def freeze(self) -> None:
        """Stop forwarding, without cutting connections."""
        self._flows.clear()

    def thaw(self) -> None:
        """Forward again. The bytes that were held back are sent first."""
        self._flows.set()

    def _listen(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self._port))
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def close(self) -> None:
        """Cut all connections and refuse new ones."""
        self._flows.set()
        if self._listener is not None:
            _shut_down(self._listener)
            self._listener.close()
            self._listener = None
        for end in list(self._ends):
            _shut_down(end)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._forward, args=(client,), daemon=True).start()

    def _connect(self) -> socket.socket:
        host, port = str(self._server["host"]), self._server.get("port", 5432)
        if not host.startswith("/"):
            return socket.create_connection((host, int(port)))
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{host}/.s.PGSQL.{port}")
        return server

    def _forward(self, client: socket.socket) -> None:
        """Forward until one side closes, then close the other side."""
        if self._silent:
            with client, suppress(OSError):
                self._ends.add(client)
                while client.recv(65536):
                    pass
            self._ends.discard(client)
            return
        with client, self._connect() as server, selectors.DefaultSelector() as ready:
            self._ends |= {client, server}
            ready.register(client, selectors.EVENT_READ, (client, server))
            ready.register(server, selectors.EVENT_READ, (server, client))
            with suppress(OSError):
                self._copy_bytes(ready, client)
            self._ends -= {client, server}

    def _copy_bytes(self, ready: selectors.BaseSelector, client: socket.socket) -> None:
        while True:
            for key, _ in ready.select():
                source, target = key.data
                data = source.recv(65536)
                if not data or (source is not client and self.cut_before(data)):
                    return
                self._flows.wait()
                target.sendall(data)


def _shut_down(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


@contextmanager
def tcp_proxy(url: str) -> Iterator[TcpProxy]:
    """Yield an open proxy, which is closed at the end."""
    proxy = TcpProxy(url)
    proxy.open()
    try:
        yield proxy
    finally:
        proxy.close()
