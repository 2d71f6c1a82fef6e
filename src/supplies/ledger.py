"""The ledger: the one door for writing, and the way to the books for reading."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from types import TracebackType
from typing import Any, Self
from zoneinfo import ZoneInfo

import msgspec

from supplies.accounts import kind_of
from supplies.books import Books, Catalogue
from supplies.commands import Command, CountStock, ReportOutcome
from supplies.decoding import check_fields
from supplies.entries import (
    INSERTS,
    Body,
    Transfer,
    cells,
    chain,
    encode,
    moment,
    new_salt,
    part_id,
    salted,
)
from supplies.errors import (
    AlreadyDone,
    Fault,
    IdempotencyConflict,
    InvalidField,
    NotEnough,
    NotFound,
    SuppliesError,
)
from supplies.journal import Draft, Journal, not_enough
from supplies.model import Forgetting, Item, Noun, Station
from supplies.rules import RULES
from supplies.rules.deliveries import Contradicted, Repeated, keep_conflict
from supplies.store import Store, open_store
from supplies.texts import texts_in, without_texts

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


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A command with who gives it and its id, for `record_many`."""

    command: Command
    by: str
    id: str | None = None


class Ledger:
    """One station's ledger.

    Any thread may call any method; calls take turns on the one connection. For reading beside
    writing, open a second `Ledger` on the same URL. Use it as a context manager, or `close` it.
    """

    def __init__(self, store: Store, station: str, clock: Clock) -> None:
        self.store, self.station_code, self.clock = store, station, clock
        self._lock = threading.RLock()
        self._catalogue = Catalogue(store, station)
        self.books = Books(store, self._catalogue)

    @classmethod
    def open(
        cls, url: str, *, station: str, clock: Clock = system_clock, create: bool = True
    ) -> Ledger:
        """Open the books that `url` names (a file's path, or sqlite:///PATH).

        clock: gives the moment now, aware; tests set it. create: make the database where there
        is none. Raises a StoreError where the database cannot be used.
        """
        return cls(open_store(url, create=create), station, clock)

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
        with self._lock:
            self.store.close()

    # --- reading -----------------------------------------------------------------------------

    @contextmanager
    def reading(self) -> Iterator[Books]:
        """The books as they stand at one moment, whatever is recorded meanwhile."""
        with self._lock, self.store.reading():
            self._catalogue.refresh()
            yield self.books

    def balance(self, account: str, item: str, lot: str = "") -> int:
        """What stands in an account now, in base units of the item; lot "" is no lot."""
        with self._lock:
            return self.books.balance(account, item, lot)

    # --- the catalogue -----------------------------------------------------------------------

    def register(self, *nouns: Noun) -> None:
        """Enter nouns into the catalogue; a code that is taken is refused.

        Raises InvalidField for a value out of bounds, AlreadyDone for a code in use.
        """
        with self._writing():
            for noun in nouns:
                checked = check_fields(noun)
                _must_have_name(checked)
                if self._catalogue.get(type(noun), noun.code) is not None:
                    sentence = f"the code {noun.code} is taken in {noun.table}; choose another"
                    raise AlreadyDone(sentence, [Fault("/code", sentence)])
                self._insert(checked)

    def amend(self, noun: Noun) -> None:
        """Replace what the catalogue says of a code; the unit of an item that moved is frozen."""
        with self._writing():
            checked = check_fields(noun)
            _must_have_name(checked)
            before = self._catalogue.get(type(noun), noun.code)
            if before is None:
                raise NotFound(f"there is no {noun.code} in {noun.table}")
            if isinstance(before, Item) and before.unit != _unit(checked) and self._moved(before):
                raise InvalidField.at(
                    "/unit",
                    f"{before.name} has moved in {before.unit}; its unit stays, "
                    "register another item for another unit",
                )
            self._update(checked)

    def _moved(self, item: Item) -> bool:
        return (
            self.books.value(
                "SELECT 1 FROM balances WHERE station = :station AND item = :item LIMIT 1",
                item=item.code,
            )
            is not None
        )

    def _insert(self, noun: Noun) -> None:
        values = self._columns(noun)
        names = ", ".join(values)
        marks = ", ".join(f":{name}" for name in values)
        self.store.run(f"INSERT INTO {noun.table} ({names}) VALUES ({marks})", values)
        self._catalogue.forget()

    def _update(self, noun: Noun) -> None:
        values = self._columns(noun)
        sets = ", ".join(f"{name} = :{name}" for name in values if name not in ("code", "station"))
        here = "" if isinstance(noun, Station) else " AND station = :station"
        self.store.run(f"UPDATE {noun.table} SET {sets} WHERE code = :code{here}", values)
        self._catalogue.forget()

    def _columns(self, noun: Noun) -> dict[str, Any]:
        values = msgspec.structs.asdict(noun)
        if isinstance(noun, Item):
            values["packs"] = msgspec.json.encode(noun.packs, order="sorted").decode()
        for name, value in values.items():
            if isinstance(value, bool):
                values[name] = int(value)
        return values if isinstance(noun, Station) else {"station": self.station_code, **values}

    # --- recording ---------------------------------------------------------------------------

    def record(self, command: Command, *, by: str, id: str | None = None) -> Recorded:
        """Record a command: all of its entries, durably, or a refusal and none.

        by: code of who records it. id: a UUID that names this request; the same id with the same
        command answers as the first time, with another it is an IdempotencyConflict. None: a new
        one. Raises a SuppliesError that says what, where and what would be right.
        """
        request = _Checked.of(command, by, id)
        with self._writing():
            return self._record(request)

    def record_many(self, requests: Sequence[Request]) -> list[Recorded | SuppliesError]:
        """Record what waits together in one durable commit: each its own success or refusal.

        The answers stand in the order of the requests, and hold only once this returns.
        """
        answers: list[Recorded | SuppliesError] = []
        with self._writing():
            for request in requests:
                try:
                    checked = _Checked.of(request.command, request.by, request.id)
                    with self.store.savepoint():
                        answers.append(self._record(checked))
                except SuppliesError as error:
                    answers.append(error)
        return answers

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._lock, self.store.writing():
            self.store.lock(self.station_code)
            self._catalogue.refresh()
            yield

    def _record(self, request: _Checked) -> Recorded:
        before = self._recorded_before(request)
        if before is not None:
            return before
        now = self.clock().astimezone(UTC)
        today = now.astimezone(ZoneInfo(self.books.station.zone)).date()
        journal = Journal(self.books, request.command, by=request.by, now=now, today=today)
        conflict = None
        try:
            RULES[type(request.command)](request.command, journal)
            self._enter(journal, request)
        except Repeated as repeat:
            return self._as_recorded(repeat.seq, repeated=True)
        except Contradicted as because:
            journal, conflict = self._conflict(request, because, now, today), because.detail
        return Recorded(
            seq=journal.drafts[0].seq,
            last=journal.drafts[-1].seq,
            id=request.id,
            document=journal.drafts[0].document,
            conflict=conflict,
        )

    def _conflict(
        self, request: _Checked, because: Contradicted, now: datetime, today: date
    ) -> Journal:
        journal = Journal(self.books, request.command, by=request.by, now=now, today=today)
        codes = msgspec.json.encode(without_texts(request.command))
        keep_conflict(request.command, journal, because, codes)
        self._enter(journal, request)
        return journal

    def _recorded_before(self, request: _Checked) -> Recorded | None:
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
            raise IdempotencyConflict(
                f"the id {request.id} was used for another command (entry {seq}); "
                "use a new id for a new command"
            )
        return self._as_recorded(seq, repeated=True)

    def _as_recorded(self, seq: int, *, repeated: bool) -> Recorded:
        body = self.books.body(seq)
        last = seq
        conflict = None
        for row in body.rows:
            conflict = getattr(row, "because", conflict)
        while True:
            part = self.books.value(
                "SELECT part FROM entries WHERE station = :station AND seq = :seq", seq=last + 1
            )
            if not part:
                break
            last += 1
        return Recorded(
            seq=seq,
            last=last,
            id=body.id,
            document=body.document,
            repeated=repeated,
            conflict=conflict,
        )

    # --- writing down ------------------------------------------------------------------------

    def _enter(self, journal: Journal, request: _Checked) -> None:
        """Write the drafts down; where a floor refuses, say which and why."""
        previous = self.books.head()[1]
        try:
            with self.store.savepoint():
                for part, draft in enumerate(journal.drafts):
                    previous = self._write(draft, part, journal, request, previous)
        except NotEnough:
            refusal = self._why(journal)
            if isinstance(journal.command, ReportOutcome | CountStock):
                about = journal.drafts[0].about
                document = str(journal.drafts[0].document)
                raise Contradicted(refusal.detail, document, about) from None
            raise refusal from None

    def _write(
        self, draft: Draft, part: int, journal: Journal, request: _Checked, previous: bytes
    ) -> bytes:
        texts = None
        if part == 0 and request.texts is not None:
            digest = salted(request.salt, request.texts)
            draft.erasables.append((digest, request.salt, request.texts))
            texts = digest
        body = Body(
            station=self.station_code,
            seq=draft.seq,
            id=part_id(request.id, part),
            part=part,
            kind=draft.kind,
            document=draft.document,
            happened_on=draft.happened_on,
            booked_on=draft.booked_on,
            recorded_at=moment(journal.now),
            recorded_by=request.by,
            supersedes=draft.supersedes,
            about=draft.about,
            request=salted(request.salt, request.content) if part == 0 else None,
            texts=texts,
            transfers=tuple(move.transfer for move in draft.moves),
            rows=tuple(draft.rows),  # type: ignore[arg-type]  # every statement is in the union
        )
        content = encode(body)
        head = chain(previous, content)
        self._insert_entry(body, content, head)
        for digest, salt, text in draft.erasables:
            self.store.run(
                "INSERT INTO erasable (station, seq, digest, about, salt, content) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (self.station_code, draft.seq, digest, draft.about, salt, text),
            )
        return head

    def _insert_entry(self, body: Body, content: bytes, head: bytes) -> None:
        key = (self.station_code, body.seq)
        self.store.run(
            "INSERT INTO entries (station, seq, id, part, kind, document, happened_on, booked_on, "
            "recorded_at, recorded_by, supersedes, body, hash) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *key,
                body.id,
                body.part,
                body.kind,
                body.document,
                body.happened_on.isoformat(),
                body.booked_on.isoformat(),
                body.recorded_at,
                body.recorded_by,
                body.supersedes,
                content,
                head,
            ),
        )
        for row in body.rows:
            self.store.run(INSERTS[type(row)], (*key, *cells(row)))
        if body.transfers:
            day = body.booked_on.isoformat()
            self.store.many(
                "INSERT INTO transfers (station, seq, line, day, source, target, item, lot, "
                "quantity, allocation, recipient) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (*key, line, day, *transfer, *parcel(transfer))
                    for line, transfer in enumerate(body.transfers, 1)
                ],
            )
        for row in body.rows:
            if isinstance(row, Forgetting):
                self._erase(row.party)

    def _erase(self, party: str) -> None:
        """Forget a person: their texts' salt and content, and what the catalogue says of them."""
        self.store.run(
            "UPDATE erasable SET salt = NULL, content = NULL "
            "WHERE station = :station AND about = :party AND content IS NOT NULL",
            {"station": self.station_code, "party": party},
        )
        what, _, code = party.partition(":")
        table, columns = FORGOTTEN[what]
        sets = ", ".join(f"{name} = NULL" for name in columns)
        self.store.run(
            f"UPDATE {table} SET {sets} WHERE station = :station AND code = :code",
            {"station": self.station_code, "code": code},
        )
        self._catalogue.forget()

    def _why(self, journal: Journal) -> NotEnough:
        """Which transfer a floor refused, and what there is instead, now or on some day."""
        changed: dict[tuple[str, str, str], int] = {}
        for draft in journal.drafts:
            for move in draft.moves:
                source, target, item, lot, quantity = move.transfer
                there = self._least(source, item, lot, draft.booked_on)
                available = min(there) + changed.get((source, item, lot), 0)
                if kind_of(source).floored and available < quantity:
                    besides = (
                        "" if there[0] <= there[1] else f" on every day since {draft.booked_on}"
                    )
                    return not_enough(
                        self.books, source, item, quantity, max(0, available), move.pointer, besides
                    )
                for account, sign in ((source, -1), (target, 1)):
                    key = account, item, lot
                    changed[key] = changed.get(key, 0) + sign * quantity
        raise AssertionError("a floor refused a transfer, but none is short")

    def _least(self, account: str, item: str, lot: str, day: date) -> tuple[int, int]:
        """What stands in an account now, and the least that stood at a day's end since."""
        now = self.books.balance(account, item, lot)
        closings = self.books.closings((account, item, lot), day.isoformat())
        first = self.books.balance_on(day, account, item, lot)
        since = [quantity for when, quantity in closings.items() if when >= day.isoformat()]
        return now, min([first, *since])


