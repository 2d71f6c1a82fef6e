"""SQLite files for tests: new books, a writer that runs until it is killed, and damage."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from supplies.domain import commands as c
from supplies.ledger.ledger import Ledger
from support.ledger_fixture import Clock, register_all

GIFT = c.RecordDonation(
    location="store", handled_by="x", lines=[c.DonationLine(item="mask", quantity=1)]
)

WRITER = """
import sys, uuid
sys.path.insert(0, {tests!r})
from support.ledger_fixture import Clock
from supplies.domain import commands as c
from supplies.ledger.ledger import Ledger
from supplies.ledger.writer import Request

def gift():
    line = c.DonationLine(item="mask", quantity=1)
    return c.RecordDonation(location="store", handled_by="x", lines=[line])

with Ledger.open({url!r}, station="lx", clock=Clock()) as ledger:
    while True:
        names = [str(uuid.uuid4()) for _ in range(3)]
        ledger.record(gift(), by="u_1", id=names[0])
        print(names[0], flush=True)
        ledger.record_many([Request(command=gift(), by="u_1", id=name) for name in names[1:]])
        print(*names[1:], flush=True)
"""


def make_books(path: Path) -> None:
    with Ledger.open(str(path), station="lx", clock=Clock()) as ledger:
        register_all(ledger)
        ledger.record(GIFT, by="u_1")


def damage(path: Path, name: str) -> None:
    """Overwrite the first page of a table or an index, as a failing disk does."""
    with sqlite3.connect(path) as raw:
        (page,) = raw.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)
        ).fetchone()
        (size,) = raw.execute("PRAGMA page_size").fetchone()
    raw.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(os.urandom(size))
