"""Read the books of one station. Rules and views read the books only through this module."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple, TypeVar, get_args, get_type_hints

from supplies.books.account_range import account_range
from supplies.books.catalogue import Catalogue
from supplies.books.written import NOTHING_WRITTEN, Written, WrittenEntry
from supplies.domain.accounts import ANONYMOUS, DONOR, AccountKind, check_account, check_accounts
from supplies.domain.catalogue_records import (
    Campaign,
    CatalogueRecord,
    Donor,
    Item,
    Location,
    Recipient,
    Station,
    Team,
)
from supplies.domain.entries import Body, decode_body
from supplies.domain.entry_rows import TABLES, EntryRow
from supplies.domain.fields import MAX_ENTRY_NUMBER
from supplies.errors import (
    Fault,
    Forgotten,
    InvalidField,
    NotFound,
    Sentence,
    SuppliesError,
    check_type,
    template,
)
from supplies.storage.store import Params, Row, Store

N = TypeVar("N", bound=CatalogueRecord)
S = TypeVar("S", bound=EntryRow)
A = TypeVar("A")

_MAX_NAMED = 20
"""Maximum number of stations that an error message lists."""

_MAX_IDS = 2000
"""Maximum number of ids in one query.

Both databases limit the number of parameters of a query.
"""

_NAMELESS = {ANONYMOUS, "anon", "nobody", "none", "null", "unknown"}
"""Words that people enter by mistake as the code of a donor whose name is unknown.

The error message then says what to enter instead.
"""


_UNKNOWN = {
    "item": template("there is no item {code}; register it first, or correct the code"),
    "donor": template("there is no donor {code}; register it first, or correct the code"),
    "recipient": template("there is no recipient {code}; register it first, or correct the code"),
    "location": template("there is no location {code}; register it first, or correct the code"),
    "team": template("there is no team {code}; register it first, or correct the code"),
    "campaign": template("there is no campaign {code}; register it first, or correct the code"),
}
"""Message templates for an unknown code, by the kind of record."""


LATEST_UNTIL_DAY = (
    "d.day <= :day AND NOT EXISTS (SELECT 1 FROM days o WHERE o.station = d.station "
    "AND o.account = d.account AND o.item = d.item AND o.lot = d.lot "
    "AND o.day > d.day AND o.day <= :day)"
)
"""SQL condition for rows `d` of the table `days`, which contains day-end balances.

