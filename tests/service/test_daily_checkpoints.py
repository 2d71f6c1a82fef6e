"""The service writes checkpoints once a day, and stores those of partner stations."""

from __future__ import annotations

import asyncio
import io
import json
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from litestar.testing import TestClient
from supplies_service import daily_checkpoints, separate_process
from supplies_service.app import create_app
from supplies_service.daily_checkpoints import (
    CheckpointPlan,
    DailyCheckpoints,
    Job,
    Outcome,
    run_job,
)
from supplies_service.serve import plan_checkpoints
from supplies_service.settings import Settings
from support.command_line import refused
from support.engines import Engines
from support.ledger_fixture import register_all
from support.rest_client import ADDRESS, issue_credentials, sessions, signed_in
from support.service_process import PATIENCE, free_port, running_service

from supplies.cli import main
from supplies.domain.catalogue_records import Station
from supplies.domain.commands import RecordActivity
from supplies.errors import InvalidField
from supplies.ledger.ledger import Ledger
from supplies.signing.checkpoints import Checkpoint, check_checkpoint, read_checkpoints
from supplies.signing.station_keys import KEYS_SETTING, StationKeys, create_first_key
from supplies.storage.engines import open_store
from supplies.verification.kept_checkpoints import list_latest

ON_FILES = pytest.mark.parametrize("engine", ["sqlite"])
"""For tests of what does not depend on the engine."""


