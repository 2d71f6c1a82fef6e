"""The page on which coordinators verify and back up the books."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from litestar import Controller, Response, get, post

from supplies.books.reader import Books
from supplies.errors import AlreadyDone, InvalidField, Sentence, SuppliesError
from supplies.maintenance.backup_log import read_last_backup
from supplies.signing.station_keys import key_file
from supplies.stations.organisation import head_of, stations
from supplies.storage.engines import database_file
from supplies.verification.log import read_last_verification
from supplies_service.books_jobs import BooksJob, Job
from supplies_service.pages.command_forms import CommandForm, render_form
from supplies_service.pages.forms import redirect
from supplies_service.pages.page_roles import COORDINATORS
from supplies_service.request_bodies import EmptyBody
from supplies_service.request_context import Context, RequestContext
from supplies_service.routes.health import find_attention, free_bytes

FOLDER = "backups"
"""Name of the folder, beside the database, in which the page makes backups."""

MAX_DAYS_WITHOUT_BACKUP = 7
"""The page shows a warning if the last backup is older than this number of days."""


class BooksCarePages(Controller):
    """Routes of the page about verification and backup."""

    path = "/admin/books"
    include_in_schema = False
    opt = COORDINATORS

    @get()
    async def care(self, context: Context) -> Response[bytes]:
        """Show the last verification, the last backup, and the progress of a running job."""
        return _show(context, CommandForm(EmptyBody))

    @post("/verify")
    async def verify(self, context: Context) -> Response[bytes]:
        """Verify the books of the station, in a separate process."""
        form = await CommandForm.read(context.request, EmptyBody)
        job = Job(database=context.ledger.store.url, station=context.station.code)
        return _start(context, form, job)

    @post("/backup")
    async def backup(self, context: Context) -> Response[bytes]:
        """Back up the whole database to a folder beside it, in a separate process."""
        form = await CommandForm.read(context.request, EmptyBody)
        try:
            to = _new_backup(context)
        except SuppliesError as error:
            form.refuse(error)
            return _show(context, form)
        job = Job(database=context.ledger.store.url, station=context.station.code, to=str(to))
        return _start(context, form, job)


def _start(context: RequestContext, form: CommandForm[EmptyBody], job: Job) -> Response[bytes]:
    """Start a verification or backup, unless one is running, and redirect to the page.

    If a job of another station is running, return the page with an error.
    """
    running = context.stations.books_job
    if running is None or not running.is_running:
        context.stations.books_job = BooksJob(job)
    elif running.job.station != job.station:
        form.refuse(AlreadyDone(Sentence("the books of another station are being read; wait")))
        return _show(context, form)
    return redirect("/admin/books")


def _new_backup(context: RequestContext) -> Path:
    """Choose the path of a new backup. Check that the backup can be made.

    Raises:
        InvalidField: the database is on a server; only coordinators of the head station may back it
            up; or the disk is too full.
    """
    url = context.ledger.store.url
    file = database_file(url)
    with context.reading() as books:
        if file is None or not _may_back_up(books):
            raise InvalidField(Sentence("this database is not backed up from this page"))
    free, size = free_bytes(url), file.stat().st_size
    if free is not None and free < 3 * size:
        raise InvalidField(
            Sentence(
                "{free} MB are free on the disk, and the database has {size} MB; free some space",
                free=free // 2**20,
                size=-(-size // 2**20),
            )
        )
    made = context.ledger.clock().strftime("%Y%m%d-%H%M%S")
    return file.parent / FOLDER / f"{file.stem}-{made}.db"


def _may_back_up(books: Books) -> bool:
    """Return whether coordinators of this station may back up the database of all stations."""
    return head_of(books) is None


def _show(context: RequestContext, form: CommandForm[EmptyBody]) -> Response[bytes]:
    url = context.ledger.store.url
    file = database_file(url)
    free = free_bytes(url)
    running = context.stations.books_job
    if running is not None and running.job.station != context.station.code:
        running = None
    with context.reading() as books:
        last, verified = read_last_backup(books), read_last_verification(books)
        attention = find_attention(context, books)
        # The page says in another place that these books were never verified.
        shown = {line.code for line in stations(books)}
        shown -= set() if verified else {books.station_code}
        week_ago = context.ledger.clock() - timedelta(days=MAX_DAYS_WITHOUT_BACKUP)
        return render_form(
            context,
            "books_care.html",
            form,
            job=running,
            verified=verified,
            backup=last,
            backup_days=None if last is None else (context.ledger.clock() - last.made_at).days,
            is_backup_old=last is None or last.made_at < week_ago,
            may_back_up=file is not None and _may_back_up(books),
            entries=books.last_entry().seq,
            attention=[one for one in attention if one.values.get("station") in {None, *shown}],
            file=None if file is None else file.name,
            megabytes=None if file is None else -(-file.stat().st_size // 2**20),
            today=context.ledger.today().isoformat(),
            free_megabytes=None if free is None else free // 2**20,
            keys=None if file is None else key_file(url).name,
        )
