"""Opening a PostgreSQL database: which URLs and databases are refused, and the error of each."""

from __future__ import annotations

import multiprocessing
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from support.engines import Server
from support.postgres_sessions import superuser

from supplies.errors import (
    Busy,
    NewerVersion,
    NotADatabase,
    StoreError,
)
from supplies.storage import schema
from supplies.storage.engines import open_store
from supplies.storage.postgresql.errors import translate_connection_error


@pytest.fixture
def engine() -> str:
    return "postgresql"


def test_a_missing_database_is_refused_with_its_name(postgres: Server) -> None:
    with pytest.raises(NotADatabase, match="there is no such database on the server"):
        open_store(postgres.url("nowhere"))


def test_a_missing_user_or_server_or_an_invalid_url_is_refused(
    postgres: Server, tmp_path: Path
) -> None:
    with pytest.raises(StoreError, match="there is no such user"):
        open_store(postgres.url("postgres").replace("postgres:@", "nobody:secret@"))
    with pytest.raises(Busy, match="no server answers there"):
        open_store("postgresql://me@127.0.0.1:1/books")
    with pytest.raises(Busy, match="no server answers on that socket"):
        open_store(f"postgresql:///books?host={tmp_path}")
    with pytest.raises(StoreError, match="is not the address of a PostgreSQL database"):
        open_store("postgresql://me@host/books?colour=red")


@pytest.mark.parametrize(
    "message",
    [
        "the database system is starting up",
        "the database system is shutting down",
        "the database system is in recovery mode",
        "the database system is not accepting connections DETAIL: Hot standby mode is disabled.",
        "the database system is not yet accepting connections",
    ],
)
def test_a_starting_server_is_reported_as_busy(message: str) -> None:
    kind, sentence = translate_connection_error(
        f'connection to server at "h" failed: FATAL:  {message}'
    )
    assert kind is Busy
    assert "try again in a moment" in sentence


def test_a_database_of_another_program_is_refused_and_unchanged(postgres: Server) -> None:
    with postgres.empty() as url, superuser(url) as other:
        other.execute("CREATE TABLE recipes (name TEXT)")
        with pytest.raises(NotADatabase, match=r"another program.*recipes"):
            open_store(url)
        found = other.execute("SELECT count(*) FROM pg_class WHERE relname = 'entries'").fetchone()
        assert found == (0,)


def test_an_empty_database_is_opened_only_to_create_books(postgres: Server) -> None:
    with postgres.empty() as url:
        with pytest.raises(NotADatabase, match="supplies init"):
            open_store(url, create=False)
        open_store(url).close()
        open_store(url, create=False).close()


def test_books_of_a_newer_version_are_refused(own_url: str) -> None:
    with superuser(own_url) as other:
        other.execute("INSERT INTO migrations VALUES (99, 'some day')")
    with pytest.raises(NewerVersion, match="upgrade this program"):
        open_store(own_url)


def test_books_without_a_version_are_refused(own_url: str) -> None:
    with superuser(own_url) as other:
        other.execute("SET session_replication_role = replica")
        other.execute("DELETE FROM migrations")
    with pytest.raises(NotADatabase, match="which version"):
        open_store(own_url)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("FATAL:  sorry, too many clients already", "no free connection"),
        ("FATAL:  remaining connection slots are reserved for roles", "no free connection"),
        ("server closed the connection unexpectedly", "was cut while it was made"),
        (
            "could not receive data from server: Connection reset by peer",
            "was cut while it was made",
        ),
        ("No route to host", "cannot be reached"),
    ],
)
def test_a_temporary_connection_error_is_reported_as_busy(message: str, expected: str) -> None:
    kind, sentence = translate_connection_error(
        f'connection to server at "h", port 5432 failed: {message}'
    )
    assert kind is Busy
    assert expected in sentence


def _open(url: str, barrier: Any, answers: Any) -> None:
    barrier.wait()
    try:
        open_store(url).close()
        answers.put("made")
    except StoreError as error:
        answers.put(str(error))


def test_processes_that_start_together_create_the_tables_once(postgres: Server) -> None:
    context = multiprocessing.get_context("spawn")
    barrier, answers = context.Barrier(4), context.Queue()
    with postgres.empty() as url:
        runners = [context.Process(target=_open, args=(url, barrier, answers)) for _ in range(4)]
        for runner in runners:
            runner.start()
        assert [answers.get(timeout=60) for _ in runners] == ["made"] * 4
        for runner in runners:
            runner.join(timeout=60)
        with closing(open_store(url)) as store:
            made = store.all("SELECT version FROM migrations ORDER BY version")
            assert made == [(one.version,) for one in schema.migrations()]
