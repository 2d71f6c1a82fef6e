"""Writers killed with `kill -9`: acknowledged entries are kept and the books verify."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

from support.database_files import WRITER
from support.ledger_fixture import Clock, register_all

from supplies.ledger.ledger import Ledger
from supplies.verification.verify import verify

ROUNDS = 12


def test_every_acknowledged_command_survives_a_kill(books_url: str) -> None:
    ledger = Ledger.open(books_url, station="lx", clock=Clock())
    register_all(ledger)
    script = WRITER.format(tests=str(Path(__file__).parents[1]), url=books_url)
    chance = random.Random(20200203)
    acknowledged: list[str] = []
    for _ in range(ROUNDS):
        with subprocess.Popen(
            [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            # Kill the writer after a random number of commands, at any point of its work.
            for _ in range(chance.randrange(1, 25)):
                acknowledged += writer.stdout.readline().split()
            os.kill(writer.pid, signal.SIGKILL)
            rest = writer.stdout.read().splitlines()
            acknowledged += [name for line in rest for name in line.split() if len(name) == 36]
        verify(ledger.store)
    rows = ledger.books.all("SELECT id FROM entries WHERE station = :station AND part = 0")
    assert acknowledged
    assert set(acknowledged) <= {name for (name,) in rows}
    ledger.close()


def test_a_killed_writer_leaves_no_part_of_a_command(books_url: str) -> None:
    with Ledger.open(books_url, station="lx", clock=Clock()) as ledger:
        register_all(ledger)
    script = WRITER.format(tests=str(Path(__file__).parents[1]), url=books_url)
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        os.kill(writer.pid, signal.SIGKILL)
    with Ledger.open(books_url, station="lx", clock=Clock(), create=False) as ledger:
        gifts = ledger.books.value("SELECT count(*) FROM arrivals WHERE station = :station")
        receipts = ledger.books.value("SELECT count(*) FROM receipts WHERE station = :station")
        assert gifts == receipts > 0
        verify(ledger.store)
