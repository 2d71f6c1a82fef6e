"""Copy all books of a database into a new database, in SQLite or PostgreSQL.

The copy shows the books at one moment; other programs may write while it is made. The guards
(triggers and constraints) are created after the rows. Then the copy is verified. All of this is one
transaction, and a new file has a temporary name until the transaction ends. So an interrupted copy
leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path

import msgspec

from supplies.errors import InvalidField, StoreError
from supplies.maintenance.protected_files import refuse_files_of_books
from supplies.signing.station_keys import key_file
from supplies.storage import introspection
from supplies.storage.atomic_files import draft_file, fsync, refuse_to_replace, rename_into_place
from supplies.storage.engines import database_file, open_store
from supplies.storage.introspection import Table
from supplies.storage.store import Row, Store
from supplies.verification.verify import Verified, verify

BATCH_ROWS = 500
"""Number of rows that are held in memory at a time."""

TABLES_NOT_COPIED = ("migrations",)
"""Tables that are not copied, because each database has its own."""

Progress = Callable[[str, int, int], None]
"""A function that is called with the progress of a copy.

Its arguments are the phase ("copied" or "verified"), the amount done and the total amount.
"""


class Copied(msgspec.Struct, frozen=True, kw_only=True):
    """The number of copied rows by table, and what was verified."""

    rows: dict[str, int]
    verified: Verified


def copy_books(source: str, target: str, progress: Progress = lambda *_: None) -> Copied:
    """Copy all books of a database into a new file or an empty database.

    The station's keys are not copied. If copying fails, the target stays empty.

    Raises:
        AlreadyDone: the target is not empty.
        InvalidField: source and target are the same.
        StoreError: one of the databases cannot be opened.
        BooksBroken: verification of the copy found a difference.
        GuardMissing: a guard of the copy is missing.
    """
    if source == target:
        raise InvalidField("books are copied into another database; name a new one")
    with (
        closing(open_store(source, create=False)) as ours,
        _new_store(target, source) as copied,
        copied.writing(),
    ):
        copied.create_tables()
        with ours.reading():
            rows = _copy_rows(ours, copied, progress)
        copied.create_guards()
        copied.check_guards()
        verified = verify(
            copied, progress=partial(progress, "verified"), keys_of_copy=_key_file(source, target)
        )
    return Copied(rows=rows, verified=verified)


def _key_file(source: str, target: str) -> Path | None:
    """Return the path of the key file of the books, or None if no path is known.

    This is the key file of the source. If only the target has a key file, it is that file.
    """
    known = []
    for database in (source, target):
        with suppress(StoreError):
            known.append(key_file(database))
    return next((file for file in known if file.exists()), known[0] if known else None)


@contextmanager
def _new_store(target: str, source: str) -> Iterator[Store]:
    """Yield an empty store for the copy.

    If the target is a file, it gets its final name after the `with` block has succeeded.

    Args:
        source: The books that are copied. The target must not be one of their files.
    """
    file = database_file(target)
    if file is None:
        with closing(open_store(target, made=False)) as store:
            yield store
        return
    from supplies.storage.sqlite.store import SqliteStore

    refuse_to_replace(file)
    refuse_files_of_books(file, source)
    with draft_file(file) as draft:
        with closing(SqliteStore(str(draft), made=False)) as store:
            yield store
            store.leave_wal_mode()
        fsync(draft)
        rename_into_place(draft, file)


def _copy_rows(source: Store, target: Store, progress: Progress) -> dict[str, int]:
    """Copy all rows. Return the number of copied rows by table."""
    tables = {
        name: table
        for name, table in introspection.tables().items()
        if name not in TABLES_NOT_COPIED
    }
    counts = {table: _count(source, table) for table in tables}
    done, total = 0, sum(counts.values())
    for name, table in tables.items():
        for rows in _batches(source, name, table):
            target.bulk_insert(name, table.columns, rows)
            done += len(rows)
            progress("copied", done, total)
    return counts


def _count(store: Store, table: str) -> int:
    row = store.one(f"SELECT count(*) FROM {table}")
    return 0 if row is None else int(row[0])


def _batches(store: Store, name: str, table: Table) -> Iterator[list[Row]]:
    """Yield all rows of a table in batches, ordered by primary key."""
    key = table.primary_key
    places = [table.columns.index(column) for column in key]
    names, order = ", ".join(table.columns), ", ".join(key)
    after = f"WHERE ({order}) > ({', '.join(f':k{at}' for at in range(len(key)))}) "
    where, params = "", dict[str, object]()
    while True:
        rows = store.all(
            f"SELECT {names} FROM {name} {where}ORDER BY {order} LIMIT {BATCH_ROWS}", params
        )
        if rows:
            yield rows
        if len(rows) < BATCH_ROWS:
            return
        where, params = after, {f"k{at}": rows[-1][place] for at, place in enumerate(places)}
