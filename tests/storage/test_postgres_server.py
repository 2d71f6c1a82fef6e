"""PostgreSQL's server: what is refused at the door, what is noticed, and what goes on meanwhile."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from support.engines import Server
from support.ledger_fixture import Clock, Desk, register_all

from supplies.cli import main
from supplies.domain import commands as c
from supplies.domain.catalogue_records import Item, Station
from supplies.errors import (
    Busy,
    GuardMissing,
    NewerVersion,
    NotADatabase,
    NotEnough,
    ReadOnly,
    StoreError,
    Uncertain,
)
from supplies.ledger.ledger import Ledger
from supplies.storage import schema
from supplies.storage.engines import open_store
from supplies.storage.postgresql import pool
from supplies.storage.postgresql.errors import translate_connection_error
from supplies.storage.postgresql.store import ANALYZE_AFTER_COMMITS
from supplies.verification.verify import verify

GIFT = c.RecordDonation(
    location="store", handled_by="x", lines=[c.DonationLine(item="mask", quantity=1)]
)


@pytest.fixture
def engine() -> str:
    return "postgresql"


@pytest.fixture
def own_url(postgres: Server) -> Iterator[str]:
    """A database that the test may change in more than rows."""
    with postgres.database() as url:
        yield url


@contextmanager
def superuser(url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def cut(other: psycopg.Connection) -> None:
    """End the ledger's connections, as a restart of the server does."""
    other.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
        "WHERE datname = current_database() AND application_name = 'supplies'"
    )


# --- at the door ---------------------------------------------------------------------------------


def test_a_database_that_is_not_there_is_named(postgres: Server) -> None:
    with pytest.raises(NotADatabase, match="there is no such database on the server"):
        open_store(postgres.url("nowhere"))


def test_a_user_that_is_not_there_and_a_server_that_is_not_there(
    postgres: Server, tmp_path: Path
) -> None:
    with pytest.raises(StoreError, match="there is no such user"):
        open_store(postgres.url("postgres").replace("postgres:@", "nobody:secret@"))
    with pytest.raises(Busy, match="no server answers there"):
        open_store("postgresql://me@127.0.0.1:1/books")
    with pytest.raises(Busy, match="no server answers on that socket"):
        open_store(f"postgresql:///books?host={tmp_path}")
    with pytest.raises(StoreError, match="is no address of a PostgreSQL database"):
        open_store("postgresql://me@host/books?colour=red")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:hunter2@127.0.0.1:1/x",
        "postgresql://h.invalid/x?password=hunter2",
        "postgresql://clerk:p@ss:w#rd/hunter2@127.0.0.1/books",
        "postgresql://clerk@h.invalid:hunter2@127.0.0.1/books",
        "postgresql://clerk:100%hunter2@127.0.0.1/books",
        "postgresql://h.invalid/x?password=p&hunter2",
        "postgresql:/clerk:hunter2@127.0.0.1/books",
        "postgresql:clerk:hunter2@127.0.0.1/books",
        "PostgreSQL://clerk:hunter2@127.0.0.1/books",
        "postgresq://clerk:hunter2@127.0.0.1/books",
        "clerk:hunter2@127.0.0.1/books",
        "host=127.0.0.1 user=clerk password=hunter2",
        "sqlite:///books.db?password=hunter2",
    ],
)
def test_a_password_is_never_told_however_its_url_is_mistyped(
    url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SUPPLIES_KEYS", str(tmp_path / "station.key"))
    books = str(tmp_path / "books.db")
    assert main(["init", "--name", "x", "--database", books]) == 0
    capfd.readouterr()
    for words in (
        ["init", "--name", "x", "--database", url],
        ["demo", "--database", url],
        ["report", "stock", "--database", url],
        ["verify", "--database", url],
        ["serve", "--database", url],
        ["station", "list", "--database", url],
        ["database", "grant", "clerk", "--database", url],
        ["backup", str(tmp_path / "backup.db"), "--database", url],
        ["restore", books, url],
        ["copy", url, str(tmp_path / "copy.db")],
        ["copy", books, url],
        ["forget", "as-in", url, "--database", books],
    ):
        assert main(words) == 1
        told = "".join(capfd.readouterr())
        assert told.startswith("supplies: ")
        assert told.count("\n") == 1
        assert "hunter2" not in told
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".db", ".key"]


@pytest.mark.parametrize(
    "said",
    [
        "the database system is starting up",
        "the database system is shutting down",
        "the database system is in recovery mode",
        "the database system is not accepting connections DETAIL: Hot standby mode is disabled.",
        "the database system is not yet accepting connections",
    ],
)
def test_a_server_that_is_about_to_be_there_is_waited_for(said: str) -> None:
    kind, sentence = translate_connection_error(
        f'connection to server at "h" failed: FATAL:  {said}'
    )
    assert kind is Busy
    assert "try again in a moment" in sentence


