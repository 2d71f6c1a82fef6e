"""Continuous replication with Litestream: lost books are restored."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.ledger_fixture import Clock, register_all

from supplies.domain.commands import ForgetDonor, NoteNeed
from supplies.errors import Forgotten
from supplies.ledger.ledger import Ledger
from supplies.storage.engines import open_store
from supplies.verification.verify import verify

CONFIG = Path(__file__).parents[2] / "deploy" / "litestream.yml"

LITESTREAM = Path(sys.executable).with_name("litestream")

PATIENCE = 60
"""Time limit in seconds, reached only if something is broken or the machine is very busy."""


@pytest.fixture
def environment(books_path: Path, tmp_path: Path) -> dict[str, str]:
    """The environment variables of the configuration: the books, and where they are copied."""
    replica = tmp_path / "replica"
    return {
        **os.environ,
        "SUPPLIES_DATABASE": str(books_path),
        "SUPPLIES_REPLICA": str(replica),
    }


def litestream(environment: dict[str, str], command: str, *words: str) -> str:
    """Run a litestream command as the operations page shows it."""
    return subprocess.run(
        [LITESTREAM, command, "-config", CONFIG, *words],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    ).stdout


@contextmanager
def replicating(environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [LITESTREAM, "replicate", "-config", CONFIG],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.1)


def test_lost_books_are_restored_from_the_replica(
    environment: dict[str, str], books_path: Path, tmp_path: Path
) -> None:
    need = NoteNeed(recipient="R-1", item="mask", quantity=1)
    back = tmp_path / "back.db"

    def replicated() -> int:
        """Return how many entries would be restored now."""
        back.unlink(missing_ok=True)
        litestream(environment, "restore", "-if-replica-exists", "-o", str(back), str(books_path))
        if not back.exists():
            return 0
        store = open_store(str(back), create=False)
        try:
            return verify(store).entries
        finally:
            store.close()

    with Ledger.open(str(books_path), station="lx", clock=Clock()) as ledger:
        register_all(ledger)
        ledger.record(need, by="u_1")
        with replicating(environment) as process:
            wait_until(lambda: replicated() == 1)
            for _ in range(20):
                ledger.record(need, by="u_1")
            # Litestream reads all the time. Neither forgetting nor other writers wait for it.
            ledger.record(ForgetDonor(donor="D-2"), by="u_1")
            ledger.store.check_guards()
            wait_until(lambda: replicated() == 22)
            # As if the machine failed: without shutting anything down.
            process.kill()
    for lost in books_path.parent.glob(f"{books_path.name}*"):
        lost.unlink()
    litestream(environment, "restore", str(books_path))
    with Ledger.open(str(books_path), station="lx", clock=Clock(), create=False) as ledger:
        assert ledger.record(need, by="u_1").seq == 23
        verify(ledger.store)
        with pytest.raises(Forgotten):
            ledger.books.donor("D-2")


def test_forgetting_does_not_wait_for_a_long_reader(books_path: Path) -> None:
    with Ledger.open(str(books_path), station="lx", clock=Clock()) as ledger:
        register_all(ledger)
        reader = open_store(str(books_path), create=False)
        output: list[str] = []
        ledger.store.connection.set_trace_callback(output.append)
        with reader.reading():
            assert reader.one("SELECT count(*) FROM donors") == (2,)
            ledger.record(ForgetDonor(donor="D-2"), by="u_1")
        reader.close()
        checkpoint = output.index("PRAGMA wal_checkpoint(TRUNCATE)")
        assert output[checkpoint - 1] == "PRAGMA busy_timeout = 250"
        assert ledger.store.one("PRAGMA busy_timeout") == (20_000,)
