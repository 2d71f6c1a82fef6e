"""The lists of the books by name, and the functions that read a list or one of its elements."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple, get_args

import msgspec

from supplies.books.reader import Books
from supplies.domain.catalogue_records import (
    Campaign,
    CatalogueRecord,
    Community,
    Donor,
    Item,
    Location,
    Recipient,
    Team,
)
from supplies.views.activities import ActivityView, get_activity, list_activities
from supplies.views.allocations import AllocationView, get_allocation, list_allocations
from supplies.views.catalogue import get_record, list_records
from supplies.views.count_sheets import CountSheetView, get_count_sheet, list_count_sheets
from supplies.views.deliveries import DeliveryView, get_delivery, list_deliveries
from supplies.views.donations import DonationView, get_donation, list_donations
from supplies.views.entries import ConflictView, EntryView, list_conflicts, list_entries
from supplies.views.merges import MergeView, list_merges
from supplies.views.movements import MovementView, list_movements
from supplies.views.needs import NeedView, get_need, list_needs
from supplies.views.pagination import Page
from supplies.views.pledges import PledgeView, get_pledge, list_pledges
from supplies.views.receipts import ReceiptView, get_receipt, list_receipts
from supplies.views.shipments import ShipmentView, get_shipment, list_shipments
from supplies.views.stock import BalanceView, StockRow, get_stock, iterate_stock, list_balances
from supplies.views.stock_documents import (
    StockDocumentView,
    StockNoun,
    get_stock_document,
    list_stock_documents,
)
from supplies.views.trace import trace_lot

_DOCUMENTS_AT_ONCE = 100
"""How many documents or records are read together. A document may have 500 lines."""


class ListOf(NamedTuple):
    """A list of the books.

    Attributes:
        kind: The type of the list's elements.
        fetch: Returns one page of the list: an object with `items` and `next`. Its arguments are
            the books, filters, and `after` and `limit` for pagination.
        get: Returns one element. Its arguments are the books, and the code or id of the element. If
            the elements have no codes or ids, `get` is None.
        iterate: Yields all elements. Its arguments are the books and filters. If it is None, all
            pages are fetched one after another.
    """

    kind: type[msgspec.Struct]
    fetch: Callable[..., Any]
    get: Callable[[Books, str], Any] | None = None
    iterate: Callable[..., Iterator[msgspec.Struct]] | None = None


def _records(kind: type[CatalogueRecord]) -> ListOf:
    def fetch(books: Books, *, find: str | None = None, in_use: bool = False, **page: Any) -> Any:
        return list_records(books, kind, find, retired=False if in_use else None, **page)

    return ListOf(kind, fetch, lambda books, code: get_record(books, kind, code))


def _stock_documents(noun: StockNoun) -> ListOf:
    return ListOf(
        StockDocumentView,
        lambda books, **page: list_stock_documents(books, noun, **page),
        lambda books, name: get_stock_document(books, noun, name),
    )


def _conflicts(books: Books, *, all_of_them: bool = False, **page: Any) -> Page[ConflictView]:
    return list_conflicts(books, open_only=not all_of_them, **page)


def _balances(books: Books, *, account: str, **_: Any) -> Page[BalanceView]:
    return Page(items=list_balances(books, account))


def _stock(
    books: Books, *, as_of: date | None = None, at_seq: int | None = None, **filters: Any
) -> Iterator[StockRow]:
    if as_of is None and at_seq is None:
        return iterate_stock(books, **filters)
    # Each page of an earlier stock costs as much as the whole of it.
    return iter(get_stock(books, as_of=as_of, at_seq=at_seq, **filters, limit=None).items)


LISTS: Mapping[str, ListOf] = {
    "donations": ListOf(DonationView, list_donations, get_donation),
    "needs": ListOf(NeedView, list_needs, get_need),
    "pledges": ListOf(PledgeView, list_pledges, get_pledge),
    "allocations": ListOf(AllocationView, list_allocations, get_allocation),
    "deliveries": ListOf(DeliveryView, list_deliveries, get_delivery),
    "stock": ListOf(StockRow, get_stock, iterate=_stock),
    "balances": ListOf(BalanceView, _balances),
    "movements": ListOf(MovementView, list_movements),
    **{noun: _stock_documents(noun) for noun in get_args(StockNoun)},
    "count-sheets": ListOf(CountSheetView, list_count_sheets, get_count_sheet),
    "shipments": ListOf(ShipmentView, list_shipments, get_shipment),
    "receipts": ListOf(ReceiptView, list_receipts, get_receipt),
    "activities": ListOf(ActivityView, list_activities, get_activity),
    "entries": ListOf(EntryView, list_entries),
    "conflicts": ListOf(ConflictView, _conflicts),
    "donors": _records(Donor),
    "recipients": _records(Recipient),
    "items": _records(Item),
    "locations": _records(Location),
    "teams": _records(Team),
    "communities": _records(Community),
    "campaigns": _records(Campaign),
    "merges": ListOf(MergeView, list_merges),
}
"""The lists by name. The REST API uses the same names in URLs."""


SHOWN: Mapping[str, Callable[[Books, str], Any]] = {
    **{name: one.get for name, one in LISTS.items() if one.get is not None},
    "lots": trace_lot,
}
"""Functions that return one element of a list by its code or id. The keys are names of lists.

One name is not a list: "lots" returns the trace of a lot, from its origin to where its goods are.
"""


def read_list(books: Books, name: str, **filters: Any) -> Iterator[msgspec.Struct]:
    """Yield all elements of a list. Only one page is in memory at a time.

    Args:
        books: The books.
        name: A key of `LISTS`.
        filters: Filters of the list, as in the REST API.

    Raises:
        InvalidField: a filter is invalid.
    """
    listed = LISTS[name]
    if listed.iterate is not None:
        yield from listed.iterate(books, **filters)
        return
    after: str | None = None
    while True:
        page = listed.fetch(books, **filters, after=after, limit=_DOCUMENTS_AT_ONCE)
        yield from page.items
        after = page.next
        if after is None:
            return
