"""The books in a SQLite file: connection, SQL statements, transactions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any, NoReturn

import msgspec

from supplies.errors import Busy, NotADatabase, StoreError
from supplies.storage.sql_parameters import group_rows, numbered
from supplies.storage.sqlite.errors import BUSY_TIMEOUT_MS, translate_error
from supplies.storage.sqlite.files import DatabaseFiles, create_private_file
from supplies.storage.sqlite.tables import SchemaManager
from supplies.storage.store import Params, Row

PURGE_TIMEOUT_MS = 250
"""How long `purge_erased` waits for readers before emptying the write-ahead log.

The value is in milliseconds. If readers are still active after this time, SQLite empties the log
later.
"""

SYNCHRONOUS = "FULL"
"""Whether a commit waits until the disk has the data: FULL or OFF. Only tests use OFF."""

POLL_SECONDS = 0.0005
"""How long to wait before trying again to begin a write transaction, in seconds."""

MAX_REPORTED_FAULTS = 1_000_000_000
"""Maximum number of faults that the integrity check reports.

It is so large that every fault is reported.
"""

MINIMUM_VERSION = (3, 37, 0)
"""Oldest supported version of SQLite: 3.37, which has STRICT tables.

Its functions for JSON are needed too. They are optional in 3.37, but all usual builds have them.
"""


CACHE_KIB, LARGE_CACHE_KIB = 8_000, 64_000
"""Memory of a connection for pages of the file, in KiB: usually, and within `large_cache`.

If it is too small, a long transaction writes the same pages several times. SQLite's default of 2 MB
is too small for a transaction of many commands. 8 MB are too little in books of 100,000 lots,
because their rows are far apart in the indexes.
"""

MAX_IDLE_LOG_BYTES = 32 * 2**20
"""Size to which SQLite truncates the write-ahead log, in bytes.

