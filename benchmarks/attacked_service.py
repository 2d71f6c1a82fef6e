"""The service that `make attack` attacks, and its books."""

from __future__ import annotations

import itertools
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
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

PATIENCE = 120.0
"""Timeout of an attacker's request, in seconds."""

PASSWORD = "four words nobody guesses"


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