class FakeClock:
    def __init__(self) -> None:
        self.now = datetime(2026, 2, 10, 4, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def fake_clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def url(
    engines: Engines, engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Books of station lx with one entry, and a key, on each engine."""
    monkeypatch.setenv(KEYS_SETTING, str(tmp_path / "station.key"))
    with engines.books(engine, tmp_path) as url:
        with Ledger.open(url, station="lx") as ledger:
            register_all(ledger)
        create_first_key(url)
        record(url, "lx")
        yield url


@pytest.fixture
def partner(tmp_path: Path) -> str:
    """Books of station hp in another file, with one entry, and a key."""
    path = str(tmp_path / "partner.db")
    with Ledger.open(path, station="hp", new_station=True) as ledger:
        ledger.register(Station(code="hp", name="partner", series="HP"))
    create_first_key(path)
    record(path, "hp")
    return path


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run each job in a thread instead of a process, which would need seconds to start."""

    async def run_in_thread(job: Job) -> Outcome:
        return await asyncio.to_thread(run_job, job)

    monkeypatch.setattr(daily_checkpoints, "_run_apart", run_in_thread)


def record(url: str, station: str) -> None:
    with Ledger.open(url, station=station) as ledger:
        ledger.record(RecordActivity(kind="visit", count=1), by="u_1")


def written(file: Path) -> list[Checkpoint]:
    return read_checkpoints(file.read_text(), "file") if file.exists() else []


def stored(url: str) -> list[Checkpoint]:
    with closing(open_store(url, create=False)) as store:
        return list_latest(store)


def task(url: str, file: Path, clock: FakeClock, *partners: str) -> DailyCheckpoints:
    plan = CheckpointPlan(file=str(file), partners=partners)
    return DailyCheckpoints(plan, url, only=None, clock=clock)


@pytest.mark.usefixtures("in_this_process")
def test_a_signed_checkpoint_of_each_station_is_added_once_a_day(
    url: str, tmp_path: Path, fake_clock: FakeClock
) -> None:
    file, first = tmp_path / "kept.txt", fake_clock.now
    daily = task(url, file, fake_clock)
    for hours in (0, 1, 22, 1, 24):
        fake_clock.now += timedelta(hours=hours)
        asyncio.run(daily.run_if_due())
    assert [one.at - first for one in written(file)] == [timedelta(), *map(timedelta, (1, 2))]
    for one in written(file):
        check_checkpoint(one, StationKeys.for_database(url).public_keys())
    assert daily.failed == 0
    record(url, "lx")
    assert main(["verify", "--witness", str(file), "--database", url]) == 0


@pytest.mark.usefixtures("in_this_process")
def test_workers_and_restarts_add_one_checkpoint_a_day(
    url: str, tmp_path: Path, fake_clock: FakeClock
) -> None:
    file = tmp_path / "kept.txt"

    async def at_once() -> None:
        workers = [task(url, file, fake_clock) for _ in range(3)]
        await asyncio.gather(*(one.run_if_due() for one in workers))

    asyncio.run(at_once())
    fake_clock.now += timedelta(hours=23)
    asyncio.run(at_once())
    assert len(written(file)) == 1
    fake_clock.now += timedelta(hours=1)
    asyncio.run(at_once())
    assert len(written(file)) == 2


@ON_FILES
@pytest.mark.usefixtures("in_this_process")
def test_a_checkpoint_of_a_clock_that_was_ahead_does_not_stop_later_ones(
    url: str, tmp_path: Path, fake_clock: FakeClock
) -> None:
    file = tmp_path / "kept.txt"
    fake_clock.now += timedelta(days=400)
    asyncio.run(task(url, file, fake_clock).run_if_due())
    fake_clock.now -= timedelta(days=400)
    daily = task(url, file, fake_clock)
    for hours in (0, 23, 1):
        fake_clock.now += timedelta(hours=hours)
        asyncio.run(daily.run_if_due())
    assert len(written(file)) == 3


@ON_FILES
def test_checkpoints_of_a_running_partner_are_stored_and_compared(
    url: str,
    partner: str,
    tmp_path: Path,
    fake_clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    log: io.StringIO,
) -> None:
    keys = str(tmp_path / "station.key")
    monkeypatch.delenv(KEYS_SETTING)
    port = free_port()
    with running_service(partner, port):
        monkeypatch.setenv(KEYS_SETTING, keys)
        daily = task(url, tmp_path / "kept.txt", fake_clock, f"http://127.0.0.1:{port}/api/witness")
        asyncio.run(daily.run_if_due())
    assert [(one.station, one.seq) for one in stored(url)] == [("hp", 1)]
    assert daily.failed == 0

    monkeypatch.delenv(KEYS_SETTING)
    rewritten = StationKeys.for_database(partner).sign_checkpoint(
        "hp", 1, "ab" * 32, by="hp", at=fake_clock.now
    )
    monkeypatch.setenv(KEYS_SETTING, keys)
    other = tmp_path / "other.txt"
    other.write_text(f"{rewritten}\n")
    fake_clock.now += timedelta(days=1)
    daily = task(url, tmp_path / "kept.txt", fake_clock, str(other))
    asyncio.run(daily.run_if_due())
    assert daily.failed == 1
    assert "showed two different entries 1" in log.getvalue()
    assert "showed two different entries 1" in refused(capsys, "verify", "--database", url)


@pytest.mark.usefixtures("in_this_process")
def test_a_partner_that_was_not_reached_is_asked_again_and_the_others_are_not(
    url: str, partner: str, tmp_path: Path, fake_clock: FakeClock, log: io.StringIO
) -> None:
    file, late, here = tmp_path / "kept.txt", tmp_path / "late.txt", tmp_path / "here.txt"
    signed = StationKeys.for_database(url).sign_checkpoint
    here.write_text(f"{signed('hp', 1, 'ab' * 32, by='hp', at=fake_clock.now)}\n")
    daily = task(url, file, fake_clock, str(late), str(here))
    asyncio.run(daily.run_if_due())
    assert daily.failed == 1
    (line,) = log.getvalue().splitlines()
    assert json.loads(line)["source"] == str(late)
    here.write_text("nothing")
    late.write_text(f"{signed('xh', 1, 'cd' * 32, by='xh', at=fake_clock.now)}\n")
    fake_clock.now += timedelta(hours=1)
    asyncio.run(daily.run_if_due())
    assert daily.failed == 0
    assert [one.station for one in stored(url)] == ["hp", "xh"]
    assert len(written(file)) == 1


@ON_FILES
def test_a_process_that_fails_again_and_again_counts_once_and_not_after_a_success(
    url: str, tmp_path: Path, fake_clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    daily = task(url, tmp_path / "kept.txt", fake_clock)
    with monkeypatch.context() as broken:
        broken.setattr(separate_process.sys, "executable", "/bin/false")
        for _ in range(3):
            asyncio.run(daily.run_if_due())
            fake_clock.now += timedelta(hours=1)
    assert daily.failed == 1
    asyncio.run(daily.run_if_due())
    assert daily.failed == 0
    assert len(written(tmp_path / "kept.txt")) == 1


@ON_FILES
@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize("content", ["Dear all", "supplies-checkpoint-1 lx one two"])
def test_a_file_with_other_content_is_kept_and_reported(
    url: str, tmp_path: Path, fake_clock: FakeClock, log: io.StringIO, content: str
) -> None:
    file = tmp_path / "letter.txt"
    file.write_text(content)
    daily = task(url, file, fake_clock)
    asyncio.run(daily.run_if_due())
    assert daily.failed == 1
    assert "checkpoints failed" in log.getvalue()
    assert file.read_text() == content


@ON_FILES
def test_a_full_file_is_renamed_and_a_new_one_begins(
    url: str, tmp_path: Path, fake_clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "kept.txt"
    monkeypatch.setattr(daily_checkpoints, "MAX_FILE_BYTES", 400)
    for days in range(2):
        now = fake_clock.now + timedelta(days=days)
        run_job(Job(database=url, only=None, file=str(file), partners=(), now=now))
    assert [one.at.day for one in written(file)] == [11]
    assert [one.at.day for one in written(tmp_path / "kept.txt.2026-02-11")] == [10]


@ON_FILES
def test_failures_are_in_the_metrics_and_the_health(
    url: str, tmp_path: Path, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daily_checkpoints, "FIRST_TICK_SECONDS", 0.0)
    plan = CheckpointPlan(file=str(tmp_path / "kept.txt"), partners=(str(tmp_path / "none"),))
    with Ledger.open(url, station="lx") as ledger:
        token, cookies = issue_credentials(ledger)["coordinator"], sessions(ledger)
    app = create_app(url, "lx", checkpoints=plan)
    with TestClient(app, base_url=ADDRESS) as client:
        signed_in(client, token)
        end = time.monotonic() + PATIENCE
        while "supplies_checkpoints_failed 1.0" not in client.get("/api/metrics").text:
            assert time.monotonic() < end
            time.sleep(0.05)
        attention = client.get("/api/health").json()["attention"]
        words = "daily checkpoints were not all written or stored (1)"
        assert any(words in one for one in attention)
        shown = []
        for role in ("coordinator", "recorder", "auditor"):
            headers = {"Accept-Language": "en", "Cookie": f"supplies_session={cookies[role]}"}
            shown.append(words in client.get("/", headers=headers).text)
        assert shown == [True, False, False]
    assert len(written(tmp_path / "kept.txt")) == 1


@ON_FILES
def test_the_file_is_beside_the_keys_unless_the_settings_name_another_or_none(
    url: str, tmp_path: Path
) -> None:
    chosen = str(tmp_path / "shared" / "kept.txt")
    default = plan_checkpoints(Settings(database=url, partners=("/mnt/hp.txt",)))
    assert default == CheckpointPlan(
        file=str(tmp_path / "station.key.checkpoints"), partners=("/mnt/hp.txt",)
    )
    assert plan_checkpoints(Settings(database=url, checkpoints="off")) is None
    with pytest.raises(InvalidField, match=r"SUPPLIES_CHECKPOINTS.*there is no folder"):
        plan_checkpoints(Settings(database=url, checkpoints=chosen))
    (tmp_path / "shared").mkdir()
    assert plan_checkpoints(Settings(database=url, checkpoints=chosen)) == CheckpointPlan(
        file=chosen
    )
    with pytest.raises(InvalidField, match=r"contains the keys|is a file of the books"):
        plan_checkpoints(Settings(database=url, checkpoints=str(tmp_path / "station.key")))


@contextmanager
def server_of(answer: bytes) -> Iterator[str]:
    """A server that sends these bytes to each client and closes the connection."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            self.request.sendall(answer)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/api/witness"
        server.shutdown()


@pytest.mark.parametrize(
    "answer",
    [
        b"220 mail.example.org\r\n",
        b"",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\nabc",
        b"HTTP/1.1 500 No\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n\xff\xfe",
        b"HTTP/1.1 302 Found\r\nlocation: file:///etc/passwd\r\n\r\n",
    ],
)
@ON_FILES
def test_a_server_that_does_not_speak_http_is_reported(
    url: str, answer: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    with server_of(answer) as address:
        error = refused(capsys, "station", "witness", "--database", url, address)
    assert address in error


def test_a_partner_that_sends_slowly_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from supplies.verification import checkpoint_sources

    monkeypatch.setattr(checkpoint_sources, "TIMEOUT_SECONDS", 0.5)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            self.request.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n")
            while not stop.wait(0.05):
                self.request.sendall(b"x")

    stop = threading.Event()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}/"
        with pytest.raises(InvalidField, match=r"took longer than 0\.5 seconds"):
            checkpoint_sources.read_witnesses((), [address], None)
        stop.set()
        server.shutdown()
