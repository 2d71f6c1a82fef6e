"""`make attack`: overload a running service for some seconds, and measure how it responds.

Each attack runs alone against `supplies serve`. The books contain many entries and open needs, and
receipts of 500 lines. Before and during an attack, a process of its own requests the health of the
service continuously. Both times are compared, so that other load on the machine affects both. The
results are compared with the limits in attack.toml. If any result exceeds its limit, the exit
status is 1.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import NamedTuple

import httpx

from benchmarks.workload import COMMANDS_PER_ROUND, HOUSEHOLDS, open_books, yield_commands
from supplies.access import credentials, passwords, users
from supplies.access.access_context import AccessContext
from supplies.domain.commands import Command, DonationLine, NoteNeed, RecordDonation
from supplies.ledger.ledger import Ledger
from supplies.ledger.recorded import Recorded
from supplies.ledger.writer import Request
from supplies.signing.station_keys import create_first_key

ENTRIES, OPEN_NEEDS, LONG_RECEIPTS, LINES = 10_000, 5_000, 8, 500
SECONDS = 5.0
"""Duration of each attack, in seconds."""

PATIENCE = 120.0
"""Timeout of an attacker's request, in seconds."""

PASSWORD = "four words nobody guesses"
REFUSED = (401, 403, 408, 413, 429, 503)
"""HTTP statuses with which the service refuses an attacker's request."""

BARS: dict[str, int] = tomllib.loads(
    Path(__file__).with_name("attack.toml").read_text(encoding="utf-8")
)


class Target(NamedTuple):
    """The service that is attacked, with an API token for each role."""

    port: int
    process: subprocess.Popen[bytes]
    tokens: dict[str, str]

    @property
    def url(self) -> str:
        """The address of the service."""
        return f"http://127.0.0.1:{self.port}"

    def client(self, role: str | None = None) -> httpx.Client:
        """Return an HTTP client with the token of a role. None means without a token."""
        headers = {} if role is None else {"Authorization": f"Bearer {self.tokens[role]}"}
        return httpx.Client(base_url=self.url, timeout=PATIENCE, headers=headers)


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


def main() -> int:
    """Run the attacks named on the command line, or all. Return the exit status."""
    names = [name for name in ATTACKS if not sys.argv[1:] or name in sys.argv[1:]]
    missed = list[str]()
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "books.db"
        tokens = make_books(database)
        print(
            f"{'attack':32} {'requests':>8} {'refused':>8} {'errors':>7} {'quiet ms':>8} "
            f"{'p99 ms':>7} {'× quiet':>7} {'MiB':>5}"
        )
        for name in names:
            with serving(database, tokens) as target:
                quiet, _ = measure(target, wait)
                row, errors = measure(target, ATTACKS[name])
            row["times_as_slow"] = row["p99_ms"] / quiet["p99_ms"]
            print(
                f"{name:32} {row['requests']:8} {row['refused']:8} {row['errors']:7} "
                f"{quiet['p99_ms']:8.0f} {row['p99_ms']:7.0f} {row['times_as_slow']:7.1f} "
                f"{row['memory_mib']:5.0f}",
                flush=True,
            )
            missed += [
                f"{name}: {bar} is {row[bar]:.0f}, at most {most} is allowed {dict(errors) or ''}"
                for bar, most in BARS.items()
                if row[bar] > most
            ]
    print("\n".join(["missed bars:", *missed]) if missed else "all bars are reached")
    return 1 if missed else 0


def make_books(database: Path) -> dict[str, str]:
    """Create the books to attack. Return a token for each role."""
    with open_books(database) as ledger:
        ledger.store.run("PRAGMA synchronous = OFF")
        commands = yield_commands(ledger)
        while ledger.books.last_entry().seq < ENTRIES:
            _record(ledger, list(itertools.islice(commands, 50 * COMMANDS_PER_ROUND)))
        lines = [DonationLine(item="mask", quantity=5) for _ in range(LINES)]
        _record(
            ledger,
            [
                RecordDonation(donor="D-01", location="store-a", handled_by="x", lines=lines)
                for _ in range(LONG_RECEIPTS)
            ],
        )
        needs: list[Command] = [
            NoteNeed(recipient=f"R-{n % HOUSEHOLDS}", item="mask", quantity=5)
            for n in range(OPEN_NEEDS)
        ]
        for start in range(0, OPEN_NEEDS, 350):
            _record(ledger, needs[start : start + 350])
        tokens = {}
        with ledger.admin_transaction() as books:
            access = AccessContext(books, datetime.now(UTC))
            for role in ("coordinator", "recorder", "auditor"):
                user = users.add(access, users.NewUser(login=role, role=role), by="attack")
                _, tokens[role] = credentials.issue(
                    access, kind="token", role=role, by="attack", holder=user.code
                )
            coordinator = users.get_by_login(access, "coordinator").code
            hashed = passwords.hash_password(PASSWORD, "coordinator")
            users.set_password(access, coordinator, hashed)
    create_first_key(str(database))
    return tokens


