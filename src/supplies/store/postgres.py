"""PostgreSQL's room: connection, transactions, guards, and its errors in plain words.

A station's writers take turns by a lock of their station, taken before anything is read; writers
of other stations do not wait. Every row that a command writes begins with its station, so two
commands never wait for each other in a circle: deadlocks cannot occur between ledgers, and at
READ COMMITTED nothing fails to be serialised. Where another program brings one about all the
same, it is answered as Busy with nothing recorded.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import StrDumper

from supplies.errors import (
    GuardMissing,
    NewerVersion,
    NotADatabase,
    NotEnough,
    StoreError,
)
from supplies.store import Params, Row, schema
from supplies.store.placeholders import pyformat
from supplies.store.postgres_errors import in_words, in_words_of_connecting

BUSY_TIMEOUT_MS = 20_000
"""How long a writer waits for another program's transaction before it gives up."""

CONNECT_TIMEOUT_S = 10
"""How long a server may take to answer a connection, unless the URL says otherwise."""

PREPARED_AFTER, PREPARED_AT_MOST = 3, 400
"""A statement is prepared when it comes for the fourth time; so many are kept."""

ANALYSED_AFTER = 40
"""Commits on new tables until the planner is shown them.

It knows nothing of new tables, and takes any index that begins with the station for as good as the
one that finds a row; the server itself looks only after a minute.
"""

_LOCKS = 0x5355_5050
"""Sets this program's advisory locks apart from those of others on the same database."""

MINIMUM = 130_000
"""PostgreSQL 13 is the oldest version these statements were written for."""


class _Whole(Loader):
    """Sums of whole numbers come as numeric, which has no bounds; here they are whole again."""

    def load(self, data: Buffer) -> int:
        return int(bytes(data))


