"""Measure the service under load, and compare it with three other programs.

They are a minimal Litestar handler (hello), a bare ASGI application (floor), and a Flask
application with plain SQL (peer).

Each server is a granian process with the settings of `supplies serve`, and logs to a file. One
client process uses raw connections and parses only as much HTTP as it needs. The kinds of requests
take short turns, so that other load on the machine affects all of them in the same way.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.bars import check_bar
from benchmarks.floor import TOKEN, create_floor
from benchmarks.peer import create_peer
from benchmarks.workload import STATION, open_books
from supplies.access import credentials, users
from supplies.access.access_context import AccessContext
from supplies.domain.catalogue_records import Location
from supplies.domain.commands import ArrivalLine, DonationLine, OpenStock, RecordDonation
from supplies.ledger.ledger import Ledger
from supplies.signing.station_keys import create_first_key

CONNECTIONS = 32
ROUNDS = 5
SECONDS = 1.5
ANSWER_SECONDS = 30
"""Seconds that a server has to answer the last requests of a round."""
OPENING_STOCK = 10**9

KINDS = ("hello", "floor", "peer", "grouped", "single", "two workers")
"""The kinds of server, as in `benchmarks.served`."""

OURS = ("grouped", "single", "two workers")
"""The kinds that are the service."""

FLOOR_GET, FLOOR_POST = "floor, GET stock", "floor, POST move, durable"
PEER_GET, PEER_POST = "Flask, GET stock", "Flask, POST move, durable"
MOVE, MOVE_SINGLE = "POST move, durable, with a key", "POST move, one commit per request"
MOVE_TWO = "POST move, two workers on one file"

MakeRequest = Callable[[int], bytes]
"""Function that returns the n-th HTTP request of one kind, as bytes."""


def run() -> None:
    """Print the results of this benchmark."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        place = Path(folder)
        hello, floor, peer, grouped, single, two = servers = [
            stack.enter_context(_server(place, kind)) for kind in KINDS
        ]
        token, single_token, two_token = ((place / f"{kind}.token").read_text() for kind in OURS)
        idle = [server.memory() for server in servers]
        moves = "/api/stock/moves"
        plans: dict[str, tuple[_Server, MakeRequest, int]] = {
            "hello, a bare Litestar handler": (hello, _get("/"), 200),
            FLOOR_GET: (floor, _get("/", TOKEN), 200),
            FLOOR_POST: (floor, _post("/", _MOVE, TOKEN), 201),
            PEER_GET: (peer, _get("/", TOKEN), 200),
            PEER_POST: (peer, _post("/", _MOVE, TOKEN), 201),
            "GET stock at a location": (grouped, _get(_STOCK, token), 200),
            "GET stock, not from the cache": (grouped, _get_anew(_STOCK, token), 200),
            "GET a donation": (grouped, _get(_GIVEN, token), 200),
            "GET a donation, not from the cache": (grouped, _get_anew(_GIVEN, token), 200),
            MOVE: (grouped, _post(moves, _MOVE, token), 201),
            "POST need, durable, with a key": (grouped, _post("/api/needs", _NEED, token), 201),
            "POST donation with its receipt": (
                grouped,
                _post("/api/donations", _DONATION, token),
                201,
            ),
            MOVE_SINGLE: (single, _post(moves, _MOVE, single_token), 201),
            MOVE_TWO: (two, _post(moves, _MOVE, two_token), 201),
        }
        figures = {name: _Figures() for name in plans}
        for _ in range(ROUNDS):
            for name, (server, ask, status) in plans.items():
                before = server.cpu_seconds()
                latencies = asyncio.run(_measure_load(server.port, ask, status))
                figures[name].add(latencies, server.cpu_seconds() - before)
        _print(figures)
        _print_servers(servers, idle)


class _Figures:
    """The results for one kind of request: its rate, latencies and CPU time in each round."""

    def __init__(self) -> None:
        self.rates: list[float] = []
        self.p50: list[float] = []
        self.p99: list[float] = []
        self.cpu: list[float] = []

    def add(self, latencies: list[float], cpu_seconds: float) -> None:
        self.cpu.append(cpu_seconds / len(latencies))
        cuts = statistics.quantiles(latencies, n=100)
        self.rates.append(len(latencies) / SECONDS)
        self.p50.append(cuts[49])
        self.p99.append(cuts[98])


