"""Verify books: recompute everything from the hashed bytes of the entries.

The hash chain shows that no entry was changed, inserted or removed. Every row of every ledger table
is compared with the entries. Balances, receipts and quantities of needs are recomputed.

The chain alone cannot show that its last entries were removed or rewritten. The stored results of
earlier verifications show this, unless they were removed too. Checkpoints and printed receipts that
are kept outside the database always show it.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import date
from pathlib import Path

import msgspec

from supplies.domain.entries import Body
from supplies.domain.entry_rows import (
    TABLES,
    CodeAttempt,
    EntryRow,
    Lot,
    Merge,
    Period,
    Pledge,
    ProductExpiry,
    StopRemoval,
)
from supplies.errors import InvalidField, NotFound, check_function, check_type
from supplies.signing.checkpoints import Checkpoint
from supplies.storage.store import Row, Store
from supplies.verification.balances import BALANCES, DAYS, TRANSFERS, Balances
from supplies.verification.code_attempts import CodeAttempts
from supplies.verification.earlier_checks import EarlierChecks, read_verifications
from supplies.verification.earlier_entries import read_earlier_commands, read_earlier_rows
from supplies.verification.hash_chain import ENTRIES, HASH_COLUMN, HEADS, HashChain
from supplies.verification.kept_checkpoints import check_kept
from supplies.verification.merges import Merges
from supplies.verification.needs import check_needs
from supplies.verification.pledges import FulfilledPledges
from supplies.verification.processes import Check, OtherProcesses
from supplies.verification.reader import FIRST, LAST, Reader, chunks
from supplies.verification.receipts import ERASABLE, Receipts
from supplies.verification.records import ROW_TABLES, Records, Rows, rows_of
from supplies.verification.removed_stops import RemovedStops
from supplies.verification.repacked_goods import RepackedGoods
from supplies.verification.seals import SealedRows, check_seals, check_seals_of_copy
from supplies.verification.shipments import Shipments
from supplies.verification.stated_decisions import check_stated_decisions
from supplies.verification.stated_hand_outs import StatedHandOuts
from supplies.verification.stated_outcomes import StatedOutcomes
from supplies.verification.stock_counts import StockCounts

_READ_WHOLE = (Lot, ProductExpiry, Pledge, StopRemoval, CodeAttempt, Merge)
"""Types of rows that are also read from entries up to the checkpoint.

These entries are not verified again, but later entries may refer to their rows.
"""

ENTRIES_PER_COMPARISON = 100_000
"""Number of entries whose rows are recomputed before they are compared with the stored rows.