FORGOTTEN = {
    "donor": ("donors", ("name", "name_en", "phone", "address", "note")),
    "recipient": ("recipients", ("name", "phone", "address", "access", "note")),
}
"""What is personal about each kind of person."""


def parcel(transfer: Transfer) -> tuple[str | None, str | None]:
    """The allocation and recipient of a hand-over, which a foreign key ties together."""
    if transfer.source.startswith("in_transit:") and transfer.target.startswith("received:"):
        return transfer.source.rsplit(":", 1)[1], transfer.target.partition(":")[2]
    return None, None


class _Checked(msgspec.Struct, frozen=True):
    """A command that meets the limits of its fields, with its own bytes and free text."""

    command: Command
    by: str
    id: str
    content: bytes
    texts: bytes | None
    salt: bytes

    @classmethod
    def of(cls, command: Command, by: str, id: str | None) -> _Checked:
        if type(command) not in RULES:
            raise InvalidField(f"{type(command).__name__} is no command of the ledger")
        if not by or len(by) > 64 or not by.isprintable():
            raise InvalidField("say by a code of 1 to 64 letters who records this")
        checked = check_fields(command)
        texts = texts_in(checked)
        return cls(
            checked,
            by,
            str(uuid.uuid4()) if id is None else _uuid(id),
            encode(checked),
            encode(texts) if texts else None,
            new_salt() if texts else b"",
        )


def _uuid(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise InvalidField(f"the id {text[:64]!r} is no UUID") from None


def _must_have_name(noun: Noun) -> None:
    if getattr(noun, "name", "") is None:
        raise InvalidField.at("/name", "a name is missing; say what to call them")


def _unit(noun: Noun) -> str:
    return noun.unit if isinstance(noun, Item) else ""
