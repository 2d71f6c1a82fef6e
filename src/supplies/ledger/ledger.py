"""The ledger: the one door for writing, and the way to the books for reading."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from functools import cache
from types import TracebackType
from typing import Self
from weakref import WeakValueDictionary
from zoneinfo import ZoneInfo

import msgspec

from supplies.books.catalogue import Catalogue
from supplies.books.reader import Books
from supplies.domain.catalogue_records import Noun, Station
from supplies.domain.commands import (
    Command,
    CountStock,
    ForgetDonor,
    ForgetRecipient,
    ReportOutcome,
)
from supplies.domain.entries import salted
from supplies.domain.entry_rows import Conflict
from supplies.errors import (
    AlreadyDone,
    IdempotencyConflict,
    InvalidField,
    NotEnough,
    StoreError,
    SuppliesError,
)
from supplies.ledger.journal import Journal
from supplies.ledger.rules import RULES
from supplies.ledger.rules.deliveries import Contradicted, Repeated, keep_conflict
from supplies.ledger.writer import Checked, Request, Writer, id_of_its_own
from supplies.storage.idempotency import Answers
from supplies.storage.store import Store, open_store
from supplies.verification.verify import Progress, Verified, verify

UNDENIABLE = (ReportOutcome, CountStock)
"""Facts that are kept as conflicts where the books contradict them."""

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a command.

    seq, id, document: of its first entry. last: the number of its last entry. repeated: it was
    recorded before and nothing new was. conflict: the sentence, where a fact contradicted the
    books and is kept for a coordinator; else None.
    """

    seq: int
    last: int
    id: str
    document: str | None
    repeated: bool = False
    conflict: str | None = None


