"""Trace a lot: who gave it, which lots it was made from or made into, and where it is."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

import msgspec

from supplies.books.reader import Books
from supplies.books.related_lots import lot_links, lot_relatives
from supplies.domain.accounts import DONOR, RECEIVED, keys_of, kind_of
from supplies.domain.entry_rows import Lot
from supplies.errors import NotFound, Sentence
from supplies.views.pagination import View
from supplies.views.shared_queries import read_lots
from supplies.views.stock import BalanceView


class DonorQuantity(View, frozen=True, kw_only=True):
    """The quantity of a lot that one donor gave, in base units."""

    donor: str
    quantity: int


class Reached(View, frozen=True, kw_only=True):
    """The quantity of a lot that one recipient has, in base units."""

    recipient: str
    quantity: int


class LotTrace(View, frozen=True, kw_only=True):
    """A lot, its donors, the lots it was made from and made into, and where it is.

    Attributes:
        origin: The account from which the lot came.
        given: The quantities that donors gave; empty if the lot did not come from donors.
        stands: The positive balances of all accounts with the lot, except those of recipients.
        reached: The quantities that recipients have.
        expires_month: The month of expiry, such as 2027-05, if only a month is known; otherwise
            absent.
    """

    lot: str
    item: str
    name: str
    unit: str
    batch: str | None
    expires_on: date | None
    origin: str
    parents: list[str]
    children: list[str]
    given: list[DonorQuantity]
    stands: list[BalanceView]
    reached: list[Reached]
    expires_month: str | msgspec.UnsetType = msgspec.UNSET


class TraceView(View, frozen=True, kw_only=True):
    """A lot, and all lots that conversions connect with it, oldest first."""

    lot: str
    lots: list[LotTrace]


def trace_lot(books: Books, lot: str) -> TraceView:
    """Trace a lot through conversions: where it came from and where it went.

    Recipients appear only by code. The function runs one SQL query for each step of conversion, and
    one for each lot.

    >>> from supplies.views.trace import trace_lot
    >>> with ledger.reading() as books:
    ...     traced = trace_lot(books, "l_lx_1_1").lots[0]
    >>> traced.origin, [row.account for row in traced.stands]
    ('opening:store-a', ['stock:store-a'])

    Raises:
        NotFound: the lot does not exist.
    """
    if not read_lots(books, [lot]):
        raise NotFound(Sentence("unknown lot {lot}; see the lots in the stock", lot=lot))
    family = (
        {lot} | lot_relatives(books, {lot}, "parents") | lot_relatives(books, {lot}, "products")
    )
    described = read_lots(books, family)
    parents: defaultdict[str, list[str]] = defaultdict(list)
    children: defaultdict[str, list[str]] = defaultdict(list)
    for link in lot_links(books, "lot", family):
        parents[link.lot].append(link.parent)
    for link in lot_links(books, "parent", family):
        children[link.parent].append(link.lot)
    return TraceView(
        lot=lot,
        lots=[
            _traced(books, described[name], parents[name], children[name])
            for name in sorted(family, key=_birth)
        ],
    )


def _birth(lot: str) -> tuple[int, int]:
    """Return the entry number and the line number that are part of a lot's id."""
    _, entry, line = lot.rsplit("_", 2)
    return int(entry), int(line)


def _traced(books: Books, lot: Lot, parents: list[str], children: list[str]) -> LotTrace:
    given: list[DonorQuantity] = []
    balances: list[BalanceView] = []
    reached: list[Reached] = []
    rows = books.all(
        "SELECT account, quantity FROM balances WHERE station = :station AND item = :item "
        "AND lot = :lot AND lot <> '' AND quantity <> 0 ORDER BY account",
        item=lot.item,
        lot=lot.lot,
    )
    for account, quantity in rows:
        kind, key = kind_of(account), keys_of(account)[0]
        if kind is RECEIVED:
            reached.append(Reached(recipient=key, quantity=quantity))
        elif kind is DONOR:
            given.append(DonorQuantity(donor=key, quantity=-quantity))
        elif quantity > 0:
            balances.append(
                BalanceView(account=account, item=lot.item, lot=lot.lot, quantity=quantity)
            )
    item = books.item(lot.item)
    return LotTrace(
        lot=lot.lot,
        item=lot.item,
        name=item.name,
        unit=item.unit,
        batch=lot.batch,
        expires_on=lot.expires_on,
        expires_month=lot.expires_month or msgspec.UNSET,
        origin=lot.origin,
        parents=parents,
        children=children,
        given=given,
        stands=balances,
        reached=reached,
    )