SQLite does so when it begins to write at the start of the log again.
"""


class SqliteStore:
    """The books in one SQLite file in WAL mode. Every commit is flushed to the disk."""

    in_process = True

    def __init__(
        self, path: str, *, create: bool = True, guarded: bool = True, made: bool = True
    ) -> None:
        self.path = Path(path)
        self.url = self.address = f"sqlite:///{path}"
        self.sealed: set[str] = set()
        if sqlite3.sqlite_version_info < MINIMUM_VERSION:
            raise StoreError(
                f"SQLite {sqlite3.sqlite_version} is too old: 3.37 or newer is needed; "
                "install a newer Python"
            )
        self._tables = SchemaManager(self, self.path)
        with self._translated_errors():
            self._connect(create)
            if made:
                self._tables.migrate(create=create)
        if made and guarded:
            self.check_guards()

    # --- opening -----------------------------------------------------------------------------

    def _connect(self, create: bool) -> None:
        if self.path.is_dir():
            raise NotADatabase(f"{self.path} is a directory; name a file in it")
        if not self.path.parent.is_dir():
            raise StoreError(f"the directory {self.path.parent} does not exist; create it first")
        if not create and not self.path.exists():
            raise NotADatabase(
                f"there is no database at {self.path}; create one with `supplies init`"
            )
        if create:
            create_private_file(self.path)
        # Autocommit, because this class begins every transaction itself. Transactions that the
        # module sqlite3 begins would fail at once if another process is writing.
        self.connection = sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, cached_statements=512
        )
        pragma = self.connection.execute
        self.set_busy_timeout(BUSY_TIMEOUT_MS)
        pragma("PRAGMA foreign_keys = ON")
        pragma("PRAGMA recursive_triggers = ON")
        self._enable_wal()
        pragma(f"PRAGMA synchronous = {SYNCHRONOUS}")
        # Savepoints keep changed pages in memory. With a file, an ordinary command would write
        # some sixty pages more.
        pragma("PRAGMA temp_store = MEMORY")
        pragma(f"PRAGMA cache_size = -{CACHE_KIB}")
        # Erased data are overwritten, so that no names stay in unused pages of the file.
        pragma("PRAGMA secure_delete = ON")
        # A checkpoint waits for the disk twice, so it runs every 16 MB instead of every 4.
        pragma("PRAGMA wal_autocheckpoint = 4000")
        # While somebody reads, the log grows. Afterwards it is cut to this size again.
        pragma(f"PRAGMA journal_size_limit = {MAX_IDLE_LOG_BYTES}")
        # The first query creates the write-ahead log.
        pragma("PRAGMA schema_version")
        self._files = DatabaseFiles(self.path)
        self._savepoint_at: int | None = None
        """How many rows were changed before the open savepoint; None if no savepoint is open."""

    def _enable_wal(self) -> None:
        try:
            self.connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            # A backup that is not in WAL mode can be read in a read-only directory.
            if error.sqlite_errorcode != sqlite3.SQLITE_READONLY:
                raise

    def create_tables(self) -> None:
        """Create the tables, without rows and triggers. Call within a transaction."""
        self._tables.create()

    def create_guards(self) -> None:
        """Create the triggers. Call after the tables were filled, within a transaction."""
        self._tables.create_guards(since=0)

    def check_guards(self) -> None:
        """Check that triggers, indexes and tables are as this program made them.

        Raises:
            GuardMissing: a trigger, index or table is missing or was changed.
        """
        self._tables.check_guards()

    # --- statements --------------------------------------------------------------------------

    def all(self, sql: str, params: Params | Sequence[Any] = ()) -> list[Row]:
        """Return all rows of a query."""
        try:
            return self._execute(sql, params).fetchall()
        except sqlite3.Error as error:
            self._refuse(error)

    def one(self, sql: str, params: Params | Sequence[Any] = ()) -> Row | None:
        """Return the first row of a query, or None."""
        try:
            row: Row | None = self._execute(sql, params).fetchone()
        except sqlite3.Error as error:
            self._refuse(error)
        return row

    def all_of_each(self, sql: str, params: Sequence[Params]) -> list[list[Row]]:
        """Run a query once for each set of parameters. Return the rows of each run."""
        return [self.all(sql, each) for each in params]

    def wanted_ids(self, ids: Sequence[str | int]) -> tuple[str, Params]:
        """Return `WITH wanted (id) AS (…)`, a table of these ids for a query, and its parameters.

        Several ids are one parameter, a list in JSON. If each were a parameter of its own, SQLite
        would compare the name of each with all others, which takes as long for 2,000 ids as the
        rest of the query. A single id is passed as it is, because SQLite reads it faster.
        """
        if len(ids) == 1:
            return "WITH wanted (id) AS (VALUES (:ids)) ", {"ids": ids[0]}
        text = msgspec.json.encode(ids).decode()
        return "WITH wanted (id) AS (SELECT value FROM json_each(:ids)) ", {"ids": text}

    def run(self, sql: str, params: Params | Sequence[Any] = ()) -> int:
        """Run one SQL statement. Return the number of rows that it changed."""
        try:
            return self._execute(sql, params).rowcount
        except sqlite3.Error as error:
            self._refuse(error)

    def _execute(self, sql: str, params: Params | Sequence[Any]) -> sqlite3.Cursor:
        """Run one SQL statement.

        Named parameters are passed by number. For each name, the module sqlite3 would release the
        interpreter lock and take it again, for which other threads may let it wait.
        """
        if isinstance(params, dict):
            sql, values = numbered(sql)
            params = values(params)
        return self.connection.execute(sql, params)

    def run_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run an SQL statement once for each row. Write its parameters as `… VALUES (?, …)`.

        Several rows are inserted with one statement, because the end of each statement takes time
        that grows with the number of changes since the savepoint.
        """
        try:
            for statement, values in group_rows(sql, rows):
                self.connection.execute(statement, values)
        except sqlite3.Error as error:
            self._refuse(error)

    def bulk_insert(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Insert many rows. Call within a transaction."""
        marks = ", ".join("?" * len(columns))
        self.run_many(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)

    # --- transactions ------------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Begin a transaction that may write. The whole file is locked until it ends."""
        self._begin_writing()
        try:
            yield
            self._files.check(keeps_a_log=self._is_wal)
        except BaseException:
            self._roll_back()
            raise
        try:
            self.connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            self._refuse(error)

    def set_busy_timeout(self, milliseconds: int) -> None:
        """Set how long an SQL statement waits while another connection locks the file."""
        self._busy_timeout = milliseconds
        self.connection.execute(f"PRAGMA busy_timeout = {milliseconds}")

    def _begin_writing(self) -> None:
        """Take the write lock. If another connection has it, wait at most the busy timeout.

        SQLite itself would wait up to 100 ms between its attempts. If two processes write all the
        time, one of them would then nearly always lose, and wait for seconds.
        """
        until = monotonic() + self._busy_timeout / 1000
        self.run("PRAGMA busy_timeout = 0")
        try:
            while not self._try_to_begin(is_last=monotonic() > until):
                sleep(POLL_SECONDS)
        finally:
            self.run(f"PRAGMA busy_timeout = {self._busy_timeout}")

    def _try_to_begin(self, *, is_last: bool) -> bool:
        """Begin a write transaction. Return False if another connection is writing.

        Raises:
            Busy: another connection is writing, and this was the last attempt.
        """
        try:
            self.connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            if is_last or error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                self._refuse(error)
            return False
        return True

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Begin a transaction in which all queries see the same state of the books.

        If a transaction is open already, use that transaction.
        """
        if self.connection.in_transaction:
            yield
            return
        self.run("BEGIN")
        try:
            yield
        finally:
            self._roll_back()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Begin a savepoint for the `with` block.

        If the block raises an error, only the changes since the savepoint are rolled back. All
        savepoints have the same name, so that SQLite can cache the SQL statement. If nothing was
        written since the enclosing savepoint, no new savepoint is set.
        """
        outer, changes = self._savepoint_at, self.connection.total_changes
        is_new = outer != changes
        if is_new:
            self.run("SAVEPOINT part")
        self._savepoint_at = changes
        try:
            yield
        except BaseException:
            if self.connection.in_transaction:
                self.run("ROLLBACK TO part")
                if is_new:
                    self.run("RELEASE part")
            raise
        else:
            if is_new:
                self.run("RELEASE part")
        finally:
            self._savepoint_at = outer

    @contextmanager
    def large_cache(self) -> Iterator[None]:
        """Keep up to 64 MB of pages in memory for the `with` block, in place of 8 MB."""
        self.run(f"PRAGMA cache_size = -{LARGE_CACHE_KIB}")
        try:
            yield
        finally:
            self.run(f"PRAGMA cache_size = -{CACHE_KIB}")

    def lock(self, station: str) -> None:
        """Do nothing, because a write transaction locks the whole file."""

    def catalogue_version(self, station: str) -> int:
        """Return a number that changes when another connection changes the file."""
        row = self.one("PRAGMA data_version")
        return int(row[0]) if row else 0

    def database_version(self) -> tuple[int, int]:
        """Return two numbers. Each commit, on any connection, changes at least one of them."""
        return self.catalogue_version(""), self.connection.total_changes

    def purge_erased(self) -> None:
        """Write the content of the write-ahead log to the database file, and empty the log.

        The log may contain rows that were erased from the database. SQLite cannot empty the log
        while another process reads the file. This method waits only briefly for readers, because a
        process that replicates the file reads all the time. If the log is still being read, SQLite
        empties it later.
        """
        self.run(f"PRAGMA busy_timeout = {PURGE_TIMEOUT_MS}")
        try:
            self.all("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            self.run(f"PRAGMA busy_timeout = {self._busy_timeout}")

    def check_integrity(self) -> None:
        """Check the file for damage.

        Raises:
            NotADatabase: the file is damaged.
        """
        # SQLite 3.40 sees a NULL in each row of a table WITHOUT ROWID whose key is not its first
        # columns. Constraints are not checked here: verification compares all rows.
        faults = [text for (text,) in self.all(f"PRAGMA integrity_check({MAX_REPORTED_FAULTS})")]
        found = [text for text in faults if text != "ok" and not text.startswith("NULL value in ")]
        if found:
            raise NotADatabase(f"{self.path} is damaged ({found[0]}); restore it from a backup")

    def leave_wal_mode(self) -> None:
        """Leave WAL mode, so that the file can also be read in a read-only directory.

        This moves the content of the log into the file. Closing the file would do so too, but
        SQLite would not report a full disk.

        Raises:
            Busy: another program uses the file.
        """
        if self.one("PRAGMA journal_mode = DELETE") != ("delete",):
            raise Busy(f"another program is using {self.path}; close it there first")
        self._files = DatabaseFiles(self.path)

    def _is_wal(self) -> bool:
        return self.one("PRAGMA journal_mode") == ("wal",)

    def interrupt(self) -> None:
        """End the SQL statement that another thread is running on this connection."""
        self.connection.interrupt()

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    def _roll_back(self) -> None:
        # After a full disk or an I/O error, SQLite may have rolled back by itself.
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")

    # --- errors ------------------------------------------------------------------------------

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            self._refuse(error)

    def _refuse(self, error: sqlite3.Error) -> NoReturn:
        raise translate_error(error, self.path) from error
