"""The store on PostgreSQL: transactions and statements.

A station's writers take turns by a lock of their station, taken before anything is read; writers
of other stations do not wait. Every row that a command writes begins with its station, so two
commands never wait for each other in a circle: deadlocks cannot occur between ledgers, and at
READ COMMITTED nothing fails to be serialised. Where another program brings one about all the
same, it is answered as Busy with nothing recorded.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

import psycopg

from supplies.errors import NotEnough, StoreError, Uncertain
from supplies.storage import schema
from supplies.storage.postgresql.errors import translate_error
from supplies.storage.postgresql.guards import check_guards
from supplies.storage.postgresql.pool import Address, Connection, shared_pool
from supplies.storage.postgresql.tables import ADVISORY_LOCK_NAMESPACE, SchemaManager
from supplies.storage.postgresql.transaction import Cursor, Transaction
from supplies.storage.sql_parameters import pyformat
from supplies.storage.store import Params, Row

ANALYZE_AFTER_COMMITS = 40
"""Number of commits on new tables before ANALYZE is run.

It knows nothing of new tables, and takes any index that begins with the station for as good as the
one that finds a row; the server itself looks only after a minute.
"""

MINIMUM_VERSION = 130_000
"""Oldest supported version: PostgreSQL 13."""


class PostgresStore:
    """The books in one schema of a PostgreSQL database, for one thread at a time.

    Its connection is borrowed from those of the process; one that was lost when the server was
    restarted is not met again.
    """

    def __init__(
        self, url: str, *, create: bool = True, guarded: bool = True, made: bool = True
    ) -> None:
        self._address = Address.parse(url)
        self.url = self._address.display_url
        self._pool = shared_pool(self._address)
        self._open: Transaction | None = None
        self._lent: Connection | None = None
        self._commits_unseen = 0
        self._closed = False
        try:
            self._check_server()
            if made:
                self._tables.migrate(create=create)
                if guarded:
                    self.check_guards()
                self._commits_unseen = self._commits_until_analyze()
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
                f"{self.url} keeps text as {encoding}, in which not every name can be written; "
                "make the database with ENCODING 'UTF8'"
            )
        found = self.one("SELECT quote_ident(current_schema())")
        if found is None or found[0] is None:
            raise StoreError(
                f"{self.url} has no schema to keep tables in: make the one that its search_path "
                "names, or name another"
            )
        self._schema = str(found[0])
        self._tables = SchemaManager(self, self._schema, self._script)

    def create_tables(self) -> None:
        """Create the empty tables, without triggers. Call within a transaction."""
        self._tables.create()

    def create_guards(self) -> None:
        """Create the triggers of filled tables. Call within a transaction."""
        self._tables.create_guards(since=0)
        self.run("ANALYZE")

    def _script(self, script: str) -> None:
        """Run several statements without parameters at once."""
        assert self._open is not None, "tables are made within a transaction"
        with self._translated_errors():
            self._open.flush()
            self._open.connection.execute(script.encode(), prepare=False)

    def _commits_until_analyze(self) -> int:
        """Return the number of commits before ANALYZE is due; 0: it was run.

        Only who owns them may.
        """
        row = self.one("SELECT 1 FROM pg_class WHERE oid = 'entries'::regclass AND reltuples > 0")
        return ANALYZE_AFTER_COMMITS if row is None and self._tables.are_complete() else 0

    def _analyze(self) -> None:
        """Run ANALYZE when due. A failure does not affect the commit."""
        if self._commits_unseen:
            self._commits_unseen -= 1
            if not self._commits_unseen:
                names = ", ".join(schema.table_names())
                with suppress(StoreError):
                    self.run(f"ANALYZE (SKIP_LOCKED) {names}")

    def check_guards(self) -> None:
        """Refuse books whose triggers, functions or floors were dropped, changed or disabled."""
        check_guards(self, self._schema)

    # --- statements --------------------------------------------------------------------------

    def all(self, sql: str, params: Params | Sequence[Any] = ()) -> list[Row]:
        """Return all rows of a query."""
        return self._execute(sql, params).fetchall()

    def one(self, sql: str, params: Params | Sequence[Any] = ()) -> Row | None:
        """Return the first row of a query, or None."""
        return self._execute(sql, params).fetchone()

    def run(self, sql: str, params: Params | Sequence[Any] = ()) -> int:
        """Run one statement; return the number of rows it changed."""
        return self._execute(sql, params).rowcount

    def run_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement with `?` parameters for each row.

        Within a transaction with the next that is asked, or when the part or all of it ends.
        """
        with self._translated_errors():
            if self._open is not None:
                for row in rows:
                    self._open.enqueue(pyformat(sql), row)
            else:
                with self._borrowed() as connection, connection.cursor() as cursor:
                    cursor.executemany(pyformat(sql), rows)

    def bulk_insert(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Insert many rows by COPY. Call within a transaction."""
        assert self._open is not None, "tables are filled within a transaction"
        statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
        with self._translated_errors():
            self._open.flush()
            with self._open.connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
                for row in rows:
                    copy.write_row(row)

    def _execute(self, sql: str, params: Params | Sequence[Any]) -> Cursor:
        """Run a statement in the open transaction, or by itself."""
        with self._translated_errors():
            if self._open is not None:
                return self._open.execute(pyformat(sql), params)
            with self._borrowed() as connection:
                return connection.execute(pyformat(sql), params)

    @contextmanager
    def _borrowed(self) -> Iterator[Connection]:
        if self._pool.pid != os.getpid():  # forked: the parent's are not ours to use
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
        """A write transaction; `lock` locks a station."""
        with self._transaction("BEGIN ISOLATION LEVEL READ COMMITTED") as open_one:
            yield
            self._commit(open_one)
        self._analyze()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """A read transaction that sees one state; inside another transaction, part of it."""
        if self._open is not None:
            yield
            return
        with self._transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") as open_one:
            yield
            # Not rolled back: the driver would throw away what it has prepared.
            with self._translated_errors():
                open_one.commit()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Transaction]:
        """Hold a connection and roll back what is not committed at the end."""
        with self._borrowed() as connection:
            self._open = opened = Transaction(connection, begin)
            try:
                yield opened
            finally:
                self._open = None
                opened.end()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A savepoint: rolled back alone when it fails."""
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

    def lock(self, station: str) -> None:
        """Lock the station until the transaction ends; other stations are not affected."""
        self.run_many(
            f"SELECT pg_advisory_xact_lock(hashtextextended(?, {ADVISORY_LOCK_NAMESPACE}))",
            [(station,)],
        )

    def catalogue_version(self, station: str) -> int:
        """Return how often this station's catalogue was changed, by any connection."""
        row = self.one(
            "SELECT changes FROM catalogue_changes WHERE station = :station", {"station": station}
        )
        return 0 if row is None else int(row[0])

    def check_integrity(self) -> None:
        """Do nothing: a server with checksums checks each page that it reads."""

    def purge_erased(self) -> None:
        """Do nothing: VACUUM removes old versions of a row.

        Until then, and in the server's log of writes and its backups, they can be read by who
        reads the server's files; no query shows them.
        """

    def interrupt(self) -> None:
        """Cut, from another thread, the connection that waits for an answer, if any.

        A server that hangs would not hear that a statement is to be ended.
        """
        connection = self._lent
        if connection is not None:
            with (
                suppress(OSError, psycopg.Error),
                socket.socket(fileno=os.dup(connection.fileno())) as line,
            ):
                line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Leave the pool; the last store of a process closes the connections."""
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
                    f"{self.url}: the connection was lost while this was being made durable, and "
                    "whether it was recorded is not known; ask again with the same id"
                ) from error
            self._refuse(error)
        if not durable:
            raise StoreError(f"{self.url}: the transaction had failed; nothing was recorded")
        if warned:
            # It stands on this server alone: whoever waited for a standby was told not to.
            raise Uncertain(
                f"{self.url}: no standby has confirmed this ({warned[0]}), and whether it outlives "
                "this server is not known; ask again with the same id"
            )

    # --- errors ------------------------------------------------------------------------------

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            self._refuse(error)

    def _refuse(self, error: psycopg.Error) -> NoReturn:
        """Raise the engine's error as one of ours."""
        if error.sqlstate == "23514" and error.diag.constraint_name == "floor":
            raise NotEnough("more was asked of an account than stands in it") from error
        text = error.diag.message_primary or str(error)
        kind, sentence = translate_error(error.sqlstate, text)
        raise kind(f"{self.url}: {sentence}; nothing was recorded") from error


@contextmanager
def _warnings(connection: Connection) -> Iterator[list[str]]:
    """Log the server's warnings."""
    warned: list[str] = []

    def hear(said: psycopg.errors.Diagnostic) -> None:
        if said.severity_nonlocalized == "WARNING":
            warned.append(said.message_primary or "")

    connection.add_notice_handler(hear)
    try:
        yield warned
    finally:
        connection.remove_notice_handler(hear)