def _print(figures: dict[str, _Figures]) -> None:
    print(f"{'':35}  requests    of floor   CPU of a request    median and slowest of a hundred")
    for name, one in figures.items():
        floor = figures[FLOOR_POST if "POST" in name else FLOOR_GET]
        p50, p99 = statistics.median(one.p50), statistics.median(one.p99)
        rate, cpu = _ratio(one.rates, floor.rates), _ratio(one.cpu, floor.cpu)
        check_bar(f"{name}, compared with the floor", rate)
        check_bar(f"{name}, p99 compared with the median", p99 / p50)
        print(
            f"{name:35} {statistics.median(one.rates):6.0f}/s  {rate:5.2f} ×  "
            f"{statistics.median(one.cpu) * 1e6:6.0f} µs  {cpu:4.1f} × floor  "
            f"{p50 * 1e3:5.1f} ms  {p99 * 1e3:5.1f} ms  ({p99 / p50:.1f} ×)"
        )
    for what, ratio in {
        "group commit compared with one commit per request": _ratio(
            figures[MOVE].rates, figures[MOVE_SINGLE].rates
        ),
        "two workers, p99 of a move compared with one": _ratio(
            figures[MOVE_TWO].p99, figures[MOVE].p99
        ),
        "GET stock at a location, compared with Flask": _ratio(
            figures["GET stock at a location"].rates, figures[PEER_GET].rates
        ),
        "GET stock, not from the cache, compared with Flask": _ratio(
            figures["GET stock, not from the cache"].rates, figures[PEER_GET].rates
        ),
        f"{MOVE}, compared with Flask": _ratio(figures[MOVE].rates, figures[PEER_POST].rates),
    }.items():
        check_bar(what, ratio)
        print(f"{what}: {ratio:.2f} ×")


def _ratio(ours: list[float], others: list[float]) -> float:
    """Return the median of the ratios of two lists of figures, round by round."""
    return statistics.median(a / b for a, b in zip(ours, others, strict=True))


def _print_servers(servers: list[_Server], idle: list[int]) -> None:
    """Print how long each server took until its first response, and its memory.

    The memory is measured before and after the load.
    """
    for kind, server, before in zip(KINDS, servers, idle, strict=True):
        first = server.first_answer / servers[0].first_answer
        after = server.memory()
        if kind == "grouped":
            check_bar("first answer, compared with hello", first)
            check_bar("memory when idle, compared with hello", before / idle[0])
            check_bar("memory after the load, compared with idle", after / before)
        print(
            f"{kind:11} first answer {server.first_answer:4.2f} s ({first:3.1f} × hello), memory "
            f"{before / 2**20:4.0f} MB when idle, {after / 2**20:4.0f} MB after the load"
        )


# --- the client ----------------------------------------------------------------------------------

_STOCK = "/api/stock?location=store-a&item=mask"
_GIVEN = "/api/donations/d_2"
"""The donation that each server's books contain, after their opening stock."""

_NEED = {"recipient": "R-1", "item": "mask", "quantity": 1}
_MOVE = {"from": "store-a", "to": "annex", "lines": [{"item": "mask", "quantity": 1}]}
_DONATION = {
    "donor": "D-01",
    "location": "gate",  # each donation makes a lot; the moves take from another location
    "handled_by": "made up",
    "lines": [{"item": "mask", "quantity": 1}],
}


def _get(path: str, token: str = "") -> MakeRequest:
    request = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n"
    ).encode()
    return lambda _: request


def _get_anew(path: str, token: str) -> MakeRequest:
    """Return a function that makes GET requests that the service cannot answer from its cache."""
    head = _get(path, token)(0)[:-2]
    return lambda number: head + f"X-Number: {number}\r\n\r\n".encode()


def _post(path: str, body: Any, token: str) -> MakeRequest:
    content = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: {len(content)}\r\nIdempotency-Key: "
    ).encode()
    run = time.monotonic_ns()
    return lambda number: head + f"{run}-{number}\r\n\r\n".encode() + content


class _ClientConnection(asyncio.Protocol):
    """A client that sends a request, waits for the response, and then sends the next one."""

    def __init__(self, ask: MakeRequest, numbers: Iterator[int], status: int, until: float) -> None:
        self._ask, self._numbers, self._until = ask, numbers, until
        self._wanted = f"HTTP/1.1 {status} ".encode()
        self._answer = b""
        self.latencies: list[float] = []
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._send()

    def _send(self) -> None:
        self._began = time.perf_counter()
        self._transport.write(self._ask(next(self._numbers)))

    def data_received(self, data: bytes) -> None:
        answer = self._answer = self._answer + data if self._answer else data
        end = answer.find(b"\r\n\r\n")
        if end < 0:
            return
        at = answer.lower().find(b"content-length: ", 0, end) + 16
        length = int(answer[at : answer.find(b"\r", at)])
        if len(answer) < end + 4 + length:
            return
        now = time.perf_counter()
        self.latencies.append(now - self._began)
        self._answer = b""
        if not answer.startswith(self._wanted):
            self.done.set_exception(AssertionError(answer.decode()))
        elif now < self._until:
            self._send()
        else:
            self.done.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server closed the connection"))


