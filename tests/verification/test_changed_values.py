"""Verification finds a changed value of any column and names its table and column."""

from __future__ import annotations

import pytest
from support.tampering import Tampering, changed, columns_of, rows_of, set_value, verification_error

from supplies.errors import StoreError
from supplies.storage.sqlite.store import SqliteStore
from supplies.verification import reader
from supplies.verification import verify as chain
from supplies.verification.reader import WHOLE_ROW
from supplies.verification.verify import verify

COLUMNS = [
    (table, column, kind) for table in chain.LEDGER_TABLES for column, kind in columns_of(table)
]


NAMED_OTHERWISE = {
    # There is no entry with this number any more.
    ("entries", "station"): {"seq"},
    # Salt and content are hashed together. Nothing shows which of them changed,
    # nor, if both are missing, which of them was removed.
    ("erasable", "salt"): {"salt", "content"},
    ("erasable", "content"): {"salt", "content"},
    # A row of `heads` with another station's code is not one of this station.
    ("heads", "station"): {"station", "seq", WHOLE_ROW},
}


@pytest.mark.parametrize(
    ("table", "column", "kind"), COLUMNS, ids=[f"{t}.{col}" for t, col, _ in COLUMNS]
)
def test_a_changed_value_is_found_and_named_by_table_and_column(
    store: Tampering, table: str, column: str, kind: str
) -> None:
    rows = rows_of(store, table)
    # Verification compares rows in Python: on the slower engine, one row is enough.
    examined = (
        (rows[0], rows[len(rows) // 2], rows[-1]) if isinstance(store, SqliteStore) else rows[-1:]
    )
    for row in examined:
        store.run("SAVEPOINT one")
        set_value(store, table, row, column, changed(row[column], kind))
        error = verification_error(store)
        assert error.table == table, str(error)
        assert error.column in NAMED_OTHERWISE.get((table, column), {column}), str(error)
        assert error.station == "lx"
        store.run("ROLLBACK TO one")
        store.run("RELEASE one")


def test_books_are_sound_again_when_a_change_is_rolled_back(store: Tampering) -> None:
    store.run("SAVEPOINT one")
    for table, column, kind in COLUMNS:
        row = rows_of(store, table)[-1]
        set_value(store, table, row, column, changed(row[column], kind))
        store.run("ROLLBACK TO one")
    verify(store)


@pytest.mark.parametrize(
    ("table", "column", "kind"),
    [row for row in COLUMNS if row[1] != "station"],
    ids=[f"{t}.{col}" for t, col, _ in COLUMNS if col != "station"],
)
def test_a_value_set_to_null_is_found(store: Tampering, table: str, column: str, kind: str) -> None:
    row = next(row for row in rows_of(store, table) if row[column] is not None)
    try:
        set_value(store, table, row, column, None)
    except StoreError:
        return  # the table itself refuses NULL in this column
    assert verification_error(store).table == table


@pytest.mark.parametrize("table", chain.LEDGER_TABLES)
def test_a_changed_value_is_found_when_verifying_in_small_chunks(
    store: Tampering, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    monkeypatch.setattr(reader, "ENTRIES_PER_CHUNK", 7)
    column, kind = columns_of(table)[-1]
    row = rows_of(store, table)[-1]
    set_value(store, table, row, column, changed(row[column], kind))
    assert verification_error(store).table == table


def test_a_changed_body_and_a_changed_hash_are_distinguished(store: Tampering) -> None:
    (last,) = store.one("SELECT seq FROM heads") or (0,)
    for seq in (1, 5, last):
        for column in ("body", "hash"):
            store.run("SAVEPOINT one")
            (value,) = store.one(f"SELECT {column} FROM entries WHERE seq = {seq}") or (b"",)
            store.run(
                f"UPDATE entries SET {column} = :value WHERE seq = {seq}",
                {"value": changed(value, "BLOB")},
            )
            error = verification_error(store)
            assert (error.table, error.column, error.seq) == ("entries", column, seq)
            store.run("ROLLBACK TO one")
