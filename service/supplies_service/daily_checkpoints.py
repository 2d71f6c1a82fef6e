"""Write checkpoints of the served stations once a day, and store those of partner stations.

A checkpoint is a signed line of text about the last entry of a station. `supplies serve` starts the
daily task in each worker. A separate process does the work, so that requests are not delayed. The
file of checkpoints shows when a checkpoint of each station was last written. So even with several
workers, each station gets one checkpoint a day.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from supplies.errors import InvalidField, SuppliesError
from supplies.ledger.clock import Clock
from supplies.maintenance.protected_files import refuse_files_of_books
from supplies.signing.checkpoints import (
    MAX_FILE_BYTES,
    Checkpoint,
    read_checkpoints,
    write_checkpoints,
)
from supplies.signing.station_keys import StationKeys
from supplies.storage.atomic_files import write_file
from supplies.storage.engines import open_store
from supplies.storage.store import Store
from supplies.verification.checkpoint_sources import read_file, read_witnesses
from supplies.verification.checkpoints import sign_checkpoints
from supplies.verification.kept_checkpoints import check_kept, keep
from supplies.verification.reader import Reader
from supplies_service.observability.logs import FIELDS, LOGGER
from supplies_service.separate_process import ProcessFailed, run_apart, serve_job

INTERVAL = timedelta(days=1)
"""Time from the last checkpoint of a station to its next one."""

TICK_SECONDS = 3600.0
"""Seconds between two checks for due work. At each check, partners that failed are asked again."""

FIRST_TICK_SECONDS = 60.0
"""Seconds from the start of the service to the first check for due work."""

MAX_RUN_SECONDS = 1800.0
"""Maximum number of seconds for a run of the process that makes checkpoints.

A process that takes longer is killed.
"""

_FILE_MODE = 0o644
"""File mode of the file of checkpoints, which contains no personal data."""

_log = logging.getLogger(LOGGER)


class CheckpointPlan(msgspec.Struct, frozen=True, kw_only=True):
    """The files and URLs that the daily task about checkpoints writes and reads.

    Attributes:
        file: The file to which checkpoints are added.
        partners: Files and URLs with the checkpoints of partner stations.
    """

    file: str
    partners: tuple[str, ...] = ()


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """The work of the separate process.

    Attributes:
        database: A file or a `postgresql://` URL.
        only: The one station that is served; None means all stations of the database.
        now: The current time.
        again: Whether the job only asks `partners` again, and writes no checkpoints.
    """

    database: str
    only: str | None
    file: str
    partners: tuple[str, ...]
    now: datetime
    again: bool = False


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What the separate process did.

    Attributes:
        next_at: When the next checkpoint is due; None if none was written, because the file failed
            or because the job only asked partners again.
        failed: The reason of each failure, by the file or partner that failed.
    """

    next_at: datetime | None
    failed: dict[str, str]


class DailyCheckpoints:
    """Runs the daily task of one worker.

    Args:
        database: A file or a `postgresql://` URL.
        only: The one station that is served; None means all stations of the database.
        clock: Returns the current time, with a time zone.

    Attributes:
        failed: How many sources failed last time: partners, and the file of checkpoints.
    """

    def __init__(
        self, plan: CheckpointPlan, database: str, *, only: str | None, clock: Clock
    ) -> None:
        self.failed = 0
        self._plan, self._database, self._only, self._clock = plan, database, only, clock
        self._next_at: datetime | None = None
        self._unreached: tuple[str, ...] = ()

    async def run(self) -> None:
        """Run the daily task whenever it is due, until this coroutine is cancelled."""
        await asyncio.sleep(FIRST_TICK_SECONDS)
        while True:
            await self.run_if_due()
            await asyncio.sleep(TICK_SECONDS)

    async def run_if_due(self) -> None:
        """Write checkpoints if a day has passed. Otherwise, ask failed partners again."""
        now = self._clock()
        again = self._next_at is not None and not is_due(self._next_at - INTERVAL, now)
        if again and not self._unreached:
            return
        job = Job(
            database=self._database,
            only=self._only,
            file=self._plan.file,
            partners=self._unreached if again else self._plan.partners,
            now=now,
            again=again,
        )
        outcome = await _run_apart(job)
        for name, reason in outcome.failed.items():
            _log.warning("checkpoints failed", extra={FIELDS: {"source": name, "says": reason}})
        self.failed = len(outcome.failed)
        self._next_at = self._next_at if again else outcome.next_at
        self._unreached = tuple(name for name in job.partners if name in outcome.failed)


def check_checkpoint_file(file: str, database: str) -> None:
    """Check that checkpoints can be added to a file.

    Raises:
        InvalidField: the file is a file of the books; it contains something other than checkpoints;
            or its folder does not exist.
        StoreError: the file cannot be read.
    """
    path = Path(file)
    refuse_files_of_books(path, database)
    if not path.parent.is_dir():
        raise InvalidField(f"there is no folder {path.parent}; name a file in one that exists")
    _read_if_there(path)


