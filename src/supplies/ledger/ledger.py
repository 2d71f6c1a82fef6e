"""The ledger: the one way to write into a station's books, and the start of every reading."""

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

from supplies.books.catalogue import Catalogue
from supplies.books.reader import Books
from supplies.domain.accounts import check_account
from supplies.domain.catalogue_records import CatalogueRecord, Station
from supplies.domain.commands import (
    Command,
    CountStock,
    ForgetDonor,
    ForgetRecipient,
    ReportOutcome,
)
from supplies.errors import InvalidField, NotEnough, StoreError, SuppliesError
from supplies.ledger.journal import Journal
from supplies.ledger.recorded import Recorded, as_recorded, recorded_before
from supplies.ledger.rules import RULES
from supplies.ledger.rules.deliveries import Contradicted, Repeated, keep_conflict
from supplies.ledger.writer import Checked, Request, Writer
from supplies.storage.engines import open_store
from supplies.storage.idempotency import StoredResponses
from supplies.storage.store import Store
from supplies.verification.verify import Progress, Verified, verify

UNDENIABLE = (ReportOutcome, CountStock)
"""Facts that are kept as conflicts if the books contradict them."""

Clock = Callable[[], datetime]
"""Returns the current moment, with a time zone."""


def system_clock() -> datetime:
    """Return the current moment in UTC."""
    return datetime.now(UTC)


