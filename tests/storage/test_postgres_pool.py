"""PostgreSQL's connections: shared by a process, limited, replaced if lost, closed at the end."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import ConnectionPool
from support.engines import Server
from support.tcp_proxy import tcp_proxy

from supplies.errors import Busy, StoreError
from supplies.storage.engines import open_store
from supplies.storage.postgresql.pool import Address
from supplies.storage.store import Store

HOW_MANY = (
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND application_name = 'supplies'"
)


@pytest.fixture
def url(postgres: Server) -> Iterator[str]:
    with postgres.books() as url:
        yield url


@contextmanager
def many(count: int, url: str) -> Iterator[list[Store]]:
    with ExitStack() as stack:
        stores = [open_store(url) for _ in range(count)]
        for store in stores:
            stack.callback(store.close)
        yield stores


def with_bounds(url: str, connections: int, wait: int) -> str:
    mark = "&" if "?" in url else "?"
    return f"{url}{mark}connections={connections}&connection_wait={wait}"


def connections(url: str) -> int:
    with psycopg.connect(url) as other:
        (count,) = other.execute(HOW_MANY).fetchone() or (None,)
        assert isinstance(count, int)
        return count


def test_many_stores_need_few_connections(url: str) -> None:
    with many(20, url) as stores:
        for store in stores:
            with store.writing():
                store.lock("lx")
        assert connections(url) == 1


def test_stores_used_at_once_have_separate_connections(url: str) -> None:
    with many(3, url) as (one, two, three), one.reading(), two.reading():
        assert three.one("SELECT 1") == (1,)
        assert connections(url) == 3


def test_closing_the_last_store_ends_all_threads_and_connections(url: str) -> None:
    before = set(threading.enumerate())
    with many(2, url) as (one, two):
        one.close()
        one.close()
        assert two.one("SELECT 1") == (1,)
    assert set(threading.enumerate()) == before
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SELECT pg_stat_clear_snapshot()")
        while other.execute(HOW_MANY).fetchone() != (0,):  # the server notices a moment later
            pass


def test_waiting_for_a_connection_ends_after_the_time_limit(url: str) -> None:
    bounded = with_bounds(url, connections=2, wait=1)
    with many(3, bounded) as (one, two, three):
        with one.reading(), two.reading(), pytest.raises(Busy, match="all 2 connections of this"):
            three.one("SELECT 1")
        assert three.one("SELECT 1") == (1,)


def test_a_store_waits_for_a_free_connection(url: str) -> None:
    bounded = with_bounds(url, connections=1, wait=20)
    with many(2, bounded) as (one, two):
        answers: list[object] = []
        waits = threading.Thread(target=lambda: answers.append(two.one("SELECT 1")))
        with one.reading():
            waits.start()
            assert one.one("SELECT 2") == (2,)
        waits.join()
        assert answers == [(1,)]


def test_a_server_without_free_connections_is_reported_as_busy(postgres: Server, url: str) -> None:
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("CREATE ROLE guest LOGIN CONNECTION LIMIT 0")
        try:
            with pytest.raises(Busy, match="no free connection"):
                open_store(url.replace("//postgres:", "//guest:"))
        finally:
            other.execute("DROP ROLE guest")


def test_connections_lost_while_idle_are_replaced(url: str) -> None:
    with many(3, url) as stores:
        one, two, three = stores
        with one.reading(), two.reading(), three.reading():
            for store in stores:
                store.one("SELECT 1")
        with psycopg.connect(url, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND application_name = 'supplies'"
            )
        for store in stores:
            assert store.one("SELECT 1") == (1,)


def test_a_refusing_server_is_reported_at_once_and_used_again_later(
    postgres: Server,
) -> None:
    with postgres.database() as url, many(2, with_bounds(url, 8, wait=600)) as (one, two):
        (name,) = one.one("SELECT current_database()") or ("",)
        close = f"ALTER DATABASE {name} ALLOW_CONNECTIONS"
        postgres.admin.execute(f"{close} false".encode())
        postgres.admin.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s",
            (name,),
        )
        for store in (one, two, one):
            with pytest.raises(StoreError, match="not currently accepting connections"):
                store.one("SELECT 1")
        postgres.admin.execute(f"{close} true".encode())
        for store in (one, two):
            assert store.one("SELECT 1") == (1,)


def test_only_one_thread_waits_for_a_server_that_does_not_answer(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    glances: list[float] = []
    really = ConnectionPool.getconn

    def getconn(pool: Any, timeout: float) -> Any:
        glances.append(timeout)
        return really(pool, timeout)

    monkeypatch.setattr(ConnectionPool, "getconn", getconn)
    with tcp_proxy(url) as proxy, many(1, with_bounds(proxy.url, 8, wait=1)) as (store,):
        proxy.fall_silent()
        for waits in (True, False, False):
            glances.clear()
            with pytest.raises(Busy, match="the server does not answer"):
                store.one("SELECT 1")
            assert (len(glances) > 1) == waits
        proxy.close()
        proxy.open()
        while True:  # until the attempts to connect to the silent server are given up
            with suppress(Busy):
                assert store.one("SELECT 1") == (1,)
                break


def test_connections_have_keepalive_and_timeout_settings() -> None:
    """The URL can override them. The system's own timeout is a quarter of an hour."""
    settings = conninfo_to_dict(Address.parse("postgresql://me@host/books").conninfo)
    assert (settings["tcp_user_timeout"], settings["keepalives_idle"]) == ("15000", "5")
    url = "postgresql://me@host/books?tcp_user_timeout=60000"
    assert conninfo_to_dict(Address.parse(url).conninfo)["tcp_user_timeout"] == "60000"


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_opens_its_own_connections(url: str) -> None:
    context = multiprocessing.get_context("fork")
    pid = "SELECT pg_backend_pid()"
    with many(1, url) as (store,):
        parent_pid = store.one(pid)
        answers = context.SimpleQueue()
        child = context.Process(target=lambda: answers.put(store.one(pid)))
        child.start()
        child_connections = answers.get()
        child.join()
        assert child.exitcode == 0
        assert child_connections is not None
        assert child_connections != parent_pid
        assert store.one(pid) == parent_pid


@pytest.mark.parametrize("message", ["connections=0", "connections=many", "connection_wait=-1"])
def test_an_invalid_pool_setting_is_refused(message: str) -> None:
    with pytest.raises(StoreError, match=f"{message} is not a number from 1 to 1000"):
        open_store(f"postgresql://me@host/books?{message}")
