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

from supplies.errors import Sentence, SuppliesError, plain_values
from supplies.imports.files import open_sheets
from supplies.imports.import_results import ImportOptions, ImportResult
from supplies.imports.importer import import_rows
from supplies.imports.listed_rows import listed_as_csv
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
    """

    database: str
    station: str
    kind: str
    name: str
    content: bytes
    by: str
    options: ImportOptions


class FirstRows(msgspec.Struct, frozen=True):
    """The first rows of a sheet, as texts."""

    sheet: str
    rows: list[list[str]]


class ImportAnswer(msgspec.Struct, kw_only=True):
    """The result of an import process.

    Attributes:
        result: None if the file was refused.
        error: Why the file was refused; otherwise "".
        template, values: The parts of the sentence `error`, for translation; empty if it has none.
        listed: The rows that were not recorded, as CSV.
    """

    first: list[FirstRows] = []
    result: ImportResult | None = None
    error: str = ""
    template: str = ""
    values: dict[str, str] = {}
    listed: bytes = b""


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
            answer.error = str(error)
            if isinstance(error.detail, Sentence):
                answer.template, answer.values = error.detail.template, plain_values(error.detail)
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
        answer.error = (
            f"{path.name} has more than {MAX_ROWS} rows; divide it, or use `supplies import` on "
            "the server"
        )
        return
    with Ledger.open(job.database, station=job.station, create=False) as ledger:
        answer.result = import_rows(ledger, job.kind, path, by=job.by, options=job.options)
    if answer.result.listed:
        answer.listed = listed_as_csv(answer.result)


if __name__ == "__main__":
    main()
