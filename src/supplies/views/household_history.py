"""Read the history of a household: what it asked for, and what it received."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from supplies.books.merged_codes import codes_of_person
from supplies.books.queries import query_ids
from supplies.books.reader import Books
from supplies.domain.accounts import ASKED, RECEIVED
from supplies.views.pagination import View
from supplies.views.periods import PeriodReport, check_days


class HistoryLine(View, frozen=True, kw_only=True):
    """One event in a household's history, in base units.

    Attributes:
        asked: The quantity that was asked for; negative if a correction reduced it. None if the
            event is about goods.
        received: The quantity that was handed over; negative if goods were taken back. None if the
            event is about a need.
        lot: None if the event is about a need.
    """

    entry: int
    happened_on: date
    kind: str
    document: str | None
    item: str
    asked: int | None
    received: int | None
    lot: str | None


class HouseholdHistory(PeriodReport, frozen=True, kw_only=True):
    """What a recipient asked for and received, in the order of entries.

    Attributes:
        codes: The code of the recipient, and all codes that were merged into it.
    """

    recipient: str
    codes: list[str]
    items: list[HistoryLine]


def get_household_history(
    books: Books, recipient: str, first: date, last: date
) -> HouseholdHistory:
    """Return what a recipient asked for and received in a period.

    Raises:
        InvalidField: `last` is before `first`.
        NotFound: the recipient does not exist.
        Forgotten: the recipient was forgotten.
    """
    check_days(first, last)
    books.recipient(recipient)
    codes = codes_of_person(books, "recipient", recipient)
    asked, received = map(ASKED, codes), map(RECEIVED, codes)
    # Asked quantities leave the account `asked`; goods come into `received`.
    lines = _transfers(books, asked, sign=-1, of_needs=True) + _transfers(
        books, received, sign=1, of_needs=False
    )
    within = [line for line in lines if first <= line.happened_on <= last]
    within.sort(key=lambda line: (line.entry, line.item, line.lot or ""))
    return HouseholdHistory(first=first, last=last, recipient=recipient, codes=codes, items=within)


def _transfers(
    books: Books, accounts: Iterable[str], *, sign: int, of_needs: bool
) -> list[HistoryLine]:
    """Return the transfers into and out of these accounts as lines of a history.

    Args:
        sign: 1 if incoming quantities count as positive and outgoing ones as negative, -1 for the
            reverse.
        of_needs: Whether the transfers are of needs, as opposed to goods.
    """
    wanted = list(accounts)
    found = []
    for side, direction in (("target", sign), ("source", -sign)):
        for seq, day, kind, document, item, lot, quantity in query_ids(
            books,
            wanted,
            "SELECT t.seq, e.happened_on, e.kind, e.document, t.item, t.lot, t.quantity "
            "FROM wanted w CROSS JOIN transfers t CROSS JOIN entries e "
            f"WHERE t.station = :station AND t.{side} = w.id "
            "AND e.station = t.station AND e.seq = t.seq",
        ):
            change = direction * int(quantity)
            found.append(
                HistoryLine(
                    entry=seq,
                    happened_on=date.fromisoformat(day),
                    kind=kind,
                    document=document,
                    item=item,
                    asked=change if of_needs else None,
                    received=None if of_needs else change,
                    lot=lot or None,
                )
            )
    return found
