"""Read stock counts: the stock with which each count is compared, and the entries of each count.

The moment of an event is its place in the order of events: its day and, within a day, the number of
its entry. Some entries have the moment of another entry. A count, and each entry that books the
difference of a count, has the moment of the count sheet. A correction has the moment of the entry
that it corrects.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import NamedTuple

from supplies.books.reader import Books
from supplies.domain.accounts import ALLOCATED, STOCK, keys_of

COUNTED, RECOUNTED = "stock_counted", "stock_recounted"
"""Two kinds of entry: one books the difference found by a count, the other changes it later."""

RESOLVED = "conflict_resolved"
"""Kind of entry that resolves a conflict.

If the conflict is about a stock count, the entry books the count as far as the books allow.
"""


class Moment(NamedTuple):
    """The place of an event in the order of events: a day as ISO text, and an entry number."""

    day: str
    seq: int


class Count(NamedTuple):
    """One counted line of a stock count, with the moment of its count sheet.

    Attributes:
        sheet_at: The moment of the count sheet. The count is compared with the stock at this
            moment.
        seq: Number of the entry that recorded the count.
        booked_on: Day of this entry, as ISO text.
        lot: The counted lot; "" if all lots of the item were counted together.
    """

    sheet: str
    location: str
    sheet_at: Moment
    seq: int
    booked_on: str
    line: int
    item: str
    lot: str


def is_at(account: str, location: str) -> bool:
    """Return whether an account contains goods at this location, either free or allocated."""
    return account == STOCK(location) or (
        account.startswith(ALLOCATED.prefix) and keys_of(account)[1] == location
    )


def counts_after(books: Books, day: str) -> list[Count]:
    """Return the counted lines of all count sheets opened on or after a day, ordered by moment."""
    rows = books.all(
        "SELECT s.sheet, s.location, o.booked_on, o.seq, l.seq, c.booked_on, l.line, l.item, l.lot "
        "FROM count_sheets s CROSS JOIN entries o CROSS JOIN counted_lines l CROSS JOIN entries c "
        "WHERE s.station = :station AND o.station = s.station AND o.seq = s.seq "
        "AND o.booked_on >= :day AND l.station = s.station AND l.sheet = s.sheet "
        "AND c.station = l.station AND c.seq = l.seq ORDER BY o.booked_on, o.seq, l.line",
        day=day,
    )
    return [Count(row[0], row[1], Moment(row[2], row[3]), *row[4:]) for row in rows]


def sheet_moment(books: Books, sheet: str) -> Moment | None:
    """Return the moment at which a count sheet was opened, or None if the sheet is unknown.

    The count is compared with the stock at this moment.
    """
    row = books.one(
        "SELECT o.booked_on, o.seq FROM count_sheets s "
        "JOIN entries o ON o.station = s.station AND o.seq = s.seq "
        "WHERE s.station = :station AND s.sheet = :sheet",
        sheet=sheet,
    )
    return None if row is None else Moment(row[0], row[1])


def stock_at(books: Books, location: str, moment: Moment) -> dict[str, Counter[str]]:
    """Return the goods at a location at a moment, by item and lot, including allocated goods.

    All events before the moment are included, even if they were recorded later.
    """
    there: dict[str, Counter[str]] = defaultdict(Counter)
    for (_, item, lot), quantity in books.nonzero_balances_on(moment.day, STOCK(location)).items():
        there[item][lot] += quantity
    for (account, item, lot), quantity in books.nonzero_balances_on(
        moment.day, ALLOCATED.prefix
    ).items():
        if is_at(account, location):
            there[item][lot] += quantity
    for sign, moves in ((-1, _later_that_day(books, moment)), (1, _booked_later(books, moment))):
        for source, target, item, lot, quantity in moves:
            if is_at(source, location):
                there[item][lot] -= sign * quantity
            if is_at(target, location):
                there[item][lot] += sign * quantity
    return there


_Move = tuple[str, str, str, str, int]


def _later_that_day(books: Books, moment: Moment) -> list[_Move]:
    """Return the transfers on the day of a moment, for events that are not before the moment."""
    rows = books.all(
        "SELECT t.seq, t.source, t.target, t.item, t.lot, t.quantity FROM entries e "
        "CROSS JOIN transfers t WHERE e.station = :station AND e.booked_on = :day "
        "AND e.seq > :seq AND t.station = e.station AND t.seq = e.seq",
        seq=moment.seq,
        day=moment.day,
    )
    later = {seq: moment_of(books, seq) >= moment for seq in {row[0] for row in rows}}
    return [row[1:] for row in rows if later[row[0]]]


def moment_of(books: Books, seq: int) -> Moment:
    """Return the moment of an entry: its place in the order of events."""
    row = books.one(
        "SELECT kind, document, booked_on, seq - part FROM entries "
        "WHERE station = :station AND seq = :seq",
        seq=seq,
    )
    assert row is not None, f"unknown entry {seq}"
    kind, document, day, latest = row
    sheet = sheet_moment(books, document) if kind != "count_opened" and document else None
    return sheet or Moment(day, first_entry(books, latest))


def first_entry(books: Books, latest: int) -> int:
    """Return the number of the first entry of a command, which may have been corrected since.

    Args:
        latest: Number of the first entry of the latest correction, or of the command if it was not
            corrected.
    """
    while True:
        older = books.value(
            "SELECT supersedes FROM entries WHERE station = :station AND seq = :seq", seq=latest
        )
        if older is None:
            return latest
        latest = int(older)


def _booked_later(books: Books, moment: Moment) -> list[_Move]:
    """Return transfers of earlier stock counts that are booked after the day of a moment.

    An earlier count is one whose count sheet was opened before the moment. All of its transfers
    have the moment of the sheet, on whatever day they are booked.
    """
    return books.all(
        "SELECT t.source, t.target, t.item, t.lot, t.quantity FROM count_sheets s "
        "CROSS JOIN entries o CROSS JOIN entries e CROSS JOIN transfers t "
        "WHERE s.station = :station AND o.station = s.station AND o.seq = s.seq "
        "AND (o.booked_on < :day OR (o.booked_on = :day AND o.seq < :seq)) "
        "AND e.station = s.station AND e.document = s.sheet AND e.seq > o.seq "
        "AND e.kind <> 'count_opened' AND e.booked_on > :day "
        "AND t.station = e.station AND t.seq = e.seq",
        day=moment.day,
        seq=moment.seq,
    )
