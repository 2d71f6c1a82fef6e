"""Copying all books of a database into another database, row by row."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings
from support import ledger_machine as machine
from support.engines import ENGINES, RUNNING, Engines
from support.ledger_fixture import Clock, StationLedger, register_all

from supplies.access import users
from supplies.access.access_context import AccessContext
from supplies.cli import main
from supplies.demo.longxue import STATION, Scene, SceneClock
from supplies.domain import commands as c
from supplies.domain.catalogue_records import Station
from supplies.errors import AlreadyDone, BooksBroken, DiskFull, InvalidField, NotADatabase
from supplies.ledger.ledger import Ledger
from supplies.maintenance import copy as moving
from supplies.maintenance.copy import copy_books
from supplies.signing.station_keys import create_first_key
from supplies.storage import introspection, schema
from supplies.storage.engines import database_file, open_store
from supplies.storage.idempotency import IdempotencyKey, StoredResponse
from supplies.storage.sqlite.store import SqliteStore
from supplies.storage.store import Row
from supplies.verification.verify import verify

Rows = dict[str, list[Row]]


@pytest.fixture(autouse=True)
def _small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Copy few rows at a time, so that every table takes several rounds."""
    monkeypatch.setattr(moving, "BATCH_ROWS", 7)


@pytest.fixture(params=ENGINES)
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database, on each engine."""
    with empty_target(str(request.param), tmp_path) as url:
        yield url


@contextmanager
def empty_target(engine: str, folder: Path) -> Iterator[str]:
    if engine == "sqlite":
        yield str(folder / "moved.db")
    else:
        with RUNNING.server.empty() as url:
            yield url


@pytest.fixture(scope="module", params=ENGINES)
def source(
    request: pytest.FixtureRequest, engines: Engines, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The scene, a second station, a user and a stored response, on each engine."""
    clock = SceneClock()
    with engines.books(request.param, tmp_path_factory.mktemp("source")) as url:
        with Ledger.open(url, station=STATION, clock=clock) as ledger:
            Scene(ledger, clock).book()
            with ledger.admin_transaction() as books:
                new = users.NewUser(login="chen", role="coordinator")
                users.add(AccessContext(books, clock()), new, by="u_1")
                stored = StoredResponse(status=200, location=None, seq=1, answer=b"{}")
                ledger.stored_responses.keep(IdempotencyKey("u_1", "k", b"{}"), stored, now=clock())
        with Ledger.open(url, station="bj", clock=clock, new_station=True) as other:
            other.register(Station(code="bj", name="Beijing", series="BJ"))
            other.record(c.RecordActivity(kind="visit", count=1), by="u_1")
        yield url


def rows(url: str) -> Rows:
    """Return the rows of all tables but the list of migrations, which each database has."""
    with closing(open_store(url, create=False)) as store:
        return {
            name: sorted(store.all(f"SELECT {', '.join(table.columns)} FROM {name}"), key=repr)
            for name, table in introspection.tables().items()
            if name != "migrations"
        }


def is_nothing(url: str) -> bool:
    """Return whether there are no books, not even in part."""
    if url.endswith(".db"):
        return not list(Path(url).parent.glob("moved.db*"))
    with pytest.raises(NotADatabase, match="is empty"):
        open_store(url, create=False)
    return True


# --- what arrives --------------------------------------------------------------------------------


def test_every_row_is_copied_and_the_copy_can_be_written(source: str, target: str) -> None:
    before = rows(source)
    copied = copy_books(source, target)
    assert rows(target) == rows(source) == before
    assert copied.rows == {table: len(found) for table, found in before.items()}
    assert [each.station for each in copied.verified.stations] == ["bj", STATION]
    clock = SceneClock()
    clock.day(29)
    with Ledger.open(target, station=STATION, clock=clock, create=False) as ledger:
        last = copied.verified.stations[1].entries
        gift = c.RecordDonation(
            location="store-a",
            handled_by="x",
            lines=[c.DonationLine(item="mask", quantity=1)],
        )
        assert ledger.record(gift, by="u_1").seq == last + 1
        assert ledger.verify().entries == last + 2


def test_security_definer_functions_of_a_copy_cannot_be_called(source: str, tmp_path: Path) -> None:
    with empty_target("postgresql", tmp_path) as target:
        copy_books(source, target)
        with psycopg.connect(target) as other:
            for name in schema.SECURITY_DEFINER_SINCE:
                called = f"has_function_privilege('public', '{name}()', 'EXECUTE')"
                assert other.execute(f"SELECT {called}".encode()).fetchone() == (False,)


def test_a_copy_is_a_snapshot_while_entries_are_recorded(
    station: StationLedger, books_url: str, target: str
) -> None:
    station.give(10)
    before = rows(books_url)

    def report_progress(what: str, done: int, total: int) -> None:
        station.give(1)

    copy_books(books_url, target, report_progress)
    assert rows(target) == before
    assert rows(books_url) != before


PROFILE = settings(machine.PROFILE, max_examples=3, stateful_step_count=30)


class CopyingLedgerMachine(machine.LedgerMachine):
    """Copies the recorded books to a server and back, and compares all rows."""

    def finish(self) -> None:
        url = self.ledger.store.url.removeprefix("sqlite:///")
        with tempfile.TemporaryDirectory() as folder, RUNNING.server.empty() as server:
            back = f"{folder}/back.db"
            copy_books(url, server)
            copy_books(server, back)
            assert rows(url) == rows(server) == rows(back)
            clock = Clock(self.clock.day + timedelta(days=1))
            with Ledger.open(back, station="lx", clock=clock) as ledger:
                StationLedger(ledger, clock).give(3)
                verify(ledger.store)


