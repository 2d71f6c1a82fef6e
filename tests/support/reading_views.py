"""Compare the SQL views for other tools with the views of the program."""

from __future__ import annotations

from collections import Counter
from datetime import date

from supplies.books.reader import Books
from supplies.domain.accounts import ANONYMOUS, RECEIVED
from supplies.domain.expiry import shown_expiry
from supplies.views.donations import list_donations
from supplies.views.public_disclosure import build_disclosure
from supplies.views.station_report import build_station_report
from supplies.views.stock import get_stock

FIRST, LAST = date(1900, 1, 1), date(9999, 1, 1)


def check_reading_views(books: Books) -> None:
    """Check `gifts`, `who_received_what`, `stock_now` and `lots_now` of one station."""
    _check_gifts(books)
    _check_recipients(books)
    _check_stock(books)
    _check_lots(books)


def _check_gifts(books: Books) -> None:
    shown = books.all(
        "SELECT donation, line, day, or_earlier, donor_code, item_code, quantity, receipt, lot "
        "FROM gifts WHERE station = :station"
    )
    donations = list_donations(books, limit=None).items
    assert sorted(map(tuple, shown)) == sorted(
        (
            donation.id,
            line.line,
            donation.happened_on.isoformat(),
            int(donation.or_earlier is True),
            donation.donor or ANONYMOUS,
            line.item,
            line.quantity,
            donation.receipt,
            line.lot,
        )
        for donation in donations
        for line in donation.lines
    )
    gifts = Counter[str]()
    for (account, item, lot), quantity in books.nonzero_balances("donor:").items():
        assert account
        if lot:
            gifts[item] -= quantity
    assert gifts == _sums(
        books, "SELECT item_code, sum(quantity) FROM gifts WHERE station = :station GROUP BY 1"
    )


def _check_recipients(books: Books) -> None:
    received = Counter[tuple[str, str]]()
    for (account, item, _), quantity in books.nonzero_balances(RECEIVED.prefix).items():
        received[account.removeprefix(RECEIVED.prefix), item] += quantity
    shown = books.all(
        "SELECT recipient_code, item_code, sum(quantity) FROM who_received_what "
        "WHERE station = :station GROUP BY recipient_code, item_code"
    )
    assert {(recipient, item): int(n) for recipient, item, n in shown if n} == received

    days = books.all("SELECT DISTINCT day FROM who_received_what WHERE station = :station")
    for (text,) in days:
        day = date.fromisoformat(text)
        report = build_station_report(books, day, day)
        on_day = _sums(
            books,
            "SELECT item_code, sum(quantity) FROM who_received_what "
            "WHERE station = :station AND day = :day GROUP BY item_code",
            day=text,
        )
        assert on_day == {g.item: g.handed_over for g in report.goods if g.handed_over}, day

    by_community = Counter[tuple[str | None, str]]()
    for line in build_disclosure(books, FIRST, LAST).handed_over:
        by_community[line.community, line.item] += line.quantity
    rows = books.all(
        "SELECT community, item_code, sum(quantity) FROM who_received_what "
        "WHERE station = :station GROUP BY community, item_code"
    )
    assert {(community, item): int(n) for community, item, n in rows if n} == {
        key: n for key, n in by_community.items() if n
    }


def _check_stock(books: Books) -> None:
    shown = books.all(
        "SELECT location_code, item_code, item, unit, lot, batch, expires_on, expiry, on_hand, "
        "free, allocated FROM stock_now WHERE station = :station"
    )
    assert sorted(map(repr, map(tuple, shown))) == sorted(
        repr(
            (
                row.location,
                row.item,
                row.name,
                row.unit,
                row.lot,
                row.batch,
                row.expires_on and row.expires_on.isoformat(),
                shown_expiry(row) or None,
                row.on_hand,
                row.free,
                row.allocated,
            )
        )
        for row in get_stock(books, limit=None).items
    )


def _check_lots(books: Books) -> None:
    shown = books.all("SELECT lot, on_hand, handed_over FROM lots_now WHERE station = :station")
    known = books.all("SELECT DISTINCT lot FROM lots WHERE station = :station")
    assert sorted(row[0] for row in shown) == sorted(row[0] for row in known)
    on_hand, handed_over = Counter[str](), Counter[str]()
    for row in get_stock(books, limit=None).items:
        on_hand[row.lot] += row.on_hand
    for (_, _, lot), quantity in books.nonzero_balances(RECEIVED.prefix).items():
        handed_over[lot] += quantity
    assert {lot: (stock, out) for lot, stock, out in shown} == {
        lot: (on_hand[lot], handed_over[lot]) for (lot,) in known
    }


def _sums(books: Books, sql: str, **params: str) -> dict[str, int]:
    """Return the nonzero sums of a query of item and sum."""
    return {item: int(quantity) for item, quantity in books.all(sql, **params) if quantity}
