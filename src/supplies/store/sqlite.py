"""SQLite's room: connection, transactions, guards, and its errors in plain words."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from supplies.errors import (
    AlreadyDone,
    Busy,
    DiskFull,
    Gone,
    GuardMissing,
    NewerVersion,
    NotADatabase,
    NotEnough,
    ReadOnly,
    StoreError,
)
from supplies.store import Params, Row, schema

BUSY_TIMEOUT_MS = 20_000
"""How long a writer waits for another program's transaction before it gives up."""

TRACES_TIMEOUT_MS = 250
"""How long readers are waited for before the log is left to be emptied later."""

MANY_FAULTS = 1_000_000_000
"""All that SQLite finds: what it sees wrongly must not hide what is wrong."""

if TYPE_CHECKING:
    import sqlite_utils

MINIMUM = (3, 37, 0)
"""STRICT tables came with SQLite 3.37."""


class SqliteStore:
    """The books in one SQLite file, in WAL mode, durable at every commit."""

    def __init__(
        self, path: str, *, create: bool = True, guarded: bool = True, made: bool = True
    ) -> None:
        self.path = Path(path)
        self.url = f"sqlite:///{path}"
        if sqlite3.sqlite_version_info < MINIMUM:
            raise StoreError(
                f"SQLite {sqlite3.sqlite_version} is too old: 3.37 or newer is needed; "
                "install a newer Python"
            )
        with self._plainly():
            self._connect(create)
            if made:
                self._migrate(create)
        if made and guarded:
            self.check_guards()

    # --- opening -----------------------------------------------------------------------------

    def _connect(self, create: bool) -> None:
        if self.path.is_dir():
            raise NotADatabase(f"{self.path} is a directory; name a file in it")
        if not self.path.parent.is_dir():
            raise StoreError(f"the directory {self.path.parent} does not exist; make it first")
        if not create and not self.path.exists():
            raise NotADatabase(
                f"there is no database at {self.path}; make one with `supplies init`"
            )
        if create:
            _make_private(self.path)
        # Autocommit, because every transaction is begun by hand: a deferred BEGIN that turns
        # into a write is refused while another writes, whatever the busy timeout.
        self.connection = sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, cached_statements=512
        )
        pragma = self.connection.execute
        pragma(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        pragma("PRAGMA foreign_keys = ON")
        pragma("PRAGMA recursive_triggers = ON")
        self._keep_a_log()
        pragma("PRAGMA synchronous = FULL")
        pragma("PRAGMA temp_store = MEMORY")
        # What is erased is overwritten, so that a forgotten name is not left in free pages.
        pragma("PRAGMA secure_delete = ON")
        # A checkpoint waits for the disk twice: one every 16 MB rather than every 4.
        pragma("PRAGMA wal_autocheckpoint = 4000")
        # The log is made by the first look.
        pragma("PRAGMA schema_version")
        self._lies_in = self._files()

    def _keep_a_log(self) -> None:
        try:
            self.connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            # A backup, which is all in the one file, is read where nothing may be written.
            if error.sqlite_errorcode != sqlite3.SQLITE_READONLY:
                raise

    def _tables(self) -> set[str]:
        rows = self.all("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {name for (name,) in rows if not name.startswith("sqlite_")}

    def make_tables(self) -> None:
        """Within a transaction: the tables of new books, with nothing in them and no guards yet."""
        if self._tables():
            raise AlreadyDone(f"there are books in {self.path} already; name a new file")
        self._make_tables(0)

    def make_guards(self) -> None:
        """Within a transaction: the guards of tables that were made and filled."""
        self._make_guards(0)

    def _migrate(self, create: bool) -> None:
        found = self._tables()
        if "migrations" not in found:
            if found:
                raise NotADatabase(
                    f"{self.path} is a database of another program "
                    f"(it holds {', '.join(sorted(found)[:3])}); name another file"
                )
            if not create:
                raise NotADatabase(f"{self.path} is empty; make a ledger with `supplies init`")
            with self.writing():
                self._bring_up_to_date(made=False)
            return
        version = self._version()
        if version == 0:
            raise NotADatabase(
                f"{self.path} does not say which version of this program made it; "
                "restore it from a backup"
            )
        if version > schema.newest():
            raise NewerVersion(
                f"{self.path} was made by a newer version of this program (its tables are "
                f"version {version}, this program knows {schema.newest()}); upgrade this program"
            )
        if version < schema.newest():
            with self.writing():
                self._bring_up_to_date(made=True)

    def _version(self) -> int:
        return int((self.one("SELECT coalesce(max(version), 0) FROM migrations") or (0,))[0])

    def _bring_up_to_date(self, *, made: bool) -> None:
        """Make what this version needs and the file has not, unless another process was quicker.

        made: whether there are tables of an older version.
        """
        made = made or self.one("SELECT 1 FROM sqlite_master WHERE name = 'migrations'") is not None
        version = self._version() if made else 0
        self._make_tables(version)
        self._make_guards(version)

    def _make_tables(self, version: int) -> None:
        for migration in schema.missing(version):
            for statement in migration.statements():
                self.run(statement)
            self.run(
                "INSERT INTO migrations (version, applied_at) "
                "VALUES (:version, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
                {"version": migration.version},
            )

    def _make_guards(self, version: int) -> None:
        for statement in schema.newer(schema.sqlite_guards(), version).values():
            self.run(statement)

    def check_guards(self) -> None:
        """Raise GuardMissing where a table, index or trigger of ours is not as it was made.

        A trigger of someone else's on our tables is refused too: it could swallow rows.
        """
        found = {
            name: (table, sql)
            for name, table, sql in self.all("SELECT name, tbl_name, sql FROM sqlite_master")
        }
        guards = schema.sqlite_guards()
        made = {**schema.statements(), **guards}
        for name, wanted in made.items():
            if found.get(name, ("", ""))[1] != wanted:
                what = "was changed" if name in found else "is missing"
                raise self._unguarded(f"{name} {what}")
        triggers = self.all("SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'")
        for name, table in triggers:
            if name not in guards and table in made:
                raise self._unguarded(f"{name} on {table} is not of this program")

    def _unguarded(self, what: str) -> GuardMissing:
        return GuardMissing(
            f"the guard {what}: the books in {self.path} are no longer protected; "
            "see what `supplies verify` says of them, and restore them from a backup"
        )

    # --- statements --------------------------------------------------------------------------

    def all(self, sql: str, params: Params | Sequence[Any] = ()) -> list[Row]:
        """All rows of a query."""
        try:
            return self.connection.execute(sql, params).fetchall()
        except sqlite3.Error as error:
            self._refuse(error)

    def one(self, sql: str, params: Params | Sequence[Any] = ()) -> Row | None:
        """The first row of a query, or None."""
        try:
            row: Row | None = self.connection.execute(sql, params).fetchone()
        except sqlite3.Error as error:
            self._refuse(error)
        return row

    def run(self, sql: str, params: Params | Sequence[Any] = ()) -> int:
        """Carry out one statement; the number of rows it changed."""
        try:
            return self.connection.execute(sql, params).rowcount
        except sqlite3.Error as error:
            self._refuse(error)

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Carry out one statement with `?` parameters for each row."""
        try:
            self.connection.executemany(sql, rows)
        except sqlite3.Error as error:
            self._refuse(error)

    def fill(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Within a transaction: put many rows into a table."""
        marks = ", ".join("?" * len(columns))
        self.many(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)

    # --- tools ---------------------------------------------------------------------------------

    @property
    def tools(self) -> sqlite_utils.Database:
        """sqlite-utils on this connection: for looking at the file, search and bulk work.

        It is imported when first asked for, because no command of the ledger needs it.
        """
        import sqlite_utils

        return sqlite_utils.Database(self.connection, execute_plugins=False)

    # --- transactions ------------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A transaction that holds the writer's lock from its first statement."""
        self.run("BEGIN IMMEDIATE")
        try:
            yield
            self._check_files()
        except BaseException:
            self._roll_back()
            raise
        try:
            self.connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            self._refuse(error)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """A transaction in which every query sees the same state; within another, that one."""
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
        """A part of a transaction that is undone alone; one name, so the statement is cached."""
        self.run("SAVEPOINT part")
        try:
            yield
        except BaseException:
            if self.connection.in_transaction:
                self.run("ROLLBACK TO part")
                self.run("RELEASE part")
            raise
        self.run("RELEASE part")

    def lock(self, station: str) -> None:
        """Nothing to do: BEGIN IMMEDIATE has locked the file."""

    def changes(self, station: str) -> int:
        """SQLite's own count of what other connections wrote."""
        row = self.one("PRAGMA data_version")
        return int(row[0]) if row else 0

    def forget_traces(self) -> None:
        """Bring what was erased into the file and empty the log, where its old pages still stand.

        While another reads, SQLite empties the log later; nothing else is lost by that. It is not
        waited for: who replicates the file reads always, and all writers would wait with us.
        """
        self.run(f"PRAGMA busy_timeout = {TRACES_TIMEOUT_MS}")
        try:
            self.all("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            self.run(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")

    def check_pages(self) -> None:
        """Raise NotADatabase where the file itself is damaged, whatever its rows say."""
        # SQLite 3.40 sees a NULL in each row of a table WITHOUT ROWID whose key is not its first
        # columns. Constraints are no matter of pages: rows are compared by verification.
        told = [text for (text,) in self.all(f"PRAGMA integrity_check({MANY_FAULTS})")]
        found = [text for text in told if text != "ok" and not text.startswith("NULL value in ")]
        if found:
            raise NotADatabase(f"{self.path} is damaged ({found[0]}); restore it from a backup")

    def into_one_file(self) -> None:
        """Leave all of it in the one file, so that it can be read where nothing may be written.

        Closing alone would say nothing where the disk has no room for what the log holds.
        """
        if self.one("PRAGMA journal_mode = DELETE") != ("delete",):
            raise Busy(f"another program is using {self.path}; close it there first")
        self._lies_in = self._files()

    def _files(self) -> dict[Path, tuple[int, int] | None]:
        """The file and its log, and which files of the disk they are; None: there is none."""
        # Absolute, as SQLite keeps it: the program may go to another directory.
        here = self.path.absolute()
        return {path: _identity(path) for path in (here, Path(f"{here}-wal"))}

    def _check_files(self) -> None:
        """Raise Gone where the file or its log was deleted or replaced since they were opened.

        The system would let us write on into what no name leads to, and it would all be gone with
        this process.
        """
        for path, opened in self._lies_in.items():
            found = _identity(path)
            if found == opened:
                continue
            if opened is None or (path.name.endswith("-wal") and not self._keeps_a_log()):
                # It is made when it is first needed, and goes where somebody does without.
                self._lies_in[path] = found
            else:
                raise Gone(
                    f"{path} was deleted or replaced while it was in use; nothing was recorded: "
                    "stop this program, put it back, and verify the books before it is started"
                )

    def _keeps_a_log(self) -> bool:
        return self.one("PRAGMA journal_mode") == ("wal",)

    def interrupt(self) -> None:
        """From another thread: end the statement that is at work, if one is."""
        self.connection.interrupt()

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    def _roll_back(self) -> None:
        # A full disk or an I/O error may have rolled back already.
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")

    # --- errors ------------------------------------------------------------------------------

    @contextmanager
    def _plainly(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            self._refuse(error)

    def _refuse(self, error: sqlite3.Error) -> NoReturn:
        """The engine's error in words for a person."""
        text = str(error)
        extended = getattr(error, "sqlite_errorcode", 0)
        code = extended & 0xFF
        if code == sqlite3.SQLITE_NOTADB:
            raise NotADatabase(
                f"{self.path} is not a database; name a ledger's file, or a new one"
            ) from error
        if extended in _LOG_OUT_OF_REACH:
            raise ReadOnly(_readers_write(self.path)) from error
        if code == sqlite3.SQLITE_CORRUPT:
            raise NotADatabase(
                f"{self.path} is damaged ({text}); restore it from a backup"
            ) from error
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise Busy(
                f"another program has been holding {self.path} for "
                f"{BUSY_TIMEOUT_MS // 1000} seconds; nothing was recorded, try again"
            ) from error
        if code == sqlite3.SQLITE_INTERRUPT:
            raise Busy(f"{self.path}: this took too long and was ended; try again") from error
        if code == sqlite3.SQLITE_READONLY:
            raise ReadOnly(
                f"{self.path} may not be written; nothing was recorded: "
                "give this user the right to write the file and its directory"
            ) from error
        if code == sqlite3.SQLITE_FULL:
            raise DiskFull(
                f"no room is left on the disk of {self.path}; nothing was recorded: make room"
            ) from error
        if code == sqlite3.SQLITE_CANTOPEN:
            raise StoreError(_cannot_be_opened(self.path)) from error
        if code == sqlite3.SQLITE_CONSTRAINT and "floor" in text:
            raise NotEnough("more was asked of an account than stands in it") from error
        raise StoreError(f"{self.path}: {text}; nothing was recorded") from error


_LOG_OUT_OF_REACH = (
    sqlite3.SQLITE_READONLY_DIRECTORY,
    sqlite3.SQLITE_READONLY_CANTINIT,
    sqlite3.SQLITE_READONLY_CANTLOCK,
    sqlite3.SQLITE_READONLY_RECOVERY,
)


def _readers_write(path: Path) -> str:
    return (
        f"{path} may not be written, and readers write its log too: copy it, with "
        f"{path.name}-wal where there is one, to a place that may be written, or use a backup"
    )


def _cannot_be_opened(path: Path) -> str:
    return (
        f"{path} cannot be opened; see that it and its directory may be read and written by "
        "this user"
    )


def _make_private(path: Path) -> None:
    """Make a file that its owner alone may read, where there is none; its log will be as it is."""
    # What stands in the way SQLite meets as well, and it is said there.
    with suppress(OSError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def copy_file(source: Path, target: Path) -> None:
    """Copy a file as it stood at one moment, into one that is empty; others may go on writing.

    Raises NotADatabase for what is no file of SQLite, StoreError where one cannot be used.
    """
    # Not made where it is missing; read alone where it may not be written.
    there_already = f"{source.absolute().as_uri()}?mode=rw"
    try:
        with (
            closing(sqlite3.connect(there_already, uri=True)) as here,
            closing(sqlite3.connect(target)) as there,
        ):
            here.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
            # In one step: page by page it would begin again whenever somebody writes.
            here.backup(there, pages=-1)
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0)
        if code & 0xFF == sqlite3.SQLITE_NOTADB:
            raise NotADatabase(f"{source} is not a database; name a ledger's file") from error
        if code & 0xFF == sqlite3.SQLITE_CANTOPEN:
            raise StoreError(_cannot_be_opened(source)) from error
        if code in _LOG_OUT_OF_REACH:
            raise ReadOnly(_readers_write(source)) from error
        raise StoreError(f"{source} cannot be copied to {target}: {error}") from error
