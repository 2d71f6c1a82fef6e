"""Books of an older version are migrated when they are opened."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from support.engines import Server
from support.ledger_fixture import Clock, StationLedger, register_all

from supplies.errors import GuardMissing
from supplies.ledger.ledger import Ledger
from supplies.storage import schema
from supplies.storage.engines import open_store

CHANGES = (
    'CREATE TABLE catalogue_changes (station TEXT COLLATE "C" PRIMARY KEY, changes BIGINT NOT NULL)'
)

FIRST = schema.migrations()[0]


def old(guards: dict[str, str]) -> list[str]:
    """Return the triggers of version 1, in their wording of that time."""
    since = schema.guards_added_after(guards, 1).keys() - schema.REWRITTEN_IN_VERSION.keys()
    rewritten = {name: guards[name] for name in guards if name in schema.REWRITTEN_IN_VERSION}
    one_row = re.compile("REFERENCING .* FOR EACH STATEMENT")
    other_words = {
        name: one_row.sub("FOR EACH ROW", text.replace("BEGIN", "BEGIN /* version 1 */", 1))
        for name, text in rewritten.items()
    }
    return [
        text
        for name, text in {**guards, **other_words}.items()
        if name not in since and not _is_on_newer_table(text)
    ]


def _is_on_newer_table(guard: str) -> bool:
    table = re.search(r"^CREATE TRIGGER .*? ON (\w+)", guard, re.DOTALL)
    return table is not None and f"CREATE TABLE {table[1]} (" not in FIRST.script


def of_version_1(path: Path) -> str:
    """Create a file as version 1 did."""
    with closing(sqlite3.connect(path)) as made:
        for statement in (*FIRST.statements(), *old(schema.sqlite_guards())):
            made.execute(statement)
        made.execute("INSERT INTO migrations VALUES (1, '2020-01-01T00:00:00.000Z')")
        made.commit()
    return str(path)


def of_version_1_on_a_server(url: str) -> str:
    """Create a database as version 1 did."""
    guards = schema.postgres_guards("public")
    with psycopg.connect(url, autocommit=True) as made:
        for script in (
            CHANGES,
            schema.to_postgresql(FIRST.script),
            "\n".join(old(guards.functions)),
            ";\n".join(old(guards.triggers)),
            "INSERT INTO migrations VALUES (1, '2020-01-01T00:00:00.000Z')",
        ):
            made.execute(script.encode())
    return url


def work(url: str) -> None:
    """Open, record and verify the migrated books."""
    clock = Clock()
    with Ledger.open(url, station="lx", clock=clock) as ledger:
        register_all(ledger)
        StationLedger(ledger, clock).give(3)
        assert ledger.verify().entries >= 2
        versions = ledger.store.all("SELECT version FROM migrations ORDER BY version")
        assert versions == [(one.version,) for one in schema.migrations()]


def test_a_file_of_the_first_version_is_migrated(tmp_path: Path) -> None:
    work(of_version_1(tmp_path / "books.db"))


def test_a_postgres_database_of_the_first_version_is_migrated(postgres: Server) -> None:
    with postgres.empty() as url:
        work(of_version_1_on_a_server(url))
        with psycopg.connect(url) as other:
            for name in schema.SECURITY_DEFINER_SINCE:
                called = f"has_function_privilege('public', '{name}()', 'EXECUTE')"
                assert other.execute(f"SELECT {called}".encode()).fetchone() == (False,)
                rights = f"SELECT prosecdef FROM pg_proc WHERE proname = '{name}'"
                assert other.execute(rights.encode()).fetchone() == (True,), name


def test_a_trigger_missing_before_a_migration_is_reported(tmp_path: Path) -> None:
    path = of_version_1(tmp_path / "books.db")
    with closing(sqlite3.connect(path)) as other:
        other.execute("DROP TRIGGER entries_no_update")
    with pytest.raises(GuardMissing, match="entries_no_update is missing"):
        open_store(path)


def test_migrations_are_numbered_without_gaps() -> None:
    versions = [one.version for one in schema.migrations()]
    assert versions == list(range(1, len(versions) + 1))
