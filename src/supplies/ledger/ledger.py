"""The ledger of one station: record commands, and open the books for reading."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import msgspec

from supplies.books.catalogue import Catalogue
from supplies.books.reader import Books
from supplies.books.written import WrittenEntry
from supplies.domain.accounts import check_account
from supplies.domain.catalogue_records import DEFAULT_HOST, CatalogueRecord, Station
from supplies.domain.commands import Command
from supplies.domain.fields import is_valid_code
from supplies.errors import InvalidField, StoreError, SuppliesError, check_function, check_type
from supplies.ledger.clock import Clock, system_clock
from supplies.ledger.connection_state import ConnectionState
from supplies.ledger.recorded import Recorded, recorded_result
from supplies.ledger.recorder import Recorder
from supplies.ledger.writer import CheckedRequest, Request
from supplies.signing.checkpoints import Checkpoint
from supplies.signing.last_seals import keep_last_seals
from supplies.signing.station_keys import read_keys_once
from supplies.storage.engines import open_store
from supplies.storage.idempotency import StoredResponses
from supplies.storage.store import Store

if TYPE_CHECKING:
    from supplies.verification.verify import Progress, Verified


class Ledger:
    """The books of one station, for recording commands and for reading.

    Use a ledger in a `with` statement, or call `close`. Any thread may call any method, but all
    calls of a ledger take turns. To read while another thread writes, open a second `Ledger` on the
    same URL.

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
        self, store: Store, station: str, clock: Clock, *, connection: ConnectionState | None = None
    ) -> None:
        self.store, self.station_code, self.clock = store, station, clock
        self._connection = connection or ConnectionState()
        self._catalogue = self._connection.catalogues.setdefault(station, Catalogue(store, station))
        self.books = Books(store, self._catalogue)
        self.stored_responses = StoredResponses(store, station)
        self._recorder = Recorder(self.books, self.stored_responses, self._connection)

    @classmethod
    def open(
        cls,
        url: str,
        *,
        station: str,
        clock: Clock = system_clock,
        create: bool = True,
        new_station: bool = False,
    ) -> Ledger:
        """Open the books of a station.

        Args:
            url: Path of a database file, or a URL: sqlite:///PATH or postgresql://….
            station: Code of the station.
            clock: Returns the current time; tests replace it.
            create: Whether to create the database if it does not exist.
            new_station: Whether to open the books even if they do not have this station yet, so
                that `register` can add it. Not needed for the first station of a database.

        Raises:
            InvalidField: an argument is invalid.
            NotFound: the books have stations, but not this one.
            StoreError: the database cannot be used; the class of the error says why.

        >>> with Ledger.open("books.db", station="lx") as ledger:
        ...     ledger.station_code
        'lx'
        """
        _check_station_code(station)
        check_function(clock, "clock", "a function that returns the time")
        store = open_store(url, create=create)
        try:
            ledger = cls(store, station, clock)
            if not new_station and store.one("SELECT 1 FROM stations LIMIT 1") is not None:
                ledger.books.check_station()
            return ledger._with_current_index()
        except BaseException:
            store.close()
            raise

    def for_station(self, station: str) -> Ledger:
        """Return the ledger of another station in this database, on the same connection.

        Calls of the two ledgers wait for each other, and closing one ledger closes both. Do not
        call this method within `reading` or `transaction`. If the station does not exist, the first
        use of the returned ledger raises NotFound.

        Raises:
            InvalidField: `station` cannot be the code of a station.
        """
        _check_station_code(station)
        ledger = Ledger(self.store, station, self.clock, connection=self._connection)
        return ledger._with_current_index()

    def _with_current_index(self) -> Self:
        """Return the ledger. Rebuild its name index if an older version of the program built it."""
        with self._connection.lock:
            if not self._catalogue.name_index.is_current():
                with self._writing():
                    self._catalogue.rebuild_name_index()
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
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
        """Open a consistent snapshot of the books, which does not change when others write.

        Raises:
            NotFound: the station is unknown.
            StoreError: the database cannot be read.

        >>> with ledger.reading() as books:
        ...     books.item("mask").name, books.last_entry().seq
        ('mask', 1)
        """
        with self._connection.lock:
            open_station = self._connection.reading or self._connection.writing
            if open_station is not None:
                if open_station != self.station_code:
                    self._catalogue.refresh()
                    self.books.check_station()
                yield self.books
                return
            self._connection.reading = self.station_code
            try:
                with self.store.reading():
                    self._catalogue.refresh()
                    self.books.check_station()
                    yield self.books
            finally:
                self._connection.reading = None

    @contextmanager
    def read_without_transaction(self) -> Iterator[Books]:
        """Open the books for reading without a database transaction.

        Two queries may then see different states of the books, so use it for a single query only.
        """
        with self._connection.lock:
            yield self.books

    def database_version(self) -> object:
        """Return a value that changes with each commit of any connection to the database.

        Return None if the database engine has no such value.

        Raises:
            StoreError: the database cannot be read.
        """
        with self._connection.lock:
            return self.store.database_version()

    def balance(self, account: str, item: str, lot: str = "") -> int:
        """Return the current balance of an account, in base units of the item.

        To sum goods over all lots, use `Books.nonzero_balances` or `supplies.views.stock`.

        Args:
            lot: Id of the lot of goods. Leave it out only for promises and needs, which have no
                lots. Without a lot, the balance of goods is 0.

        Raises:
            InvalidField: the account is not on the chart of accounts, or an argument is not text.
            NotFound: the item is unknown.

        >>> ledger.balance("stock:store-a", "mask", "l_lx_1_1")
        71
        """
        # Checked first, because a wrong account explains more than a wrong item.
        check_account(account)
        with self._connection.lock:
            self.books.item(item)
            return self.books.balance(account, item, lot)

    def verify(
        self, progress: Progress | None = None, *, since: Sequence[Checkpoint] = ()
    ) -> Verified:
        """Verify the books of this station: recompute them from the entries and compare.

        Args:
            since: Checkpoints whose signatures were checked. Entries up to this station's newest
                checkpoint are trusted. Only the entries after it are verified.
            progress: Called repeatedly with two numbers: entries verified so far, and all entries.

        Raises:
            BooksBroken: the books are not intact; the error describes the first difference.
            InvalidField: `progress` is not a function.
            NotFound: the station is unknown.

        >>> ledger.verify().entries
        1
        """
        # Imported here, because most commands of the command line verify nothing.
        from supplies.verification.verify import verify

        with self._connection.lock:
            return verify(self.store, self.station_code, since=since, progress=progress)

    def today(self) -> date:
        """Return the current day in the station's time zone.

        Raises:
            NotFound: the station is unknown.
        """
        with self._connection.lock:
            return self._recorder.now(self.clock)[1]

    # --- rows outside of the chain ---------------------------------------------------------------

    @contextmanager
    def admin_transaction(self) -> Iterator[Books]:
        """Open a transaction for data outside of the hash chain: users, settings, access log.

        The changes are on the disk when the `with` block ends. If the block raises an error, they
        are undone.

        Raises:
            StoreError: the database cannot be written.
        """
        with self._writing():
            yield self.books

    # --- the catalogue -----------------------------------------------------------------------

    def register(self, *records: CatalogueRecord, replace: bool = False) -> None:
        """Add records to the catalogue, such as stations, items and donors: all of them, or none.

        Args:
            replace: Whether a record replaces an existing one with the same code, as `amend` does.
                Then the same call can be repeated. A station keeps its host if the new record does
                not set one.

        Raises:
            InvalidField: a value is outside its limits, or the unit of an item that has entries
                changes.
            AlreadyDone: a code is in use and `replace` is false, or another station has the receipt
                series.
            Forgotten: the personal data of a record with this code was erased.
        """
        with self._writing(), self.savepoint():
            for record in records:
                present = self._catalogue.get(type(record), record.code) if replace else None
                if present is not None:
                    self._catalogue.amend(_with_present_host(record, present))
                else:
                    self._catalogue.register(record)

    def next_code(self, kind: type[CatalogueRecord]) -> str:
        """Return the next free code for a new record, such as D-012 for a donor.

        Register the record in the same `transaction()`, so that nobody else takes the code.

        Raises:
            InvalidField: records of this kind have no numbered codes.

        >>> from supplies import Donor
        >>> with ledger.transaction():
        ...     code = ledger.next_code(Donor)
        ...     ledger.register(Donor(code=code, name="蓝湾公司"))
        >>> code
        'D-001'
        """
        with self._connection.lock:
            return self._catalogue.next_code(kind)

    def amend(self, record: CatalogueRecord) -> None:
        """Replace the existing catalogue record that has the same code as the given one.

        Raises:
            InvalidField: the argument is not a record, a value is outside its limits, or the unit
                of an item that has entries changes.
            NotFound: no record has this code.
        """
        with self._writing():
            self._catalogue.amend(record)

    # --- recording ---------------------------------------------------------------------------

    def record(self, command: Command, *, by: str, id: str | uuid.UUID | None = None) -> Recorded:
        """Record a command with all of its entries, or refuse it and record nothing.

        When the method returns, the entries are durable on the disk.

        Args:
            by: Code of the person who records the command: 1 to 64 letters, digits, dots, dashes
                and underscores. The code is hashed and can never be erased, so it must not be a
                name. It need not belong to a registered user, because a program that uses this
                library may have users of its own.
            id: A UUID that makes the request safe to repeat: the same id with the same command
                returns the first result. If None, a new id is created.

        Raises:
            InvalidField: `command` is not a command, a value is invalid or a code is unknown;
                `faults` point to the fields.
            NotFound: the document, entry or person that the command changes is unknown.
            AgainstBooks: the current books do not allow the command; the class of the error says
                why.
            IdempotencyConflict: the id was used for another command.
            StoreError: the database cannot be written.

        >>> from supplies import NoteNeed
        >>> need = NoteNeed(recipient="R-1", item="mask", quantity=20)
        >>> ledger.record(need, by="u-1").document
        'n_2'
        """
        return self.record_and_show(command, by=by, id=id)[0]

    def record_and_show(
        self, command: Command, *, by: str, id: str | uuid.UUID | None = None
    ) -> tuple[Recorded, Sequence[WrittenEntry]]:
        """Record a command as `record` does. Return its result and the written entries.

        Pass the entries to `Books.cache_queries`, so that views need not read them back. There are
        no entries if the request was recorded before, or if the command erases data.

        Raises:
            SuppliesError: the command is refused, or the database cannot be written; see `record`.
        """
        request = Request(command=command, by=by, id=id)
        try:
            checked = CheckedRequest.of(request)
        except InvalidField as error:
            with self._writing():
                return self._recorder.recorded_before(request, error, self.clock), ()
        with self._writing():
            return self._recorder.record(checked, self.clock)

    def recorded(self, seq: int) -> Recorded:
        """Return the result of a command that was recorded earlier, like that of `record`.

        Args:
            seq: Number of the first entry of the command.

        Raises:
            InvalidField: `seq` is not a whole number.
            NotFound: the entry does not exist.
        """
        with self.reading():
            return recorded_result(self.books, seq)

    def record_many(self, requests: Sequence[Request]) -> list[Recorded | SuppliesError]:
        """Record several requests in one transaction. If one is refused, the others are recorded.

        Return the result or the error of each request, in the order of the requests.

        Raises:
            InvalidField: `requests` is not a sequence.
            StoreError: the database failed, and nothing was recorded.

        >>> from supplies import NoteNeed, Request
        >>> need = NoteNeed(recipient="R-1", item="mask", quantity=20)
        >>> unknown = NoteNeed(recipient="R-2", item="mask", quantity=20)
        >>> requests = [Request(command=each, by="u-1") for each in (need, unknown)]
        >>> [type(answer).__name__ for answer in ledger.record_many(requests)]
        ['Recorded', 'InvalidField']
        """
        check_type(requests, Sequence, "requests", "a list of Request(command=…, by=…)")
        answers: list[Recorded | SuppliesError] = []
        with self.transaction():
            for request in requests:
                try:
                    try:
                        checked = CheckedRequest.of(request)
                    except InvalidField as error:
                        answers.append(self._recorder.recorded_before(request, error, self.clock))
                    else:
                        answers.append(self._recorder.record(checked, self.clock)[0])
                except StoreError:
                    raise
                except SuppliesError as error:
                    answers.append(error)
        return answers

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Open a transaction: all commands that are recorded within it are kept, or none.

        The results of `record` are final only when the `with` block has ended. If a command is
        refused, only that command is undone, and the caller may catch the error and go on. Use
        `savepoint` to undo several commands together.

        Raises:
            StoreError: the database failed, or another transaction or `reading` is open.
        """
        connection = self._connection
        with connection.lock:
            if connection.reading is not None:
                raise StoreError("nothing can be recorded within `reading()`: leave it first")
            if connection.writing is not None:
                raise StoreError("a transaction is open already; end it before you begin another")
            connection.writing = self.station_code
            try:
                yield from self._transaction()
            finally:
                connection.writing = None
                erased, connection.erased = connection.erased, False
            if erased:
                # The erasure is committed. If purging fails, copies remain in unused pages of the
                # file until the next erasure purges them.
                with suppress(StoreError):
                    self.store.purge_erased()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Group several calls within `transaction`: if one of them fails, all are undone."""
        try:
            with self.store.savepoint():
                yield
        except BaseException:
            # The cached catalogue may contain records that were undone.
            self._catalogue.clear_cache()
            raise

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Continue the open transaction of this station, or open one for the `with` block."""
        with self._connection.lock:
            if self._connection.writing == self.station_code:
                yield
                return
            with self.transaction():
                yield

    def _transaction(self) -> Iterator[None]:
        try:
            with self.store.writing(), read_keys_once():
                self.store.lock(self.station_code)
                self._catalogue.refresh()
                yield
        except BaseException:
            # The cached catalogue may contain records that were undone or not committed.
            self._catalogue.clear_cache()
            self.store.sealed.clear()
            raise
        if self.store.sealed:
            keep_last_seals(self.store)

    def with_all_faults(
        self, error: InvalidField, kind: type[msgspec.Struct], fields: Mapping[str, Any]
    ) -> SuppliesError:
        """Add all other faults of a command or catalogue record to its error, and return the error.

        Use it for JSON that cannot be decoded to a command or record, so that users can correct all
        faults at once.

        Args:
            error: The error that `supplies.domain.validation.convert` raised.
            kind: The type of the command or record, or a subclass of the record's type.
            fields: The decoded JSON.

        Raises:
            NotFound: the station is unknown.
            StoreError: the database cannot be read.
        """
        with self.reading():
            if issubclass(kind, CatalogueRecord):
                return self._catalogue.with_all_faults(error, kind, fields)
            if issubclass(kind, Command):
                return self._recorder.with_all_faults(error, kind, fields, self.clock)
        return error


def _check_station_code(station: str) -> None:
    check_type(station, str, "station", "text: the code of a station, such as 'lx'")
    if not is_valid_code(station):
        raise InvalidField(
            f"{station[:64]!r} is not the code of a station: use letters, digits, . - _"
        )


def _with_present_host(record: CatalogueRecord, present: CatalogueRecord) -> CatalogueRecord:
    if isinstance(record, Station) and isinstance(present, Station) and record.host == DEFAULT_HOST:
        return msgspec.structs.replace(record, host=present.host)
    return record
