"""Files that cannot contain books are refused with one message, and new files are private."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from support.database_files import GIFT, make_books
from support.ledger_fixture import Clock, StationLedger, register_all

from supplies.cli import main
from supplies.domain import commands as c
from supplies.errors import (
    Busy,
    DiskFull,
    GuardMissing,
    InvalidField,
    NewerVersion,
    NotADatabase,
    ReadOnly,
    StoreError,
)
from supplies.ledger.ledger import Ledger
from supplies.maintenance.backup import back_up, restore
from supplies.maintenance.copy import copy_books
from supplies.storage import schema
from supplies.storage.engines import open_store
from supplies.storage.sqlite import store as sqlite_store
from supplies.verification.verify import verify


@pytest.fixture
def engine() -> str:
    """Only SQLite: these tests are about its file. `test_postgres_opening` is about PostgreSQL."""
    return "sqlite"


def test_a_file_in_another_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "letter.db"
    path.write_text("Dear all, " * 200)
    with pytest.raises(NotADatabase, match=r"letter\.db is not a database"):
        Ledger.open(str(path), station="lx")
    assert path.read_text().startswith("Dear all")


def test_a_database_of_another_program_is_refused_and_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE recipes (name TEXT)")
    other.close()
    with pytest.raises(NotADatabase, match=r"another program.*recipes"):
        Ledger.open(str(path), station="lx")
    with sqlite3.connect(path) as other:
        assert other.execute("SELECT count(*) FROM sqlite_master").fetchone() == (1,)
    other.close()


def test_a_directory_instead_of_a_database_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotADatabase, match="is a directory"):
        open_store(str(tmp_path))


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nowhere does not exist"):
        open_store(str(tmp_path / "nowhere" / "books.db"))


def test_new_books_are_readable_only_by_their_owner_with_any_umask(books_path: Path) -> None:
    before = os.umask(0o022)
    try:
        with Ledger.open(str(books_path), station="lx", clock=Clock()) as ledger:
            register_all(ledger)
            files = {path.name: path.stat().st_mode & 0o777 for path in books_path.parent.iterdir()}
    finally:
        os.umask(before)
    assert files == {"books.db": 0o600, "books.db-wal": 0o600, "books.db-shm": 0o600}


def test_a_missing_file_is_created_only_on_request(tmp_path: Path) -> None:
    with pytest.raises(NotADatabase, match="supplies init"):
        open_store(str(tmp_path / "books.db"), create=False)
    assert not (tmp_path / "books.db").exists()


def test_an_unknown_kind_of_database_is_refused() -> None:
    with pytest.raises(InvalidField, match="mysql:// is not a kind of database"):
        open_store("mysql://here/books")


def test_an_absolute_path_in_a_url_takes_four_slashes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidField, match=f"four slashes: sqlite:///{tmp_path}/books.db"):
        open_store(f"sqlite://{tmp_path}/books.db")
    open_store(f"sqlite:///{tmp_path}/books.db").close()
    open_store("sqlite:///others.db").close()
    assert (tmp_path / "books.db").exists()
    assert (tmp_path / "others.db").exists()


def test_books_of_a_newer_version_are_refused(books_path: Path) -> None:
    make_books(books_path)
    with sqlite3.connect(books_path) as raw:
        raw.execute("INSERT INTO migrations VALUES (99, '2030-01-01')")
    raw.close()
    with pytest.raises(
        NewerVersion, match=f"version 99, this program knows {schema.latest_version()}"
    ):
        Ledger.open(str(books_path), station="lx")


def test_books_with_a_dropped_trigger_are_not_opened(books_path: Path) -> None:
    make_books(books_path)
    with sqlite3.connect(books_path) as raw:
        raw.execute("DROP TRIGGER entries_no_delete")
    raw.close()
    with pytest.raises(GuardMissing, match=r"entries_no_delete.*is missing"):
        Ledger.open(str(books_path), station="lx")


def test_books_with_a_weakened_trigger_are_not_opened(books_path: Path) -> None:
    make_books(books_path)
    with sqlite3.connect(books_path) as raw:
        raw.execute("DROP TRIGGER transfers_no_update")
        raw.execute(
            "CREATE TRIGGER transfers_no_update BEFORE UPDATE ON transfers BEGIN SELECT 1; END"
        )
    raw.close()
    with pytest.raises(GuardMissing, match=r"transfers_no_update.*was changed"):
        Ledger.open(str(books_path), station="lx")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("DROP INDEX one_outcome_a_stop", "one_outcome_a_stop is missing"),
        ("DROP VIEW goods_on_the_shelf", "goods_on_the_shelf is missing"),
        (
            "CREATE TRIGGER swallow BEFORE INSERT ON erasable BEGIN SELECT RAISE(IGNORE); END",
            "swallow on erasable does not belong to this program",
        ),
    ],
)
def test_each_missing_trigger_or_constraint_is_named(
    books_path: Path, damage: str, message: str
) -> None:
    make_books(books_path)
    with sqlite3.connect(books_path) as raw:
        raw.execute(damage)
    raw.close()
    with pytest.raises(GuardMissing, match=message):
        Ledger.open(str(books_path), station="lx")


def test_books_without_triggers_can_be_verified(
    books_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_books(books_path)
    with sqlite3.connect(books_path) as raw:
        raw.execute("DROP TRIGGER lots_no_update")
    raw.close()
    assert main(["verify", "--database", str(books_path)]) == 1
    assert (
        "every row agrees with the hash chain, but the guard lots_no_update is missing"
        in capsys.readouterr().err
    )
    with sqlite3.connect(books_path) as raw:
        raw.execute("UPDATE lots SET batch = 'X'")
    raw.close()
    assert main(["verify", "--database", str(books_path)]) == 1
    assert "lots.batch: expected nothing, found X" in capsys.readouterr().err


def test_an_address_that_names_no_file_is_refused() -> None:
    with pytest.raises(InvalidField, match=r"write sqlite:///books\.db"):
        open_store("sqlite://books.db")


def test_a_locked_database_is_reported_and_nothing_is_recorded(
    station: StationLedger, books_path: Path
) -> None:
    store = station.ledger.store
    assert isinstance(store, sqlite_store.SqliteStore)
    store.set_busy_timeout(50)
    holder = sqlite3.connect(books_path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(Busy, match=r"another program has locked .*books\.db"):
        station(GIFT)
    holder.execute("ROLLBACK")
    holder.close()
    assert station.entries() == 0
    station(GIFT)


def give_until_refused(station: StationLedger) -> None:
    for _ in range(2000):
        station(GIFT)


def test_a_full_disk_is_reported_and_nothing_is_partly_recorded(station: StationLedger) -> None:
    station(GIFT)
    before = station.entries()
    pages = station.ledger.store.one("PRAGMA page_count")
    assert pages is not None
    station.ledger.store.run(f"PRAGMA max_page_count = {pages[0]}")
    with pytest.raises(DiskFull, match="is full; nothing was recorded"):
        give_until_refused(station)
    station.ledger.store.run("PRAGMA max_page_count = 1000000")
    verify(station.ledger.store)
    after = station.entries()
    assert after >= before
    station(GIFT)
    assert station.entries() == after + 2


@contextmanager
def not_as_root() -> Iterator[None]:
    """Run as the user nobody for a while, because root may write everything."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("mode", [0o555, 0o755])
