"""The context of a request: its caller and station, and how its handler reads and writes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from supplies.access.access_context import AccessContext
from supplies.access.credentials import Caller
from supplies.books.reader import Books
from supplies.domain.commands import Command
from supplies.ledger.ledger import Ledger
from supplies.storage.idempotency import IdempotencyKey, StoredResponse
from supplies.views.movements import MovementsView
from supplies.views.pagination import Page
from supplies.views.pseudonyms import pseudonymize, without_remarks, without_staff_notes
from supplies.views.stock import StockView
from supplies_service.idempotency import (
    EncodedOutcome,
    Operation,
    Outcome,
    Replay,
    keyed_request,
    run_idempotent,
)
from supplies_service.problems import Forbidden
from supplies_service.recording_jobs import RecordingJob, Show
from supplies_service.responses import (
    CreatedOrConflict,
    JSONResponse,
    PDFResponse,
)
from supplies_service.security.audit import access_line, log_access, log_refusal
from supplies_service.security.authentication import caller_of
from supplies_service.security.rate_limit_checks import client_address
from supplies_service.stations import (
    StationService,
    current_station,
    served_stations,
    set_current_station,
)
from supplies_service.write_batches import Job

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)
P = TypeVar("P", bound=Page[Any] | StockView | MovementsView)


class RequestContext:
    """A request with its caller, and the station whose books it reads and writes.

    Attributes:
        station: The station.
        ledger: The ledger for short reads on the event loop.
        station_keys: The keys that sign the station's receipts.
        is_repeat: Whether the response to an earlier, equal request is stored. If so, checks that
            could refuse the repeated request are skipped.
    """

    def __init__(self, request: Request[Any, Any, State]) -> None:
        self.request, self.stations = request, served_stations(request)
        self.station = station = current_station(request)
        self.ledger, self.station_keys = station.ledger, station.station_keys
        self._caller = caller_of(request.scope)
        self._keyed = keyed_request(request)
        self.is_repeat = self._keyed is not None and self._keyed.stored is not None

    def for_station(self, station: StationService) -> RequestContext:
        """Return a context for another station, whose books the request then uses."""
        set_current_station(self.request, station)
        return RequestContext(self.request)

    # --- the caller --------------------------------------------------------------------------

    @property
    def caller(self) -> Caller:
        """The authenticated caller. Do not use this on a public route: it has no caller."""
        assert self._caller is not None, "a public route has no caller"
        return self._caller

    @property
    def by(self) -> str:
        """The caller's code, which is stored as the author of entries."""
        return self.caller.code

    def access(self, books: Books) -> AccessContext:
        """Return the users, tokens, links and phones in the books, with the present time."""
        return AccessContext(books, self.ledger.clock())

    async def log_own_access(self) -> None:
        """Log that a courier or donor reads personal data, unless the response contains none."""
        if self.request.route_handler.opt.get("personal", False):
            await log_access(self.request, self.caller)

    async def forbid(self, detail: str) -> NoReturn:
        """Log that the request was refused, and raise an error with the message `detail`.

        Raises:
            Forbidden: always.
        """
        await log_refusal(self.request, self.caller)
        raise Forbidden(detail)

    # --- reading -----------------------------------------------------------------------------

    def reading(self) -> AbstractContextManager[Books]:
        """Open the books for reading, in one consistent state.

        Do not `await` within the `with` block.
        """
        return self.ledger.reading()

    def show(self, view: Callable[[Books], S]) -> S:
        """Return the result of a view, without names and notes that the caller may not see."""
        with self.reading() as books:
            return self.redacted(view(books))

    def page(self, view: Callable[[Books], P]) -> Response[P]:
        """Return one page of a list, as JSON.

        The `Link` header of the response has the URL of the next page.
        """
        with self.reading() as books:
            return self._page(view(books))

    async def read_in_thread(self, view: Callable[[Books], T]) -> T:
        """Run a read in a thread, so that it does not block the event loop.

        Use it for reads that take more than about 1 ms.

        Raises:
            RateLimited: the caller is already waiting for several long reads.
        """

        def read() -> T:
            with self.station.thread_ledger.reading() as books:
                return view(books)

        return await self.stations.long_work.run(self._limited_caller, read)

    async def draw(self, draw: Callable[[], bytes], name: str) -> PDFResponse:
        """Draw a paper in a thread, and return it as a PDF.

        Args:
            name: The file name, without the extension.

        Raises:
            RateLimited: the caller is already waiting for several papers.
            Overloaded: too many papers wait to be drawn.
        """
        return PDFResponse(await self.stations.long_work.draw(self._limited_caller, draw), name)

    async def run_export(self, write: Callable[[], T]) -> T:
        """Write an export in a thread. Only one export is written at a time.

        Raises:
            RateLimited: the caller is already waiting for several long reads.
        """
        return await self.stations.long_work.export(self._limited_caller, write)

    @property
    def _limited_caller(self) -> str:
        """The name under which the caller's long reads are counted, so that they can be limited.

        It is the caller's code or, if the caller is unknown, the network address.
        """
        caller = self._caller
        if caller is None:
            return client_address(self.request)
        return f"{caller.station}/{caller.code}"

    async def show_in_thread(self, view: Callable[[Books], S]) -> S:
        """Return the result of a view as `show` does, but in a thread. Use this for slow views."""
        return self.redacted(await self.read_in_thread(view))

    async def page_in_thread(self, view: Callable[[Books], P]) -> Response[P]:
        """Return one page of a list as `page` does, but in a thread. Use this for slow lists."""
        return self._page(await self.read_in_thread(view))

    def _page(self, page: P) -> Response[P]:
        shown = self.redacted(page)
        if shown.next is None:
            return JSONResponse(shown)
        query = {**dict(self.request.query_params.items()), "after": shown.next}
        link = f'<{self.request.url.path}?{urlencode(query)}>; rel="next"'
        return JSONResponse(shown, headers={"Link": link})

    def redacted(self, view: S) -> S:
        """Replace names by codes for auditors; withhold staff notes from donors and couriers."""
        match self._caller and self._caller.role:
            case "auditor":
                return pseudonymize(view)
            case "donor":
                return without_staff_notes(view)
            case "courier":
                return without_remarks(view)
            case _:
                return view

    # --- writing -----------------------------------------------------------------------------

    async def record(
        self,
        command: Command | Callable[[Books], Command],
        show: Show[S],
        *,
        named: str | None = None,
    ) -> CreatedOrConflict[S]:
        """Record a command, and return what was created as the response.

        Args:
            command: The command, or a function that makes it from the books in the SQL
                transaction.
            show: Builds the response to the recorded command.
            named: The code of a person whose data the response contains. The access is then logged
                in the same SQL transaction. If None, nothing is logged.

        Raises:
            SuppliesError: the command is refused, or the database cannot be written.
        """
        key = None if self._keyed is None else self._keyed.key
        line = None if named is None else access_line(self.request, self.caller, "looked", named)
        done = await self.write(RecordingJob(command, self.by, key, show, line))
        return CreatedOrConflict(done.content, status=done.status, location=done.location)

    async def record_for(
        self, by: str, key: IdempotencyKey, command: Command, show: Show[Any]
    ) -> EncodedOutcome:
        """Record a command on behalf of another caller, with an idempotency key of that caller.

        If the other caller later sends the same request, nothing is recorded twice, and that caller
        gets the same response.

        Args:
            by: The code of the other caller.
            key: The idempotency key of the other caller, with the request.
            show: Builds the response to the recorded command.

        Raises:
            SuppliesError: the command is refused, or the database cannot be written.
        """
        return await self.write(RecordingJob(command, by, key, show))

    async def run_admin_idempotent(
        self,
        operation: Callable[[AccessContext], Outcome[S]],
        replay: Callable[[AccessContext, str], S],
        *,
        is_secret: bool = False,
    ) -> CreatedOrConflict[S]:
        """Run a POST that changes data outside the hash chain, such as users.

        Args:
            operation: Makes the change, within an SQL transaction.
            replay: Builds the response content for a repeat whose response is not stored. Its
                second argument is the last part of the URL in the first response's `Location`
                header.
            is_secret: Whether the response contains a secret that is shown once. If so, the
                response is not stored.

        Raises:
            SuppliesError: the operation is refused, or the database cannot be written.
        """

        def run_operation(ledger: Ledger) -> Outcome[S]:
            return operation(AccessContext(ledger.books, ledger.clock()))

        def run_replay(ledger: Ledger, answered: StoredResponse) -> S:
            name = str(answered.location).rpartition("/")[2]
            return replay(AccessContext(ledger.books, ledger.clock()), name)

        return await self.run_idempotent(run_operation, run_replay, is_secret=is_secret)

    async def run_idempotent(
        self, operation: Operation[S], replay: Replay[S], *, is_secret: bool = False
    ) -> CreatedOrConflict[S]:
        """Run a POST, or repeat the response if the same request has run before.

        The changes and the idempotency key are written in one commit. The arguments are passed on
        to `idempotency.run_idempotent`.

        Raises:
            SuppliesError: the operation is refused, or the database cannot be written.
        """
        keyed = None if self._keyed is None else self._keyed.key
        done = await self.write(run_idempotent(keyed, operation, replay, is_secret=is_secret))
        return CreatedOrConflict(done.content, status=done.status, location=done.location)

    async def write(self, job: Job[T]) -> T:
        """Run a job in a group commit. Return its result once the commit is durable.

        Raises:
            Busy: the queue is full or slow; nothing was written.
            Uncertain: it is unknown whether the change was written.
        """
        return await self.station.write(job)


Context = NamedDependency[SkipValidation[RequestContext]]
"""The type of the parameter `context` of route handlers."""
