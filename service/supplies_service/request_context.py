"""Where a request meets the ledger: the command in, the recorded entry out, and the views."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlencode

import msgspec
from anyio.to_thread import run_sync
from litestar import Request, Response
from litestar.datastructures import State
from litestar.di import NamedDependency

from supplies.access.access_context import Gate
from supplies.access.credentials import Caller
from supplies.books.reader import Books
from supplies.domain.commands import Command
from supplies.errors import InvalidField
from supplies.ledger.ledger import Ledger
from supplies.ledger.recorded import Recorded
from supplies.storage.idempotency import Answered, Keyed
from supplies.views.entries import ConflictView, EntryView, conflict, entry
from supplies.views.pagination import Page, View
from supplies.views.stock import StockView
from supplies_service import request_bodies as bodies
from supplies_service.group_commit import Job
from supplies_service.idempotency import Again, Do, Made, Reply, encode, once
from supplies_service.problems import Forbidden
from supplies_service.security.audit import log_access, log_refusal
from supplies_service.security.authentication import caller_of
from supplies_service.security.pseudonyms import codes_only
from supplies_service.stations import (
    StationService,
    current_station,
    served_stations,
    set_current_station,
)

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)

KEY_HEADER = "idempotency-key"

_KEYS = uuid.UUID("6f0cbb0e-7c3a-5b52-9d5b-5d0c7f3f2c11")
"""The namespace in which a caller's keys become ids of commands."""

_canonical = msgspec.json.Encoder(order="sorted").encode


class Entered(View, frozen=True, kw_only=True):
    """The entry that was made; its `document` names what came of it."""

    entry: EntryView


class Contradicted(View, frozen=True, kw_only=True):
    """A fact that the books contradict: kept, moving nothing, until a coordinator decides."""

    entry: EntryView
    conflict: ConflictView


Show = Callable[[Books, Recorded], tuple[str, msgspec.Struct]]
"""What a recorded command answers: where its outcome is found, and what is shown of it."""


def entered(books: Books, done: Recorded) -> tuple[str, Entered]:
    """The entry alone, for what has no page of its own."""
    return f"/api/entries/{done.seq}", Entered(entry=entry(books, done.seq))


def made(books: Books, done: Recorded, show: Show) -> Made:
    """What a recorded command is answered."""
    if done.conflict is None:
        return Made(201, *show(books, done), seq=done.seq)
    kept = Contradicted(entry=entry(books, done.seq), conflict=conflict(books, done.seq))
    return Made(202, f"/api/entries/{done.seq}", kept, seq=done.seq)


