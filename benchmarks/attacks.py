"""The attacks of `make attack`, and how their responses are counted."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field

import httpx

from benchmarks.attacked_service import PASSWORD, PATIENCE, Target

SECONDS = 5.0
"""Duration of each attack, in seconds."""

REFUSED = (401, 403, 408, 413, 429, 503)
"""HTTP statuses with which the service refuses an attacker's request."""


@dataclass
class Tally:
    """Counts of the responses that attackers received. All threads of an attack share them."""

    end: float
    answered: int = 0
    refused: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def goes_on(self) -> bool:
        """Return whether the attack has not ended yet."""
        return time.monotonic() < self.end

    def count(self, status: int) -> None:
        """Count a response by its HTTP status."""
        with self.lock:
            self.answered += status < 500
            self.refused += status in REFUSED
            if status >= 500 and status != 503:
                self.errors[f"status {status}"] += 1

    def fail(self, error: Exception) -> None:
        """Count a request that got no response."""
        with self.lock:
            self.errors[type(error).__name__] += 1


Attack = Callable[[Target, Tally], None]


def reading(role: str, path: str, clients: int) -> Attack:
    """Return an attack in which clients request the same path repeatedly."""

    def attack(target: Target, tally: Tally) -> None:
        def read() -> None:
            with target.client(role) as web:
                while tally.goes_on():
                    try:
                        tally.count(web.get(path).status_code)
                    except httpx.HTTPError as error:
                        tally.fail(error)

        _in_threads(clients, read)

    return attack


def writing(target: Target, tally: Tally) -> None:
    """Attack: clients that record needs as fast as they can."""

    def write() -> None:
        body = {"recipient": "R-1", "item": "mask", "quantity": 1}
        with target.client("recorder") as web:
            while tally.goes_on():
                try:
                    tally.count(web.post("/api/needs", json=body).status_code)
                except httpx.HTTPError as error:
                    tally.fail(error)

    _in_threads(16, write)


def guessing(target: Target, tally: Tally) -> None:
    """Attack: clients that guess tokens."""

    def guess() -> None:
        with target.client() as web:
            for number in itertools.count():
                if not tally.goes_on():
                    return
                secret = f"supplies.lx.{number:016x}.{'A' * 43}"
                headers = {"Authorization": f"Bearer {secret}"}
                try:
                    tally.count(web.get("/api/stock", headers=headers).status_code)
                except httpx.HTTPError as error:
                    tally.fail(error)

    _in_threads(8, guess)


def slow_bodies(target: Target, tally: Tally) -> None:
    """Attack: connections that send the bytes of their body one by one, with pauses."""
    head = (
        f"POST /api/needs HTTP/1.1\r\nHost: 127.0.0.1:{target.port}\r\n"
        f"Authorization: Bearer {target.tokens['recorder']}\r\n"
        "Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n"
    ).encode()
    with _connections(target, 200) as opened:
        for each in opened:
            each.sendall(head)
        while tally.goes_on():
            for each in opened:
                with suppress(OSError):
                    each.sendall(b" ")
            time.sleep(0.5)
        tally.refused += len(opened)


def idle_connections(target: Target, tally: Tally) -> None:
    """Attack: open idle connections, more than the number of files the service may open."""
    with _connections(target, 600):
        while tally.goes_on():
            time.sleep(0.1)


def locking_out(target: Target, tally: Tally) -> None:
    """Attack: strangers at many addresses guess the password of a user.

    Afterwards the user must still be able to sign in.
    """
    form = {"login": "coordinator", "password": PASSWORD}
    with target.client() as web:
        owner = {"Origin": target.url, "X-Forwarded-For": "192.0.2.1"}
        first = web.post("/sign-in", data=form, headers=owner)
        if first.status_code != 303:
            tally.errors["the owner cannot sign in"] += 1
        device = {name: value for name, value in web.cookies.items() if "device" in name}
    addresses = iter(range(1, 250))

    def guess() -> None:
        with target.client() as web:
            while tally.goes_on():
                address = next(addresses, None)
                if address is None:
                    return
                headers = {"Origin": target.url, "X-Forwarded-For": f"198.51.100.{address}"}
                for _ in range(10):
                    wrong = {**form, "password": "wrong"}
                    tally.count(web.post("/sign-in", data=wrong, headers=headers).status_code)

    _in_threads(4, guess)
    with target.client() as web:
        web.cookies.update(device)
        if web.post("/sign-in", data=form, headers=owner).status_code != 303:
            tally.errors["the owner is locked out"] += 1


BATCH = "/api/receipts/batch/pdf?from=2020-02-01&to=2020-02-29"


def wait(target: Target, tally: Tally) -> None:
    """Attack nothing. This measures the health of a service that is not under attack."""
    time.sleep(SECONDS)


ATTACKS: dict[str, Attack] = {
    "an auditor loops the alerts": reading("auditor", "/api/reports/alerts", 4),
    "a recorder loops the proposal": reading("recorder", "/api/allocations/proposal", 4),
    "8 clients print long batches": reading("recorder", BATCH, 8),
    "16 clients record": writing,
    "200 slow bodies": slow_bodies,
    "600 idle connections": idle_connections,
    "guessing tokens": guessing,
    "guessing a password": locking_out,
}


@contextmanager
def _connections(target: Target, number: int) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        yield [
            stack.enter_context(socket.create_connection(("127.0.0.1", target.port), PATIENCE))
            for _ in range(number)
        ]


def _in_threads(number: int, function: Callable[[], None]) -> None:
    threads = [threading.Thread(target=function) for _ in range(number)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
