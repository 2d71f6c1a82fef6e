"""The lists of the books by name, and a function that reads a list page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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
from supplies.views.activities import ActivityView, list_activities
from supplies.views.allocations import AllocationView, list_allocations
from supplies.views.catalogue import list_records
from supplies.views.count_sheets import CountSheetView, list_count_sheets
from supplies.views.deliveries import DeliveryView, list_deliveries
from supplies.views.donations import DonationView, list_donations
from supplies.views.entries import ConflictView, EntryView, list_conflicts, list_entries
from supplies.views.merges import MergeView, list_merges
from supplies.views.movements import MovementView, list_movements
from supplies.views.needs import NeedView, list_needs
from supplies.views.pagination import MAX_LIMIT, Page
from supplies.views.pledges import PledgeView, list_pledges
from supplies.views.receipts import ReceiptView, list_receipts
from supplies.views.shipments import ShipmentView, list_shipments
from supplies.views.stock import BalanceView, StockRow, get_stock, list_balances
from supplies.views.stock_documents import (
    StockDocumentView,
    StockNoun,
    list_stock_documents,
)


class ListOf(NamedTuple):
    """A list of the books.

    Attributes:
        kind: The type of the list's elements.
        fetch: Returns one page of the list: an object with `items` and `next`. Its arguments are
            the books, filters, and `after` and `limit` for pagination.
    """

    kind: type[msgspec.Struct]
    fetch: Callable[..., Any]


def _records(kind: type[CatalogueRecord]) -> ListOf:
    def fetch(books: Books, *, find: str | None = None, in_use: bool = False, **page: Any) -> Any:
        return list_records(books, kind, find, retired=False if in_use else None, **page)

    return ListOf(kind, fetch)


def _stock_documents(noun: StockNoun) -> ListOf:
    return ListOf(
        StockDocumentView, lambda books, **page: list_stock_documents(books, noun, **page)
    )


def _conflicts(books: Books, *, all_of_them: bool = False, **page: Any) -> Page[ConflictView]:
    return list_conflicts(books, open_only=not all_of_them, **page)


def _balances(books: Books, *, account: str, **_: Any) -> Page[BalanceView]:
    return Page(items=list_balances(books, account))


def _whole_stock(books: Books, *, after: str | None, limit: int, **filters: Any) -> Any:
    # Each page of the stock costs as much as the whole stock.
    return get_stock(books, **filters, limit=None)


LISTS: Mapping[str, ListOf] = {
    "donations": ListOf(DonationView, list_donations),
    "needs": ListOf(NeedView, list_needs),
    "pledges": ListOf(PledgeView, list_pledges),
    "allocations": ListOf(AllocationView, list_allocations),
    "deliveries": ListOf(DeliveryView, list_deliveries),
    "stock": ListOf(StockRow, _whole_stock),
    "balances": ListOf(BalanceView, _balances),
    "movements": ListOf(MovementView, list_movements),
    **{noun: _stock_documents(noun) for noun in get_args(StockNoun)},
    "count-sheets": ListOf(CountSheetView, list_count_sheets),
    "shipments": ListOf(ShipmentView, list_shipments),
    "receipts": ListOf(ReceiptView, list_receipts),
    "activities": ListOf(ActivityView, list_activities),
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
"""The lists by name. The REST API uses the same names in addresses."""


def read_list(books: Books, name: str, **filters: Any) -> Iterator[msgspec.Struct]:
    """Yield all elements of a list. Only one page is in memory at a time.

    Args:
        books: The books.
        name: A key of `LISTS`.
        filters: Filters of the list, as in the REST API.

    Raises:
        InvalidField: a filter is invalid.
    """
    after: str | None = None
    while True:
        page = LISTS[name].fetch(books, **filters, after=after, limit=MAX_LIMIT)
        yield from page.items
        after = page.next
        if after is None:
            return