_REQUEST_NUMBERS = itertools.count()


async def _measure_load(port: int, ask: MakeRequest, status: int) -> list[float]:
    """Send requests over all connections for some seconds. Return the latencies in seconds."""
    loop, until = asyncio.get_running_loop(), time.perf_counter() + SECONDS
    made = [
        await loop.create_connection(
            lambda: _ClientConnection(ask, _REQUEST_NUMBERS, status, until), "127.0.0.1", port
        )
        for _ in range(CONNECTIONS)
    ]
    async with asyncio.timeout(SECONDS + ANSWER_SECONDS):
        await asyncio.gather(*(connection.done for _, connection in made))
    for transport, _ in made:
        transport.close()
    return [latency for _, connection in made for latency in connection.latencies]


# --- the servers ---------------------------------------------------------------------------------


class _Server(NamedTuple):
    """A running server of the benchmark.

    Attributes:
        first_answer: Seconds from the start of the process to its first response.
    """

    port: int
    process: subprocess.Popen[bytes]
    first_answer: float

    def cpu_seconds(self) -> float:
        """Return the CPU time of the server process and its workers, in seconds."""
        return sum(
            sum(map(int, (place / "stat").read_text().rpartition(")")[2].split()[11:13]))
            for place in self._processes()
        ) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> int:
        """Return the memory of the server process and its workers, in bytes.

        Memory that several processes share counts once.
        """
        lines = [
            line
            for place in self._processes()
            for line in (place / "smaps_rollup").read_text().splitlines()
        ]
        return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))

    def _processes(self) -> list[Path]:
        return [Path(f"/proc/{each}") for each in _with_children(self.process.pid)]


def _with_children(pid: int) -> list[int]:
    """Return a process, its children, their children and so on."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in _with_children(int(child)))]


@contextmanager
def _server(place: Path, kind: str) -> Iterator[_Server]:
    """Run a server in a process. Yield the server when it has answered a request."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    path = place / f"{kind}.db"
    if kind == "floor":
        create_floor(str(path))
    elif kind == "peer":
        create_peer(str(path))
    elif kind != "hello":
        with open_books(path) as ledger:
            ledger.register(
                Location(code="annex", name="Annex"), Location(code="gate", name="Gate")
            )
            lines = [ArrivalLine(item="mask", quantity=OPENING_STOCK)]
            ledger.record(OpenStock(location="store-a", lines=lines), by="u_1")
            given = RecordDonation(
                donor="D-01",
                location="gate",
                handled_by="made up",
                lines=[DonationLine(item="mask", quantity=1)],
            )
            assert _GIVEN.endswith(f"/{ledger.record(given, by='u_1').document}")
            (place / f"{kind}.token").write_text(_issue_token(ledger))
        create_first_key(str(path))
    begin = time.perf_counter()
    with (place / f"{kind}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.served", kind, str(path), str(port)], stderr=log
        )
    try:
        _wait_until_listening(process, port)
        yield _Server(port, process, time.perf_counter() - begin)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        if kind in OURS:
            _check_goods(path)
    finally:
        process.kill()


def _issue_token(ledger: Ledger) -> str:
    """Add a user, and return the secret of an API token for this user."""
    with ledger.admin_transaction() as books:
        access = AccessContext(books, ledger.clock())
        user = users.add(access, users.NewUser(login="bench", role="recorder"), by="bench")
        return credentials.issue(
            access, kind="token", role="recorder", by="bench", holder=user.code
        )[1]


def _wait_until_listening(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(_get("/", TOKEN)(0))
                assert connection.recv(100)
                return
        except OSError:
            time.sleep(0.01)
    raise AssertionError("the server did not start")


def _check_goods(path: Path) -> None:
    """Check that the balances of goods match the requests that were recorded."""
    with (
        Ledger.open(str(path), station=STATION, create=False) as ledger,
        ledger.reading() as books,
    ):
        in_stock = sum(books.nonzero_balances("stock:").values())
        donated = -sum(books.nonzero_balances("donor:").values())
        moves = books.value(
            "SELECT count(*) FROM entries WHERE station = :station AND kind = 'goods_moved'"
        )
        annex = sum(books.nonzero_balances("stock:annex").values())
    assert in_stock == OPENING_STOCK + donated, (in_stock, donated)
    assert annex == moves > 0, (annex, moves)
    print(f"{path.stem}: {moves} moves and {donated} donations: no goods were made or lost")
