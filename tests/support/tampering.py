"""Change the rows of a database as someone with full access to it could."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec
import pytest

from supplies.domain.entries import Body, Transfer, decode_body, encode_body
from supplies.errors import BooksBroken
from supplies.signing.checkpoints import Checkpoint
from supplies.storage import introspection, schema
from supplies.storage.postgresql.store import PostgresStore
from supplies.storage.sqlite.store import SqliteStore
from supplies.storage.store import Store
from supplies.verification.processes import Check, OtherProcesses
from supplies.verification.verify import verify

NOW = datetime(2026, 2, 13, 10, tzinfo=UTC)


class Tampering(SqliteStore):
    """A store with one open transaction, which is rolled back when the store is closed.

    Attributes:
        forged: Number of the entry that was forged; 0 if none was.
    """

    forged = 0

    @contextmanager
    def reading(self) -> Iterator[None]:
        yield

    def unguard(self) -> None:
        """Begin a transaction without triggers, foreign keys and checks."""
        self.forged = 0
        self.run("PRAGMA foreign_keys = OFF")
        self.run("PRAGMA ignore_check_constraints = ON")
        self.run("BEGIN")
        for guard in schema.sqlite_guards():
            self.run(f"DROP TRIGGER {guard}")

    def restore_balance_trigger(self) -> None:
        """Restore the triggers that update balances."""
        for guard in schema.sqlite_guards().values():
            if " AFTER INSERT ON transfers" in guard:
                self.run(guard)


class PostgresTampering(PostgresStore):
    """A tampering store on PostgreSQL, as a superuser."""

    forged = 0
    _tampers: AbstractContextManager[None] | None = None

    def unguard(self) -> None:
        """Begin a transaction without checks, in the role that skips triggers and foreign keys."""
        self.forged = 0
        self._tampers = self.writing()
        self._tampers.__enter__()
        checks = self.all(
            "SELECT c.relname, k.conname FROM pg_constraint k "
            "JOIN pg_class c ON c.oid = k.conrelid WHERE k.contype = 'c' "
            "AND c.relnamespace = current_schema()::regnamespace"
        )
        for table, name in checks:
            self.run(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        self.run("SET LOCAL session_replication_role = replica")

    def restore_balance_trigger(self) -> None:
        self.run("ALTER TABLE transfers ENABLE ALWAYS TRIGGER transfers_move")

    def close(self) -> None:
        """Roll back."""
        tampers, self._tampers = self._tampers, None
        if tampers is not None:
            undone = RuntimeError("undone")
            tampers.__exit__(RuntimeError, undone, None)
        super().close()


def tampering(url: str) -> Any:
    """Open books in a store that allows any change."""
    return PostgresTampering(url) if url.startswith("postgresql:") else Tampering(url)


@contextmanager
def changes_undone(store: Tampering) -> Iterator[None]:
    """Undo the changes of rows in the block. Triggers and constraints stay removed.

    Removing them takes longer than most tests.
    """
    store.forged = 0
    store.run("SAVEPOINT changes")
    yield
    store.run("ROLLBACK TO changes")
    store.run("RELEASE changes")


def verification_error(store: Store, station: str | None = "lx") -> BooksBroken:
    """Return the first error that verification finds.

    It must be the same with several processes, even if another process is done before this one
    begins. If an entry was forged, verification since a checkpoint before it must find it too.
    """
    with pytest.raises(BooksBroken) as caught:
        verify(store, station)
    with other_processes_first(), pytest.raises(BooksBroken) as found:
        verify(store, station, processes=3)
    assert str(found.value) == str(caught.value)
    forged = getattr(store, "forged", 0)
    if forged > 1:
        with pytest.raises(BooksBroken) as found:
            verify(store, station, since=[checkpoint(store, forged - 1)])
        assert str(found.value) == str(caught.value)
    return caught.value


@contextmanager
def other_processes_first() -> Iterator[None]:
    """Run each check that another process would begin at once, with the store of this process."""

    def begin(others: OtherProcesses, check: Callable[..., None], *args: Any) -> Check:
        done: Future[None] = Future()
        try:
            done.set_result(check(others._store, *args))
        except Exception as error:
            done.set_exception(error)
        return done.result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(OtherProcesses, "begin", begin)
        yield


def checkpoint(store: Store, seq: int) -> Checkpoint:
    """Return a checkpoint for an entry of the station `lx`. Its signature is not checked."""
    (stored,) = store.one(
        "SELECT hash FROM entries WHERE station = 'lx' AND seq = :seq", {"seq": seq}
    ) or (b"",)
    return Checkpoint(
        station="lx",
        seq=seq,
        hash=stored.hex(),
        at=NOW,
        by="lx",
        key_id="",
        public_key="",
        signature="",
    )


@cache
def _empty_books() -> sqlite3.Connection:
    memory = sqlite3.connect(":memory:")
    memory.executescript(schema.all_scripts())
    return memory


@cache
def columns_of(table: str) -> list[tuple[str, str]]:
    """Return the name and type of each column of a table."""
    return [(row[1], row[2]) for row in _empty_books().execute(f"PRAGMA table_info({table})")]


def rows_of(store: Store, table: str) -> list[dict[str, Any]]:
    """Return all rows of a table by column, in the order of entries."""
    columns = [name for name, _ in columns_of(table)]
    order = "seq" if "seq" in columns else columns[0]
    rows = store.all(f"SELECT {', '.join(columns)} FROM {table} ORDER BY {order}")
    return [dict(zip(columns, row, strict=True)) for row in rows]


def row_condition(table: str) -> str:
    """Return the SQL condition that selects a row by its primary key."""
    return " AND ".join(f"{name} = :{name}" for name in introspection.tables()[table].primary_key)


def set_value(store: Store, table: str, row: dict[str, Any], column: str, value: Any) -> None:
    """Change one value of one row."""
    store.run(
        f"UPDATE {table} SET {column} = :changed WHERE {row_condition(table)}",
        {**row, "changed": value},
    )


def changed(value: Any, kind: str) -> Any:
    """Return another value of the same type."""
    if kind == "INTEGER":
        return 1_000 if value is None else value + 1_000
    if kind == "BLOB":
        return b"x" * 16 if value is None else bytes([value[0] ^ 1]) + value[1:]
    if value is not None and re.fullmatch("[a-z]_[0-9]+", value):
        # The form of an id is kept, because PostgreSQL's indexes of lists need its number.
        return value + "0"
    return "x" if value is None else value + "x"


Forger = Callable[[Body], Body]


def forge(store: Tampering, seq: int, change: Forger) -> None:
    """Change an entry's body and recompute all later hashes. The rows stay the same."""
    store.forged = seq
    previous = bytes(32)
    rows = store.all("SELECT seq, body, hash FROM entries ORDER BY seq")
    for number, content, entry_hash in rows:
        if number < seq:
            previous = entry_hash
            continue
        if number == seq:
            content = encode_body(change(decode_body(content)))
        previous = hashlib.sha256(previous + content).digest()
        store.run(
            "UPDATE entries SET body = :body, hash = :hash WHERE seq = :seq",
            {"body": content, "hash": previous, "seq": number},
        )
    store.run("UPDATE heads SET hash = :hash", {"hash": previous})


def first_number(store: Tampering, sql: str) -> int:
    row = store.one(sql)
    assert row is not None
    return int(row[0])


def restate_transfer(store: Tampering, seq: int, change: Callable[[Transfer], Transfer]) -> None:
    """Change the first transfer of an entry in its body and in its row."""

    def changed_body(body: Body) -> Body:
        first, *others = body.transfers
        return msgspec.structs.replace(body, transfers=(change(first), *others))

    forge(store, seq, changed_body)
    (content,) = store.one("SELECT body FROM entries WHERE seq = :seq", {"seq": seq}) or (b"",)
    first = decode_body(content).transfers[0]
    store.run(
        "UPDATE transfers SET source = :source, target = :target, item = :item, lot = :lot, "
        "quantity = :quantity WHERE seq = :seq AND line = 1",
        {**first._asdict(), "seq": seq},
    )