Each comparison reads whole tables, because most tables are not sorted by entry. So a higher number
saves time, and a lower number saves memory.
"""

LEDGER_TABLES = (
    *(table.name for table in (ENTRIES, HEADS, TRANSFERS, BALANCES, DAYS, ERASABLE)),
    *TABLES.values(),
)
"""All database tables that verification compares."""

Progress = Callable[[int, int], None]


class VerifiedStation(msgspec.Struct, frozen=True, kw_only=True):
    """The result of verifying one station.

    Attributes:
        since: Number of the entry of a checkpoint. Only the entries after it were verified. If 0,
            all entries were verified.
        entries: Number of the last entry.
        transfers, receipts: How many transfers and receipts the verified entries have.
        hash: Hash of the last entry, in hexadecimal; zeros if there are no entries.
        clock_set_back: Numbers of entries that were recorded at an earlier time than the entry
            before them, because the clock had been set back.
        access: The result of checking users, credentials, settings and the access log.
    """

    station: str
    entries: int
    transfers: int
    receipts: int
    hash: str
    since: int = 0
    clock_set_back: list[int] = []
    access: SealedRows = SealedRows(state="not-sealed")


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """The result of verifying stations: the totals, and the result for each station.

    If a verification began after a checkpoint, the entries up to the checkpoint are not counted.
    """

    entries: int
    transfers: int
    receipts: int
    stations: list[VerifiedStation]


def verify(
    store: Store,
    station: str | None = None,
    *,
    witnesses: Sequence[Checkpoint] = (),
    since: Sequence[Checkpoint] = (),
    progress: Progress | None = None,
    keys_of_copy: Path | None = None,
    integrity: bool = False,
    processes: int = 1,
) -> Verified:
    """Verify the books of one station, or of all stations.

    Everything is read once, except transfers, which are read twice. Memory grows with the number of
    balances, not with the number of entries.

    With `since`, the entries up to a checkpoint are trusted: their hashes and rows are not
    recomputed. The entries after the checkpoint are verified, with all rows and balances that they
    wrote. They must not contradict earlier entries.

    Args:
        station: Code of the station. If None, all stations in the database are checked.
        since: Checkpoints whose signatures were checked. Each station is verified after its newest
            one, and as a whole if it has none.
        witnesses: Checkpoints whose signatures were checked. Their entries must be in the books.
            Checkpoints of other stations are ignored.
        progress: Called repeatedly with two numbers: entries verified so far, and all entries.
        keys_of_copy: The key file of the books, if `store` is a copy of them. Then a difference in
            users, settings or access log is part of the result and raises no error.
        integrity: Whether to check the file of the database for damage, too.
        processes: Number of processes. With more than one, other processes check balances and file
            while this one checks the entries. The result is the same.

    Raises:
        BooksBroken: the books are not intact; the error describes the first difference.
        InvalidField: an argument has the wrong type, or `processes` is invalid.
        NotADatabase: the file is damaged.
        NotFound: the database has no books of this station.
    """
    _check_arguments(store, station, progress)
    with (
        store.reading(),
        _without_garbage_collection(),
        OtherProcesses(store, processes) as others,
        others.beside(_check_file) if integrity else nullcontext(),
    ):
        stations = _stations(store) if station is None else [_check_station(store, station)]
        counts = {name: _entries_of(store, name) for name in stations}
        trusted = {each.station: each.seq for each in sorted(since, key=lambda one: one.seq)}
        balances = [
            others.begin(_check_balances, name, trusted.get(name, 0), counts[name])
            for name in stations
        ]
        advance = _sum_progress(progress, sum(counts.values()))
        found = [
            _Verification(
                store,
                name,
                counts[name],
                [each for each in (*witnesses, *since) if each.station == name],
                keys_of_copy,
            ).run(trusted.get(name, 0), advance, check_balances)
            for name, check_balances in zip(stations, balances, strict=True)
        ]
    return Verified(
        entries=sum(each.entries - each.since for each in found),
        transfers=sum(each.transfers for each in found),
        receipts=sum(each.receipts for each in found),
        stations=found,
    )


def _check_arguments(store: Store, station: str | None, progress: Progress | None) -> None:
    if not hasattr(store, "check_integrity"):
        raise InvalidField("store must be what `open_store` or `Ledger.store` returns")
    check_type(station, (str, type(None)), "station", "the code of a station, or None for all")
    if progress is not None:
        check_function(progress, "progress", "a function of two numbers, or None")


def _sum_progress(progress: Progress | None, total: int) -> Callable[[int], None]:
    """Return a function that adds up verified entries, and reports the sum.

    Args:
        progress: Called with the sum and the total; None to report nothing.
        total: The number of all entries.
    """
    done = 0

    def advance(entries: int) -> None:
        nonlocal done
        done += entries
        if progress is not None:
            progress(done, total)

    return advance


def _check_file(store: Store) -> None:
    store.check_integrity()


def _check_balances(store: Store, station: str, since: int, count: int) -> None:
    Balances(Reader(store, station)).check(since, count)


class _Verification:
    """Verifies the books of one station."""

    def __init__(
        self,
        store: Store,
        station: str,
        count: int,
        witnesses: Sequence[Checkpoint],
        keys_of_copy: Path | None,
    ) -> None:
        self.keys_of_copy = keys_of_copy
        self.station, self.count = station, count
        self.reader = reader = Reader(store, station)
        self.chain, self.records = HashChain(reader), Records(reader)
        self.receipts = Receipts(reader)
        self.shipments, self.counts = Shipments(reader), StockCounts(reader)
        self.earlier = EarlierChecks(station, witnesses, read_verifications(reader))
        self.repacked, self.pledges = RepackedGoods(reader), FulfilledPledges(reader)
        self.removed_stops, self.outcomes = RemovedStops(reader), StatedOutcomes(reader)
        self.hand_outs = StatedHandOuts(reader)
        self.merges, self.codes = Merges(reader), CodeAttempts(reader)
        self.transfers = 0
        self.recorded: dict[type[EntryRow], list[Row]] = {kind: [] for kind in ROW_TABLES}

    def run(
        self, since: int, advance: Callable[[int], None], check_balances: Check
    ) -> VerifiedStation:
        """Check the entries in chunks, then the books as a whole. Return the result.

        Args:
            since: Number of the last entry that is trusted; 0 to check all entries.
            advance: Called with the number of entries, after each chunk.
            check_balances: Checks the balances, or waits for another process that does so.
        """
        if since:
            self._trust(since)
            advance(since)
        uncompared = since + 1 if since else FIRST
        for low, high in chunks(uncompared, self.count):
            advance(self._check(low, high))
            if high == LAST or high - max(uncompared, 0) >= ENTRIES_PER_COMPARISON:
                self._compare_rows(uncompared, high)
                uncompared = high + 1
        self.earlier.check_end()
        check_balances()
        self.receipts.check_erased()
        self.records.check_pending()
        check_needs(self.reader, self.records.needs)
        self.shipments.check()
        self.counts.check()
        self.repacked.check()
        self.pledges.check()
        self.removed_stops.check()
        self.outcomes.check()
        self.hand_outs.check()
        check_stated_decisions(self.reader)
        self.merges.check()
        check_kept(self.reader)
        sealed = (
            check_seals(self.reader)
            if self.keys_of_copy is None
            else check_seals_of_copy(self.reader, self.keys_of_copy)
        )
        return VerifiedStation(
            station=self.station,
            entries=self.chain.seq,
            since=since,
            transfers=self.transfers,
            receipts=self.receipts.receipts,
            hash=self.chain.hash.hex(),
            clock_set_back=self.chain.clock_set_back,
            access=sealed,
        )

    def _trust(self, through: int) -> None:
        """Read what the checks need to know about the entries up to `through`.

        Raises:
            BooksBroken: an entry that an earlier check saw is missing or has another hash.
        """
        self.earlier.trust(self.reader, through)
        self.chain.trust(through)
        self.records.trust(through)
        self.receipts.trust(through)
        for bodies in read_earlier_commands(self.reader, through):
            _, recorded = rows_of(bodies)
            self._add_documents(recorded, bodies)
            self.hand_outs.check()
        rows = read_earlier_rows(self.reader, through, _READ_WHOLE)
        self.repacked.add(rows, [])
        self.merges.add(rows)
        self.codes.add(rows)

    def _add_documents(self, recorded: Rows, bodies: Sequence[Body]) -> None:
        """Check the rows in the next batch of entries that change documents of earlier entries."""
        self.shipments.add(recorded, bodies)
        self.counts.add(recorded, bodies)
        self.repacked.add(recorded, bodies)
        self.pledges.add(recorded, bodies)
        self.hand_outs.add(recorded, bodies)

    def _check(self, low: int, high: int) -> int:
        """Check the entries from `low` to `high`. Return how many there are."""
        entries = self.reader.rows(ENTRIES, low, high)
        bodies: list[Body] = self.chain.follow(entries)
        if high == LAST:
            self.chain.check_last_entry()
        elif self.chain.seq < high:
            raise self.chain.gap()
        self.earlier.follow(entries, HASH_COLUMN)
        transfers, recorded = rows_of(bodies)
        self.reader.compare(TRANSFERS, transfers, self.reader.rows(TRANSFERS, low, high))
        self.chain.check_days(bodies, _closings(recorded))
        self.records.add(recorded, bodies)
        self._add_documents(recorded, bodies)
        self.removed_stops.add(recorded, bodies)
        self.outcomes.add(recorded, bodies)
        self.merges.add(recorded)
        self.codes.add(recorded)
        self.receipts.add(recorded, bodies, self.records.donations, low, high)
        self.transfers += len(transfers)
        for row_type, rows in recorded.items():
            self.recorded[row_type] += rows
        return len(entries)

    def _compare_rows(self, low: int, high: int) -> None:
        """Compare the stored rows of the entries from `low` to `high` with these entries."""
        for row_type, table in ROW_TABLES.items():
            expected, self.recorded[row_type] = self.recorded[row_type], []
            self.reader.compare(table, expected, self.reader.rows(table, low, high))
        self.records.check_repeated()


def _closings(recorded: Rows) -> dict[int, date]:
    """Return the last closed day as of each entry that closed or reopened a period.

    The days are keyed by entry number.
    """
    return {seq: date.fromisoformat(through) for seq, through in recorded[Period]}


def _entries_of(store: Store, station: str) -> int:
    row = store.one("SELECT count(*) FROM entries WHERE station = :station", {"station": station})
    return 0 if row is None else int(row[0])


def _check_station(store: Store, station: str) -> str:
    if not any(
        store.one(f"SELECT 1 FROM {table} WHERE {column} = :station LIMIT 1", {"station": station})
        for table, column in (("stations", "code"), *((name, "station") for name in LEDGER_TABLES))
    ):
        raise NotFound(f"there are no books of a station {station} in {store.url}")
    return station


def _stations(store: Store) -> list[str]:
    """Return the codes of all stations that have any rows, including unregistered stations."""
    found = {str(code) for (code,) in store.all("SELECT code FROM stations")}
    for table in LEDGER_TABLES:
        found.update(str(code) for (code,) in store.all(_STATIONS_OF.format(table=table)))
    return sorted(found)


_STATIONS_OF = """
WITH RECURSIVE found (code) AS (
    SELECT min(station) FROM {table}
    UNION ALL
    SELECT (SELECT min(t.station) FROM {table} t WHERE t.station > found.code) FROM found
    WHERE found.code IS NOT NULL
)
SELECT code FROM found WHERE code IS NOT NULL
"""
"""SQL that selects the stations with rows in a table.

The query jumps from one station to the next in an index, so tables are not read completely.
"""


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Disable garbage collection for the duration of a `with` block.

    Verification makes many small tuples. The collector would search them for reference cycles,
    although they cannot have any.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