def test_a_database_of_another_program_is_refused_and_left_alone(postgres: Server) -> None:
    with postgres.empty() as url, superuser(url) as other:
        other.execute("CREATE TABLE recipes (name TEXT)")
        with pytest.raises(NotADatabase, match=r"another program.*recipes"):
            open_store(url)
        found = other.execute("SELECT count(*) FROM pg_class WHERE relname = 'entries'").fetchone()
        assert found == (0,)


def test_an_empty_database_is_no_ledger_unless_one_is_to_be_made(postgres: Server) -> None:
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


def test_books_that_do_not_say_their_version_are_refused(own_url: str) -> None:
    with superuser(own_url) as other:
        other.execute("SET session_replication_role = replica")
        other.execute("DELETE FROM migrations")
    with pytest.raises(NotADatabase, match="which version"):
        open_store(own_url)


def test_text_sorts_by_code_points_whatever_the_database_was_made_with(desk: Desk) -> None:
    desk.ledger.register(*(Item(code=code, name=code) for code in ("Z", "a", "B", "b-1", "b1")))
    codes = [code for (code,) in desk.books.all("SELECT code FROM items ORDER BY code")]
    assert codes == sorted(codes)
    assert codes[:2] == ["B", "Z"]


# --- guards --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tampered", "told"),
    [
        ("DROP TRIGGER transfers_move ON transfers", "transfers.transfers_move.*is missing"),
        ("ALTER TABLE entries DISABLE TRIGGER entries_head", "entries_head.*was changed"),
        ("ALTER TABLE transfers DISABLE TRIGGER ALL", "was changed|foreign keys are turned off"),
        ("ALTER TABLE balances DROP CONSTRAINT floor", "balances.floor.*is missing"),
        (
            "ALTER TABLE days DROP CONSTRAINT floor, ADD CONSTRAINT floor CHECK (quantity > -9)",
            "days.floor.*was changed",
        ),
        ("ALTER TABLE transfers DROP CONSTRAINT parcel", "the table transfers .* is not as"),
        (
            """CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql
            AS 'BEGIN RETURN NULL; END'""",
            "refuse_change.*was changed",
        ),
        (
            "CREATE TRIGGER quiet AFTER INSERT ON entries EXECUTE FUNCTION refuse_deletion()",
            "entries.quiet .* is not of this program",
        ),
        ("CREATE RULE quiet AS ON INSERT TO transfers DO INSTEAD NOTHING", "a rule rewrites it"),
    ],
)
def test_books_whose_guards_were_touched_are_not_opened(
    own_url: str, tampered: str, told: str
) -> None:
    with superuser(own_url) as other:
        other.execute(tampered.encode())
    with pytest.raises(GuardMissing, match=told):
        open_store(own_url)


def test_a_table_put_in_front_of_the_books_does_not_get_round_the_floor(
    desk: Desk, books_url: str
) -> None:
    """A temporary table is found first by whoever does not say whose table is meant."""
    desk.give(10)
    desk.allocate(10)
    with superuser(books_url) as pen:
        pen.execute("CREATE TEMP TABLE balances (LIKE balances)")
        pen.execute("CREATE TEMP TABLE days (LIKE days)")
        head = pen.execute("SELECT seq FROM heads").fetchone()
        assert head is not None
        with pytest.raises(psycopg.errors.CheckViolation, match="floor"):
            pen.execute(
                "INSERT INTO transfers SELECT station, seq, 9, day, 'stock:store', 'lost:mice', "
                "item, lot, 10, NULL, NULL FROM transfers WHERE seq = %s LIMIT 1",
                (head[0],),
            )


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("INSERT INTO lots SELECT station, 1, 'x', item, origin FROM lots", "with their entry"),
        ("UPDATE items SET code = 'm' WHERE code = 'soap'", "never the code"),
        ("UPDATE stations SET code = 'zz'", "never the code"),
        ("INSERT INTO erasures SELECT station, seq, 'x' FROM heads", "forgets its person"),
        ("INSERT INTO balances VALUES ('lx', 'lost:x', 'mask', 'l', 0, 0, 0)", "follow the tran"),
        (
            "INSERT INTO days VALUES ('lx', 'lost:x', 'mask', 'l', '2020-02-10', 0, 0, 0)",
            "follow the transfers",
        ),
    ],
)
def test_rows_that_no_entry_states_are_refused(
    desk: Desk, books_url: str, written: str, told: str
) -> None:
    desk.give(1)
    with superuser(books_url) as pen, pytest.raises(psycopg.IntegrityError, match=told):
        pen.execute(written.encode())


