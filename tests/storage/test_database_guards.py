"""Triggers and constraints of the database: changes that they refuse to plain SQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from support.ledger_fixture import StationLedger

from supplies.domain.entries import format_timestamp
from supplies.errors import NotEnough, StoreError
from supplies.storage import introspection, schema
from supplies.storage.engines import open_store

SQLITE = pytest.mark.parametrize("engine", ["sqlite"])
"""Only in SQLite can a statement replace rows and a connection turn foreign keys off."""


class Undone(Exception):
    """Rolls a transaction back."""


@pytest.fixture
def connection(station: StationLedger, books_url: str) -> Iterator[Any]:
    """A plain connection to books with ten masks given, four of them on their way to R-1."""
    station.give(10)
    station.dispatch(station.allocate(4))
    store = open_store(books_url)
    yield store
    store.close()


FILLED = (
    *("entries", "transfers", "lots", "arrivals", "arrival_lines", "allocations"),
    *("allocation_lines", "deliveries", "stops", "stop_lines", "receipts", "receipt_donations"),
)
"""Tables to which the scene above writes."""


@pytest.mark.parametrize("table", FILLED)
def test_rows_cannot_be_changed_deleted_or_replaced(
    connection: Any, engine: str, table: str
) -> None:
    with pytest.raises(StoreError, match="append-only"):
        connection.run(f"UPDATE {table} SET seq = seq")
    with pytest.raises(StoreError, match="append-only"):
        connection.run(f"DELETE FROM {table}")
    keys = ", ".join(introspection.tables()[table].primary_key)
    with pytest.raises(StoreError, match="append-only"):
        connection.run(
            f"INSERT INTO {table} SELECT * FROM {table} WHERE 1 = 1 "
            f"ON CONFLICT ({keys}) DO UPDATE SET seq = excluded.seq"
        )
    other = f"TRUNCATE {table} CASCADE"
    if engine == "sqlite":
        other = f"INSERT OR REPLACE INTO {table} SELECT * FROM {table} LIMIT 1"
    with pytest.raises(StoreError, match=r"append-only|kept"):
        connection.run(other)


@pytest.mark.parametrize("table", schema.APPEND_ONLY)
def test_every_append_only_table_has_triggers_against_change_deletion_and_replacement(
    connection: Any, engine: str, table: str
) -> None:
    if engine == "sqlite":
        asked = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"
        wanted = {f"{table}_no_update", f"{table}_no_delete", f"{table}_no_replace"}
    else:
        asked = "SELECT tgname FROM pg_trigger WHERE tgrelid = CAST(:table AS regclass)"
        wanted = {f"{table}_append_only"}
    assert wanted <= {name for (name,) in connection.all(asked, {"table": table})}


@pytest.mark.parametrize("table", ["balances", "days", "heads", "erasable", "donors", "items"])
def test_rows_of_balances_and_the_catalogue_cannot_be_deleted(connection: Any, table: str) -> None:
    with pytest.raises(StoreError, match="never deleted"):
        connection.run(f"DELETE FROM {table}")


@SQLITE
@pytest.mark.parametrize("table", ["entries", "transfers", "arrivals", "receipts", "erasable"])
def test_a_row_is_added_without_temporary_tables(connection: Any, table: str) -> None:
    columns = introspection.tables()[table].columns
    statement = f"EXPLAIN INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})"
    steps = [row[1] for row in connection.all(statement, [None] * len(columns))]
    # An entry that is dated back changes the balances at the end of all later days.
    assert steps.count("OpenEphemeral") == (2 if table == "transfers" else 0)


@SQLITE
def test_balances_are_right_in_whatever_order_triggers_were_created(
    station: StationLedger, connection: Any
) -> None:
    triggers = {
        name: text
        for name, text in schema.sqlite_guards().items()
        if " AFTER INSERT ON transfers" in text
    }
    for name in triggers:
        connection.run(f"DROP TRIGGER {name}")
    for text in reversed(triggers.values()):
        connection.run(text)
    station.give(10)
    station.stock(3, happened_on=date(2020, 2, 1))
    station.dispatch(station.allocate(4))
    assert station.ledger.verify().entries


@pytest.mark.parametrize("table", ["balances", "days"])
def test_a_balance_cannot_be_written_directly(connection: Any, table: str) -> None:
    with pytest.raises(StoreError, match="follow the transfers"):
        connection.run(f"UPDATE {table} SET quantity = quantity + 1")
    names = introspection.tables()[table].columns
    cells = {"station": "lx", "account": "stock:attic", "item": "mask", "lot": "x"}
    values = [cells.get(name, "2020-02-10" if name == "day" else 5) for name in names]
    marks = ", ".join("?" * len(names))
    with pytest.raises(StoreError, match="follow the transfers"):
        connection.run(f"INSERT INTO {table} VALUES ({marks})", values)


def _look(connection: Any, at: datetime) -> None:
    """Insert a line of the access log with an earlier time."""
    connection.run(
        "INSERT INTO access_log (station, seq, at, method, route, outcome) SELECT 'lx', "
        "1 + coalesce(max(seq), 0), ?, 'GET', '/api/donors', 'looked' FROM access_log",
        (format_timestamp(at),),
    )


def test_lines_of_the_access_log_can_be_deleted_only_after_their_retention_period(
    connection: Any,
) -> None:
    now = datetime.now(UTC)
    for days in (0, 182, 184, 400):
        _look(connection, now - timedelta(days=days))
    with pytest.raises(StoreError, match="not before"):
        connection.run("DELETE FROM access_log")
    with pytest.raises(StoreError, match="never changed"):
        connection.run("UPDATE access_log SET at = '2000-01-01'")
    assert connection.run("DELETE FROM access_log WHERE seq >= 3") == 2


def test_a_longer_retention_period_of_the_access_log_applies(connection: Any) -> None:
    _look(connection, datetime.now(UTC) - timedelta(days=300))
    connection.run("INSERT INTO retention (station, access_log_days) VALUES ('lx', 400)")
    with pytest.raises(StoreError, match="not before"):
        connection.run("DELETE FROM access_log")
    connection.run("UPDATE retention SET access_log_days = 200")
    assert connection.run("DELETE FROM access_log") == 1


def test_the_access_log_cannot_be_truncated_or_replaced(connection: Any, engine: str) -> None:
    _look(connection, datetime.now(UTC))
    other = "TRUNCATE access_log"
    if engine == "sqlite":
        other = "INSERT OR REPLACE INTO access_log SELECT * FROM access_log"
    with pytest.raises(StoreError, match=r"append-only|kept"):
        connection.run(other)


def _append(connection: Any, *transfers: tuple[object, ...], day: str = "2020-02-10") -> None:
    """Insert an entry and its transfers by plain SQL, with one statement for all transfers."""
    (seq,) = connection.one("SELECT seq + 1 FROM heads")
    connection.run(
        "INSERT INTO entries (station, seq, id, part, kind, document, happened_on, booked_on, "
        "recorded_at, recorded_by, body, hash) VALUES "
        "('lx', ?, ?, 0, 'goods_moved', 'm', ?, ?, 'now', 'me', ?, ?)",
        (seq, f"x-{seq}", day, day, b"", bytes(32)),
    )
    _transfer(connection, *((seq, line, day, *row) for line, row in enumerate(transfers, 1)))


def _transfer(connection: Any, *rows: tuple[object, ...]) -> None:
    marks = ", ".join(["('lx', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"] * len(rows))
    connection.run(
        "INSERT INTO transfers (station, seq, line, day, source, target, item, lot, quantity, "
        f"allocation, recipient) VALUES {marks}",
        [value for row in rows for value in row],
    )


def test_an_overdraft_written_in_sql_is_refused(connection: Any) -> None:
    with pytest.raises(NotEnough), connection.writing():
        _append(connection, ("stock:store", "stock:annex", "mask", "l_lx_1_1", 7, None, None))


def test_a_balance_must_not_be_negative_between_the_transfers_of_a_statement(
    connection: Any,
) -> None:
    out = ("stock:store", "stock:annex", "mask", "l_lx_1_1", 7, None, None)
    into = ("donor:D-01", "stock:store", "mask", "l_lx_1_1", 7, None, None)
    for day in ("2020-02-01", "2020-02-10"):
        with pytest.raises(NotEnough), connection.writing():
            _append(connection, out, into, day=day)
        with connection.writing():
            _append(connection, into, out, day=day)


@pytest.mark.parametrize("day", ["2020-02-01", "2020-02-10"])
def test_transfers_change_the_balances_whether_inserted_together_or_one_by_one(
    connection: Any, day: str
) -> None:
    transfers = [
        ("donor:D-01", "stock:store", "mask", "l_lx_1_1", 5, None, None),
        ("stock:store", "stock:attic", "mask", "l_lx_1_1", 3, None, None),
        ("stock:attic", "stock:store", "mask", "l_lx_1_1", 1, None, None),
        ("stock:store", "stock:attic", "mask", "l_lx_1_1", 1, None, None),
        ("donor:D-01", "stock:attic", "mask", "l_lx_1_1", 2, None, None),
    ]
    found = []

    def book(together: int) -> None:
        _append(connection, *transfers[:together], day=day)
        (seq,) = connection.one("SELECT seq FROM heads")
        rows = [(seq, line, day, *row) for line, row in enumerate(transfers, 1)]
        for start in range(together, len(rows), together):
            _transfer(connection, *rows[start : start + together])
        tables = "balances", "days"
        found.append([sorted(connection.all(f"SELECT * FROM {table}")) for table in tables])
        raise Undone

    for together in (len(transfers), 2, 1):
        with pytest.raises(Undone), connection.writing():
            book(together)
    assert found[0] == found[1] == found[2]


def test_a_delivery_to_another_recipient_is_refused_by_a_foreign_key(connection: Any) -> None:
    away = "in_transit:v_4:a_3"
    with pytest.raises(StoreError, match=r"(?i)foreign key"), connection.writing():
        _append(connection, (away, "received:R-2", "mask", "l_lx_1_1", 4, "a_3", "R-2"))
    with pytest.raises(StoreError, match="parcel"), connection.writing():
        _append(connection, (away, "received:R-2", "mask", "l_lx_1_1", 4, "a_3", "R-1"))


def test_gaps_in_numbers_and_transfers_without_an_entry_are_refused(connection: Any) -> None:
    with pytest.raises(StoreError, match="takes the next number"):
        connection.run(
            "INSERT INTO entries SELECT station, seq + 50, 'y', part, kind, document, "
            "happened_on, booked_on, recorded_at, recorded_by, NULL, body, hash FROM entries"
        )
    with pytest.raises(StoreError, match="recorded with its entry"):
        connection.run(
            "INSERT INTO transfers SELECT station, seq, 99, day, source, target, item, lot, 1, "
            "NULL, NULL FROM transfers WHERE seq = 1"
        )
    with pytest.raises(StoreError, match="next number of its series"):
        connection.run(
            "INSERT INTO receipts SELECT r.station, h.seq, 'JZ-2020-000009', series, year, 9, "
            "issued_on, digest FROM receipts r CROSS JOIN heads h"
        )


@pytest.mark.parametrize("table", ["balances", "days"])
def test_balances_that_change_in_one_statement_are_checked_each(
    connection: Any, table: str
) -> None:
    changes = (
        "quantity = quantity + CASE account WHEN 'stock:store' THEN 1 ELSE -1 END",
        "account = CASE account WHEN 'stock:store' THEN 'stock:attic' ELSE 'stock:store' END",
    )
    for change in changes:
        with pytest.raises(StoreError, match=f"{table} follow the transfers"):
            connection.run(
                f"UPDATE {table} SET {change} WHERE account IN ('stock:store', 'donor:D-01')"
            )


def test_one_row_without_its_entry_is_refused_among_others(connection: Any) -> None:
    (seq,) = connection.one("SELECT seq FROM heads")
    for first, second in ((seq, seq - 1), (seq - 1, seq)):
        with pytest.raises(StoreError, match="recorded with their entry"):
            connection.run(
                "INSERT INTO erasable (station, seq, digest) VALUES ('lx', ?, 'x'), ('lx', ?, 'y')",
                (first, second),
            )


@SQLITE
@pytest.mark.parametrize("table", ["balances", "days"])
def test_a_balance_cannot_be_replaced_or_inserted(connection: Any, table: str) -> None:
    """The connection has no recursive triggers, so replacing would delete without firing one."""
    connection.run("PRAGMA recursive_triggers = OFF")
    names = introspection.tables()[table].columns
    zero = ", ".join("0" if name in ("quantity", "seq", "line") else name for name in names)
    with pytest.raises(StoreError, match=f"{table} follow the transfers"):
        connection.run(f"INSERT OR REPLACE INTO {table} SELECT {zero} FROM {table}")
    other = zero.replace("account", "'stock:annex'", 1)
    with pytest.raises(StoreError, match=f"{table} follow the transfers"):
        connection.run(f"INSERT INTO {table} SELECT {other} FROM {table} LIMIT 1")


@SQLITE
def test_a_row_cannot_be_replaced_through_another_unique_key(
    connection: Any, station: StationLedger
) -> None:
    other = station.allocate(1)
    connection.run("PRAGMA foreign_keys = OFF")
    connection.run("PRAGMA recursive_triggers = OFF")
    last = "(SELECT seq FROM heads)"
    with pytest.raises(StoreError, match="this row of stops exists"):
        connection.run(
            f"INSERT OR REPLACE INTO stops SELECT station, {last}, delivery, stop, '{other}', "
            "recipient FROM stops"
        )
    station.outcome("v_4", "a_3", "refused")
    with pytest.raises(StoreError, match="this row of outcomes exists"):
        connection.run(
            f"INSERT OR REPLACE INTO outcomes SELECT station, {last}, delivery, allocation, "
            "'lost', happened_at, received_by, proof, 1 FROM outcomes"
        )
    station.give(1)
    with pytest.raises(StoreError, match="append-only"):
        connection.run(
            "INSERT OR REPLACE INTO receipts SELECT 'zz', 1, number, series, year, 1, issued_on, "
            "digest FROM receipts LIMIT 1"
        )


@SQLITE
@pytest.mark.parametrize("table", [*schema.ENTRY_ROW_TABLES, "erasable"])
def test_a_row_cannot_be_added_to_an_earlier_entry(connection: Any, table: str) -> None:
    columns = introspection.tables()[table].columns
    blobs = ("salt", "content")
    values = ["'lx'", "1", *("NULL" if name in blobs else "1" for name in columns[2:])]
    with pytest.raises(StoreError, match=f"rows of {table} are recorded with"):
        connection.run(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(values)})")


def test_an_erasure_is_accepted_only_with_a_forgetting_entry(connection: Any) -> None:
    with pytest.raises(StoreError, match="forgets its person"):
        connection.run("INSERT INTO erasures SELECT station, seq, 'x' FROM heads")


@SQLITE
@pytest.mark.parametrize("table", ["recipients", "items", "donors", "locations", "teams"])
def test_codes_cannot_be_changed(connection: Any, table: str) -> None:
    connection.run("PRAGMA foreign_keys = OFF")
    connection.run("PRAGMA recursive_triggers = OFF")
    with pytest.raises(StoreError, match="never the code"):
        connection.run(f"UPDATE OR REPLACE {table} SET code = 'X-9'")
    with pytest.raises(StoreError, match="never deleted"):
        connection.run(f"DELETE FROM {table}")


def test_the_schema_version_cannot_be_changed(connection: Any) -> None:
    with pytest.raises(StoreError, match="append-only"):
        connection.run("DELETE FROM migrations")
    with pytest.raises(StoreError, match="append-only"):
        connection.run("UPDATE migrations SET version = 9")


def test_a_text_can_be_erased_only_by_forgetting_its_person(connection: Any) -> None:
    with pytest.raises(StoreError, match="forgets its person"):
        connection.run("UPDATE erasable SET salt = NULL, content = NULL")


def test_the_unit_of_a_moved_item_cannot_be_changed_in_sql(connection: Any) -> None:
    with pytest.raises(StoreError, match="frozen"):
        connection.run("UPDATE items SET unit = 'box'")
