"""Read the entries of one station, and the rows that they wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import cache, partial
from typing import Any, NamedTuple, TypeVar, get_args, get_type_hints

from supplies.books.queries import Queries, query_ids
from supplies.domain.entries import Body, decode_body
from supplies.domain.entry_rows import TABLES, EntryRow
from supplies.domain.fields import MAX_ENTRY_NUMBER
from supplies.errors import NotFound, Sentence, check_type
from supplies.storage.store import Row

S = TypeVar("S", bound=EntryRow)


class LastEntry(NamedTuple):
    """The last entry in the books of a station, and the latest day on which any entry is booked.

    Attributes:
        seq: Number of the last entry; 0 if there is none.
        hash: Hash of the last entry; 32 zero bytes if there is none.
        latest_day: The latest day as ISO text; "" if there are no entries. An earlier entry may be
            booked on this day.
    """

    seq: int
    hash: bytes
    latest_day: str


class EndOfBooks(NamedTuple):
    """The last entry in the books of a station, the latest booked day and the last closed day.

    Attributes:
        seq: Number of the last entry; 0 if there is none.
        hash: Hash of the last entry; 32 zero bytes if there is none.
        latest_day: The latest day on which any entry is booked; `date.min` if there are none.
        recorded_at: When the last entry was recorded; None if there is none.
        closed_through: The last closed day, or None if no day is closed.
        same_id: Number of the entry with the id that was asked for; None if there is none.
    """

    seq: int
    hash: bytes
    latest_day: date
    recorded_at: str | None
    closed_through: date | None
    same_id: int | None = None


class EntryReader(Queries):
    """The entries of one station, and the rows that they wrote."""

    def last_entry(self) -> LastEntry:
        """Return the last entry, and the latest day on which an entry is booked."""
        row = self.one("SELECT seq, hash, latest_day FROM heads WHERE station = :station")
        return LastEntry(0, bytes(32), "") if row is None else LastEntry(*row)

    def end_of_books(self, id: str | None = None) -> EndOfBooks:
        """Return the last entry, the latest day and the last closed day, with one query.

        Args:
            id: The id of an entry to look for; None to look for none.
        """
        row = self.one(
            "SELECT h.seq, h.hash, h.latest_day, (SELECT e.recorded_at FROM entries e "
            "WHERE e.station = h.station AND e.seq = h.seq), (SELECT p.closed_through "
            "FROM periods p WHERE p.station = h.station ORDER BY p.seq DESC LIMIT 1), "
            "(SELECT i.seq FROM entries i WHERE i.station = h.station AND i.id = :id) "
            "FROM heads h WHERE h.station = :station",
            id=id,
        )
        if row is None:
            return EndOfBooks(0, bytes(32), date.min, None, None)
        closed = None if row[4] is None else date.fromisoformat(row[4])
        return EndOfBooks(row[0], row[1], date.fromisoformat(row[2]), row[3], closed, row[5])

    def entry_hash(self, seq: int) -> str | None:
        """Return the hash of an entry in hexadecimal, or None if the entry does not exist."""
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
                    "unknown entry {seq} in the books of station {station_code}",
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
            statement: The class of the rows, such as `Need`.
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
        ids = list(ids)
        calls = [partial(self.latest_row, statement, **{key: each}) for each in ids]
        if self.read_together(calls):
            latest = zip(ids, (call() for call in calls), strict=True)
            return {each: row for each, row in latest if row is not None}
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
        """Return the current rows of all documents that have the given column values.

        If several entries wrote rows of this type for a document, only the rows of the last one are
        current.

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

        Return None if no entry wrote such a row.
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
