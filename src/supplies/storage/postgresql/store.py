"""The books in PostgreSQL: transactions and SQL statements.

A writer locks its station before it reads anything. So writers of the same station wait for one
another, but writers of different stations do not. The key of every row that a command writes begins
with the station. So two ledgers cannot cause a deadlock, and the isolation level READ COMMITTED is
enough. If another program causes a deadlock, the command raises Busy and nothing is recorded.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import lru_cache
from typing import Any, NoReturn

import psycopg

from supplies.errors import NotEnough, StoreError, Uncertain
from supplies.storage import schema
from supplies.storage.postgresql.errors import translate_error
from supplies.storage.postgresql.guards import check_guards
from supplies.storage.postgresql.pool import Address, Connection, shared_pool
from supplies.storage.postgresql.tables import ADVISORY_LOCK_NAMESPACE, SchemaManager
from supplies.storage.postgresql.transaction import Cursor, Transaction
from supplies.storage.sql_parameters import group_rows, pyformat, query_of_each
from supplies.storage.store import Params, Row

ANALYZE_AFTER_ROWS = tuple(400 * 2**number for number in range(8))
"""After how many rows written to new tables the next commit runs ANALYZE.

Without statistics, the server may choose a bad index. The server would run ANALYZE by itself, but
only after a minute. It runs several times, because the first rows are often those of the catalogue,
and a plan that is good for a small table is kept while the table grows.
"""

MINIMUM_VERSION = 130_000
"""Oldest supported version of PostgreSQL: 13."""


@lru_cache(maxsize=64)
def _wanted_table(count: int) -> tuple[list[str], str]:
    """Return the parameter names for `count` ids, and the SQL that defines the table `wanted`."""
    names = [f"id{index}" for index in range(count)]
    values = ", ".join(f"(:{name})" for name in names)
    return names, f"WITH wanted (id) AS (VALUES {values}) "


class PostgresStore:
    """The books in one schema of a PostgreSQL database. Only one thread may use it at a time.

    It takes connections from the pool of the process. Connections that are lost when the server
    restarts are replaced.
    """

    in_process = False

    def __init__(
        self, url: str, *, create: bool = True, guarded: bool = True, made: bool = True
    ) -> None:
        self._address = Address.parse(url)
        self.url, self.address = self._address.display_url, url
        self.sealed: set[str] = set()
        self._pool = shared_pool(self._address)
        self._open: Transaction | None = None
        self._lent: Connection | None = None
        self._rows_written = 0
        self._analyze_after: tuple[int, ...] = ()
        self._closed = False
        try:
            self._check_server()
            if made:
                self._tables.migrate(create=create)
                if guarded:
                    self.check_guards()
                self._analyze_after = self._rows_before_analyze()
        except BaseException:
            self.close()
            raise

    # --- opening -----------------------------------------------------------------------------

    def _check_server(self) -> None:
        with self._borrowed() as connection:
            version = connection.info.server_version
            encoding = connection.info.parameter_status("server_encoding")
        if version < MINIMUM_VERSION:
            raise StoreError(
                f"{self.url} is PostgreSQL {version // 10_000}: "
                f"{MINIMUM_VERSION // 10_000} or newer is needed; upgrade the server"
            )
        if encoding != "UTF8":
            raise StoreError(
                f"{self.url} has the encoding {encoding}, which cannot store every name; "
                "create the database with ENCODING 'UTF8'"
            )
        found = self.one("SELECT quote_ident(current_schema())")
        if found is None or found[0] is None:
            raise StoreError(
                f"{self.url} has no schema for tables: create the schema that its search_path "
                "names, or name another"
            )
        self._schema = str(found[0])
        self._tables = SchemaManager(self, self._schema, self._script)

    def create_tables(self) -> None:
        """Create the tables, without rows and triggers. Call within a transaction."""
        self._tables.create()

    def create_guards(self) -> None:
        """Create the triggers. Call after the tables were filled, within a transaction."""
        self._tables.create_guards(since=0)
        self.run("ANALYZE")

    def _script(self, script: str) -> None:
        assert self._open is not None, "tables are made within a transaction"
        with self._translated_errors():
            self._open.flush()
            self._open.connection.execute(script.encode(), prepare=False)

    def _rows_before_analyze(self) -> tuple[int, ...]:
        """Return after how many written rows ANALYZE should run.

        Return an empty tuple if ANALYZE need not run: the tables have statistics, or this user does
        not own the tables and so must not run it.
        """
        row = self.one("SELECT 1 FROM pg_class WHERE oid = 'entries'::regclass AND reltuples > 0")
        return ANALYZE_AFTER_ROWS if row is None and self._tables.user_is_owner() else ()

    def _analyze(self) -> None:
        """Run ANALYZE if enough rows were written. An error of ANALYZE is ignored."""
        later = tuple(rows for rows in self._analyze_after if rows > self._rows_written)
        if later != self._analyze_after:
            self._analyze_after = later
            names = ", ".join(schema.table_names())
            with suppress(StoreError):
                self.run(f"ANALYZE (SKIP_LOCKED) {names}")

    def check_guards(self) -> None:
        """Check that triggers, functions and constraints are as this program made them.

        Raises:
            GuardMissing: one of them is missing, was changed or was disabled.
        """
        check_guards(self, self._schema)

    # --- statements --------------------------------------------------------------------------

    def all(self, sql: str, params: Params | Sequence[Any] = ()) -> list[Row]:
        """Return all rows of a query."""
        return self._execute(sql, params).fetchall()

    def one(self, sql: str, params: Params | Sequence[Any] = ()) -> Row | None:
        """Return the first row of a query, or None."""
        return self._execute(sql, params).fetchone()

    def all_of_each(self, sql: str, params: Sequence[Params]) -> list[list[Row]]:
        """Run a query once for each set of parameters, with one statement.

        Return the rows of each run, in the order of `params`.
        """
        names, query = query_of_each(sql)
        columns = {name: [each[name] for each in params] for name in names}
        found: list[list[Row]] = [[] for _ in params]
        for number, *row in self.all(query, columns):
            found[number - 1].append(tuple(row))
        return found

    def wanted_ids(self, ids: Sequence[str | int]) -> tuple[str, Params]:
        """Return `WITH wanted (id) AS (…)`, a table of these ids for a query, and its parameters.

        Each id is a parameter, so that the planner knows how many there are.
        """
        names, table = _wanted_table(len(ids))
        return table, dict(zip(names, ids, strict=True))

    def run(self, sql: str, params: Params | Sequence[Any] = ()) -> int:
        """Run one SQL statement. Return the number of rows that it changed."""
        return self._execute(sql, params).rowcount

    def run_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run an SQL statement once for each row. Write its parameters as `… VALUES (?, …)`.

        Several rows are inserted with one statement, because the triggers of a statement work for
        all its rows together. Within a transaction the statements are queued. They run together
        with the next query, or at the end of the savepoint or transaction.
        """
        rows = list(rows)
        with self._translated_errors():
            if self._open is not None:
                for statement, values in group_rows(sql, rows):
                    # The server would keep the plan of a long statement for each set of columns
                    # that are NULL.
                    once = statement is not sql
                    self._open.enqueue(pyformat(statement), values, prepare=not once)
                self._rows_written += len(rows)
            else:
                with self._borrowed() as connection, connection.cursor() as cursor:
                    cursor.executemany(pyformat(sql), rows)

    def bulk_insert(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Insert many rows with COPY. Call within a transaction."""
        assert self._open is not None, "tables are filled within a transaction"
        statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
        with self._translated_errors():
            self._open.flush()
            with self._open.connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
                for row in rows:
                    copy.write_row(row)

    def _execute(self, sql: str, params: Params | Sequence[Any]) -> Cursor:
        """Run an SQL statement in the open transaction.

        If no transaction is open, the statement runs in a transaction of its own.
        """
        with self._translated_errors():
            if self._open is not None:
                return self._open.execute(pyformat(sql), params)
            with self._borrowed() as connection:
                return connection.execute(pyformat(sql), params)

    @contextmanager
    def _borrowed(self) -> Iterator[Connection]:
        # A forked process must not use the connections of its parent.
        if self._pool.pid != os.getpid():
            self._pool = shared_pool(self._address)
        self._lent = connection = self._pool.acquire()
        try:
            yield connection
        finally:
            self._lent = None
            self._pool.release(connection)

    # --- transactions ------------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Begin a transaction that may write. Within it, `lock` locks a station."""
        with self._transaction("BEGIN ISOLATION LEVEL READ COMMITTED") as open_one:
            yield
            self._commit(open_one)
        self._analyze()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Begin a transaction in which all queries see the same state of the books.

        If a transaction is open already, use that transaction.
        """
        if self._open is not None:
            yield
            return
        with self._transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") as open_one:
            yield
            # Committed, because the driver discards prepared statements after a rollback.
            with self._translated_errors():
                open_one.commit()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Transaction]:
        """Borrow a connection and begin a transaction on it.

        At the end, roll back all changes that were not committed.
        """
        with self._borrowed() as connection:
            self._open = opened = Transaction(connection, begin)
            try:
                yield opened
            finally:
                self._open = None
                opened.end()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Begin a savepoint for the `with` block.

        If the block raises an error, only the changes since the savepoint are rolled back.
        """
        assert self._open is not None, "a savepoint is part of a transaction"
        with self._translated_errors():
            self._open.savepoint()
        try:
            yield
            with self._translated_errors():
                self._open.flush()
        except BaseException:
            with self._translated_errors():
                self._open.rollback_to_savepoint()
            raise
        with self._translated_errors():
            self._open.release_savepoint()

    def large_cache(self) -> AbstractContextManager[None]:
        """Do nothing, because the server of the database has a cache of its own."""
        return nullcontext()

    def lock(self, station: str) -> None:
        """Lock the books of a station until the transaction ends.

        Other connections can still write to the books of other stations.
        """
        self.run_many(
            f"SELECT pg_advisory_xact_lock(hashtextextended(?, {ADVISORY_LOCK_NAMESPACE}))",
            [(station,)],
        )

    def catalogue_version(self, station: str) -> int:
        """Return how often the catalogue of the station was changed, by any connection."""
        row = self.one(
            "SELECT changes FROM catalogue_changes WHERE station = :station", {"station": station}
        )
        return 0 if row is None else int(row[0])

    def database_version(self) -> None:
        """Return None, because PostgreSQL has no count of commits that is quick to read."""

    def check_integrity(self) -> None:
        """Do nothing: a server with checksums checks each page when it reads the page."""

    def purge_erased(self) -> None:
        """Do nothing, because VACUUM removes erased rows.

        Until VACUUM runs, no query returns the erased rows, but they are still in the files of the
        server. They also stay in its write-ahead log and in its backups.
        """

    def interrupt(self) -> None:
        """End the SQL statement that another thread is running, by closing its connection.

        A request to cancel the statement would have no effect on a server that hangs.
        """
        connection = self._lent
        if connection is not None:
            with (
                suppress(OSError, psycopg.Error),
                socket.socket(fileno=os.dup(connection.fileno())) as line,
            ):
                line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Stop using the pool. When the last store has stopped, all connections are closed."""
        if not self._closed:
            self._closed = True
            self._pool.leave()

    def _commit(self, open_one: Transaction) -> None:
        try:
            with _warnings(open_one.connection) as warned:
                durable = open_one.commit()
        except psycopg.Error as error:
            if open_one.connection.closed:
                raise Uncertain(
                    f"{self.url}: the connection was lost during the commit, so it is unknown "
                    "whether this was recorded; send the command again with the same id"
                ) from error
            self._refuse(error)
        if not durable:
            raise StoreError(f"{self.url}: the transaction had failed; nothing was recorded")
        if warned:
            # The wait for a standby was cancelled, so only this server has the commit.
            raise Uncertain(
                f"{self.url}: no standby has confirmed this ({warned[0]}), so it may be lost "
                "with this server; send the command again with the same id"
            )

    # --- errors ------------------------------------------------------------------------------

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            self._refuse(error)

    def _refuse(self, error: psycopg.Error) -> NoReturn:
        """Translate an error of the driver to an error of this library, and raise it."""
        if error.sqlstate == "23514" and error.diag.constraint_name == "floor":
            raise NotEnough("more was requested than the account contains") from error
        text = error.diag.message_primary or str(error)
        kind, sentence = translate_error(error.sqlstate, text)
        raise kind(f"{self.url}: {sentence}; nothing was recorded") from error


@contextmanager
def _warnings(connection: Connection) -> Iterator[list[str]]:
    """Log the warnings that the server sends during the `with` block."""
    warned: list[str] = []

    def collect(warning: psycopg.errors.Diagnostic) -> None:
        if warning.severity_nonlocalized == "WARNING":
            warned.append(warning.message_primary or "")

    connection.add_notice_handler(collect)
    try:
        yield warned
    finally:
        connection.remove_notice_handler(collect)