class RequestContext:
    """One request at the ledger of the station that it is for."""

    def __init__(self, request: Request[Any, Any, State]) -> None:
        self.request, self.stations = request, served_stations(request)
        self.station = service = current_station(request)
        self.ledger, self.key = service.ledger, service.key
        self._body: dict[str, Any] | None = None
        self._caller = caller_of(request.scope)

    def at(self, service: StationService) -> RequestContext:
        """The context of another station, for a request that says itself which one it is for."""
        set_current_station(self.request, service)
        return RequestContext(self.request)

    # --- who stands here -----------------------------------------------------------------------

    @property
    def caller(self) -> Caller:
        """Who came in. A route that serves everybody has nobody to ask for."""
        assert self._caller is not None, "this route serves everybody; nobody came in by name"
        return self._caller

    @property
    def by(self) -> str:
        """The code that entries name the caller by."""
        return self.caller.who

    def gate(self, books: Books) -> Gate:
        """The gate over these books, now."""
        return Gate(books, self.ledger.clock())

    async def note_look(self) -> None:
        """Leave a line where a courier or a donor is about to see names that are theirs to see."""
        if self.request.route_handler.opt.get("personal", False):
            await log_access(self.request, self.caller)

    async def forbid(self, sentence: str) -> NoReturn:
        """Refuse what is not the caller's, and leave a line of it."""
        await log_refusal(self.request, self.caller)
        raise Forbidden(sentence)

    # --- reading -----------------------------------------------------------------------------

    def reading(self) -> AbstractContextManager[Books]:
        """The books as they stand at one moment. Nothing is awaited within."""
        return self.ledger.reading()

    # --- writing -----------------------------------------------------------------------------

    async def body(self) -> dict[str, Any]:
        """The request's JSON object."""
        if self._body is None:
            self._body = await bodies.json_object(self.request)
        return self._body

    async def record(
        self, kind: type[Command], show: Show, /, **path: str | int
    ) -> Response[bytes]:
        """Record the command in the body; what the address says of it comes by name."""
        return await self.carry_out(bodies.command(kind, await self.body(), path), show)

    async def carry_out(
        self, command: Command | Callable[[Books], Command], show: Show
    ) -> Response[bytes]:
        """Record a command and show what came of it; a repeat is answered like the first.

        command: or how it is made of what the books hold when its turn comes.
        """
        by, name = self.by, self.command_id()

        def do(ledger: Ledger) -> Made:
            asked = command if isinstance(command, Command) else command(ledger.books)
            return made(ledger.books, ledger.record(asked, by=by, id=name), show)

        def again(ledger: Ledger, known: Answered) -> msgspec.Struct:
            assert known.seq is not None, "a command records an entry"
            return made(ledger.books, ledger.recorded(known.seq), show).shown

        return await self.once(do, again)

    async def once(self, do: Do, again: Again, *, secret: bool = False) -> Response[bytes]:
        """Answer a POST: do what it asks, unless its key says that this was done before.

        As `repeats.once`. What `do` writes, and that the key was used, is one commit.
        """
        reply: Reply = await self.write(once(await self._keyed(), do, again, secret=secret))
        where = {} if reply.location is None else {"Location": reply.location}
        return _json(reply.content, reply.status, where)

    async def administer(
        self,
        do: Callable[[Gate], tuple[str, msgspec.Struct]],
        again: Callable[[Gate, str], msgspec.Struct],
        *,
        secret: bool = False,
    ) -> Response[bytes]:
        """Answer a POST about rows that no entry states: `do` says where its outcome is, and what.

        again: what to show of it later, by the last part of where it is. secret: as of `once`.
        """

        def first(ledger: Ledger) -> Made:
            return Made(201, *do(Gate(ledger.books, ledger.clock())))

        def later(ledger: Ledger, known: Answered) -> msgspec.Struct:
            name = str(known.location).rpartition("/")[2]
            return again(Gate(ledger.books, ledger.clock()), name)

        return await self.once(first, later, secret=secret)

    async def write(self, job: Job[T]) -> T:
        """Carry out a job of the writer's; its outcome, once that is durable."""
        return await self.station.write(job)

    async def is_repeat(self) -> bool:
        """Whether a POST was answered before: a repeat is answered alike, whatever changed since.

        Raises IdempotencyConflict where its key was used for another request.
        """
        if self.request.method != "POST":
            return False
        keyed = await self._keyed()
        if keyed is None:
            return False
        with self.reading():
            return self.ledger.answers.find(keyed) is not None

    async def _keyed(self) -> Keyed | None:
        """The request as it was sent, where it carries a key; keys belong to their caller."""
        key = self.idempotency_key()
        if key is None:
            return None
        scope = self.request.scope
        sent = _canonical([scope["method"], scope["path"], await self.body()])
        return Keyed(self.by, key, sent)

    def idempotency_key(self) -> str | None:
        """The key that the request carries; None: it may be done again."""
        key = self.request.headers.get(KEY_HEADER)
        if key is not None and not (1 <= len(key) <= 200 and key.isascii() and key.isprintable()):
            raise InvalidField("Idempotency-Key takes 1 to 200 printable ASCII characters")
        return key

    def command_id(self) -> str | None:
        """The id that the caller's key gives to the command."""
        key = self.idempotency_key()
        return None if key is None else str(uuid.uuid5(_KEYS, f"{self.by}\n{key}"))

    # --- reading -----------------------------------------------------------------------------

    async def read_in_thread(self, view: Callable[[Books], T]) -> T:
        """What takes longer than the event loop may wait: read in a thread, over other eyes."""

        def read() -> T:
            with self.station.thread_ledger.reading() as books:
                return view(books)

        return await run_sync(read)

    async def show_in_thread(self, view: Callable[[Books], msgspec.Struct]) -> Response[bytes]:
        """One thing as it stands, whose reading grows with the books."""
        return answer(self._for_the_caller(await self.read_in_thread(view)))

    def show(self, view: Callable[[Books], msgspec.Struct]) -> Response[bytes]:
        """One thing as it stands."""
        with self.reading() as books:
            return answer(self._for_the_caller(view(books)))

    def page(self, view: Callable[[Books], Page[Any] | StockView]) -> Response[bytes]:
        """Part of a list, with the way to the next in `Link`."""
        with self.reading() as books:
            return self._paged(view(books))

    async def page_in_thread(self, view: Callable[[Books], Page[Any]]) -> Response[bytes]:
        """Part of a list whose reading grows with the books."""
        return self._paged(await self.read_in_thread(view))

    def _paged(self, found: Page[Any] | StockView) -> Response[bytes]:
        shown = self._for_the_caller(found)
        if shown.next is None:
            return answer(shown)
        query = {**dict(self.request.query_params.items()), "after": shown.next}
        link = f'<{self.request.url.path}?{urlencode(query)}>; rel="next"'
        return answer(shown, headers={"Link": link})

    def _for_the_caller(self, shown: S) -> S:
        """Auditors see codes, not names."""
        if self._caller is not None and self._caller.role == "auditor":
            return codes_only(shown)
        return shown


Context = NamedDependency[RequestContext]
"""What a handler asks for."""


def answer(
    shown: msgspec.Struct, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response[bytes]:
    """A struct as JSON, field by field in its own order."""
    return _json(encode(shown), status, headers or {})


def _json(content: bytes, status: int, headers: Mapping[str, str]) -> Response[bytes]:
    return Response(
        content, status_code=status, media_type="application/json", headers=dict(headers)
    )


def paper(content: bytes, name: str) -> Response[bytes]:
    """A PDF that browsers show and save under this name."""
    return Response(
        content,
        media_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}.pdf"'},
    )