class PostgresStore:
    """The books in one schema of a PostgreSQL database, over one connection.

    The connection is made anew at the next transaction where the server was restarted.
    """

    def __init__(self, url: str, *, create: bool = True, guarded: bool = True) -> None:
        self.url = _without_password(url)
        self._conninfo = _conninfo(url)
        self._commits_unseen = 0
        self._connect()
        try:
            self._check_server()
            self._migrate(create)
            if guarded:
                self.check_guards()
            self._commits_unseen = self._until_analysed()
        except BaseException:
            self.close()
            raise

    # --- opening -----------------------------------------------------------------------------

    def _connect(self) -> None:
        try:
            self.connection = psycopg.connect(self._conninfo, autocommit=True)
        except psycopg.Error as error:
            kind, sentence = in_words_of_connecting(str(error))
            raise kind(f"{self.url}: {sentence}") from error
        self.connection.prepare_threshold = PREPARED_AFTER
        self.connection.prepared_max = PREPARED_AT_MOST
        adapters = self.connection.adapters
        adapters.register_loader("numeric", _Whole)
        # One type each, whatever the value: else a statement is prepared for every size anew.
        adapters.register_dumper(int, Int8Dumper)
        adapters.register_dumper(str, StrDumper)
        self.run(f"SET lock_timeout = {BUSY_TIMEOUT_MS}")
        # Each question takes milliseconds; compiling it would take hundreds.
        self.run("SET jit = off")
        if self.one("SHOW synchronous_commit") == ("off",) and self.one("SHOW fsync") == ("on",):
            # Whoever turned it off did not think of books: an answer would come before the disk.
            self.run("SET synchronous_commit = on")

    def _check_server(self) -> None:
        info = self.connection.info
        if info.server_version < MINIMUM:
            raise StoreError(
                f"{self.url} is PostgreSQL {info.server_version // 10_000}: "
                f"{MINIMUM // 10_000} or newer is needed; upgrade the server"
            )
        encoding = info.parameter_status("server_encoding")
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

    def _tables(self) -> set[str]:
        rows = self.all(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') "
            "AND relnamespace = current_schema()::regnamespace"
        )
        return {str(name) for (name,) in rows}

    def _migrate(self, create: bool) -> None:
        found = self._tables()
        if not found and not create:
            raise NotADatabase(f"{self.url} is empty; make a ledger with `supplies init`")
        if self._version(found) < schema.newest():
            with self.writing():
                # Processes that start together take turns here; the second finds it all made.
                self.run(f"SELECT pg_advisory_xact_lock({_LOCKS})")
                self._bring_up_to_date(self._version(self._tables()))
        version = self._version(self._tables())
        if version > schema.newest():
            raise NewerVersion(
                f"{self.url} was made by a newer version of this program (its tables are "
                f"version {version}, this program knows {schema.newest()}); upgrade this program"
            )

    def _version(self, found: set[str]) -> int:
        """Which version of this program made the tables that were found; 0: there are none."""
        if not found:
            return 0
        if "migrations" not in found:
            raise NotADatabase(
                f"{self.url} is a database of another program (it holds "
                f"{', '.join(sorted(found)[:3])}); name another, or make a new one"
            )
        row = self.one("SELECT max(version) FROM migrations")
        if row is None or row[0] is None:
            raise NotADatabase(
                f"{self.url} does not say which version of this program made it; "
                "restore it from a backup"
            )
        return int(row[0])

    def _bring_up_to_date(self, version: int) -> None:
        """Make what this version needs and a database of an older one has not; 0 is a new one."""
        if version == 0:
            self._script(
                'CREATE TABLE catalogue_changes (station TEXT COLLATE "C" PRIMARY KEY, '
                "changes BIGINT NOT NULL)"
            )
        for migration in schema.missing(version):
            self._script(schema.in_postgres(migration.script))
            self.run(
                "INSERT INTO migrations (version, applied_at) VALUES (:version, "
                """to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))""",
                {"version": migration.version},
            )
        guards = schema.postgres_guards(self._schema)
        self._script("\n".join(schema.newer(guards.functions, version).values()))
        self._script(";\n".join(schema.newer(guards.triggers, version).values()))

    def _script(self, script: str) -> None:
        """Several statements without parameters, in one go."""
        with self._plainly():
            self.connection.execute(script.encode())

    def _until_analysed(self) -> int:
        """After how many commits to show the planner the tables; 0: it has seen them."""
        row = self.one("SELECT 1 FROM pg_class WHERE oid = 'entries'::regclass AND reltuples > 0")
        return ANALYSED_AFTER if row is None else 0

    def _show_planner(self) -> None:
        """Count down, and analyse the tables; what was committed stays so if that fails."""
        if self._commits_unseen:
            self._commits_unseen -= 1
            if not self._commits_unseen:
                names = ", ".join(schema.primary_keys())
                with suppress(psycopg.Error):
                    self.connection.execute(f"ANALYZE (SKIP_LOCKED) {names}".encode())

    # --- guards --------------------------------------------------------------------------------

    def check_guards(self) -> None:
        """Refuse books whose triggers, functions or floors were dropped, changed or turned off."""
        guards = schema.postgres_guards(self._schema)
        triggers = {
            f"{table}.{name}": text if enabled in ("O", "A") else "turned off"
            for table, name, text, enabled in self.all(
                "SELECT c.relname, t.tgname, pg_get_triggerdef(t.oid, true), t.tgenabled::text "
                "FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
                "WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace"
            )
        }
        self._compare("guard", guards.triggers, triggers)
        for name in triggers.keys() - guards.triggers.keys():
            if name.partition(".")[0] in schema.primary_keys():
                raise GuardMissing(
                    f"the trigger {name} of {self.url} is not of this program and could swallow "
                    "rows; verify the books before they are used"
                )
        functions: dict[str, str] = dict(
            self.all(
                "SELECT proname, prosrc FROM pg_proc "
                "WHERE pronamespace = current_schema()::regnamespace AND proconfig IS NULL"
            )
        )
        bodies = {name: made.split("$$")[1] for name, made in guards.functions.items()}
        self._compare("guard", bodies, functions)
        self._check_constraints()
        self._check_bypasses()

    def _compare(self, what: str, wanted: dict[str, str], found: dict[str, str]) -> None:
        for name, text in wanted.items():
            if found.get(name) != text:
                how = "was changed" if name in found else "is missing"
                raise GuardMissing(
                    f"the {what} {name} of {self.url} {how}: its books are no longer protected; "
                    "restore the database from a backup, or verify it before it is used"
                )

    def _check_constraints(self) -> None:
        """Floors as the chart says, and as many checks and keys as each table was made with."""
        found: dict[str, Counter[str]] = {}
        floors: dict[str, str] = {}
        for table, sort, name, text in self.all(
            "SELECT c.relname, k.contype::text, k.conname, pg_get_constraintdef(k.oid, true) "
            "FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid "
            "WHERE c.relnamespace = current_schema()::regnamespace AND k.convalidated "
            "AND k.contype IN ('c', 'f', 'p', 'u')"
        ):
            found.setdefault(table, Counter())[sort] += 1
            if name == "floor":
                floors[f"{table}.floor"] = text
        condition = re.sub(r"('\w+:')", r"\1::text", schema.floor_condition())
        floor = f"CHECK (quantity >= 0 OR {condition})"
        self._compare("guard", {"balances.floor": floor, "days.floor": floor}, floors)
        for table, wanted in schema.foreign_and_other_keys().items():
            if found.get(table, Counter()) != wanted:
                raise GuardMissing(
                    f"the table {table} of {self.url} is not as this program made it; "
                    "restore the database from a backup"
                )

    def _check_bypasses(self) -> None:
        """Foreign keys that are turned off, and rewriting rules, would let rows past the guards."""
        off = self.one(
            "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE t.tgisinternal AND t.tgenabled NOT IN ('O', 'A') "
            "AND c.relnamespace = current_schema()::regnamespace LIMIT 1"
        )
        rule = self.one(
            "SELECT c.relname FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class "
            "WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace "
            "LIMIT 1"
        )
        for row, what in ((off, "foreign keys are turned off"), (rule, "a rule rewrites it")):
            if row is not None:
                raise GuardMissing(
                    f"the table {row[0]} of {self.url} is no longer protected ({what}); "
                    "verify the books before they are used"
                )

    # --- statements --------------------------------------------------------------------------

    def all(self, sql: str, params: Params | Sequence[Any] = ()) -> list[Row]:
        """All rows of a query."""
        try:
            return self.connection.execute(pyformat(sql), params).fetchall()
        except psycopg.Error as error:
            self._refuse(error)

    def one(self, sql: str, params: Params | Sequence[Any] = ()) -> Row | None:
        """The first row of a query, or None."""
        try:
            return self.connection.execute(pyformat(sql), params).fetchone()
        except psycopg.Error as error:
            self._refuse(error)

    def run(self, sql: str, params: Params | Sequence[Any] = ()) -> int:
        """Carry out one statement; the number of rows it changed."""
        try:
            return self.connection.execute(pyformat(sql), params).rowcount
        except psycopg.Error as error:
            self._refuse(error)

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Carry out one statement with `?` parameters for each row."""
        with self._plainly(), self.connection.cursor() as cursor:
            cursor.executemany(pyformat(sql), rows)

    # --- transactions ------------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A transaction that may write; `lock` makes a station its own."""
        self._begin("BEGIN ISOLATION LEVEL READ COMMITTED")
        try:
            yield
        except BaseException:
            self._roll_back()
            raise
        self._commit()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """A transaction in which every query sees the same state."""
        self._begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            yield
        finally:
            self._roll_back()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part of a transaction that is undone alone."""
        self.run("SAVEPOINT part")
        try:
            yield
        except BaseException:
            if self._status() in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
                self.run("ROLLBACK TO part")
                self.run("RELEASE part")
            raise
        self.run("RELEASE part")

    def lock(self, station: str) -> None:
        """No one else writes to this station until the transaction ends; others go on."""
        self.run(
            f"SELECT pg_advisory_xact_lock(hashtextextended(:station, {_LOCKS}))",
            {"station": station},
        )

    def changes(self, station: str) -> int:
        """How often this station's nouns were changed, by whichever connection."""
        row = self.one(
            "SELECT changes FROM catalogue_changes WHERE station = :station", {"station": station}
        )
        return 0 if row is None else int(row[0])

    def forget_traces(self) -> None:
        """Nothing to do here: old versions of a row go when the server vacuums its table.

        Until then, and in the server's log of writes and its backups, they can be read by who
        reads the server's files; no query shows them.
        """

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    def _status(self) -> TransactionStatus:
        return self.connection.info.transaction_status

    def _begin(self, begin: str) -> None:
        """Begin; over a new connection where the server was restarted since the last time."""
        if not self.connection.closed:
            try:
                self.connection.execute(begin.encode())
                return
            except psycopg.Error as error:
                if not self.connection.closed:
                    self._refuse(error)
        self._connect()
        with self._plainly():
            self.connection.execute(begin.encode())

    def _commit(self) -> None:
        # PostgreSQL answers the COMMIT of a failed transaction with ROLLBACK, and no error.
        failed = self._status() is not TransactionStatus.INTRANS
        try:
            ended = self.connection.execute(b"COMMIT").statusmessage
        except psycopg.Error as error:
            if self.connection.closed:
                raise StoreError(
                    f"{self.url}: the connection was lost while this was being made durable, and "
                    "whether it was recorded is not known; ask again with the same id"
                ) from error
            self._roll_back()
            self._refuse(error)
        if failed or ended != "COMMIT":
            raise StoreError(f"{self.url}: the transaction had failed; nothing was recorded")
        self._show_planner()

    def _roll_back(self) -> None:
        """Undo what is open; where the connection is gone, the server has undone it."""
        if self._status() in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
            with self._plainly():
                self.connection.execute(b"ROLLBACK")
        elif self._status() is TransactionStatus.ACTIVE:
            self.connection.close()

    # --- errors ------------------------------------------------------------------------------

    @contextmanager
    def _plainly(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            self._refuse(error)

    def _refuse(self, error: psycopg.Error) -> NoReturn:
        """The engine's error in words for a person."""
        if error.sqlstate == "23514" and error.diag.constraint_name == "floor":
            raise NotEnough("more was asked of an account than stands in it") from error
        text = error.diag.message_primary or str(error)
        kind, sentence = in_words(error.sqlstate, text)
        raise kind(f"{self.url}: {sentence}; nothing was recorded") from error


def _conninfo(url: str) -> str:
    """The URL as the driver wants it, with what it does not say itself."""
    try:
        given = conninfo_to_dict(url)
    except psycopg.Error as error:
        raise StoreError(
            f"{_without_password(url)} is no address of a PostgreSQL database "
            f"({str(error).strip()}); write postgresql://USER@HOST/DATABASE"
        ) from error
    return make_conninfo(
        url,
        client_encoding="utf8",
        connect_timeout=given.get("connect_timeout", CONNECT_TIMEOUT_S),
        application_name=given.get("application_name", "supplies"),
    )


def _without_password(url: str) -> str:
    """A URL that may stand in a sentence."""
    shown = re.sub(r"(?<=://)([^/@]*?):[^/]*@", r"\1@", url)
    return re.sub(r"([?&]password=)[^&]*", r"\1…", shown)
