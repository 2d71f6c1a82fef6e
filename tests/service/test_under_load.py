"""A busy service that is stopped, killed or disconnected loses no recorded request.

Every request with a response is recorded once, every accepted request gets a response, and a repeat
gets the response that was lost.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import httpx
import pytest
from support.service_process import (
    PATIENCE,
    SERVE,
    free_port,
    running_script,
    running_service,
    wait_until_it_answers,
)

from supplies.ledger.ledger import Ledger

CLIENTS = 8

NEED = {"recipient": "R-1", "item": "mask", "quantity": 1}


def send_need(web: httpx.Client, key: str) -> httpx.Response:
    return web.post("/api/needs", json=NEED, headers={"Idempotency-Key": key})


class Load:
    """Clients that send requests, each with a key of its own, until the service ends.

    Attributes:
        answered: The response for each key that got one.
        unanswered: The keys without a response.
    """

    def __init__(self, port: int, bearer: dict[str, str]) -> None:
        self._bearer = bearer
        self.answered: dict[str, httpx.Response] = {}
        self.unanswered: list[str] = []
        self._enough = threading.Condition()
        self._url = f"http://127.0.0.1:{port}"
        self._threads = [threading.Thread(target=self._ask) for _ in range(CLIENTS)]

    def _ask(self) -> None:
        with httpx.Client(base_url=self._url, timeout=PATIENCE, headers=self._bearer) as web:
            while True:
                key = str(uuid.uuid4())
                try:
                    answer = send_need(web, key)
                except httpx.TransportError:
                    self.unanswered.append(key)
                    return
                if answer.status_code == 503:
                    return
                assert answer.status_code == 201, answer.text
                with self._enough:
                    self.answered[key] = answer
                    self._enough.notify()

    @contextmanager
    def until(self, answers: int) -> Iterator[None]:
        """Begin the block after this many responses, and wait for the clients at its end.

        Requests are under way when it begins.
        """
        for thread in self._threads:
            thread.start()
        with self._enough:
            assert self._enough.wait_for(lambda: len(self.answered) >= answers, PATIENCE)
        yield
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()


def recorded(books: str) -> int:
    with Ledger.open(books, station="lx") as ledger:
        return ledger.verify().entries


def test_every_request_with_a_response_is_recorded_once_after_a_kill(
    books: str, bearer: dict[str, str]
) -> None:
    port = free_port()
    load = Load(port, bearer)
    with running_service(books, port) as process, load.until(150):
        os.killpg(process.pid, signal.SIGKILL)
    stored = recorded(books)
    assert len(load.answered) <= stored <= len(load.answered) + len(load.unanswered)
    url = f"http://127.0.0.1:{port}"
    with (
        running_service(books, port),
        httpx.Client(base_url=url, timeout=PATIENCE, headers=bearer) as web,
    ):
        for key, first in load.answered.items():
            again = send_need(web, key)
            assert (again.status_code, again.content) == (first.status_code, first.content)
            assert again.headers["location"] == first.headers["location"]
        assert web.get("/api/health").json()["seq"] == stored
        # Whether or not it was recorded before: after the repeat it is recorded once.
        for key in load.unanswered * 2:
            assert send_need(web, key).status_code == 201
    assert recorded(books) == len(load.answered) + len(load.unanswered)


def test_accepted_requests_are_recorded_and_answered_at_shutdown(
    books: str, bearer: dict[str, str]
) -> None:
    port = free_port()
    load = Load(port, bearer)
    with running_service(books, port) as process:
        with load.until(150):
            process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    assert recorded(books) == len(load.answered)


def test_a_repeat_gets_the_response_that_was_lost(books: str, bearer: dict[str, str]) -> None:
    port = free_port()
    body = b'{"recipient":"R-1","item":"mask","quantity":1}'
    request = (
        f"POST /api/needs HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nIdempotency-Key: cut\r\n"
        f"Authorization: {bearer['Authorization']}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body
    with (
        running_service(books, port),
        Ledger.open(books, station="lx") as ledger,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE, headers=bearer) as web,
    ):
        # This transaction blocks the writer, so the connection is closed before the response.
        with ledger.transaction(), socket.create_connection(("127.0.0.1", port)) as without_fsync:
            without_fsync.sendall(request)
            wait_until_it_waits(web)
        first = send_need(web, "cut")
        assert first.status_code == 201
        assert first.json()["entry"]["seq"] == 1
        assert send_need(web, "cut").content == first.content
    assert recorded(books) == 1


def wait_until_it_waits(web: httpx.Client) -> None:
    """Wait until a request is in the queue of the writer, and so accepted."""
    deadline = time.monotonic() + PATIENCE
    while "supplies_writer_waiting 1.0" not in web.get("/api/metrics").text:
        assert time.monotonic() < deadline


# --- bodies without end --------------------------------------------------------------------------


def read_until_closed(connection: socket.socket) -> bytes:
    """Return everything that the service sends until it closes the connection."""
    connection.settimeout(PATIENCE)
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


def head(port: int, bearer: dict[str, str], *more: str) -> bytes:
    lines = (
        "POST /api/needs HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Content-Type: application/json",
        f"Authorization: {bearer['Authorization']}",
    )
    return "\r\n".join((*lines, *more, "", "")).encode()


def test_bodies_that_are_too_large_or_too_slow_are_cut_off(
    books: str, bearer: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPPLIES_BODY_SECONDS", "0.5")
    port, place = free_port(), "127.0.0.1"
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    with running_service(books, port):
        with socket.create_connection((place, port)) as slow:
            slow.sendall(head(port, bearer, "Content-Length: 100") + b"{")
            response = read_until_closed(slow)
            assert response.startswith(b"HTTP/1.1 408 ")
            assert b'"/problems/too-slow"' in response
        with socket.create_connection((place, port)) as connection:
            connection.sendall(head(port, bearer, f"Content-Length: {2**30}"))
            assert read_until_closed(connection).startswith(b"HTTP/1.1 413 ")
        with socket.create_connection((place, port)) as endless:
            endless.sendall(head(port, bearer, "Transfer-Encoding: chunked"))
            with suppress(ConnectionError):
                for _ in range(40):
                    endless.sendall(chunk)
            with suppress(ConnectionError):
                assert read_until_closed(endless).startswith(b"HTTP/1.1 413 ")
        with httpx.Client(
            base_url=f"http://{place}:{port}", timeout=PATIENCE, headers=bearer
        ) as web:
            assert send_need(web, "still there").status_code == 201


FILES = 200
"""How many files the service may open in the tests of idle connections."""


@pytest.mark.parametrize(
    ("begun", "hard", "body_seconds"),
    [
        (b"", FILES, "1"),
        (b"GET /api/health HTTP/1.1\r\n", 4 * FILES, "1"),
        (b"GET /api/health HTTP/1.1\r\n", FILES, "3600"),
    ],
)
def test_more_idle_connections_than_open_files_do_not_stop_the_service(
    books: str, monkeypatch: pytest.MonkeyPatch, begun: bytes, hard: int, body_seconds: str
) -> None:
    monkeypatch.setenv("SUPPLIES_BODY_SECONDS", body_seconds)
    port, place = free_port(), "127.0.0.1"
    limited = (
        f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, ({FILES}, {hard})); "
        "from supplies_service import serve; serve.MAX_HEAD_SECONDS = 1.0; "
    )
    with ExitStack() as opened:
        process = opened.enter_context(running_script(limited + SERVE, books, port))
        url = f"http://{place}:{port}/api/health"
        wait_until_it_answers(process, url)
        for _ in range(FILES + FILES // 2):
            idle = opened.enter_context(socket.create_connection((place, port), timeout=PATIENCE))
            idle.sendall(begun)
        assert httpx.get(url, timeout=PATIENCE).status_code == 200
        read_until_closed(idle)
