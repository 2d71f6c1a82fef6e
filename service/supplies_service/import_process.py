"""Import an uploaded spreadsheet in a separate process.

Reading a workbook takes time and memory, and an import writes for seconds. In a separate process it
does not delay requests.
"""

from __future__ import annotations

import re
import secrets
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
from supplies_service.separate_process import ProcessFailed, run_apart, serve_job

MAX_ROWS = 2_000
"""Maximum number of rows of an uploaded file. The command line imports larger files."""

TIMEOUT_SECONDS = 120.0
"""Maximum number of seconds of an import. Then its process is killed.

Rows that it has committed by then stay recorded.
"""

FIRST_ROWS, FIRST_COLUMNS = 6, 12
"""How many rows and columns of a sheet are shown before the import."""

MAX_AT_A_TIME = 2
"""Maximum number of imports that run at the same time. Further ones are refused."""

_running = set[str]()
"""A random key for each import that is running now."""


class ImportJob(msgspec.Struct, frozen=True, kw_only=True):
    """An import to run in a separate process: the file, its kind of rows, and the books.

    Attributes:
        database: A file or a `postgresql://` URL.
        name: The name of the file, for messages.
        by: Code of the person who imports.
        save_as: The name under which the user's choice of columns is saved; "" if the choice is not
            saved.
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
    """The first rows of a sheet, as the texts of their cells."""

    sheet: str
    rows: list[list[str]]


class ImportAnswer(msgspec.Struct, kw_only=True):
    """The result of an import process.

    Attributes:
        result: What was imported; None if the file was refused.
        error: Why the file was refused; otherwise "".
        message: The template and values of `error`, for translation; None if `error` is not
            translated.
    """

    first: list[FirstRows] = []
    result: ImportResult | None = None
    error: str = ""
    message: Message | None = None

    @property
    def sentence(self) -> str:
        """Why the file was refused: a `Sentence` if it has a translation, otherwise a text."""
        return self.error if self.message is None else self.message.sentence()


async def run_import(job: ImportJob) -> ImportAnswer:
    """Run an import in a separate process.

    Raises:
        Overloaded: too many imports are running, or the import took too long or stopped.
    """
    if len(_running) >= MAX_AT_A_TIME:
        raise Overloaded(Sentence("other files are being imported; try again in a minute"))
    key = secrets.token_hex(8)
    _running.add(key)
    try:
        return await _run(job)
    finally:
        _running.discard(key)


async def _run(job: ImportJob) -> ImportAnswer:
    try:
        return await run_apart(__name__, job, ImportAnswer, seconds=TIMEOUT_SECONDS)
    except TimeoutError:
        raise Overloaded(Sentence("the import took too long; divide the file")) from None
    except ProcessFailed:
        raise Overloaded(Sentence("the import stopped; see the log of the service")) from None


def import_job(job: ImportJob) -> ImportAnswer:
    """Import the file of a job. If the file is refused, return an answer with the reason."""
    answer = ImportAnswer()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / (re.sub(r"[^\w.()-]", "_", job.name)[-100:].lstrip(".") or "file")
        path.write_bytes(job.content)
        try:
            _do(job, path, answer)
        except SuppliesError as error:
            answer.error, answer.message = str(error), Message.of(error.detail)
    return answer


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
    serve_job(ImportJob, import_job)