def test_each_guard_is_made_and_no_other(own_url: str) -> None:
    guards = schema.postgres_guards("public")
    with superuser(own_url) as other:
        made = {
            f"{table}.{name}"
            for table, name in other.execute(
                "SELECT c.relname, t.tgname FROM pg_trigger t "
                "JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal"
            )
        }
    assert made == set(guards.triggers)


# --- what a server does --------------------------------------------------------------------------


def test_a_connection_that_was_cut_is_made_anew(desk: Desk, books_url: str) -> None:
    desk.give(1)
    with superuser(books_url) as other:
        cut(other)
    desk.give(1)
    assert verify(desk.ledger.store).receipts == 2


def test_a_connection_cut_within_a_transaction_records_nothing_and_says_so(
    desk: Desk, books_url: str
) -> None:
    store = desk.ledger.store
    before = desk.entries()

    def writes() -> None:
        with store.writing():
            store.run("UPDATE items SET name = 'x' WHERE code = 'mask'")
            with superuser(books_url) as other:
                cut(other)
            store.run("UPDATE items SET name = 'y' WHERE code = 'mask'")

    with pytest.raises(Busy, match=r"stopped or restarted|was lost"):
        writes()
    desk.give(1)
    assert desk.entries() == before + 2
    assert desk.books.item("mask").name == "口罩"


def test_a_failed_transaction_is_never_taken_for_a_recorded_one(desk: Desk) -> None:
    """PostgreSQL answers COMMIT of a failed transaction with no error."""
    store = desk.ledger.store

    def writes() -> None:
        with store.writing(), suppress(StoreError):
            store.run("INSERT INTO nowhere VALUES (1)")

    with pytest.raises(StoreError, match="nothing was recorded"):
        writes()


def test_what_no_standby_confirmed_is_not_taken_for_recorded(
    postgres: Server, own_url: str
) -> None:
    """Whoever is no longer to wait for a standby is told COMMIT all the same, with a warning."""
    gift = "2fdd1f3a-7a2f-4f6e-9d3e-6c3a2a1f4b1d"
    with Ledger.open(own_url, station="lx", clock=Clock()) as ledger:
        register_all(ledger)
        ledger.store.run("SET synchronous_commit = on")
        # Nobody else waits: for them the tests' server turned it off.
        alone(postgres, "a standby that is not there")
        try:
            impatient = threading.Thread(target=end_the_wait, args=(own_url,))
            impatient.start()
            with pytest.raises(Uncertain, match="no standby has confirmed this"):
                ledger.record(GIFT, by="u_1", id=gift)
            impatient.join(timeout=60)
        finally:
            alone(postgres, "")
        assert ledger.record(GIFT, by="u_1", id=gift).repeated


def end_the_wait(url: str) -> None:
    """As an administrator does whose standby is gone, once somebody waits for it."""
    with superuser(url) as other:
        while not other.execute(
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event = 'SyncRep'"
        ).fetchall():
            pass


def alone(postgres: Server, standby: str) -> None:
    """Let commits wait for this standby; for none where it has no name."""
    name = f'"{standby}"' if standby else ""
    postgres.admin.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'".encode())
    postgres.admin.execute("SELECT pg_reload_conf()")


def test_a_database_that_takes_no_writes_says_so(own_url: str) -> None:
    with Ledger.open(own_url, station="lx", clock=Clock()) as ledger:
        register_all(ledger)
        ledger.store.run("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
        with pytest.raises(ReadOnly, match="name the primary server"):
            ledger.record(GIFT, by="u_1")
        assert ledger.books.head()[0] == 0


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("FATAL:  sorry, too many clients already", "no connection to spare"),
        ("FATAL:  remaining connection slots are reserved for roles", "no connection to spare"),
        ("server closed the connection unexpectedly", "was cut before it stood"),
        ("could not receive data from server: Connection reset by peer", "was cut before it stood"),
        ("No route to host", "no way there from here"),
    ],
)
def test_what_passes_by_itself_is_worth_another_try(said: str, told: str) -> None:
    kind, sentence = translate_connection_error(
        f'connection to server at "h", port 5432 failed: {said}'
    )
    assert kind is Busy
    assert told in sentence


def test_a_damaged_page_of_the_server_is_named(postgres: Server, own_url: str) -> None:
    make_books(own_url)
    with postgres.damaged_copy(own_url, "entries") as url:
        assert main(["verify", "--database", own_url]) == 0
        with pytest.raises(NotADatabase, match="a page of it is damaged"):
            verify_all(url)


def make_books(url: str) -> None:
    with Ledger.open(url, station="lx", clock=Clock()) as ledger:
        register_all(ledger)
        ledger.record(GIFT, by="u_1")


def verify_all(url: str) -> None:
    with closing(open_store(url)) as store:
        verify(store)