class _Turn:
    """Whose turn it is at a store, and what is going on there.

    reading, together: the station whose books are read at one moment, or for which what is done
    now is one commit; None: nothing is under way. erased: whether that commit forgets somebody.
    catalogues: of each station, as long as some ledger of it is there: what one writes over the
    connection that they share, the store does not tell another.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.reading: str | None = None
        self.together: str | None = None
        self.erased = False
        self.catalogues = WeakValueDictionary[str, Catalogue]()


class Ledger:
    """One station's ledger.

    Any thread may call any method; calls take turns on the one connection. For reading beside
    writing, open a second `Ledger` on the same URL. Use it as a context manager, or `close` it.
    """

    def __init__(
        self, store: Store, station: str, clock: Clock, *, turn: _Turn | None = None
    ) -> None:
        self.store, self.station_code, self.clock = store, station, clock
        self._turn = turn or _Turn()
        self._catalogue = self._turn.catalogues.setdefault(station, Catalogue(store, station))
        self.books = Books(store, self._catalogue)
        self.answers = Answers(store, station)
        self._writer = Writer(store, self.books, self.answers)

    @classmethod
    def open(
        cls, url: str, *, station: str, clock: Clock = system_clock, create: bool = True
    ) -> Ledger:
        """Open the books that `url` names: a file's path, sqlite:///PATH or postgresql://….

        clock: gives the moment now, aware; tests set it. create: make the database where there
        is none. Raises a StoreError where the database cannot be used.
        """
        return cls(open_store(url, create=create), station, clock)._brought_up_to_date()

    def at(self, station: str) -> Ledger:
        """The ledger of another station in this database, over the same connection.

        Both take turns, and closing either closes both. Asked for outside of `reading()` and
        `together()`. A station that is not there yet is said so by whatever asks of it.
        """
        return Ledger(self.store, station, self.clock, turn=self._turn)._brought_up_to_date()

    def _brought_up_to_date(self) -> Self:
        """The ledger itself, once its names are searched by the way of now and no older one."""
        with self._turn.lock:
            if not self._catalogue.searchable():
                with self._writing():
                    self._catalogue.make_searchable()
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        with self._turn.lock:
            self.store.close()

    # --- reading -----------------------------------------------------------------------------

    @contextmanager
    def reading(self) -> Iterator[Books]:
        """The books as they stand at one moment, whatever is recorded meanwhile."""
        with self._turn.lock:
            under_way = self._turn.reading or self._turn.together
            if under_way is not None:
                if under_way != self.station_code:
                    self._catalogue.refresh()
                yield self.books
                return
            self._turn.reading = self.station_code
            try:
                with self.store.reading():
                    self._catalogue.refresh()
                    yield self.books
            finally:
                self._turn.reading = None

    @contextmanager
    def glancing(self) -> Iterator[Books]:
        """The books for a single question, which sees one state without a transaction."""
        with self._turn.lock:
            yield self.books

    def balance(self, account: str, item: str, lot: str = "") -> int:
        """What stands in an account now, in base units of the item; lot "" is no lot."""
        with self._turn.lock:
            return self.books.balance(account, item, lot)

    def verify(self, progress: Progress | None = None) -> Verified:
        """Recompute this station's books; BooksBroken names the first thing that is wrong.

        progress: told how many entries of how many are done.
        """
        with self._turn.lock:
            return verify(self.store, self.station_code, progress=progress)

    def today(self) -> date:
        """The ledger clock's day in the station's zone."""
        with self._turn.lock:
            return self._day(self.clock())

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(zone_of(self.books.station)).date()

    # --- what no entry states ------------------------------------------------------------------

    @contextmanager
    def administering(self) -> Iterator[Books]:
        """A transaction for rows that no entry states: who may come in, and what they looked at.

        Durable when it is left, undone when it fails.
        """
        with self._writing():
            yield self.books

    # --- the catalogue -----------------------------------------------------------------------

    def register(self, *nouns: Noun) -> None:
        """Enter nouns into the catalogue, all or none; a code that is taken is refused.

        Raises InvalidField for a value out of bounds, AlreadyDone for a code in use.
        """
        with self._writing(), self.part():
            for noun in nouns:
                self._catalogue.register(noun)

    def amend(self, noun: Noun) -> None:
        """Replace what the catalogue says of a code; the unit of an item that moved is frozen."""
        with self._writing():
            self._catalogue.amend(noun)

    # --- recording ---------------------------------------------------------------------------

    def record(self, command: Command, *, by: str, id: str | uuid.UUID | None = None) -> Recorded:
        """Record a command: all of its entries, durably, or a refusal and none.

        by: code of who records it. id: a UUID that names this request; the same id with the same
        command answers as the first time, with another it is an IdempotencyConflict. None: a new
        one. Raises a SuppliesError that says what, where and what would be right.
        """
        request = Checked.of(Request(command=command, by=by, id=id))
        with self._writing():
            return self._record(request)

    def recorded(self, seq: int) -> Recorded:
        """What the command that began with entry `seq` was answered when it was recorded."""
        with self.reading():
            return self._as_recorded(seq)

    def record_many(self, requests: Sequence[Request]) -> list[Recorded | SuppliesError]:
        """Record what waits together in one durable commit: each its own success or refusal.

        The answers stand in the order of the requests, and hold only once this returns. Where
        the store itself fails, all of it is undone and that error is raised.
        """
        answers: list[Recorded | SuppliesError] = []
        with self.together():
            for request in requests:
                try:
                    answers.append(self._record(Checked.of(request)))
                except StoreError:
                    raise
                except SuppliesError as error:
                    answers.append(error)
        return answers

    @contextmanager
    def together(self) -> Iterator[None]:
        """One durable commit for all that this ledger is asked to write within, or none of it.

        What is answered within holds only once this has ended. A refusal undoes the command that
        was refused; whoever catches it may go on. `part` makes several calls one.
        """
        turn = self._turn
        with turn.lock:
            if turn.reading is not None:
                raise StoreError("recording waits until reading is done: leave `reading()` first")
            if turn.together is not None:
                raise StoreError("what is done together is one commit; begin no other within")
            turn.together = self.station_code
            try:
                yield from self._transaction()
            finally:
                turn.together = None
                erased, turn.erased = turn.erased, False
            if erased:
                # It is durable, whatever becomes of this; the next time takes along what is left.
                with suppress(StoreError):
                    self.store.forget_traces()

    @contextmanager
    def part(self) -> Iterator[None]:
        """Within `together`: several calls of which, where one fails, all are undone."""
        try:
            with self.store.savepoint():
                yield
        except BaseException:
            # What this part changed in the catalogue is undone with it.
            self._catalogue.forget()
            raise

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """A transaction of its own, or the one that is open."""
        with self._turn.lock:
            if self._turn.together == self.station_code:
                yield
                return
            with self.together():
                yield

    def _transaction(self) -> Iterator[None]:
        try:
            with self.store.writing():
                self.store.lock(self.station_code)
                self._catalogue.refresh()
                yield
        except BaseException:
            # What this changed in the catalogue is undone with it, be it the commit that failed.
            self._catalogue.forget()
            raise

    def _record(self, request: Checked) -> Recorded:
        before = self._recorded_before(request) if request.named else None
        if before is not None:
            return before
        now = self.clock().astimezone(UTC)
        today = self._day(now)
        rule = RULES.get(type(request.command))
        if rule is None:
            raise InvalidField(f"{type(request.command).__name__} is no command of the ledger")
        conflict = None
        try:
            with self.books.unchanging():
                journal = Journal(self.books, request.command, now=now, today=today)
                rule(request.command, journal)
            self._writer.enter(journal, request)
        except Repeated as repeat:
            return self._as_recorded(repeat.seq)
        except (Contradicted, NotEnough) as because:
            if not isinstance(request.command, UNDENIABLE):
                raise
            conflict = because.detail
            journal = Journal(self.books, request.command, now=now, today=today)
            keep_conflict(request.command, journal, conflict)
            self._writer.enter(journal, request)
        if isinstance(request.command, ForgetDonor | ForgetRecipient):
            self._turn.erased = True
        return Recorded(
            seq=journal.drafts[0].seq,
            last=journal.drafts[-1].seq,
            id=request.id,
            document=journal.drafts[0].document,
            conflict=conflict,
        )

    # --- repeats -------------------------------------------------------------------------------

    def _recorded_before(self, request: Checked) -> Recorded | None:
        """The answer of the first time, if this id was recorded."""
        seq = self.books.value(
            "SELECT seq FROM entries WHERE station = :station AND id = :id", id=request.id
        )
        if seq is None:
            return None
        body = self.books.body(seq)
        salt = b""
        if body.texts is not None:
            salt = self.books.value(
                "SELECT salt FROM erasable "
                "WHERE station = :station AND seq = :seq AND digest = :digest",
                seq=seq,
                digest=body.texts,
            )
        # Where its texts were erased the salt is gone and the request can no longer be compared.
        if salt is not None and body.request != salted(salt, request.content):
            if id_of_its_own(request.command) is not None:
                raise AlreadyDone(
                    f"this was done already to shipment {body.document}, otherwise: see entry {seq}"
                )
            raise IdempotencyConflict(
                f"the id {request.id} was used for another command (entry {seq}); "
                "use a new id for a new command"
            )
        return self._as_recorded(seq)

    def _as_recorded(self, seq: int) -> Recorded:
        """What was answered when entry `seq` was recorded first."""
        body = self.books.body(seq)
        because = [row.because for row in body.rows if isinstance(row, Conflict)]
        return Recorded(
            seq=seq,
            last=self.books.last_part(seq),
            id=body.id,
            document=body.document,
            repeated=True,
            conflict=because[0] if because else None,
        )


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def zone_of(station: Station) -> ZoneInfo:
    """The station's time zone: its days are days there."""
    return _zone(station.zone)
