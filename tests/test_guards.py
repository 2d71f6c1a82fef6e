"""What the database itself refuses, whoever holds the pen."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from desk import Desk

from supplies.store import schema


@pytest.fixture
def pen(desk: Desk, books_path: Path) -> Iterator[sqlite3.Connection]:
    """Another program with the same file open: ten masks given, four on their way to R-1."""
    desk.give(10)
    desk.dispatch(desk.allocate(4))
    connection = sqlite3.connect(books_path)
    connection.execute("PRAGMA foreign_keys = ON")
    yield connection
    connection.rollback()
    connection.close()


def row(pen: sqlite3.Connection, table: str) -> list[str]:
    return [name for _, name, *_ in pen.execute(f"PRAGMA table_info({table})")]


FILLED = (
    *("entries", "transfers", "lots", "arrivals", "arrival_lines", "allocations"),
    *("allocation_lines", "deliveries", "stops", "stop_lines", "receipts", "receipt_donations"),
)
"""Tables that the scene above writes to."""


@pytest.mark.parametrize("table", FILLED)
def test_rows_of_the_books_are_neither_changed_nor_deleted_nor_replaced(
    pen: sqlite3.Connection, table: str
) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        pen.execute(f"UPDATE {table} SET seq = seq")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        pen.execute(f"DELETE FROM {table}")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        pen.execute(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table} LIMIT 1")


@pytest.mark.parametrize("table", schema.APPEND_ONLY)
def test_every_table_of_the_books_is_guarded_against_all_three(
    pen: sqlite3.Connection, table: str
) -> None:
    found = pen.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", (table,)
    )
    names = {name for (name,) in found}
    assert {f"{table}_no_update", f"{table}_no_delete", f"{table}_no_replace"} <= names


@pytest.mark.parametrize("table", ["balances", "days", "heads", "erasable", "donors", "items"])
def test_rows_that_are_kept_are_not_deleted(pen: sqlite3.Connection, table: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="never deleted"):
        pen.execute(f"DELETE FROM {table}")


@pytest.mark.parametrize("table", ["balances", "days"])
def test_a_balance_is_not_written_by_hand(pen: sqlite3.Connection, table: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="follow the transfers"):
        pen.execute(f"UPDATE {table} SET quantity = quantity + 1")
    names = row(pen, table)
    cells = {"station": "lx", "account": "stock:attic", "item": "mask", "lot": "x"}
    values = [cells.get(name, "2020-02-10" if name == "day" else 5) for name in names]
    marks = ", ".join("?" * len(names))
    with pytest.raises(sqlite3.IntegrityError, match="follow the transfers"):
        pen.execute(f"INSERT INTO {table} VALUES ({marks})", values)


def _append(pen: sqlite3.Connection, *transfer: object) -> None:
    """An entry written past the ledger, with one transfer of the last day."""
    seq = pen.execute("SELECT seq + 1 FROM heads").fetchone()[0]
    pen.execute(
        "INSERT INTO entries (station, seq, id, part, kind, document, happened_on, booked_on, "
        "recorded_at, recorded_by, body, hash) VALUES "
        "('lx', ?, 'x', 0, 'goods_moved', 'm', '2020-02-10', '2020-02-10', 'now', 'me', x'', ?)",
        (seq, bytes(32)),
    )
    pen.execute(
        "INSERT INTO transfers (station, seq, line, day, source, target, item, lot, quantity, "
        "allocation, recipient) VALUES ('lx', ?, 1, '2020-02-10', ?, ?, ?, ?, ?, ?, ?)",
        (seq, *transfer),
    )


def test_an_overdraft_past_the_ledger_is_refused(pen: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="floor"):
        _append(pen, "stock:store", "stock:annex", "mask", "l_lx_1_1", 7, None, None)


def test_a_parcel_does_not_reach_another_door(pen: sqlite3.Connection) -> None:
    away = "in_transit:v_4:a_3"
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        _append(pen, away, "received:R-2", "mask", "l_lx_1_1", 4, "a_3", "R-2")
    pen.rollback()
    with pytest.raises(sqlite3.IntegrityError, match="parcel"):
        _append(pen, away, "received:R-2", "mask", "l_lx_1_1", 4, "a_3", "R-1")


def test_numbers_have_no_gap_and_a_transfer_comes_with_its_entry(pen: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="takes the next number"):
        pen.execute(
            "INSERT INTO entries SELECT station, seq + 50, 'y', part, kind, document, "
            "happened_on, booked_on, recorded_at, recorded_by, NULL, body, hash FROM entries"
        )
    with pytest.raises(sqlite3.IntegrityError, match="recorded with its entry"):
        pen.execute(
            "INSERT INTO transfers SELECT station, seq, 99, day, source, target, item, lot, 1, "
            "NULL, NULL FROM transfers WHERE seq = 1"
        )
    with pytest.raises(sqlite3.IntegrityError, match="next number of its series"):
        pen.execute(
            "INSERT INTO receipts SELECT r.station, h.seq, 'JZ-2020-000009', series, year, 9, "
            "issued_on, digest FROM receipts r JOIN heads h"
        )


@pytest.mark.parametrize("table", ["balances", "days"])
def test_a_balance_is_neither_replaced_nor_invented(pen: sqlite3.Connection, table: str) -> None:
    """A foreign pen has no recursive triggers: replacing would delete without a word."""
    pen.execute("PRAGMA recursive_triggers = OFF")
    names = row(pen, table)
    zero = ", ".join("0" if name in ("quantity", "seq", "line") else name for name in names)
    with pytest.raises(sqlite3.IntegrityError, match=f"{table} follow the transfers"):
        pen.execute(f"INSERT OR REPLACE INTO {table} SELECT {zero} FROM {table}")
    other = zero.replace("account", "'stock:annex'", 1)
    with pytest.raises(sqlite3.IntegrityError, match=f"{table} follow the transfers"):
        pen.execute(f"INSERT INTO {table} SELECT {other} FROM {table} LIMIT 1")


def test_a_row_is_not_replaced_by_way_of_another_unique_key(
    pen: sqlite3.Connection, desk: Desk
) -> None:
    other = desk.allocate(1)
    pen.execute("PRAGMA foreign_keys = OFF")
    head = "(SELECT seq FROM heads)"
    with pytest.raises(sqlite3.IntegrityError, match="this row of stops exists"):
        pen.execute(
            f"INSERT OR REPLACE INTO stops SELECT station, {head}, delivery, stop, '{other}', "
            "recipient FROM stops"
        )
    pen.rollback()
    desk.outcome("v_4", "a_3", "refused")
    with pytest.raises(sqlite3.IntegrityError, match="this row of outcomes exists"):
        pen.execute(
            f"INSERT OR REPLACE INTO outcomes SELECT station, {head}, delivery, allocation, "
            "'lost', happened_at, received_by, proof, 1 FROM outcomes"
        )
    pen.rollback()
    desk.give(1)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        pen.execute(
            "INSERT OR REPLACE INTO receipts SELECT 'zz', 1, number, series, year, 1, issued_on, "
            "digest FROM receipts LIMIT 1"
        )


@pytest.mark.parametrize("table", [*schema.STATED, "erasable"])
def test_no_row_is_slipped_under_an_old_entry(pen: sqlite3.Connection, table: str) -> None:
    columns = row(pen, table)
    blobs = ("salt", "content")
    values = ["'lx'", "1", *("NULL" if name in blobs else "1" for name in columns[2:])]
    with pytest.raises(sqlite3.IntegrityError, match=f"rows of {table} are recorded with"):
        pen.execute(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(values)})")


def test_an_erasure_is_stated_only_by_an_entry_that_forgets(pen: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="forgets its person"):
        pen.execute("INSERT INTO erasures SELECT station, seq, 'x' FROM heads")


@pytest.mark.parametrize("table", ["recipients", "items", "donors", "locations", "teams"])
def test_a_code_stays_with_what_it_stands_for(pen: sqlite3.Connection, table: str) -> None:
    pen.execute("PRAGMA foreign_keys = OFF")
    with pytest.raises(sqlite3.IntegrityError, match="never the code"):
        pen.execute(f"UPDATE OR REPLACE {table} SET code = 'X-9'")
    with pytest.raises(sqlite3.IntegrityError, match="never deleted"):
        pen.execute(f"DELETE FROM {table}")


def test_the_version_of_the_tables_is_not_rewritten(pen: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        pen.execute("DELETE FROM migrations")
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        pen.execute("UPDATE migrations SET version = 9")


def test_a_text_is_erased_only_by_forgetting_its_person(pen: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="forgets its person"):
        pen.execute("UPDATE erasable SET salt = NULL, content = NULL")


def test_the_unit_of_goods_that_moved_is_frozen(pen: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="frozen"):
        pen.execute("UPDATE items SET unit = 'box'")