def test_a_user_without_the_right_to_write_is_told(own_url: str) -> None:
    with Ledger.open(own_url, station="lx", clock=Clock()) as ledger:
        register_all(ledger)
        ledger.store.run("SET ROLE pg_read_all_data")
        with pytest.raises(ReadOnly, match="grant the right"):
            ledger.record(GIFT, by="u_1")
        assert ledger.books.head()[0] == 0


def test_a_statement_that_takes_too_long_is_ended_and_said(desk: Desk) -> None:
    desk.ledger.store.run("SET statement_timeout = 30")
    with pytest.raises(Busy, match="statement_timeout"):
        desk.ledger.store.one("SELECT pg_sleep(5)")
    desk.ledger.store.run("SET statement_timeout = 0")
    desk.give(1)


def test_who_waits_too_long_for_a_station_is_told(
    desk: Desk, books_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "BUSY_TIMEOUT_MS", 50)
    store = desk.ledger.store
    with Ledger.open(books_url, station="lx", clock=Clock()) as other, store.writing():
        store.lock("lx")
        store.one("SELECT 1")
        with pytest.raises(Busy, match="has been holding these books"):
            other.record(GIFT, by="u_2")
    desk.give(1)


def test_stations_do_not_wait_for_one_another(desk: Desk, books_url: str) -> None:
    with Ledger.open(books_url, station="bj", clock=Clock()) as other:
        other.register(Station(code="bj", name="Beijing", series="BJ"))
        with desk.ledger.store.writing():
            desk.ledger.store.lock("lx")
            desk.ledger.store.run("UPDATE items SET name = 'held' WHERE station = 'lx'")
            other.register(Item(code="mask", name="mask"))
            done = other.record(c.RecordActivity(kind="visit", count=1), by="u_2")
        assert done.seq == 1
    verify(desk.ledger.store)


def test_what_another_connection_says_of_a_noun_is_seen(desk: Desk, books_url: str) -> None:
    with desk.ledger.reading() as books:
        assert books.item("mask").name == "口罩"
    with Ledger.open(books_url, station="lx", clock=Clock()) as other:
        other.amend(Item(code="mask", name="mask", packs={"crate": 7}))
    with desk.ledger.reading() as books:
        assert books.item("mask").name == "mask"
    with superuser(books_url) as pen:
        pen.execute("UPDATE items SET name = 'by hand' WHERE code = 'mask'")
    with desk.ledger.reading() as books:
        assert books.item("mask").name == "by hand"


def test_a_reader_sees_one_state_while_others_write(desk: Desk, books_url: str) -> None:
    with (
        Ledger.open(books_url, station="lx", clock=Clock()) as other,
        other.reading() as books,
    ):
        assert books.head()[0] == 0
        desk.give(1)
        assert books.head()[0] == 0


def test_a_refusal_by_the_floor_leaves_the_rest_of_a_batch(desk: Desk) -> None:
    desk.stock(5)
    store = desk.ledger.store
    with store.writing():
        with pytest.raises(NotEnough), store.savepoint():
            store.run(
                "INSERT INTO transfers SELECT station, seq, 9, day, 'stock:store', 'lost:mice', "
                "item, lot, 99, NULL, NULL FROM transfers WHERE seq = 1"
            )
        assert store.one("SELECT count(*) FROM entries") == (1,)


def test_the_planner_is_shown_new_books_before_they_grow(own_url: str) -> None:
    """Else an entry is looked for in an index that has to be read from one end to the other."""
    plan = "EXPLAIN SELECT body FROM entries WHERE station = 'lx' AND id = 'x'"
    with Ledger.open(own_url, station="lx", clock=Clock()) as ledger:
        register_all(ledger)
        for _ in range(ANALYZE_AFTER_COMMITS):
            ledger.record(GIFT, by="u_1")
        (first, *_) = ledger.store.all(plan)
        assert "entries_station_id_key" in first[0]


def _open(url: str, barrier: Any, answers: Any) -> None:
    barrier.wait()
    try:
        open_store(url).close()
        answers.put("made")
    except StoreError as error:
        answers.put(str(error))


def test_processes_that_start_together_make_the_tables_once(postgres: Server) -> None:
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


def test_writers_in_threads_on_two_stations_finish_together(desk: Desk, books_url: str) -> None:
    """Whoever took locks in another order than the rest would be found here sooner or later."""
    with Ledger.open(books_url, station="bj", clock=Clock()) as other:
        other.register(Station(code="bj", name="Beijing", series="BJ"))
    failed: list[Exception] = []

    def writes(station: str) -> None:
        try:
            with Ledger.open(books_url, station=station, clock=Clock()) as ledger:
                for _ in range(25):
                    ledger.record(c.RecordActivity(kind="visit", count=1), by="u_1")
        except Exception as error:
            failed.append(error)

    writers = [threading.Thread(target=writes, args=(name,)) for name in ("lx", "bj", "lx", "bj")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=60)
    assert failed == []
    assert verify(desk.ledger.store).entries == 100
