"""What the database itself refuses, whoever holds the pen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from desk import Desk

from supplies.errors import NotEnough, StoreError
from supplies.store import open_store, schema


@pytest.fixture
def pen(desk: Desk, books_url: str) -> Iterator[Any]:
    """Another hand on the same books: ten masks given, four on their way to R-1."""
    desk.give(10)
    desk.dispatch(desk.allocate(4))
    store = open_store(books_url)
    yield store
    store.close()


def row(pen: Any, table: str) -> list[str]:
    """The columns of a table; both engines' cursors tell them."""
    found = pen.connection.execute(f"SELECT * FROM {table} WHERE 1 = 0")
    return [column[0] for column in found.description]


FILLED = (
    *("entries", "transfers", "lots", "arrivals", "arrival_lines", "allocations"),
    *("allocation_lines", "deliveries", "stops", "stop_lines", "receipts", "receipt_donations"),
)
"""Tables that the scene above writes to."""


@pytest.mark.parametrize("table", FILLED)
def test_rows_of_the_books_are_neither_changed_nor_deleted_nor_replaced(
    pen: Any, engine: str, table: str
) -> None:
    with pytest.raises(StoreError, match="append-only"):
        pen.run(f"UPDATE {table} SET seq = seq")
    with pytest.raises(StoreError, match="append-only"):
        pen.run(f"DELETE FROM {table}")
    keys = ", ".join(schema.primary_keys()[table])
    with pytest.raises(StoreError, match="append-only"):
        pen.run(
            f"INSERT INTO {table} SELECT * FROM {table} WHERE 1 = 1 "
            f"ON CONFLICT ({keys}) DO UPDATE SET seq = excluded.seq"
        )
    other = f"TRUNCATE {table} CASCADE"
    if engine == "sqlite":
        other = f"INSERT OR REPLACE INTO {table} SELECT * FROM {table} LIMIT 1"
    with pytest.raises(StoreError, match=r"append-only|kept"):
        pen.run(other)


@pytest.mark.parametrize("table", schema.APPEND_ONLY)
def test_every_table_of_the_books_is_guarded_against_all_three(
    pen: Any, engine: str, table: str
) -> None:
    if engine == "sqlite":
        asked = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"
        wanted = {f"{table}_no_update", f"{table}_no_delete", f"{table}_no_replace"}
    else:
        asked = "SELECT tgname FROM pg_trigger WHERE tgrelid = CAST(:table AS regclass)"
        wanted = {f"{table}_append_only"}
    assert wanted <= {name for (name,) in pen.all(asked, {"table": table})}


@pytest.mark.parametrize("table", ["balances", "days", "heads", "erasable", "donors", "items"])
def test_rows_that_are_kept_are_not_deleted(pen: Any, table: str) -> None:
    with pytest.raises(StoreError, match="never deleted"):
        pen.run(f"DELETE FROM {table}")


@pytest.mark.parametrize("table", ["balances", "days"])
def test_a_balance_is_not_written_by_hand(pen: Any, table: str) -> None:
    with pytest.raises(StoreError, match="follow the transfers"):
        pen.run(f"UPDATE {table} SET quantity = quantity + 1")
    names = row(pen, table)
    cells = {"station": "lx", "account": "stock:attic", "item": "mask", "lot": "x"}
    values = [cells.get(name, "2020-02-10" if name == "day" else 5) for name in names]
    marks = ", ".join("?" * len(names))
    with pytest.raises(StoreError, match="follow the transfers"):
        pen.run(f"INSERT INTO {table} VALUES ({marks})", values)


def _append(pen: Any, *transfer: object) -> None:
    """An entry written past the ledger, with one transfer of the last day."""
    (seq,) = pen.one("SELECT seq + 1 FROM heads")
    pen.run(
        "INSERT INTO entries (station, seq, id, part, kind, document, happened_on, booked_on, "
        "recorded_at, recorded_by, body, hash) VALUES "
        "('lx', ?, 'x', 0, 'goods_moved', 'm', '2020-02-10', '2020-02-10', 'now', 'me', ?, ?)",
        (seq, b"", bytes(32)),
    )
    pen.run(
        "INSERT INTO transfers (station, seq, line, day, source, target, item, lot, quantity, "
        "allocation, recipient) VALUES ('lx', ?, 1, '2020-02-10', ?, ?, ?, ?, ?, ?, ?)",
        (seq, *transfer),
    )


def test_an_overdraft_past_the_ledger_is_refused(pen: Any) -> None:
    with pytest.raises(NotEnough), pen.writing():
        _append(pen, "stock:store", "stock:annex", "mask", "l_lx_1_1", 7, None, None)


def test_a_parcel_does_not_reach_another_door(pen: Any) -> None:
    away = "in_transit:v_4:a_3"
    with pytest.raises(StoreError, match=r"(?i)foreign key"), pen.writing():
        _append(pen, away, "received:R-2", "mask", "l_lx_1_1", 4, "a_3", "R-2")
    with pytest.raises(StoreError, match="parcel"), pen.writing():
        _append(pen, away, "received:R-2", "mask", "l_lx_1_1", 4, "a_3", "R-1")


def test_numbers_have_no_gap_and_a_transfer_comes_with_its_entry(pen: Any) -> None:
    with pytest.raises(StoreError, match="takes the next number"):
        pen.run(
            "INSERT INTO entries SELECT station, seq + 50, 'y', part, kind, document, "
            "happened_on, booked_on, recorded_at, recorded_by, NULL, body, hash FROM entries"
        )
    with pytest.raises(StoreError, match="recorded with its entry"):
        pen.run(
            "INSERT INTO transfers SELECT station, seq, 99, day, source, target, item, lot, 1, "
            "NULL, NULL FROM transfers WHERE seq = 1"
        )
    with pytest.raises(StoreError, match="next number of its series"):
        pen.run(
            "INSERT INTO receipts SELECT station, seq, 'JZ-2020-000009', series, year, 9, "
            "issued_on, digest FROM receipts"
        )


def test_a_text_is_erased_only_by_forgetting_its_person(pen: Any) -> None:
    with pytest.raises(StoreError, match="forgets its person"):
        pen.run("UPDATE erasable SET salt = NULL, content = NULL")


def test_the_unit_of_goods_that_moved_is_frozen(pen: Any) -> None:
    with pytest.raises(StoreError, match="frozen"):
        pen.run("UPDATE items SET unit = 'box'")
