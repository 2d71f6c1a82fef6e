"""Alerts about goods: expiry, minimum stock, and quantities that are unexplained or too many."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import msgspec

from supplies.books.account_range import account_range
from supplies.books.queries import query_ids
from supplies.books.reader import Books
from supplies.domain.accounts import (
    ALLOCATED,
    IN_TRANSIT,
    LENT,
    PLEDGED,
    SENT,
    STOCK,
    UNEXPLAINED,
    keys_of,
)
from supplies.views.alerts.alert import Alert, make_alert, oldest_first
from supplies.views.balances_at import read_balances
from supplies.views.demand import count_usable
from supplies.views.shared_queries import read_lots


def find_expiring_goods(books: Books, today: date, horizon: date) -> list[Alert]:
    """Return an alert for each lot that has expired or will expire by `horizon`.

    The lots are in stock, allocated, in transit to recipients or other stations, or lent. Goods
    that the station issued for its own use are left out, because they count as used up.
    """
    there: Counter[tuple[str, str, str, str]] = Counter()
    for kinds, where, key in (
        ((STOCK, ALLOCATED), "location", -1),
        ((IN_TRANSIT, SENT), "document", 0),
        ((LENT,), "borrower", 0),
    ):
        for (account, item, lot), quantity in read_balances(books, kinds).items():
            there[where, keys_of(account)[key], item, lot] += quantity
    described = read_lots(books, [lot for *_, lot in there])
    expired: list[Alert] = []
    soon: list[Alert] = []
    for (where, name, item, lot), quantity in there.items():
        due = described[lot].expires_on
        if due is None or due > horizon:
            continue
        past = due < today
        (expired if past else soon).append(
            make_alert(
                what="expired" if past else "expires_soon",
                code=lot,
                location=name if where == "location" else None,
                item=item,
                quantity=quantity,
                since=due + timedelta(days=1) if past else due - (horizon - today),
                due=due,
                expires_month=described[lot].expires_month or msgspec.UNSET,
                document=name if where == "document" else msgspec.UNSET,
                borrower=name if where == "borrower" else msgspec.UNSET,
            )
        )
    return [*oldest_first(expired), *oldest_first(soon)]


def find_items_below_minimum(books: Books, today: date) -> list[Alert]:
    """Return an alert for each item whose unallocated stock is below the minimum stock.

    Expired goods and goods in quarantine do not count as free.
    """
    minimums = {
        item: int(minimum)
        for item, minimum in books.all(
            "SELECT code, minimum FROM items WHERE station = :station AND minimum IS NOT NULL "
            "AND retired = 0 ORDER BY code"
        )
    }
    if not minimums:
        return []
    usable = count_usable(books, today, minimums)
    short = [item for item, minimum in minimums.items() if usable[item] < minimum]
    changed: dict[str, str | None] = dict(
        query_ids(
            books,
            short,
            "SELECT w.id, (SELECT max(e.booked_on) FROM balances b JOIN entries e "
            "ON e.station = b.station AND e.seq = b.seq WHERE b.station = :station "
            f"AND {account_range('start', 'end', column='b.account')} AND b.item = w.id) "
            "FROM wanted w",
            start=STOCK.prefix,
            end=f"{STOCK.name};",
        )
    )
    return oldest_first(
        [
            make_alert(
                what="below_minimum",
                code=item,
                item=item,
                quantity=usable[item],
                since=date.fromisoformat(changed[item] or today.isoformat()),
                minimum=minimums[item],
            )
            for item in short
        ]
    )


def find_unexplained_goods(books: Books) -> list[Alert]:
    """Return an alert for each place and item with a difference that nobody has explained yet.

    Such a difference arises if goods are counted and the count differs from the books.
    """
    there: Counter[tuple[str, str]] = Counter()
    since: dict[tuple[str, str], str] = {}
    rows = books.all(
        "SELECT b.account, b.item, b.quantity, e.booked_on FROM balances b "
        "JOIN entries e ON e.station = b.station AND e.seq = b.seq WHERE b.station = :station "
        f"AND {account_range('start', 'end', column='b.account')} AND b.quantity <> 0",
        start=UNEXPLAINED.prefix,
        end=f"{UNEXPLAINED.name};",
    )
    for account, item, quantity, day in rows:
        key = keys_of(account)[0], item
        there[key] += quantity
        since[key] = min(since.get(key, day), day)
    locations = {
        code for (code,) in books.all("SELECT code FROM locations WHERE station = :station")
    }
    return oldest_first(
        [
            make_alert(
                what="unexplained",
                code=place,
                location=place if place in locations else None,
                item=item,
                quantity=quantity,
                since=date.fromisoformat(since[place, item]),
            )
            for (place, item), quantity in there.items()
            if quantity
        ]
    )


def find_goods_beside_pledges(books: Books) -> list[Alert]:
    """Return an alert for each donation or conversion of more of an item than was promised.

    The promised or the received quantity may be wrong. The alert ends when the donation or
    conversion is corrected. If nothing of the pledge is outstanding, the alert also ends when the
    day of the donation or conversion is closed.
    """
    outstanding: set[tuple[str, str]] = {
        (keys_of(account)[0], item) for account, item, _ in read_balances(books, (PLEDGED,))
    }
    closed = books.closed_through()
    rows = books.all(
        "SELECT l.pledge, l.arrival, l.item, l.quantity - l.on_pledge, e.happened_on, e.booked_on "
        "FROM arrival_lines l JOIN entries e ON e.station = l.station AND e.seq = l.seq "
        "WHERE l.station = :station AND l.pledge IS NOT NULL AND l.on_pledge < l.quantity "
        "AND l.seq = (SELECT max(a.seq) FROM arrivals a "
        "WHERE a.station = l.station AND a.arrival = l.arrival)"
    ) + books.all(
        "SELECT p.pledge, e.document, p.item, p.quantity - p.on_pledge, e.happened_on, e.booked_on "
        "FROM product_pledges p JOIN entries e ON e.station = p.station AND e.seq = p.seq "
        "WHERE p.station = :station AND p.on_pledge < p.quantity AND NOT EXISTS (SELECT 1 "
        "FROM entries s WHERE s.station = p.station AND s.supersedes = p.seq)"
    )
    beside: Counter[tuple[str, str, str]] = Counter()
    for pledge, document, item, quantity, day, booked_on in rows:
        is_closed = closed is not None and date.fromisoformat(booked_on) <= closed
        if (pledge, item) in outstanding or not is_closed:
            beside[document, item, day] += quantity
    return oldest_first(
        [
            make_alert(
                what="beside_pledge",
                code=document,
                item=item,
                quantity=quantity,
                since=date.fromisoformat(day),
            )
            for (document, item, day), quantity in beside.items()
        ]
    )
