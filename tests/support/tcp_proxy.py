"""A road to a PostgreSQL server that can be closed: what crosses it is passed on, byte by byte."""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from psycopg.conninfo import conninfo_to_dict


class Road:
    """Between a port of loopback and a server. Closed, it is as if the server were not there.

    cut_before: told what the server answers; where it says so, the client finds the connection
    cut instead, and never hears of what was carried out.
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
        """Let everybody through."""
        self._silent = False
        self._listen()

    def fall_silent(self) -> None:
        """Cut whatever is under way; whoever comes gets in and hears nothing."""
        self.close()
        self._silent = True
        self._listen()

    def freeze(self) -> None:
        """Nothing that is under way, or will be, gets on; nobody is told."""
        self._flows.clear()

    def thaw(self) -> None:
        """What was under way gets on."""
        self._flows.set()

    def _listen(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self._port))
        threading.Thread(target=self._let_in, args=(self._listener,), daemon=True).start()

    def close(self) -> None:
        """Cut whatever is under way, and let nobody in."""
        self._flows.set()
        if self._listener is not None:
            _hang_up(self._listener)
            self._listener.close()
            self._listener = None
        for end in list(self._ends):
            _hang_up(end)

    def _let_in(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _reach(self) -> socket.socket:
        host, port = str(self._server["host"]), self._server.get("port", 5432)
        if not host.startswith("/"):
            return socket.create_connection((host, int(port)))
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{host}/.s.PGSQL.{port}")
        return server

    def _carry(self, client: socket.socket) -> None:
        """Until one of the two hangs up, and then the other is hung up on."""
        if self._silent:
            with client, suppress(OSError):
                self._ends.add(client)
                while client.recv(65536):
                    pass
            self._ends.discard(client)
            return
        with client, self._reach() as server, selectors.DefaultSelector() as ready:
            self._ends |= {client, server}
            ready.register(client, selectors.EVENT_READ, (client, server))
            ready.register(server, selectors.EVENT_READ, (server, client))
            with suppress(OSError):
                self._pass_on(ready, client)
            self._ends -= {client, server}

    def _pass_on(self, ready: selectors.BaseSelector, client: socket.socket) -> None:
        while True:
            for key, _ in ready.select():
                here, there = key.data
                said = here.recv(65536)
                if not said or (here is not client and self.cut_before(said)):
                    return
                self._flows.wait()
                there.sendall(said)


def _hang_up(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


@contextmanager
def road_to(url: str) -> Iterator[Road]:
    """An open road, closed in the end."""
    road = Road(url)
    road.open()
    try:
        yield road
    finally:
        road.close()