def test_writing_to_a_read_only_file_is_reported(mode: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "books.db"
        make_books(path)
        path.chmod(0o444)
        Path(folder).chmod(mode)
        with (
            not_as_root(),
            pytest.raises(StoreError, match=r"books\.db (may not|cannot)") as refused,
        ):
            write_into(path)
        Path(folder).chmod(0o755)
        assert isinstance(refused.value, ReadOnly) or "this user" in str(refused.value)
        path.chmod(0o644)
        with Ledger.open(str(path), station="lx", clock=Clock()) as ledger:
            assert ledger.books.last_entry().seq == 2


def test_a_backup_in_a_read_only_folder_can_be_read(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with places() as (folder, to):
        books, backup = folder.parent / "books.db", folder / "backup.db"
        make_books(books)
        back_up(str(books), backup)
        backup.chmod(0o444)
        folder.chmod(0o555)
        with not_as_root():
            with closing(open_store(str(backup), create=False)) as store:
                assert verify(store).entries == 2
                with pytest.raises(ReadOnly, match="cannot be written; nothing was recorded"):
                    write_into(backup)
            assert main(["verify", "--database", str(backup)]) == 0
            assert "this verification was not logged" in capsys.readouterr().err
            assert copy_books(str(backup), str(to / "copy.db")).verified.entries == 2
            assert restore(backup, str(to / "restored.db")).entries == 2


def test_books_with_a_write_ahead_log_in_a_read_only_folder_are_refused() -> None:
    with places() as (folder, to):
        books = folder / "books.db"
        make_books(books)
        (folder / "books.key").unlink()
        books.chmod(0o444)
        folder.chmod(0o555)
        message = r"books\.db cannot be written, and readers must write its log too"
        with not_as_root():
            with pytest.raises(ReadOnly, match=message):
                open_store(str(books), create=False)
            with pytest.raises(ReadOnly, match=message):
                restore(books, str(to / "restored.db"))
            assert list(to.iterdir()) == []


@contextmanager
def places() -> Iterator[tuple[Path, Path]]:
    """A folder to be made read-only, and one to write to, where the user nobody can reach them."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        medium, to = Path(name) / "medium", Path(name) / "to"
        for folder in (medium, to):
            folder.mkdir()
            folder.chmod(0o777)
        yield medium, to
        medium.chmod(0o777)


def write_into(path: Path) -> None:
    with Ledger.open(str(path), station="lx", clock=Clock()) as ledger:
        ledger.record(GIFT, by="u_1")


def test_the_log_is_cut_after_a_slow_reader(station: StationLedger, books_path: Path) -> None:
    store, log = station.ledger.store, Path(f"{books_path}-wal")
    store.run("CREATE TABLE scratch (content BLOB)")
    with Ledger.open(str(books_path), station="lx") as reader, reader.reading() as books:
        books.last_entry()
        for _ in range(2):
            store.run("INSERT INTO scratch VALUES (zeroblob(40000000))")
        assert log.stat().st_size > 2 * sqlite_store.MAX_IDLE_LOG_BYTES
    for _ in range(2):  # The first copies the log into the file, the second begins it anew.
        store.run("INSERT INTO scratch VALUES (zeroblob(1))")
    assert log.stat().st_size <= sqlite_store.MAX_IDLE_LOG_BYTES


def test_an_sqlite_that_is_too_old_is_refused_with_its_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_store, "MINIMUM_VERSION", (99, 0, 0))
    with pytest.raises(StoreError, match=r"is too old: 3\.37 or newer is needed"):
        open_store(str(tmp_path / "books.db"))


def test_erased_texts_do_not_remain_in_the_file(station: StationLedger, books_path: Path) -> None:
    secret = "for my neighbour Zhu Bajie"
    station.give(5, wish=secret)
    wal = books_path.with_name(books_path.name + "-wal")
    assert secret.encode() in books_path.read_bytes() + wal.read_bytes()
    station(c.ForgetDonor(donor="D-1"))
    assert secret.encode() not in books_path.read_bytes() + wal.read_bytes()
    assert "广州某企业".encode() not in books_path.read_bytes() + wal.read_bytes()
