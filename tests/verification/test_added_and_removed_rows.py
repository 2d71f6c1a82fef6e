"""Verification finds an added or a removed row of any table."""

from __future__ import annotations

import pytest
from support.every_kind import RecordingStation
from support.tampering import (
    Tampering,
    changed,
    columns_of,
    row_condition,
    rows_of,
    verification_error,
)

from supplies.domain import commands as c
from supplies.storage import introspection
from supplies.storage.sqlite.store import SqliteStore
from supplies.verification import verify as chain
from supplies.verification.reader import WHOLE_ROW
from supplies.verification.verify import verify


def test_an_added_pending_row_is_found(store: Tampering) -> None:
    (seq,) = store.one("SELECT seq FROM deliveries ORDER BY seq LIMIT 1") or (0,)
    store.run(f"INSERT INTO pending (station, noun, number) VALUES ('lx', 'delivery', {seq})")
    error = verification_error(store)
    assert (error.table, error.column, error.seq) == ("pending", WHOLE_ROW, seq)


def test_a_removed_pending_row_is_found(books_url: str) -> None:
    station = RecordingStation(books_url)
    station.record(c.OpenStock(location="a", lines=[c.ArrivalLine(item="mask", quantity=4)]))
    line = c.AllocationLine(item="mask", quantity=4)
    allocation = station.record_document(c.Allocate(recipient="h1", location="a", lines=[line]))
    station.record(c.Dispatch(team="t1", allocations=[allocation]))
    store = station.ledger.store
    assert verify(store).entries == 3
    store.run("DELETE FROM pending")
    error = verification_error(store)
    assert (error.table, error.seq, error.expected) == ("pending", 3, "delivery")
    station.ledger.close()


@pytest.mark.parametrize("table", chain.LEDGER_TABLES)
def test_each_removed_row_is_found(store: Tampering, table: str) -> None:
    """On PostgreSQL, every fourth row of each table, because verification is the same there."""
    step = 1 if isinstance(store, SqliteStore) else 4
    for row in rows_of(store, table)[::step]:
        store.run("SAVEPOINT one")
        store.run(f"DELETE FROM {table} WHERE {row_condition(table)}", row)
        error = verification_error(store)
        assert (error.table, error.column) == (table, "seq" if table == "entries" else WHOLE_ROW)
        store.run("ROLLBACK TO one")
    verify(store)


@pytest.mark.parametrize("table", chain.LEDGER_TABLES)
@pytest.mark.parametrize("way", ["beside it", "of an entry that never was", "of another station"])
def test_each_added_row_is_found(store: Tampering, table: str, way: str) -> None:
    """The added row is a copy, changed in one column so that the keys of the table accept it."""
    columns = [name for name, _ in columns_of(table)]
    kinds = dict(columns_of(table))
    column = {"of another station": "station", "of an entry that never was": "seq"}.get(way)
    key = introspection.tables()[table].primary_key
    if column is None or column not in key:
        column = key[-1]
    row = rows_of(store, table)[-1]
    row[column] = changed(row[column], kinds[column])
    if way == "of an entry that never was" and "seq" in row:
        row["seq"] = 10_000
    for unique in {
        "entries": ("id", "supersedes"),
        "receipts": ("number", "ordinal"),
        "stops": ("stop",),
        "stop_codes": ("digest",),
    }.get(table, ()):
        row[unique] = changed(row[unique], kinds[unique]) if row[unique] is not None else None
    if table == "outcomes":
        row["first"] = 0
    marks = ", ".join(f":{name}" for name in columns)
    store.run(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", row)
    error = verification_error(store, None)
    assert error.table == table, str(error)
