"""Verify books: recompute everything from the bytes that were hashed.

The chain shows that no entry was changed, inserted or removed. Each row of each ledger table is
compared with the bodies; balances, days, receipts and needs are recomputed. The chain alone cannot
show that its last entries were removed or rewritten. Receipts can: each prints the number and hash
of its entry, and donors keep them.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date

import msgspec

from supplies.domain.entries import Body
from supplies.domain.entry_rows import TABLES, EntryRow, Period
from supplies.errors import InvalidField, NotFound, check_function, check_type
from supplies.storage.store import Row, Store
from supplies.verification.balances import BALANCES, DAYS, TRANSFERS, Balances
from supplies.verification.hash_chain import ENTRIES, HEADS, HashChain
from supplies.verification.needs import check_needs
from supplies.verification.reader import FIRST, LAST, Reader
from supplies.verification.receipts import ERASABLE, Receipts
from supplies.verification.records import STATEMENT_TABLES, Records, Rows, rows_of
from supplies.verification.shipments import Shipments
from supplies.verification.stock_counts import StockCounts

ENTRIES_PER_CHUNK = 5_000
"""Number of entries in memory at a time."""

ENTRIES_PER_COMPARISON = 100_000
"""Number of entries whose statements are compared with their tables at once.

These tables are ordered by document, not by entry, so that each comparison reads whole tables.
Therefore there are few comparisons.
"""

LEDGER_TABLES = (
    *(table.name for table in (ENTRIES, HEADS, TRANSFERS, BALANCES, DAYS, ERASABLE)),
    *TABLES.values(),
)
"""All tables that verification checks."""

Progress = Callable[[int, int], None]


class VerifiedStation(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of one verified station.

    head: hash of the last entry, hexadecimal; zeros without entries. clock_set_back: numbers of
    entries recorded at an earlier time than the entry before, because the clock was set back.
    """

    station: str
    entries: int
    transfers: int
    receipts: int
    head: str
    clock_set_back: list[int] = []


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """Counts over all verified stations."""

    entries: int
    transfers: int
    receipts: int
    stations: list[VerifiedStation]


def verify(
    store: Store, station: str | None = None, *, progress: Progress | None = None
) -> Verified:
    """Recompute the books of a station, or of all stations.

    station: None for all. progress: called with the number of entries done and in total. All
    entries and rows are read once; memory grows with the number of balances, not of entries.

    Raises:
        BooksBroken: describes the first difference.
        InvalidField: an argument has the wrong type.
        NotFound: there are no books of this station.
    """
    if not hasattr(store, "check_integrity"):
        raise InvalidField("store must be what `open_store` or `Ledger.store` returns")
    check_type(station, (str, type(None)), "station", "the code of a station, or None for all")
    if progress is not None:
        check_function(progress, "progress", "a function of two numbers, or None")
    with store.reading(), _without_garbage_collection():
        stations = _stations(store) if station is None else [_check_station(store, station)]
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
    """Verifies the books of one station."""

    def __init__(self, store: Store, station: str, count: int) -> None:
        self.station, self.count = station, count
        self.reader = reader = Reader(store, station)
        self.chain, self.records = HashChain(reader), Records(reader)
        self.receipts, self.balances = Receipts(reader), Balances(reader)
        self.shipments, self.counts = Shipments(reader), StockCounts(reader)
        self.transfers = 0
        self.stated: dict[type[EntryRow], list[Row]] = {kind: [] for kind in STATEMENT_TABLES}

    def run(self, advance: Callable[[int], None]) -> VerifiedStation:
        """Check all entries in chunks, then the books as a whole."""
        since = FIRST
        for low, high in _ranges(self.count):
            advance(self._check(low, high))
            if high == LAST or high - max(since, 0) >= ENTRIES_PER_COMPARISON:
                self._compare_statements(since, high)
                since = high + 1
        self.receipts.check_erased()
        self.records.check_pending()
        self.balances.check_days()
        self.balances.check_balances()
        check_needs(self.reader, self.balances.by_key, self.records.needs)
        self.shipments.check(self.balances.by_key)
        self.counts.check()
        return VerifiedStation(
            station=self.station,
            entries=self.chain.seq,
            transfers=self.transfers,
            receipts=self.receipts.receipts,
            head=self.chain.hash.hex(),
            clock_set_back=self.chain.clock_set_back,
        )

    def _check(self, low: int, high: int) -> int:
        """Check the entries from `low` to `high`; return their number."""
        entries = self.reader.rows(ENTRIES, low, high)
        bodies: list[Body] = self.chain.follow(entries)
        if high == LAST:
            self.chain.check_head()
        elif self.chain.seq < high:
            raise self.chain.gap()
        transfers, stated = rows_of(bodies)
        self.reader.compare(TRANSFERS, transfers, self.reader.rows(TRANSFERS, low, high))
        self.chain.check_days(bodies, _closings(stated))
        self.records.take(stated, bodies)
        self.shipments.take(stated, bodies)
        self.counts.take(stated, bodies)
        texts = self.reader.rows(ERASABLE, low, high)
        self.receipts.take(stated, bodies, texts, self.records.donations)
        self.balances.move(transfers, self.records.lots, self.records.recipients)
        self.transfers += len(transfers)
        for statement, rows in stated.items():
            self.stated[statement] += rows
        return len(entries)

    def _compare_statements(self, low: int, high: int) -> None:
        """Compare the collected statements with the rows of their tables."""
        for statement, table in STATEMENT_TABLES.items():
            expected, self.stated[statement] = self.stated[statement], []
            self.reader.compare(table, expected, self.reader.rows(table, low, high))
        self.records.check_restated()


def _closings(stated: Rows) -> dict[int, date]:
    """Return the last closed day of each entry that closed a period, by entry number."""
    return {seq: date.fromisoformat(through) for seq, through in stated[Period]}


def _ranges(count: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of entry numbers that together include every integer."""
    low = FIRST
    for last in range(ENTRIES_PER_CHUNK, count, ENTRIES_PER_CHUNK):
        yield low, last
        low = last + 1
    yield low, LAST


def _entries_of(store: Store, station: str) -> int:
    row = store.one("SELECT count(*) FROM entries WHERE station = :station", {"station": station})
    return 0 if row is None else int(row[0])


def _check_station(store: Store, station: str) -> str:
    if station not in _stations(store):
        raise NotFound(f"there are no books of a station {station} in {store.url}")
    return station


def _stations(store: Store) -> list[str]:
    """Return every station that any row belongs to, registered or not.

    Each table is searched by key from one station to the next, not read completely.
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
    """Disable garbage collection: verification makes many small tuples but no cycles."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