TestCopyingLedgerMachine = CopyingLedgerMachine.TestCase
TestCopyingLedgerMachine.settings = PROFILE


# --- what is refused -----------------------------------------------------------------------------


def test_copying_onto_an_existing_database_is_refused(source: str, target: str) -> None:
    open_store(target).close()
    before = rows(target)
    with pytest.raises(AlreadyDone, match=r"exists already|contains tables already"):
        copy_books(source, target)
    assert rows(target) == before


def test_copying_books_onto_themselves_is_refused(source: str) -> None:
    with pytest.raises(InvalidField, match="another database"):
        copy_books(source, source)


def test_copying_books_that_fail_verification_is_refused(tmp_path: Path, target: str) -> None:
    books = str(tmp_path / "books.db")
    with Ledger.open(books, station="lx", clock=Clock()) as ledger:
        register_all(ledger)
        StationLedger(ledger, Clock()).give(3)
        guard = schema.sqlite_guards()["transfers_no_update"]
        ledger.store.run("DROP TRIGGER transfers_no_update")
        ledger.store.run("UPDATE transfers SET quantity = 2")
        ledger.store.run(guard)
    with pytest.raises(BooksBroken):
        copy_books(books, target)
    assert is_nothing(target)


COPY = """
import sys
from supplies.maintenance.copy import copy_books
def told(what, done, total):
    if what == {until!r} and done >= total // 2:
        print("here", flush=True)
        sys.stdin.read()
copy_books({source!r}, {target!r}, told)
"""


def test_a_copied_file_has_no_write_ahead_log(source: str, tmp_path: Path) -> None:
    """With a log beside the file and a full disk, closing would lose the copied rows."""
    target = tmp_path / "moved.db"
    copy_books(source, str(target))
    written_with_a_log = target.read_bytes()[18:20] == b"\x02\x02"  # in SQLite's file format
    assert not written_with_a_log
    assert [path.name for path in tmp_path.iterdir()] == ["moved.db"]


def test_a_copy_onto_a_full_disk_leaves_no_file(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: SqliteStore) -> None:
        raise DiskFull("the disk is full")

    monkeypatch.setattr(SqliteStore, "leave_wal_mode", full)
    with pytest.raises(DiskFull):
        copy_books(source, str(tmp_path / "moved.db"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("until", ["copied", "verified"])
def test_a_killed_copy_leaves_nothing_and_can_be_repeated(
    station: StationLedger, books_url: str, target: str, until: str
) -> None:
    station.give(10)
    script = COPY.format(source=books_url, target=target, until=until)
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as copier:
        assert copier.stdout is not None
        assert copier.stdout.readline() == "here\n"
        copier.send_signal(signal.SIGKILL)
    if target.endswith(".db"):
        assert not Path(target).exists()
    else:
        with psycopg.connect(target, autocommit=True) as other:
            while other.execute(  # the server notices a moment later that the program has ended
                "SELECT 1 FROM pg_stat_activity WHERE application_name = 'supplies' "
                "AND datname = current_database()"
            ).fetchone():
                pass
        assert is_nothing(target)
    copy_books(books_url, target)
    assert rows(target) == rows(books_url)


# --- the command ---------------------------------------------------------------------------------


def test_the_copy_command_prints_what_was_copied_and_where_the_keys_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SUPPLIES_KEYS", raising=False)
    books, moved = str(tmp_path / "books.db"), str(tmp_path / "moved.db")
    with Ledger.open(books, station="lx", clock=Clock()) as ledger:
        register_all(ledger)
        StationLedger(ledger, Clock()).give(3)
    create_first_key(books)
    assert main(["copy", books, moved]) == 0
    output = capsys.readouterr()
    assert output.out.startswith("2 entries and 1 receipt of 1 station are copied and verified.")
    assert (
        f"The keys {tmp_path}/books.key are not copied: copy them to {tmp_path}/moved.key "
        "before serving." in output.out
    )
    assert output.err == ""
    with RUNNING.server.empty() as server:
        assert main(["copy", moved, server, "--json"]) == 0
        copied = json.loads(capsys.readouterr().out)
        assert (copied["entries"], copied["keys"]) == (2, str(tmp_path / "moved.key"))
        assert copied["rows"] > 10
    assert main(["copy", books, moved]) == 1
    assert "exists already" in capsys.readouterr().err


def test_the_copy_command_names_the_keys_of_a_server_until_they_are_copied(
    station: StationLedger,
    books_url: str,
    target: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("SUPPLIES_KEYS", raising=False)
    station.give(3)
    (tmp_path / "books.key").unlink(missing_ok=True)
    assert main(["copy", books_url, target]) == 0
    where = (
        "the file that SUPPLIES_KEYS names"
        if database_file(target) is None
        else f"{tmp_path}/moved.key"
    )
    output = capsys.readouterr().out
    assert "The station's keys are not copied: copy them to " in output
    assert where in output


def test_the_copy_command_does_not_mention_keys_in_place_or_unused(
    station: StationLedger,
    books_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SUPPLIES_KEYS", str(tmp_path / "station.key"))
    assert main(["copy", books_url, str(tmp_path / "none.db")]) == 0
    assert "keys" not in capsys.readouterr().out
    station.give(3)
    (tmp_path / "station.key").unlink()
    assert main(["copy", books_url, str(tmp_path / "lost.db")]) == 0
    assert "The station's keys are not copied" in capsys.readouterr().out
    create_first_key(books_url)
    assert main(["copy", books_url, str(tmp_path / "kept.db")]) == 0
    assert "keys" not in capsys.readouterr().out
