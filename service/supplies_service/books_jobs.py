"""Verify or back up the books in a separate process, started from a page.

Such a job reads the whole database. In a separate process it does not delay requests. The process
reads the job from standard input, and prints its progress as lines of JSON.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path
from typing import Literal

import msgspec

from supplies.errors import BooksBroken, SuppliesError
from supplies.ledger.clock import system_clock
from supplies.maintenance.backup import back_up
from supplies.maintenance.backup_log import log_backup
from supplies.storage.engines import open_store
from supplies.verification.log import log_verification
from supplies.verification.verify import Verified, verify

State = Literal["running", "done", "broken", "failed"]

_REPORT_SECONDS = 0.2
"""Minimum number of seconds between two progress reports of the process."""

_NICENESS = 10
"""The niceness of the process: how far its priority is below the service's priority."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A verification or a backup to run.

    Attributes:
        database: A file or a `postgresql://` URL.
        station: Code of the station to verify. A backup contains all stations.
        to: Path of the backup to make. If None, the job verifies the books of the station instead.
    """

    database: str
    station: str
    to: str | None = None


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """The progress of a job.

    Attributes:
        state: "broken" if verification found a fault in the books, "failed" if an error ended the
            job.
        done, total: Number of verified entries, and of all entries. Both are 0 at the beginning.
        detail: Why the job failed, or which fault verification found; otherwise "".
    """

    state: State = "running"
    done: int = 0
    total: int = 0
    detail: str = ""


class BooksJob:
    """A verification or backup that is running or has ended.

    Attributes:
        job: The verification or backup.
        progress: The latest progress that its process reported.
        loop: The event loop on which the job was started.
    """

    def __init__(self, job: Job) -> None:
        self.job, self.progress = job, Progress()
        self._process: asyncio.subprocess.Process | None = None
        self.loop = asyncio.get_running_loop()
        self._task = self.loop.create_task(self._run())

    @property
    def is_running(self) -> bool:
        """Whether the job is still running."""
        return self.progress.state == "running"

    async def wait(self) -> None:
        """Wait until the job has ended."""
        await asyncio.wait([self._task])

    async def stop(self) -> None:
        """Stop the job if it is running. An incomplete backup is deleted."""
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
        await self._task

    async def _run(self) -> None:
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            __name__,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(msgspec.json.encode(self.job))
        process.stdin.close()
        async for line in process.stdout:
            self.progress = msgspec.json.decode(line, type=Progress)
        await process.wait()
        if self.is_running:
            self.progress = Progress(state="failed")


def main() -> None:
    """Read a job from standard input, run it, and print its progress."""
    os.nice(_NICENESS)
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    try:
        verified = _verify(job) if job.to is None else _back_up(job, Path(job.to))
    except BooksBroken as error:
        _print(Progress(state="broken", detail=str(error)))
    except (SuppliesError, OSError) as error:
        _print(Progress(state="failed", detail=str(error)))
    else:
        _print(_ended(verified))


def _ended(verified: Verified) -> Progress:
    """Return the final progress of a job that raised no error.

    The state is "broken" if a backup contains users, tokens, settings or lines of the access log
    that were changed without the station's keys. `back_up` raises no error in this case.
    """
    found = [each.access.difference for each in verified.stations if each.access.difference]
    if found:
        return Progress(state="broken", detail=found[0])
    return Progress(state="done", done=verified.entries, total=verified.entries)


def _verify(job: Job) -> Verified:
    # Books whose guards are missing are verified too, because they need it most.
    store = open_store(job.database, create=False, guarded=False)
    try:
        verified = verify(store, job.station, progress=_Reporter(), integrity=True)
        store.check_guards()
    finally:
        store.close()
    store = open_store(job.database, create=False)
    try:
        log_verification(store, verified, system_clock())
    finally:
        store.close()
    return verified


def _back_up(job: Job, to: Path) -> Verified:
    to.parent.mkdir(mode=0o700, exist_ok=True)
    verified = back_up(job.database, to, with_keys=True, progress=_Reporter())
    store = open_store(job.database, create=False)
    try:
        log_backup(store, to, verified, system_clock())
    finally:
        store.close()
    return verified


class _Reporter:
    """Prints the progress of a job, but not more often than every `_REPORT_SECONDS`."""

    def __init__(self) -> None:
        self._last = 0.0

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._last >= _REPORT_SECONDS:
            self._last = now
            _print(Progress(done=done, total=total))


def _print(progress: Progress) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(progress) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
