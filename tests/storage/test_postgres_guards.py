"""PostgreSQL's triggers and constraints: the check when books are opened, and what they refuse."""

from __future__ import annotations

import psycopg
import pytest
from support.ledger_fixture import StationLedger
from support.postgres_sessions import superuser

from supplies.errors import (
    GuardMissing,
    NotEnough,
)
from supplies.storage import schema
from supplies.storage.engines import open_store


@pytest.fixture
def engine() -> str:
    return "postgresql"


@pytest.mark.parametrize(
    ("tampered", "message"),
    [
        ("DROP TRIGGER transfers_move ON transfers", "transfers.transfers_move.*is missing"),
        ("ALTER TABLE entries DISABLE TRIGGER entries_head", "entries_head.*was changed"),
        ("ALTER TABLE transfers DISABLE TRIGGER ALL", "was changed|foreign keys are turned off"),
        ("ALTER TABLE balances DROP CONSTRAINT floor", "balances.floor.*is missing"),
        (
            "ALTER TABLE days DROP CONSTRAINT floor, ADD CONSTRAINT floor CHECK (quantity > -9)",
            "days.floor.*was changed",
        ),
        ("ALTER TABLE transfers DROP CONSTRAINT parcel", "the table transfers .* is not as"),
        (
            """CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql
            AS 'BEGIN RETURN NULL; END'""",
            "refuse_change.*was changed",
        ),
        (
            "CREATE TRIGGER quiet AFTER INSERT ON entries EXECUTE FUNCTION refuse_deletion()",
            "entries.quiet .* does not belong to this program",
        ),
        ("CREATE RULE quiet AS ON INSERT TO transfers DO INSTEAD NOTHING", "a rule rewrites it"),
    ],
)
def test_books_with_changed_triggers_or_constraints_are_not_opened(
    own_url: str, tampered: str, message: str
) -> None:
    with superuser(own_url) as other:
        other.execute(tampered.encode())
    with pytest.raises(GuardMissing, match=message):
        open_store(own_url)


def test_a_temporary_table_does_not_bypass_the_floor(
    station: StationLedger, books_url: str
) -> None:
    """A temporary table hides a table of the same name if a query does not name the schema."""
    station.give(10)
    station.allocate(10)
    with superuser(books_url) as pen:
        pen.execute("CREATE TEMP TABLE balances (LIKE balances)")
        pen.execute("CREATE TEMP TABLE days (LIKE days)")
        last = pen.execute("SELECT seq FROM heads").fetchone()
        assert last is not None
        with pytest.raises(psycopg.errors.CheckViolation, match="floor"):
            pen.execute(
                "INSERT INTO transfers SELECT station, seq, 9, day, 'stock:store', 'lost:mice', "
                "item, lot, 10, NULL, NULL FROM transfers WHERE seq = %s LIMIT 1",
                (last[0],),
            )


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("INSERT INTO lots SELECT station, 1, 'x', item, origin FROM lots", "with their entry"),
        ("UPDATE items SET code = 'm' WHERE code = 'soap'", "never the code"),
        ("UPDATE stations SET code = 'zz'", "never the code"),
        ("INSERT INTO erasures SELECT station, seq, 'x' FROM heads", "forgets its person"),
        ("INSERT INTO balances VALUES ('lx', 'lost:x', 'mask', 'l', 0, 0, 0)", "follow the tran"),
        (
            "INSERT INTO days VALUES ('lx', 'lost:x', 'mask', 'l', '2020-02-10', 0, 0, 0)",
            "follow the transfers",
        ),
    ],
)
def test_rows_without_an_entry_are_refused(
    station: StationLedger, books_url: str, written: str, message: str
) -> None:
    station.give(1)
    with superuser(books_url) as pen, pytest.raises(psycopg.IntegrityError, match=message):
        pen.execute(written.encode())


def test_the_database_has_exactly_the_defined_triggers(own_url: str) -> None:
    guards = schema.postgres_guards("public")
    with superuser(own_url) as other:
        made = {
            f"{table}.{name}"
            for table, name in other.execute(
                "SELECT c.relname, t.tgname FROM pg_trigger t "
                "JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal"
            )
        }
    assert made == set(guards.triggers)


def test_a_refusal_by_the_floor_rolls_back_only_its_savepoint(station: StationLedger) -> None:
    station.stock(5)
    store = station.ledger.store
    with store.writing():
        with pytest.raises(NotEnough), store.savepoint():
            store.run(
                "INSERT INTO transfers SELECT station, seq, 9, day, 'stock:store', 'lost:mice', "
                "item, lot, 99, NULL, NULL FROM transfers WHERE seq = 1"
            )
        assert store.one("SELECT count(*) FROM entries") == (1,)