It selects the latest row of each balance on or before `:day`.
"""

BalanceKey = tuple[str, str, str]
"""The account, item and lot that identify a balance."""


class LotBalance(NamedTuple):
    """A lot and its balance in an account, in base units.

    Attributes:
        expires_on: ISO text, which sorts in the order of days; None if the lot does not expire.
    """

    lot: str
    expires_on: str | None
    quantity: int


class LastEntry(NamedTuple):
    """The last entry in the books of a station, and the latest day on which any entry is booked.

    Attributes:
        seq: Number of the last entry; 0 if there is none.
        hash: Hash of the last entry; 32 zero bytes if there is none.
        latest_day: The latest day, which may be of an earlier entry, as ISO text; "" if there are
            no entries.
    """

    seq: int
    hash: bytes
    latest_day: str


class EndOfBooks(NamedTuple):
    """The last entry in the books of a station, the latest booked day and the last closed day.

    Attributes:
        seq: Number of the last entry; 0 if there is none.
        hash: Hash of the last entry; 32 zero bytes if there is none.
        latest_day: The latest day on which any entry is booked, as ISO text; "" if there are none.
        recorded_at: When the last entry was recorded; None if there is none.
        closed_through: The last closed day, or None if no day is closed.
    """

    seq: int
    hash: bytes
    latest_day: str
    recorded_at: str | None
    closed_through: date | None


class Books:
    """The books of one station, for reading.

    Within `Ledger.reading` and within a rule, all queries see the same state of the books.

    Attributes:
        written: The entries that the current command has written. Views use them instead of reading
            them from the database. Empty outside of `cache_queries`.
    """

    def __init__(self, store: Store, catalogue: Catalogue) -> None:
        self.store, self.catalogue = store, catalogue
        self.station_code = catalogue.station_code
        self._answered: dict[tuple[Any, ...], Any] | None = None
        self.written = NOTHING_WRITTEN

    def for_station(self, station: str) -> Books:
        """Return the books of another station in this database.

        Raises:
            InvalidField: the code of the station is not text.
        """
        return Books(self.store, Catalogue(self.store, station))

    # --- the catalogue -----------------------------------------------------------------------

    @property
    def station(self) -> Station:
        """The record of this station.

        Raises:
            NotFound: the station is unknown.
        """
        station = self.catalogue.get(Station, self.station_code)
        if station is None:
            raise self._unknown_station_error()
        return station

    def check_station(self) -> None:
        """Check that this station is registered.

        Raises:
            NotFound: the station is unknown.
        """
        if self.catalogue.get(Station, self.station_code) is None:
            raise self._unknown_station_error()

    def _unknown_station_error(self) -> NotFound:
        codes = [row[0] for row in self.store.all("SELECT code FROM stations ORDER BY code")]
        if not codes:
            known = "they have none; create one with `supplies init` or `Ledger.register`"
        else:
            more = f" and {len(codes) - _MAX_NAMED} more" if len(codes) > _MAX_NAMED else ""
            known = (
                f"their stations are {', '.join(codes[:_MAX_NAMED])}{more}; "
                "to register a new one, use `supplies init`, or `Ledger.open` with `new_station`"
            )
        return NotFound(f"there is no station {self.station_code!r} in these books: {known}")

    def item(self, code: str, pointer: str = "") -> Item:
        """Return an item by its code.

        Args:
            pointer: JSON pointer to the field of the command that contains the code; "" if the code
                is not from a command.

        Raises:
            InvalidField: the code is unknown, and `pointer` is given.
            NotFound: the code is unknown, and `pointer` is empty.
        """
        return self._cached_record(Item, "item", code, pointer)

    def donor(self, code: str, pointer: str = "") -> Donor:
        """Return a donor by its code.

        Args:
            pointer: As in `item`.

        Raises:
            Forgotten: the data of the donor was erased.
            InvalidField: the code is unknown, and `pointer` is given.
            NotFound: the code is unknown, and `pointer` is empty.
        """
        if code.casefold() in _NAMELESS and self.catalogue.get(Donor, code) is None:
            raise unknown_code_error(
                f"{code} is not the code of a donor: record an anonymous gift without a donor, and "
                f"settle found goods with the party {ANONYMOUS}; all else needs a registered donor",
                pointer,
            )
        donor = self._cached_record(Donor, "donor", code, pointer)
        return _read_or_refuse(donor, donor.name, "donor", pointer)

    def recipient(self, code: str, pointer: str = "") -> Recipient:
        """Return a recipient by its code.

        Args:
            pointer: As in `item`.

        Raises:
            Forgotten: the data of the recipient was erased.
            InvalidField: the code is unknown, and `pointer` is given.
            NotFound: the code is unknown, and `pointer` is empty.
        """
        recipient = self._cached_record(Recipient, "recipient", code, pointer)
        return _read_or_refuse(recipient, recipient.name, "recipient", pointer)

    def location(self, code: str, pointer: str = "") -> Location:
        """Return a location by its code. Parameters and errors are those of `item`."""
        return self._cached_record(Location, "location", code, pointer)

    def team(self, code: str, pointer: str = "") -> Team:
        """Return a team by its code. Parameters and errors are those of `item`."""
        return self._cached_record(Team, "team", code, pointer)

    def campaign(self, code: str, pointer: str = "") -> Campaign:
        """Return a campaign by its code. Parameters and errors are those of `item`."""
        return self._cached_record(Campaign, "campaign", code, pointer)

    def _cached_record(self, kind: type[N], name: str, code: str, pointer: str) -> N:
        found = self.catalogue.get(kind, code)
        if found is None:
            raise unknown_code_error(Sentence(_UNKNOWN[name], code=code), pointer)
        return found

    # --- queries -----------------------------------------------------------------------------

    def all(self, sql: str, **params: Any) -> list[Row]:
        """Return all rows of an SQL query. The query can use the parameter `:station`."""
        return list(self._query(self.store.all, sql, params))

    def one(self, sql: str, **params: Any) -> Row | None:
        """Return the first row of an SQL query, or None. It can use the parameter `:station`."""
        return self._query(self.store.one, sql, params)

    @contextmanager
    def cache_queries(self, written: Sequence[WrittenEntry] = ()) -> Iterator[None]:
        """Cache query results within the `with` block. Nothing may be written in the block.

        A rule reads the same need or balance several times, and each query may have to cross a
        network.

        Args:
            written: The entries that a command has just written, so that they need not be read from
                the database.
        """
        self._answered = {}
        self.written = Written(written) if written else NOTHING_WRITTEN
        try:
            yield
        finally:
            self._answered, self.written = None, NOTHING_WRITTEN

    def _query(self, way: Callable[[str, Params], A], sql: str, params: dict[str, Any]) -> A:
        params["station"] = self.station_code
        if self._answered is None:
            return way(sql, params)
        question = (way.__name__, sql, *params.items())
        if question not in self._answered:
            self._answered[question] = way(sql, params)
        answer: A = self._answered[question]
        return answer

    def value(self, sql: str, **params: Any) -> Any:
        """Return the first column of the first row of an SQL query, or None if there is no row."""
        row = self.one(sql, **params)
        return None if row is None else row[0]

    # --- balances ----------------------------------------------------------------------------

    def balance(self, account: str, item: str, lot: str = "") -> int:
        """Return the balance of an account, in base units.

        Args:
            lot: The lot; "" for promises and needs, which have no lots.

        Raises:
            InvalidField: the account is not on the chart of accounts.
        """
        check_account(account)
        check_type(lot, str, "lot", "text; '' means no lot")
        row = self.one(
            "SELECT quantity FROM balances WHERE station = :station AND account = :account "
            "AND item = :item AND lot = :lot",
            account=account,
            item=item,
            lot=lot,
        )
        return 0 if row is None else int(row[0])

    def balances(self, keys: Iterable[BalanceKey]) -> dict[BalanceKey, int]:
        """Return the balances of several accounts, items and lots, with only a few queries."""
        wanted = list(dict.fromkeys(keys))
        found = dict.fromkeys(wanted, 0)
        for start in range(0, len(wanted), _MAX_IDS // 4):
            part = wanted[start : start + _MAX_IDS // 4]
            values = ", ".join(f"(:a{at}, :i{at}, :l{at})" for at in range(len(part)))
            names = {
                f"{letter}{at}": text
                for at, key in enumerate(part)
                for letter, text in zip("ail", key, strict=True)
            }
            rows = self.all(
                f"WITH wanted (account, item, lot) AS (VALUES {values}) "
                "SELECT b.account, b.item, b.lot, b.quantity FROM wanted w CROSS JOIN balances b "
                "WHERE b.station = :station AND b.account = w.account AND b.item = w.item "
                "AND b.lot = w.lot",
                **names,
            )
            found.update({(account, item, lot): int(there) for account, item, lot, there in rows})
        return found

    def balance_on(self, day: date, account: str, item: str, lot: str = "") -> int:
        """Return the balance of an account at the end of a day, in base units.

        Entries that were recorded later but are booked on or before this day are included.

        Raises:
            InvalidField: the account is not on the chart of accounts.
        """
        check_type(day, date, "day", "a date")
        check_account(account)
        found = self.value(
            "SELECT quantity FROM days WHERE station = :station AND account = :account "
            "AND item = :item AND lot = :lot AND day <= :day ORDER BY day DESC LIMIT 1",
            account=account,
            item=item,
            lot=lot,
            day=day.isoformat(),
        )
        return int(found or 0)

    def daily_balances(self, key: tuple[str, str, str], since: str) -> dict[str, int]:
        """Return the day-end balances of an account, item and lot from the day `since` on, by day.

        The result contains only days on which the balance changed. It begins with the last such day
        before `since`, if there is one.
        """
        account, item, lot = key
        where = "WHERE station = :station AND account = :account AND item = :item AND lot = :lot"
        params = {"account": account, "item": item, "lot": lot, "since": since}
        before = self.all(
            f"SELECT day, quantity FROM days {where} AND day < :since ORDER BY day DESC LIMIT 1",
            **params,
        )
        after = self.all(f"SELECT day, quantity FROM days {where} AND day >= :since", **params)
        return {day: int(quantity) for day, quantity in before + after}

    def balance_and_lowest_since(
        self, day: date, account: str, item: str, lot: str
    ) -> tuple[int, int]:
        """Return the current balance, and the lowest day-end balance from `day` on."""
        closings = self.daily_balances((account, item, lot), day.isoformat())
        since = [quantity for when, quantity in closings.items() if when >= day.isoformat()]
        on_the_day = self.balance_on(day, account, item, lot)
        return self.balance(account, item, lot), min([on_the_day, *since])

    def nonzero_balances(
        self, account: str, item: str | None = None
    ) -> dict[tuple[str, str, str], int]:
        """Return the balances of an account that are not zero, by account, item and lot.

        Args:
            account: An account, or the beginning of accounts up to a colon, such as `stock:`.
            item: Return only balances of this item. If None, those of all items are returned.

        Raises:
            InvalidField: the account is not on the chart of accounts.
        """
        check_accounts(account)
        where = "account = :account"
        if account.endswith(":"):
            where = account_range("account", "end")  # ";" follows ":" in ASCII
        rows = self.all(
            "SELECT account, item, lot, quantity FROM balances "
            f"WHERE station = :station AND {where} AND quantity <> 0"
            + ("" if item is None else " AND item = :item"),
            account=account,
            end=account[:-1] + ";",
            item=item,
        )
        return {(row[0], row[1], row[2]): row[3] for row in rows}

    def nonzero_balances_on(self, day: str, account: str) -> dict[tuple[str, str, str], int]:
        """Return the balances of an account that were not zero at the end of a day.

        The keys are account, item and lot. Entries that were recorded later but are booked on or
        before this day are included.

        Args:
            day: The day as ISO text.
            account: As in `nonzero_balances`.
        """
        if day >= self.last_entry().latest_day:
            return self.nonzero_balances(account)
        where = "account = :account"
        if account.endswith(":"):
            where = "account >= :account AND account < :end"  # ";" follows ":" in ASCII
        rows = self.all(
            "SELECT account, item, lot, quantity FROM days AS d "
            f"WHERE station = :station AND {where} AND quantity <> 0 AND {LATEST_UNTIL_DAY}",
            account=account,
            end=account[:-1] + ";",
            day=day,
        )
        return {(row[0], row[1], row[2]): row[3] for row in rows}

    def needs_still_open(self, recipient: str, item: str) -> dict[str, bool]:
        """Return all needs of a recipient for an item, and for each need whether it is still open.

        A need is open if a part of it is still needed or claimed.
        """
        rows = self.all(
            # With an empty text added, SQLite uses the index instead of reading all balances.
            "SELECT DISTINCT n.need, EXISTS (SELECT 1 FROM balances b WHERE b.station = n.station "
            "AND b.account = '' || 'needed:' || n.need AND b.quantity <> 0) "
            "OR EXISTS (SELECT 1 FROM balances c WHERE c.station = n.station "
            "AND c.account >= '' || 'claimed:' || n.need || ':' "
            "AND c.account < '' || 'claimed:' || n.need || ';' AND c.quantity <> 0) "
            "FROM needs n WHERE n.station = :station AND n.recipient = :recipient "
            "AND n.item = :item",
            recipient=recipient,
            item=item,
        )
        return {need: bool(open_) for need, open_ in rows}

    def lot_balances(self, account: str, item: str) -> list[LotBalance]:
        """Return each lot of an item whose balance in an account is not zero, with this balance.

        Raises:
            InvalidField: the account is not on the chart of accounts.
        """
        check_account(account)
        rows = self.all(
            "SELECT b.lot, (SELECT l.expires_on FROM lots l WHERE l.station = b.station "
            "AND l.lot = b.lot ORDER BY l.seq DESC LIMIT 1), b.quantity FROM balances b "
            "WHERE b.station = :station AND b.account = :account AND b.item = :item "
            "AND b.quantity <> 0",
            account=account,
            item=item,
        )
        return [LotBalance(*row) for row in rows]

    # --- entries and their rows --------------------------------------------------------------

    def last_entry(self) -> LastEntry:
        """Return number and hash of the last entry, and the latest day on which an entry is booked.

        If there are no entries, return 0, 32 zero bytes and "".
        """
        row = self.one("SELECT seq, hash, latest_day FROM heads WHERE station = :station")
        return LastEntry(0, bytes(32), "") if row is None else LastEntry(*row)

    def end_of_books(self) -> EndOfBooks:
        """Return the last entry, the latest day and the last closed day, with one query."""
        row = self.one(
            "SELECT h.seq, h.hash, h.latest_day, (SELECT e.recorded_at FROM entries e "
            "WHERE e.station = h.station AND e.seq = h.seq), (SELECT p.closed_through "
            "FROM periods p WHERE p.station = h.station ORDER BY p.seq DESC LIMIT 1) "
            "FROM heads h WHERE h.station = :station"
        )
        if row is None:
            return EndOfBooks(0, bytes(32), "", None, None)
        closed = None if row[4] is None else date.fromisoformat(row[4])
        return EndOfBooks(row[0], row[1], row[2], row[3], closed)

    def entry_hash(self, seq: int) -> str | None:
        """Return the hash of an entry in hexadecimal, or None if there is no such entry."""
        if not 0 < seq <= MAX_ENTRY_NUMBER:
            return None
        found = self.value(
            "SELECT hash FROM entries WHERE station = :station AND seq = :seq", seq=seq
        )
        return None if found is None else bytes(found).hex()

    def body(self, seq: int) -> Body:
        """Return the content of an entry.

        Raises:
            InvalidField: `seq` is not a whole number.
            NotFound: the entry does not exist.
        """
        check_type(seq, int, "the number of an entry", "a whole number")
        body = None
        if 0 < seq <= MAX_ENTRY_NUMBER:
            body = self.value(
                "SELECT body FROM entries WHERE station = :station AND seq = :seq", seq=seq
            )
        if body is None:
            raise NotFound(
                Sentence(
                    "there is no entry {seq} in the books of station {station_code}",
                    seq=seq,
                    station_code=self.station_code,
                )
            )
        return decode_body(body)

    def last_seq_of_command(self, seq: int) -> int:
        """Return the number of the last entry of a command.

        Args:
            seq: The number of the first entry of the command.
        """
        while self.value(
            "SELECT part FROM entries WHERE station = :station AND seq = :seq", seq=seq + 1
        ):
            seq += 1
        return seq

    def closed_through(self) -> date | None:
        """Return the last closed day, or None if no day is closed."""
        return self.end_of_books().closed_through

    def rows(self, statement: type[S], **where: Any) -> list[S]:
        """Return all rows of a type with the given column values, in the order of recording.

        Args:
            statement: The type of the rows, such as `Need`.
            where: Names of columns with the values that the rows must have.
        """
        return [self._statement(statement, row) for row in self._rows(statement, where)]

    def latest_row(self, statement: type[S], **where: Any) -> S | None:
        """Return the last recorded row of a type with the given column values, or None."""
        rows = self._rows(statement, where, " DESC LIMIT 1")
        return self._statement(statement, rows[0]) if rows else None

    def latest_rows(self, statement: type[S], key: str, ids: Iterable[str]) -> dict[str, S]:
        """Return the last recorded row for each of several ids, by id, with few queries.

        Ids without a row are left out.

        Args:
            key: Name of the column that contains the id.
        """
        table = TABLES[statement]
        columns = ", ".join(f"l.{name}" for name in statement.__struct_fields__)
        rows = query_ids(
            self,
            ids,
            f"SELECT w.id, {columns} FROM wanted w CROSS JOIN {table} l "
            f"WHERE l.station = :station AND l.{key} = w.id AND l.seq = (SELECT max(m.seq) "
            f"FROM {table} m WHERE m.station = l.station AND m.{key} = l.{key})",
        )
        return {row[0]: self._statement(statement, row[1:]) for row in rows}

    def current_rows(self, statement: type[S], key: str, **where: Any) -> list[S]:
        """Return those current rows of all documents that have the given column values.

        Several entries may have written rows of this type for a document. The rows of the last
        such entry are current.

        Args:
            key: Name of the column that contains the id of the document.
        """
        table = TABLES[statement]
        order = f"s.seq, s.{key}" + (", s.line" if "line" in statement.__struct_fields__ else "")
        conditions = "".join(f" AND s.{name} = :{name}" for name in where)
        columns = ", ".join(f"s.{name}" for name in statement.__struct_fields__)
        rows = self.all(
            f"SELECT {columns} FROM {table} s WHERE s.station = :station{conditions} AND s.seq = ("
            f"SELECT max(t.seq) FROM {table} t WHERE t.station = s.station AND t.{key} = s.{key}) "
            f"ORDER BY {order}",
            **where,
        )
        return [self._statement(statement, row) for row in rows]

    def rows_of_entry(self, statement: type[S], seq: int, **where: Any) -> list[S]:
        """Return all rows of a type that one entry wrote, in the order of their line numbers."""
        return self.rows(statement, seq=seq, **where)

    def latest_seq(self, statement: type[EntryRow], **where: Any) -> int | None:
        """Return the number of the last entry that wrote a row with the given column values.

        Return None if there is no such row.
        """
        conditions = "".join(f" AND {name} = :{name}" for name in where)
        seq: int | None = self.value(
            f"SELECT seq FROM {TABLES[statement]} WHERE station = :station{conditions} "
            "ORDER BY seq DESC LIMIT 1",
            **where,
        )
        return seq

    def _rows(self, statement: type[EntryRow], where: dict[str, Any], tail: str = "") -> list[Row]:
        conditions = "".join(f" AND {name} = :{name}" for name in where)
        # Without ORDER BY, a database may return the rows of an entry in any order.
        order = "seq, line" if not tail and "line" in statement.__struct_fields__ else "seq"
        return self.all(
            f"SELECT {', '.join(statement.__struct_fields__)} FROM {TABLES[statement]} "
            f"WHERE station = :station{conditions} ORDER BY {order}{tail}",
            **where,
        )

    @staticmethod
    def _statement(statement: type[S], row: Row) -> S:
        values = dict(zip(statement.__struct_fields__, row, strict=True))
        for name, decode in _decoders(statement):
            if values[name] is not None:
                values[name] = decode(values[name])
        return statement(**values)

    def donors_of_lot(self, lot: str, item: str) -> list[tuple[str, int]]:
        """Return the donors of a lot, each with the quantity that the donor gave, in base units."""
        rows = self.all(
            "SELECT account, -quantity FROM balances WHERE station = :station "
            f"AND item = :item AND lot = :lot AND lot <> '' AND {account_range('first', 'end')} "
            "AND quantity < 0 ORDER BY account",
            item=item,
            lot=lot,
            first=DONOR.prefix,
            end=DONOR.prefix[:-1] + ";",
        )
        return [(row[0].partition(":")[2], row[1]) for row in rows]

    def balances_of_lot(self, kind: AccountKind, lot: str) -> dict[tuple[str, str, str], int]:
        """Return the balances of a lot, other than zero, in accounts of one kind.

        The keys are account, item and lot.
        """
        rows = self.all(
            "SELECT account, item, quantity FROM balances WHERE station = :station "
            f"AND lot = :lot AND lot <> '' AND {account_range('first', 'end')} "
            "AND quantity <> 0",
            lot=lot,
            first=kind.prefix,
            end=f"{kind.name};",  # ";" follows ":" in ASCII
        )
        return {(row[0], row[1], lot): row[2] for row in rows}


def query_ids(books: Books, ids: Iterable[str | int], sql: str, **params: Any) -> list[Row]:
    """Run an SQL query about many ids, and return its rows.

    The SQL can read the ids from the column `id` of the table `wanted`. If there are more than
    `_MAX_IDS` ids, the query is run several times. `ORDER BY` then sorts only within each run.
    """
    wanted = list(dict.fromkeys(ids))
    rows: list[Row] = []
    for start in range(0, len(wanted), _MAX_IDS):
        part = wanted[start : start + _MAX_IDS]
        names, table = _wanted_table(len(part))
        rows += books.all(table + sql, **dict(zip(names, part, strict=True)), **params)
    return rows


@lru_cache(maxsize=64)
def _wanted_table(count: int) -> tuple[list[str], str]:
    """Return the parameter names for `count` ids, and the SQL that defines the table `wanted`."""
    names = [f"id{index}" for index in range(count)]
    values = ", ".join(f"(:{name})" for name in names)
    return names, f"WITH wanted (id) AS (VALUES {values}) "


def unknown_code_error(sentence: str, pointer: str) -> SuppliesError:
    """Return the error for an unknown code.

    If `pointer` is given, this is an InvalidField that points to the field, otherwise a NotFound.
    """
    if pointer:
        return InvalidField(sentence, [Fault(pointer, sentence)])
    return NotFound(sentence)


def _read_or_refuse(record: N, name: str | None, what: str, pointer: str) -> N:
    if name is None:
        raise Forgotten(
            Sentence(
                "the data of {what} {code} was erased at their request; register them under "
                "another code",
                what=what,
                code=record.code,
            ),
            [Fault(pointer, Sentence("the personal data was erased"))] if pointer else (),
        )
    return record


@cache
def _decoders(statement: type[EntryRow]) -> list[tuple[str, Callable[[str], Any]]]:
    """Return the columns with dates or times, each with the function that decodes its text."""
    kinds = {name: {hint, *get_args(hint)} for name, hint in get_type_hints(statement).items()}
    return [
        (name, moment.fromisoformat)
        for name in statement.__struct_fields__
        for moment in (datetime, date)
        if moment in kinds[name]
    ]