class _Connection:
    """What the ledgers on one connection share: who uses it now, and for what.

    reading: the station whose books are read at one moment; None outside of `reading()`.
    writing: the station whose transaction is open; None if none is.
    erased: whether that transaction forgets a person.
    catalogues: one per station, as long as a ledger of it exists. The store reports changes by
    other connections only, so ledgers on the same connection must share what they cache.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.reading: str | None = None
        self.writing: str | None = None
        self.erased = False
        self.catalogues = WeakValueDictionary[str, Catalogue]()


class Ledger:
    """One station's ledger.

    Any thread may call any method; calls take turns on the one connection. To read while another
    thread writes, open a second `Ledger` on the same URL. Use it as a context manager, or call
    `close`.

    >>> from supplies import ArrivalLine, Item, Ledger, Location, OpenStock, Station
    >>> with Ledger.open("books.db", station="lx") as ledger:
    ...     ledger.register(
    ...         Station(code="lx", name="Longxue"),
    ...         Item(code="mask", name="mask"),
    ...         Location(code="store-a", name="Store A"),
    ...     )
    ...     lines = [ArrivalLine(item="mask", quantity=71)]
    ...     done = ledger.record(OpenStock(location="store-a", lines=lines), by="u-1")
    ...     ledger.balance("stock:store-a", "mask", f"l_lx_{done.seq}_1")
    71
    """

    def __init__(
        self, store: Store, station: str, clock: Clock, *, connection: _Connection | None = None
    ) -> None:
        self.store, self.station_code, self.clock = store, station, clock
        self._connection = connection or _Connection()
        self._catalogue = self._connection.catalogues.setdefault(station, Catalogue(store, station))
        self.books = Books(store, self._catalogue)
        self.stored_responses = StoredResponses(store, station)
        self._writer = Writer(store, self.books, self.stored_responses)

    @classmethod
    def open(
        cls, url: str, *, station: str, clock: Clock = system_clock, create: bool = True
    ) -> Ledger:
        """Open the books at `url`: a file's path, sqlite:///PATH or postgresql://….

        clock: tests set it. create: make the database if it does not exist. The station may be
        unknown yet: `register` it first.

        Raises:
            StoreError: the database cannot be used; its subclass says why.

        >>> with Ledger.open("books.db", station="lx") as ledger:
        ...     ledger.station_code
        'lx'
        """
        return cls(open_store(url, create=create), station, clock)._with_current_index()

    def for_station(self, station: str) -> Ledger:
        """The ledger of another station in this database, over the same connection.

        Both take turns, and closing either closes both. Call it outside of `reading()` and
        `transaction()`. An unknown station raises NotFound on first use.
        """
        ledger = Ledger(self.store, station, self.clock, connection=self._connection)
        return ledger._with_current_index()

    def _with_current_index(self) -> Self:
        """Rebuild the index of names if an older version of this program made it."""
        with self._connection.lock:
            if not self._catalogue.name_index_is_current():
                with self._writing():
                    self._catalogue.rebuild_name_index()
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
        """Close the connection to the database."""
        with self._connection.lock:
            self.store.close()

    # --- reading -----------------------------------------------------------------------------

    @contextmanager
    def reading(self) -> Iterator[Books]:
        """The books as they are at one moment, whatever is recorded meanwhile.

        Raises:
            StoreError: the database cannot be read.

        >>> with ledger.reading() as books:
        ...     books.item("mask").name, books.head()[0]
        ('mask', 1)
        """
        with self._connection.lock:
            under_way = self._connection.reading or self._connection.writing
            if under_way is not None:
                if under_way != self.station_code:
                    self._catalogue.refresh()
                yield self.books
                return
            self._connection.reading = self.station_code
            try:
                with self.store.reading():
                    self._catalogue.refresh()
                    yield self.books
            finally:
                self._connection.reading = None

    @contextmanager
    def read_without_transaction(self) -> Iterator[Books]:
        """The books for a single query, which sees one state without a transaction."""
        with self._connection.lock:
            yield self.books

    def balance(self, account: str, item: str, lot: str = "") -> int:
        """The current balance of an account in base units of the item; lot "" is no lot.

        Goods are counted by lot: without one, the balance of goods is 0. Sum `Books.held` for all
        lots, or see `supplies.views.stock`.

        Raises:
            InvalidField: the account is not on the chart of accounts.
            NotFound: the item is unknown.

        >>> ledger.balance("stock:store-a", "mask", "l_lx_1_1")
        71
        """
        check_account(account)
        with self._connection.lock:
            self.books.item(item)
            return self.books.balance(account, item, lot)

    def verify(self, progress: Progress | None = None) -> Verified:
        """Recompute this station's books.

        progress: called with the number of entries done and of all.

        Raises:
            BooksBroken: names the first thing that is wrong.
            NotFound: the station is unknown.

        >>> ledger.verify().entries
        1
        """
        with self._connection.lock:
            return verify(self.store, self.station_code, progress=progress)

    def today(self) -> date:
        """The current day in the station's time zone.

        Raises:
            NotFound: the station is unknown.
        """
        with self._connection.lock:
            return self._day(self.clock())

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(zone_of(self.books.station)).date()

    # --- what is not in the chain ---------------------------------------------------------------

    @contextmanager
    def admin_transaction(self) -> Iterator[Books]:
        """A transaction for rows outside of the chain, such as users, settings and access logs.

        Durable when it ends, undone if it fails.

        Raises:
            StoreError: the database cannot be written.
        """
        with self._writing():
            yield self.books

    # --- the catalogue -----------------------------------------------------------------------

    def register(self, *nouns: CatalogueRecord) -> None:
        """Add stations, items, donors and other nouns to the catalogue: all of them or none.

        Raises:
            InvalidField: a value is out of bounds.
            AlreadyDone: a code is in use.
        """
        with self._writing(), self.savepoint():
            for noun in nouns:
                self._catalogue.register(noun)

    def amend(self, noun: CatalogueRecord) -> None:
        """Replace what the catalogue says of a code.

        Raises:
            InvalidField: a value is out of bounds, or the unit of an item that was moved changes.
            NotFound: the code is unknown.
        """
        with self._writing():
            self._catalogue.amend(noun)

    # --- recording ---------------------------------------------------------------------------

    def record(self, command: Command, *, by: str, id: str | uuid.UUID | None = None) -> Recorded:
        """Record a command durably, with all of its entries, or refuse it and record nothing.

        by: the code of who records it, in the form of any code (letters, digits, dot, dash and
        underscore; up to 64). Only the form is checked: it need not be a registered user, because
        a library's caller may manage users elsewhere. It is hashed and never erased, so it must
        not be a name. id: a UUID that names this request. The same id with the same command
        answers as the first time. None: a new id.

        Raises:
            InvalidField: a value is wrong; `faults` points to the field.
            NotFound: a code or id is unknown.
            AgainstBooks: the books as they are refuse the command, such as NotEnough.
            IdempotencyConflict: the id was used for another command.
            StoreError: the database cannot be written.

        >>> from supplies import NoteNeed
        >>> need = NoteNeed(recipient="R-1", item="mask", quantity=20)
        >>> ledger.record(need, by="u-1").document
        'n_2'
        """
        request = Checked.of(Request(command=command, by=by, id=id))
        with self._writing():
            return self._record(request)

    def recorded(self, seq: int) -> Recorded:
        """The answer that was given to the command whose first entry is `seq`.

        Raises:
            NotFound: there is no such entry.
        """
        with self.reading():
            return as_recorded(self.books, seq)

    def record_many(self, requests: Sequence[Request]) -> list[Recorded | SuppliesError]:
        """Record several requests in one durable commit; each succeeds or is refused by itself.

        The answers are in the order of the requests, and are valid only once this returns.

        Raises:
            StoreError: the database failed, and nothing was recorded.

        >>> from supplies import NoteNeed, Request
        >>> need = NoteNeed(recipient="R-1", item="mask", quantity=20)
        >>> unknown = NoteNeed(recipient="R-2", item="mask", quantity=20)
        >>> requests = [Request(command=each, by="u-1") for each in (need, unknown)]
        >>> [type(answer).__name__ for answer in ledger.record_many(requests)]
        ['Recorded', 'InvalidField']
        """
        answers: list[Recorded | SuppliesError] = []
        with self.transaction():
            for request in requests:
                try:
                    answers.append(self._record(Checked.of(request)))
                except StoreError:
                    raise
                except SuppliesError as error:
                    answers.append(error)
        return answers

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One durable commit for all that this ledger writes within, or none of it.

        What is answered within is valid only once this has ended. A refusal undoes only the
        refused command; the caller may catch it and go on. `savepoint` groups several calls.

        Raises:
            StoreError: the database failed, or another transaction or `reading()` is open.
        """
        connection = self._connection
        with connection.lock:
            if connection.reading is not None:
                raise StoreError("recording waits until reading is done: leave `reading()` first")
            if connection.writing is not None:
                raise StoreError("a transaction is open already; begin no other within")
            connection.writing = self.station_code
            try:
                yield from self._transaction()
            finally:
                connection.writing = None
                erased, connection.erased = connection.erased, False
            if erased:
                # The erasure is durable already; what stays in free pages goes the next time.
                with suppress(StoreError):
                    self.store.purge_erased()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Within `transaction`: several calls that are all undone if one of them fails."""
        try:
            with self.store.savepoint():
                yield
        except BaseException:
            # The cached catalogue may hold what was undone.
            self._catalogue.clear_cache()
            raise

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """The open transaction of this station, or a new one."""
        with self._connection.lock:
            if self._connection.writing == self.station_code:
                yield
                return
            with self.transaction():
                yield

    def _transaction(self) -> Iterator[None]:
        try:
            with self.store.writing():
                self.store.lock(self.station_code)
                self._catalogue.refresh()
                yield
        except BaseException:
            # The cached catalogue may hold what was undone, also if the commit failed.
            self._catalogue.clear_cache()
            raise

    def _record(self, request: Checked) -> Recorded:
        before = recorded_before(self.books, request) if request.named else None
        if before is not None:
            return before
        now = self.clock().astimezone(UTC)
        today = self._day(now)
        rule = RULES.get(type(request.command))
        if rule is None:
            raise InvalidField(f"{type(request.command).__name__} is not a command of the ledger")
        conflict = None
        try:
            with self.books.cache_queries():
                journal = Journal(self.books, request.command, now=now, today=today)
                rule(request.command, journal)
                journal.state_packs()
            self._writer.enter(journal, request)
        except Repeated as repeat:
            return as_recorded(self.books, repeat.seq)
        except (Contradicted, NotEnough) as because:
            if not isinstance(request.command, UNDENIABLE):
                raise
            conflict = because.detail
            journal = Journal(self.books, request.command, now=now, today=today)
            keep_conflict(request.command, journal, conflict)
            self._writer.enter(journal, request)
        if isinstance(request.command, ForgetDonor | ForgetRecipient):
            self._connection.erased = True
        return Recorded(
            seq=journal.drafts[0].seq,
            last=journal.drafts[-1].seq,
            id=request.id,
            document=journal.drafts[0].document,
            conflict=conflict,
        )


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def zone_of(station: Station) -> ZoneInfo:
    """The station's time zone, in which its days begin and end."""
    return _zone(station.zone)