def _record(ledger: Ledger, commands: list[Command]) -> None:
    answers = ledger.record_many([Request(command=each, by="u_1") for each in commands])
    wrong = [each for each in answers if not isinstance(each, Recorded)]
    assert not wrong, wrong[0]


@contextmanager
def serving(database: Path, tokens: dict[str, str]) -> Iterator[Target]:
    """Run the service within the `with` block.

    It trusts the client address in the header `X-Forwarded-For`, so that attackers can have many
    addresses.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    arguments = ["serve", "--database", str(database), "--port", str(port)]
    environment = {**os.environ, "SUPPLIES_PROXIES": "127.0.0.1"}
    with (database.parent / "log").open("ab") as log:
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name("supplies")), *arguments],
            stdout=log,
            stderr=log,
            env=environment,
            preexec_fn=_limit_files,
        )
        try:
            target = Target(port, process, tokens)
            with target.client() as web:
                while not _is_healthy(web):
                    assert process.poll() is None, "the service did not start"
                    time.sleep(0.05)
                # The first sign-in of a process loads tables of characters and templates.
                form = {"login": "nobody", "password": "wrong"}
                web.post("/sign-in", data=form, headers={"Origin": target.url})
            yield target
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()


def _limit_files() -> None:
    """Set a low soft limit for open files, as is common. The service may raise the limit."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


def _is_healthy(web: httpx.Client) -> bool:
    try:
        return web.get("/api/health").status_code == 200
    except httpx.TransportError:
        return False


def measure(target: Target, attack: Attack) -> tuple[dict[str, float], Counter[str]]:
    """Run an attack. Return its row of the printed table, and its errors."""
    probe = Probe(target)
    with probe:
        tally = Tally(time.monotonic() + SECONDS)
        attack(target, tally)
    errors = tally.errors + probe.errors
    row: dict[str, float] = {
        "requests": tally.answered,
        "refused": tally.refused,
        "errors": errors.total(),
        "p99_ms": probe.p99 * 1000,
        "memory_mib": probe.memory / 2**20,
    }
    return row, errors


_PROCESSES = multiprocessing.get_context("spawn")


class Probe:
    """A process that requests the health of the service and measures its memory, as a context.

    It is a process of its own, because the threads of attackers would delay its own requests.
    """

    def __init__(self, target: Target) -> None:
        self._stopped, self._results = _PROCESSES.Event(), _PROCESSES.Pipe(duplex=False)
        self._process = _PROCESSES.Process(
            target=_probe, args=(target.port, target.process.pid, self._stopped, self._results[1])
        )
        self._times: list[float] = []
        self.errors: Counter[str] = Counter()
        self.memory = 0

    @property
    def p99(self) -> float:
        """The 99th percentile of the response times of health checks, in seconds."""
        return statistics.quantiles(self._times, n=100)[98] if len(self._times) > 1 else PATIENCE

    def __enter__(self) -> None:
        self._process.start()
        self._results[0].recv()  # the process is ready

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._times, self.errors, self.memory = self._results[0].recv()
        self._process.join()


def _probe(port: int, pid: int, stopped: Event, results: Connection) -> None:
    """Request the health of a service until `stopped` is set. Send its times, errors and memory."""
    times, errors, memory = list[float](), Counter[str](), 0
    results.send("ready")
    while not stopped.wait(0.02):
        start = time.monotonic()
        web = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            web.request("GET", "/api/health")
            if web.getresponse().status != 200:
                errors["not healthy"] += 1
        except OSError:
            errors["no answer about the health"] += 1
        finally:
            web.close()
        times.append(time.monotonic() - start)
        memory = max(memory, _memory(pid))
    results.send((times, errors, memory))


def _memory(pid: int) -> int:
    """Return the memory of a process and of its child processes, in bytes."""
    total = 0
    with suppress(OSError):
        status = Path(f"/proc/{pid}/status").read_text()
        # A process that has ended, and that its parent has not noticed yet, has no memory.
        total = int((status.partition("VmRSS:")[2].split() or ["0"])[0]) * 1024
        for task in Path(f"/proc/{pid}/task").iterdir():
            total += sum(_memory(int(child)) for child in (task / "children").read_text().split())
    return total


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


if __name__ == "__main__":
    sys.exit(main())