def is_due(last: datetime, now: datetime) -> bool:
    """Return whether a station needs another checkpoint, given the time of its last one.

    If that time is more than a day in the future, the clock was wrong, and a checkpoint is needed.
    """
    return abs(now - last) >= INTERVAL


async def _run_apart(job: Job) -> Outcome:
    """Run a job in a separate process. If it fails, report all files and URLs as failed."""
    try:
        return await run_apart(__name__, job, Outcome, seconds=MAX_RUN_SECONDS)
    except (TimeoutError, ProcessFailed):
        return _nothing_done(job, "the process that writes and stores checkpoints failed")


# --- in the separate process ---------------------------------------------------------------------


def run_job(job: Job) -> Outcome:
    """Write the checkpoints that are due, and store the checkpoints of partner stations.

    If no checkpoint is due, partners are not asked, unless the job only asks again those that
    failed.
    """
    try:
        store = open_store(job.database, create=False)
    except SuppliesError as error:
        return _nothing_done(job, str(error))
    failed: dict[str, str] = {}
    next_at, asks = None, job.again
    with closing(store):
        if not job.again:
            try:
                next_at, asks = _write_due(store, job)
            except (SuppliesError, OSError) as error:
                failed[job.file], asks = str(error), True
        for name in job.partners if asks else ():
            try:
                _store_partner(store, job, name)
            except (SuppliesError, OSError) as error:
                failed[name] = str(error)
    return Outcome(next_at=next_at, failed=failed)


def _nothing_done(job: Job, reason: str) -> Outcome:
    """Return the outcome of a job that did nothing, so that all its files and URLs failed."""
    names = job.partners if job.again else (job.file, *job.partners)
    return Outcome(next_at=None, failed=dict.fromkeys(names, reason))


def _write_due(store: Store, job: Job) -> tuple[datetime, bool]:
    """Add checkpoints of the stations that need one to the file.

    Return when the next checkpoint of any station is due, and whether one was written.

    Raises:
        SuppliesError: the file or the books cannot be used.
        OSError: the folder of the file cannot be opened.
    """
    path = Path(job.file)
    check_checkpoint_file(job.file, job.database)
    with _locked(path.parent):
        before, earlier = _read_if_there(path)
        last = _last_times(earlier)
        with store.reading():
            entries = _last_entries(store, job.only)
            due = [one for one in entries if one[0] not in last or is_due(last[one[0]], job.now)]
            signed = _sign(store, job, due)
        if signed:
            _append(path, before, write_checkpoints(signed), job.now)
    written = {station for station, *_ in due}
    kept = [last[station] for station, *_ in entries if station not in written]
    return min([job.now, *kept]) + INTERVAL, bool(signed)


def _read_if_there(path: Path) -> tuple[str, list[Checkpoint]]:
    """Return the text of a file and its checkpoints. Both are empty if the file is missing."""
    text = read_file(str(path)) if path.exists() else ""
    return text, read_checkpoints(text, str(path)) if text else []


def _last_entries(store: Store, only: str | None) -> list[tuple[str, int, bytes]]:
    """Return the code, number and hash of the last entry of each served station."""
    rows = store.all(
        "SELECT station, seq, hash FROM heads WHERE :only IN ('', station) ORDER BY station",
        {"only": only or ""},
    )
    return [(station, seq, bytes(entry_hash)) for station, seq, entry_hash in rows]


def _sign(store: Store, job: Job, entries: Sequence[tuple[str, int, bytes]]) -> list[Checkpoint]:
    keys = StationKeys.for_database(job.database)
    return [
        checkpoint
        for station, seq, entry_hash in entries
        for checkpoint in sign_checkpoints(store, keys, station, seq, entry_hash.hex(), at=job.now)
    ]


def _last_times(checkpoints: Collection[Checkpoint]) -> dict[str, datetime]:
    """Return, by station, the time of the last checkpoint that the station signed for itself."""
    return {one.station: one.at for one in checkpoints if one.by == one.station}


def _append(path: Path, before: str, added: str, now: datetime) -> None:
    """Add checkpoints to the file. If it would be too large, rename it and begin another file.

    The day is added to the old file's name.

    Args:
        before: The content of the file.
        added: The lines of the checkpoints to add.
    """
    content = (before + added).encode()
    if len(content) > MAX_FILE_BYTES:
        path.rename(path.with_name(f"{path.name}.{now.date()}"))
        content = added.encode()
    write_file(path, content, mode=_FILE_MODE, replace=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Lock a folder for the `with` block, so that only one worker writes into it."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _store_partner(store: Store, job: Job, name: str) -> None:
    """Store the checkpoints of a partner in the books of each served station.

    The checkpoints are compared with those stored before, and with entries that shipments cite.

    Args:
        name: The file or URL of the partner's checkpoints.

    Raises:
        SuppliesError: the partner was not reached, or it showed two different histories.
    """
    found = read_witnesses((), [name], None)
    for station, *_ in _last_entries(store, job.only):
        keep(store, station, found, job.now)
        with store.reading():
            check_kept(Reader(store, station))


if __name__ == "__main__":
    serve_job(Job, run_job)
