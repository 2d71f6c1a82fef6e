"""Build donor statements: where the goods that a donor gave are now."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from supplies.books.merged_codes import code_that_stays
from supplies.books.queries import query_ids
from supplies.books.reader import Books
from supplies.domain.accounts import PLACES, RECEIVED, kind_of, place_name
from supplies.domain.redaction import mask_phone
from supplies.errors import BooksBroken
from supplies.papers.common import DonorName, StatedPacks
from supplies.papers.donor_statement import (
    DonorStatement,
    DonorStatementPaper,
    ReceiptGivenBack,
    StatementLine,
    WishLine,
    receipt_months,
)
from supplies.stations.paper_settings import letterhead
from supplies.views.lot_ownership import Gifts, trace_gifts
from supplies.views.people_reached import count_people_reached
from supplies.views.periods import end_of_period
from supplies.views.receipts import ReceiptView, list_receipts
from supplies.views.wish_deviations import find_wish_deviations


def build_donor_statement(books: Books, donor: str, first: date, last: date) -> DonorStatement:
    """Return what a donor gave in a period, and where these goods were at the end of it.

    The first and the last day are included, and so are donations under all merged codes of the
    donor.

    Raises:
        InvalidField: `last` is before `first`.
        NotFound: the donor does not exist.
        Forgotten: the donor was forgotten.
        BooksBroken: the quantities at all places do not add up to the quantity given.
    """
    last = end_of_period(books, first, last)
    donor = books.donor(code_that_stays(books, "donor", donor)).code
    found = trace_gifts(books, donor, first, last)
    gifts = _gift_lines(books, found)
    issued = _receipts(books, donor, {line.arrival for line in gifts})
    reached = {part.lot for part in found.parts if kind_of(part.account) is RECEIVED}
    return DonorStatement(
        station=books.station_code,
        donor=donor,
        first=first,
        last=last,
        as_of_seq=books.last_entry().seq,
        receipts=[receipt.number for receipt in issued],
        goods=_lines(books, found, gifts),
        served=count_people_reached(books, reached, first, last),
        wishes=_wishes(issued),
        receipt_months=receipt_months({one.number: one.issued_on for one in issued}),
        given_back=_given_back(issued) or msgspec.UNSET,
        departures=find_wish_deviations(books, sorted({*found.given, *found.repacked}), last),
    )


def build_donor_statement_paper(
    books: Books, donor: str, first: date, last: date, *, printed_at: datetime
) -> DonorStatementPaper:
    """Return a donor statement for printing.

    Args:
        printed_at: The current time, from the ledger's clock.

    Raises:
        InvalidField: `last` is before `first`.
        NotFound: the donor does not exist.
        Forgotten: the donor was forgotten.
        BooksBroken: the quantities at all places do not add up to the quantity given.
    """
    known = books.donor(code_that_stays(books, "donor", donor))
    return DonorStatementPaper(
        station=letterhead(books),
        donor=DonorName(
            code=known.code,
            name=known.name,
            name_en=known.name_en,
            phone=None if known.phone is None else mask_phone(known.phone),
        ),
        statement=build_donor_statement(books, donor, first, last),
        printed_at=printed_at.astimezone(ZoneInfo(books.station.zone)),
        as_of=books.past_day,
    )


# --- lines of gifts ------------------------------------------------------------------------------


class _GiftLine(NamedTuple):
    """A line of a donation, with the packs in which its quantity was given.

    Attributes:
        packs: Number of packs; 0 if the quantity was given in base units.
        size: Number of base units in one pack.
    """

    lot: str
    arrival: str
    packs: int
    pack: str
    size: int


def _gift_lines(books: Books, found: Gifts) -> list[_GiftLine]:
    """Return all versions of the lines of donations, oldest first.

    Each correction adds a version of a line. The last version is the valid one.
    """
    rows = query_ids(
        books,
        found.given,
        "SELECT w.id, l.arrival, coalesce(p.quantity, 0), coalesce(p.pack, ''), "
        "coalesce(p.size, 0) FROM wanted w CROSS JOIN arrival_lines l "
        "LEFT JOIN packed_lines p ON p.station = l.station AND p.seq = l.seq "
        "AND p.field = 'lines' AND p.line = l.line "
        "WHERE l.station = :station AND l.lot = w.id ORDER BY l.seq",
    )
    return [_GiftLine(*row) for row in rows]


# --- goods by place ------------------------------------------------------------------------------


def _lines(books: Books, found: Gifts, gifts: list[_GiftLine]) -> list[StatementLine]:
    received, repacked = (_by_item(found.items, came) for came in (found.given, found.repacked))
    places: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for part in found.parts:
        places[part.item][place_name(kind_of(part.account))] += part.quantity
    items, stated = sorted({*received, *repacked, *places}), _stated_packs(found, gifts)
    return [
        msgspec.structs.replace(
            _line(books, item, received[item], repacked[item], places[item]),
            stated=stated.get(item) or msgspec.UNSET,
            collected=found.collected.get(item) or msgspec.UNSET,
        )
        for item in items
    ]


def _stated_packs(found: Gifts, gifts: list[_GiftLine]) -> dict[str, list[StatedPacks]]:
    """Return the packs in which the donor gave each item, the largest packs first.

    An item is left out if some of it was given in base units, or if a part of a line came from
    another donor.
    """
    packs = {row.lot: row for row in gifts}
    counts: defaultdict[str, Counter[tuple[int, str]]] = defaultdict(Counter)
    unstated: set[str] = set()
    for lot, quantity in found.given.items():
        packed = packs.get(lot)
        if packed is not None and packed.packs * packed.size == quantity:
            counts[found.items[lot]][packed.size, packed.pack] += packed.packs
        elif quantity:
            unstated.add(found.items[lot])
    return {
        item: [
            StatedPacks(quantity=quantity, pack=pack, size=size)
            for (size, pack), quantity in sorted(stated.items(), reverse=True)
        ]
        for item, stated in counts.items()
        if item not in unstated
    }


def _by_item(items: dict[str, str], came: dict[str, int]) -> Counter[str]:
    found: Counter[str] = Counter()
    for lot, quantity in came.items():
        found[items[lot]] += quantity
    return found


def _line(
    books: Books, code: str, received: int, repacked: int, places: Counter[str]
) -> StatementLine:
    """Return the statement's line for one item.

    Raises:
        BooksBroken: the quantities at all places do not add up to `received` plus `repacked`.
    """
    item = books.item(code)
    present = {name: places[name] for name in PLACES if places[name]}
    if received + repacked != sum(present.values()):
        raise BooksBroken(
            station=books.station_code,
            seq=None,
            table="days",
            column=f"quantity of {code}",
            expected=received + repacked,
            found=sum(present.values()),
        )
    return StatementLine(
        item=code,
        name=item.name,
        name_en=item.name_en,
        unit=item.unit,
        received=received,
        repacked=repacked,
        places=present,
    )


# --- receipts and wishes -------------------------------------------------------------------------


def _receipts(books: Books, donor: str, arrivals: set[str]) -> list[ReceiptView]:
    """Return the valid receipts for these donations of a donor, in the order of their numbers."""
    every = list_receipts(books, donor=donor, limit=None).items
    return [one for one in every if one.status == "issued" and arrivals & set(one.donations)]


def _given_back(issued: list[ReceiptView]) -> list[ReceiptGivenBack]:
    return [
        ReceiptGivenBack(receipt=receipt.number, all=receipt.given_back.all)
        for receipt in issued
        if receipt.given_back is not msgspec.UNSET
    ]


def _wishes(issued: list[ReceiptView]) -> list[WishLine]:
    return [
        WishLine(receipt=receipt.number, wish=receipt.document.wish)
        for receipt in issued
        if receipt.document is not None and receipt.document.wish
    ]
