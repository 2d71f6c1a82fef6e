"""Read stock and balances as they are now, at the end of a day, or directly after an entry."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date

import msgspec

from supplies.books.past import PastBooks, books_as_of
from supplies.books.reader import Books
from supplies.domain.accounts import ALLOCATED, STOCK, check_accounts, keys_of, kind_of
from supplies.domain.entry_rows import Lot
from supplies.domain.fields import is_valid_code
from supplies.errors import InvalidField, Sentence
from supplies.views.balances_at import latest_day_at, read_balances
from supplies.views.goods_with_teams import list_goods_with_teams, sum_by_place
from supplies.views.pagination import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    View,
    check_codes,
    check_location_of,
    invalid_cursor,
    make_page,
    rows_to_fetch,
)
from supplies.views.shared_queries import read_lots

StockKey = tuple[str, str, str]
"""The location, item and lot that identify a `StockRow`."""


class AsOf(View, frozen=True, kw_only=True):
    """The day and the last entry that a view of the stock includes.

    Attributes:
        day ("date" in JSON): None if there are no entries.
    """

    day: date | None = msgspec.field(name="date")
    seq: int


class StockRow(View, frozen=True, kw_only=True):
    """The stock of one lot at one location, in base units. `on_hand` is `free` plus `allocated`.

    Attributes:
        expires_month: The month of expiry, such as 2027-05, if only a month is known; otherwise
            absent.
        with_teams: The quantity that teams of open deliveries still have to bring back. The books
            count these goods in the stock already. The value is never larger than `on_hand`. Absent
            if there are no such goods, or if the stock at an earlier time is shown.
    """

    location: str
    item: str
    name: str
    unit: str
    lot: str
    batch: str | None
    expires_on: date | None
    on_hand: int
    free: int
    allocated: int
    expires_month: str | msgspec.UnsetType = msgspec.UNSET
    with_teams: int | msgspec.UnsetType = msgspec.UNSET


class StockView(View, frozen=True, kw_only=True):
    """A page of the stock, ordered by location, item and lot.

    Attributes:
        next: Pass this as `after` to get the following page. None on the last page.
    """

    as_of: AsOf
    items: list[StockRow]
    next: str | None = None


class BalanceView(View, frozen=True, kw_only=True):
    """A balance of an account, in base units.

    Attributes:
        lot: None for pledges and needs, which have no lots.
    """

    account: str
    item: str
    lot: str | None
    quantity: int


def get_stock(
    books: Books,
    *,
    location: str | None = None,
    item: str | None = None,
    as_of: date | None = None,
    at_seq: int | None = None,
    after: str | None = None,
    limit: int | None = DEFAULT_LIMIT,
) -> StockView:
    """Return the stock as it is now, at the end of a day, or directly after an entry.

    >>> from supplies.views.stock import get_stock
    >>> with ledger.reading() as books:
    ...     [(row.location, row.item, row.free) for row in get_stock(books).items]
    [('store-a', 'mask', 71)]

    Args:
        as_of: Return the stock at the end of this day, from all entries recorded so far.
        at_seq: Return the stock directly after the entry with this number.
        location, item: Filters. If None, no filter is applied.

    Raises:
        InvalidField: both `as_of` and `at_seq` are given.
        InvalidField: a filter, `at_seq`, `after` or `limit` is invalid.
    """
    check_codes(books, item=item, location=location)
    most, start = rows_to_fetch(limit), _parse_cursor(after)
    moment = _moment(books, as_of, at_seq)
    places = _places(books, location, item, as_of, at_seq)
    wanted = sorted(place for place in places if start is None or place > start)
    shown = wanted[:most]
    described = read_lots(books, [lot for _, _, lot in shown])
    is_present = as_of is None and at_seq is None
    carried = sum_by_place(list_goods_with_teams(books)) if shown and is_present else Counter()
    rows = [
        (":".join(place), _row(books, place, places[place], described[place[2]], carried[place]))
        for place in shown
    ]
    part = make_page(rows, limit)
    return StockView(as_of=moment, items=part.items, next=part.next)


def iterate_stock(
    books: Books, *, location: str | None = None, item: str | None = None
) -> Iterator[StockRow]:
    """Yield the present stock in the order of `get_stock`, read in parts.

    Only the goods that are set aside or with teams are all in memory at once.

    Args:
        location, item: Filters. If None, no filter is applied.

    Raises:
        InvalidField: a filter is invalid.
    """
    check_codes(books, item=item, location=location)
    allocated_at: Counter[StockKey] = Counter()
    for (account, code, lot), quantity in read_balances(books, (ALLOCATED,), item=item).items():
        allocated_at[keys_of(account)[-1], code, lot] += quantity
    carried = sum_by_place(list_goods_with_teams(books))
    for (shelf,) in books.all("SELECT code FROM locations WHERE station = :station ORDER BY code"):
        if location in (None, shelf):
            for part in _parts_of_shelf(books, shelf, item, allocated_at):
                described = read_lots(books, [lot for _, _, lot in part])
                for place, quantities in part.items():
                    yield _row(books, place, quantities, described[place[2]], carried[place])


def _parts_of_shelf(
    books: Books, shelf: str, item: str | None, allocated_at: Counter[StockKey]
) -> Iterator[dict[StockKey, Counter[str]]]:
    """Yield the free and allocated quantities at a location, in parts of about `MAX_LIMIT` lots."""
    waiting = sorted(place for place in allocated_at if place[0] == shelf)
    last, is_last = ("", ""), False
    while not is_last:
        free = books.all(
            "SELECT item, lot, quantity FROM balances WHERE station = :station "
            "AND account = :account AND (item, lot) > (:after, :after_lot) AND quantity <> 0 "
            f"{'' if item is None else 'AND item = :item '}ORDER BY item, lot LIMIT :limit",
            account=f"{STOCK.prefix}{shelf}",
            item=item,
            after=last[0],
            after_lot=last[1],
            limit=MAX_LIMIT,
        )
        is_last = len(free) < MAX_LIMIT
        last = last if is_last else (str(free[-1][0]), str(free[-1][1]))
        count = len(waiting) if is_last else bisect_right(waiting, (shelf, *last))
        places: defaultdict[StockKey, Counter[str]] = defaultdict(Counter)
        for code, lot, quantity in free:
            places[shelf, code, lot][STOCK.name] = int(quantity)
        for place in waiting[:count]:
            places[place][ALLOCATED.name] = allocated_at[place]
        waiting = waiting[count:]
        yield dict(sorted(places.items()))


def _parse_cursor(after: str | None) -> StockKey | None:
    """Return the key of the row in a cursor; None if the cursor is None.

    The key has three parts, because rows are sorted part by part. If the parts were joined into one
    text, `a-b:x` would come before `a:x`, because "-" sorts before ":".
    """
    if after is None:
        return None
    parts = after.split(":")
    if len(parts) != 3 or not all(is_valid_code(part) for part in parts):
        raise invalid_cursor(after)
    return parts[0], parts[1], parts[2]


def _moment(books: Books, as_of: date | None, at_seq: int | None) -> AsOf:
    last, _, latest_day = books.last_entry()
    if as_of is not None and at_seq is not None:
        raise InvalidField.at("/as_of", Sentence("name a day or an entry, not both"))
    if as_of is not None:
        books = books_as_of(books, as_of)
    if isinstance(books, PastBooks) and at_seq is None:
        return AsOf(day=books.past_day, seq=books.last_entry().seq)
    if at_seq is None:
        now = date.fromisoformat(latest_day) if latest_day else None
        return AsOf(day=now, seq=last)
    if not 0 <= at_seq <= last:
        raise InvalidField.at(
            "/at_seq",
            Sentence("unknown entry {at_seq}; the last is {last}", at_seq=at_seq, last=last),
        )
    day = latest_day_at(books, at_seq)
    return AsOf(day=None if day is None else date.fromisoformat(day), seq=at_seq)


def _places(
    books: Books,
    location: str | None,
    item: str | None,
    as_of: date | None,
    at_seq: int | None,
) -> dict[StockKey, Counter[str]]:
    """Return the quantities of each stock row by kind of account: free and allocated."""
    places: defaultdict[StockKey, Counter[str]] = defaultdict(Counter)
    there = read_balances(books, (STOCK, ALLOCATED), on=as_of, at=at_seq, item=item, key=location)
    for (account, code, lot), quantity in there.items():
        shelf = keys_of(account)[-1]
        if location in (None, shelf):
            places[shelf, code, lot][kind_of(account).name] += quantity
    return places


def _row(
    books: Books, place: StockKey, quantities: Counter[str], lot: Lot, with_teams: int
) -> StockRow:
    location, code, name = place
    item = books.item(code)
    return StockRow(
        location=location,
        item=code,
        name=item.name,
        unit=item.unit,
        lot=name,
        batch=lot.batch,
        expires_on=lot.expires_on,
        expires_month=lot.expires_month or msgspec.UNSET,
        on_hand=quantities.total(),
        free=quantities[STOCK.name],
        allocated=quantities[ALLOCATED.name],
        with_teams=min(with_teams, quantities.total()) or msgspec.UNSET,
    )


def list_balances(books: Books, prefix: str) -> list[BalanceView]:
    """List the nonzero balances of all accounts that begin with a prefix.

    >>> from supplies.views.stock import list_balances
    >>> with ledger.reading() as books:
    ...     [(row.account, row.quantity) for row in list_balances(books, "stock:")]
    [('stock:store-a', 71)]

    Args:
        prefix: An account such as "stock:store-a" or "pledged:p_1", which includes the accounts
            with further keys, or a kind of account such as "stock:".

    Raises:
        InvalidField: the prefix is not in the chart of accounts, or its location is not in the
            catalogue.
    """
    check_accounts(prefix)
    check_location_of(books, prefix)
    found = {} if prefix.endswith(":") else books.nonzero_balances(prefix)
    found |= books.nonzero_balances(prefix.removesuffix(":") + ":")
    return [
        BalanceView(account=account, item=item, lot=lot or None, quantity=found[account, item, lot])
        for account, item, lot in sorted(found)
    ]
