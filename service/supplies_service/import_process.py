"""Import an uploaded spreadsheet in a separate process.

Reading a workbook takes time and memory, and an import writes for seconds. In a separate process it
does not delay requests. The process reads the job from standard input, and answers with JSON.
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import sys
import tempfile
from itertools import islice
from pathlib import Path

import msgspec

from supplies.errors import InvalidField, Sentence, SuppliesError
from supplies.imports.files import open_sheets
from supplies.imports.import_results import ImportOptions, ImportResult, Message
from supplies.imports.importer import import_rows
from supplies.imports.saved_choices import save_choices
from supplies.imports.sheets import shown
from supplies.ledger.ledger import Ledger
from supplies_service.problems import Overloaded

MAX_ROWS = 2_000
"""Largest number of rows of a file. The command line imports larger files."""

TIMEOUT_SECONDS = 120.0
"""After this time the process is ended. What it has committed by then stays recorded."""

FIRST_ROWS, FIRST_COLUMNS = 6, 12
"""How many rows and columns of a sheet are shown before the import."""

MAX_AT_A_TIME = 2
"""Largest number of imports at a time. Further ones are refused."""

_NICENESS = 10
_running = set[str]()
"""The keys of the imports that run."""


class ImportJob(msgspec.Struct, frozen=True, kw_only=True):
    """A file to import.

    Attributes:
        database: A file or a `postgresql://` URL.
        name: The name of the file, for messages.
        by: Code of the person who imports.
        save_as: The name under which the choices of columns are saved; "" saves none.
    """

    database: str
    station: str
    kind: str
    name: str
    content: bytes
    by: str
    options: ImportOptions
    save_as: str = ""


class FirstRows(msgspec.Struct, frozen=True):
    """The first rows of a sheet, as texts."""

    sheet: str
    rows: list[list[str]]


class ImportAnswer(msgspec.Struct, kw_only=True):
    """The result of an import process.

    Attributes:
        result: None if the file was refused.
        error: Why the file was refused; otherwise "".
        message: The parts of `error`, for translation; None if it is not translated.
    """

    first: list[FirstRows] = []
    result: ImportResult | None = None
    error: str = ""
    message: Message | None = None

    @property
    def sentence(self) -> str:
        """Why the file was refused, as a `Sentence` if it is translated."""
        return self.error if self.message is None else self.message.sentence()


async def run_import(job: ImportJob) -> ImportAnswer:
    """Run a job in a process of its own.

    Raises:
        Overloaded: too many imports run, or the import took too long or stopped.
    """
    if len(_running) >= MAX_AT_A_TIME:
        raise Overloaded("other files are being imported; try again in a minute")
    key = secrets.token_hex(8)
    _running.add(key)
    try:
        return await _run(job)
    finally:
        _running.discard(key)


async def _run(job: ImportJob) -> ImportAnswer:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        __name__,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            answer, _ = await process.communicate(msgspec.json.encode(job))
    except TimeoutError:
        raise Overloaded("the import took too long; divide the file") from None
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode:
        raise Overloaded("the import stopped; see the log of the service")
    return msgspec.json.decode(answer, type=ImportAnswer)


def main() -> None:
    """Run the import that is described on standard input, and print the answer."""
    os.nice(_NICENESS)
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=ImportJob)
    answer = ImportAnswer()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / (re.sub(r"[^\w.()-]", "_", job.name)[-100:].lstrip(".") or "file")
        path.write_bytes(job.content)
        try:
            _do(job, path, answer)
        except SuppliesError as error:
            answer.error, answer.message = str(error), Message.of(error.detail)
    sys.stdout.buffer.write(msgspec.json.encode(answer))


def _do(job: ImportJob, path: Path, answer: ImportAnswer) -> None:
    count = 0
    with open_sheets(path) as sheets:
        for sheet in sheets:
            first = list(islice(sheet.rows, FIRST_ROWS))
            texts = [list(map(shown, row.cells[:FIRST_COLUMNS])) for row in first]
            answer.first.append(FirstRows(sheet.name, texts))
            count += len(first) + sum(1 for _ in islice(sheet.rows, MAX_ROWS + 1))
    if count > MAX_ROWS:
        raise InvalidField(
            Sentence(
                "{file} has more than {most} rows; divide it, or use `supplies import` on the "
                "server",
                file=path.name,
                most=MAX_ROWS,
            )
        )
    with Ledger.open(job.database, station=job.station, create=False) as ledger:
        answer.result = import_rows(ledger, job.kind, path, by=job.by, options=job.options)
        if job.save_as:
            save_choices(ledger, job.save_as, job.kind, job.options)


if __name__ == "__main__":
    main()
