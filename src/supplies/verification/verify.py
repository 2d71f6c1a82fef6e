"""Verification: everything the books say, computed anew from the bytes that were hashed.

The chain shows that no entry was changed, added or taken out; each row of each ledger table is
compared with what the bodies state; balances, days, receipts and needs are made anew. What the
chain alone cannot show is an end cut off or rewritten with all that hangs on it: for that there
are witnesses outside, the receipts in donors' hands, which print their entry's number and hash.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date

import msgspec

from supplies.domain.entries import Body
from supplies.domain.entry_rows import TABLES, Period, Statement
from supplies.errors import NotFound
from supplies.storage.store import Row, Store
from supplies.verification.balances import BALANCES, DAYS, TRANSFERS, Replay
from supplies.verification.hash_chain import ENTRIES, HEADS, Links
from supplies.verification.needs import check_mirror
from supplies.verification.reader import FIRST, LAST, Reader
from supplies.verification.receipts import ERASABLE, Papers
from supplies.verification.records import STATED, Rows, Statements, rows_of
from supplies.verification.shipments import Shipments

CHUNK = 5_000
"""Entries that are held in memory at a time."""

STRETCH = 100_000
"""Entries whose statements are gathered before their tables are read.

Those tables are kept in the order of their documents, not of entries: each reading of a part
looks through the whole table, so it is read in few large parts.
"""

LEDGER_TABLES = (
    *(table.name for table in (ENTRIES, HEADS, TRANSFERS, BALANCES, DAYS, ERASABLE)),
    *TABLES.values(),
)
"""The tables that verification answers for."""

Progress = Callable[[int, int], None]


class VerifiedStation(msgspec.Struct, frozen=True, kw_only=True):
    """One station's books, found whole. head: the last entry's hash, hex; zeros before any."""

    station: str
    entries: int
    transfers: int
    receipts: int
    head: str


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """Books that were found whole: what was counted in them, over all stations named."""

    entries: int
    transfers: int
    receipts: int
    stations: list[VerifiedStation]


def verify(
    store: Store, station: str | None = None, *, progress: Progress | None = None
) -> Verified:
    """Recompute the books of a station, or of all; raise BooksBroken for the first thing wrong.

    progress: told how many entries of how many are done, from time to time. Raises NotFound for
    a station that no books are kept for.
    """
    with store.reading(), _without_garbage_collection():
        stations = _stations(store) if station is None else [_existing(store, station)]
        counts = {name: _entries_of(store, name) for name in stations}
        total, done = sum(counts.values()), 0

        def advance(entries: int) -> None:
            nonlocal done
            done += entries
            if progress is not None:
                progress(done, total)

        found = [_Verification(store, name, counts[name]).run(advance) for name in stations]
    return Verified(
        entries=sum(each.entries for each in found),
        transfers=sum(each.transfers for each in found),
        receipts=sum(each.receipts for each in found),
        stations=found,
    )


class _Verification:
    """One station's way from its first entry to its last."""

    def __init__(self, store: Store, station: str, count: int) -> None:
        self.station, self.count = station, count
        self.reader = reader = Reader(store, station)
        self.links, self.statements = Links(reader), Statements(reader)
        self.papers, self.replay = Papers(reader), Replay(reader)
        self.shipments = Shipments(reader)
        self.transfers = 0
        self.stated: dict[type[Statement], list[Row]] = {kind: [] for kind in STATED}

    def run(self, advance: Callable[[int], None]) -> VerifiedStation:
        """Range by range, then what holds of the whole."""
        since = FIRST
        for low, high in _ranges(self.count):
            advance(self._check(low, high))
            if high == LAST or high - max(since, 0) >= STRETCH:
                self._compare_statements(since, high)
                since = high + 1
        self.papers.check_erased()
        self.statements.check_waiting()
        self.replay.check_days()
        self.replay.check_balances()
        check_mirror(self.reader, self.replay.stands, self.statements.needs)
        self.shipments.check(self.replay.stands)
        return VerifiedStation(
            station=self.station,
            entries=self.links.seq,
            transfers=self.transfers,
            receipts=self.papers.receipts,
            head=self.links.hash.hex(),
        )

    def _check(self, low: int, high: int) -> int:
        """The next entries, how many they are, and the rows that stand in their order."""
        entries = self.reader.rows(ENTRIES, low, high)
        bodies: list[Body] = self.links.follow(entries)
        if high == LAST:
            self.links.check_head()
        elif self.links.seq < high:
            raise self.links.gap()
        transfers, stated = rows_of(bodies)
        self.reader.compare(TRANSFERS, transfers, self.reader.rows(TRANSFERS, low, high))
        self.links.check_days(bodies, _closings(stated))
        self.statements.take(stated, bodies)
        self.shipments.take(stated, bodies)
        texts = self.reader.rows(ERASABLE, low, high)
        self.papers.take(stated, bodies, texts, self.statements.donations)
        self.replay.move(transfers, self.statements.lots, self.statements.recipients)
        self.transfers += len(transfers)
        for statement, rows in stated.items():
            self.stated[statement] += rows
        return len(entries)

    def _compare_statements(self, low: int, high: int) -> None:
        """Every row of every statement's table, for the entries gathered."""
        for statement, table in STATED.items():
            expected, self.stated[statement] = self.stated[statement], []
            self.reader.compare(table, expected, self.reader.rows(table, low, high))
        self.statements.check_restated()


def _closings(stated: Rows) -> dict[int, date]:
    """By entry, the day through which it closed the books."""
    return {seq: date.fromisoformat(through) for seq, through in stated[Period]}


def _ranges(count: int) -> Iterator[tuple[int, int]]:
    """Ranges of entries that together hold every number, so that no row falls between."""
    low = FIRST
    for last in range(CHUNK, count, CHUNK):
        yield low, last
        low = last + 1
    yield low, LAST


def _entries_of(store: Store, station: str) -> int:
    row = store.one("SELECT count(*) FROM entries WHERE station = :station", {"station": station})
    return 0 if row is None else int(row[0])


def _existing(store: Store, station: str) -> str:
    if station not in _stations(store):
        raise NotFound(f"there are no books of a station {station} in {store.url}")
    return station


def _stations(store: Store) -> list[str]:
    """Every station that any row names, whether the catalogue knows it or not.

    From each to the next by the key that every table begins with, not row by row.
    """
    found = {str(code) for (code,) in store.all("SELECT code FROM stations")}
    for table in LEDGER_TABLES:
        code = ""
        while True:
            row = store.one(
                f"SELECT min(station) FROM {table} WHERE station > :code", {"code": code}
            )
            if row is None or row[0] is None:
                break
            code = str(row[0])
            found.add(code)
    return sorted(found)


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Many small tuples are made and none is part of a cycle: looking for cycles is in vain."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
