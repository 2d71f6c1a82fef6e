"""Warnings about goods that a command brought into stock or wrote off.

They concern goods that may be in stock twice, and goods written off as expired that are not.
"""

from __future__ import annotations

from supplies.books.reader import Books
from supplies.domain.accounts import ALLOCATED, LOST, STOCK, UNEXPLAINED, keys_of
from supplies.domain.entry_rows import Lot
from supplies.domain.expiry import shown_expiry
from supplies.views.pagination import Warned

EXPIRED = LOST("expired")


def find_unexplained_surplus(books: Books, document: str | None) -> list[Warned]:
    """Return a warning for goods that a document brought to a location where a count found some.

    The same goods may be in stock twice: once as found by the count, and once by the document. Each
    item at each location has one warning. There is none if `document` is None.
    """
    if document is None:
        return []
    rows = books.all(
        "SELECT DISTINCT e.kind, t.target, t.item FROM entries e CROSS JOIN transfers t "
        "WHERE e.station = :station AND e.document = :document "
        "AND t.station = e.station AND t.seq = e.seq "
        "AND t.target >= :start AND t.target < :end "
        "AND NOT (t.source >= :found AND t.source < :found_end) "
        "AND NOT (t.source >= :aside AND t.source < :aside_end) ORDER BY t.target, t.item",
        document=document,
        start=STOCK.prefix,
        end=f"{STOCK.name};",  # ";" follows ":" in ASCII
        found=UNEXPLAINED.prefix,
        found_end=f"{UNEXPLAINED.name};",
        aside=ALLOCATED.prefix,
        aside_end=f"{ALLOCATED.name};",
    )
    warnings = []
    for kind, account, item in {row[1:]: row for row in rows}.values():
        location = keys_of(account)[0]
        surplus = -sum(books.nonzero_balances(UNEXPLAINED(location), item).values())
        if surplus <= 0:
            continue
        remedy = (
            f"correct {document} to the day on which they came, before the count; or reverse it "
            "and settle what was found"
        )
        if kind == "shipment_received":
            remedy = "count them again"
        warnings.append(
            Warned(
                warning="unexplained-surplus",
                detail=f"{surplus} × {books.item(item).name} were found in {location} and are "
                f"unexplained. If they are the same goods, {remedy}",
                about=location,
            )
        )
    return warnings


def find_unexpired_write_offs(books: Books, document: str | None) -> list[Warned]:
    """Return a warning for each lot that a document wrote off as expired before its expiry.

    There is none if `document` is None.
    """
    if document is None:
        return []
    rows = books.all(
        "SELECT t.item, t.lot, max(e.happened_on), "
        "sum(CASE WHEN t.target = :lost THEN t.quantity ELSE -t.quantity END) "
        "FROM entries e CROSS JOIN transfers t WHERE e.station = :station "
        "AND e.document = :document AND t.station = e.station AND t.seq = e.seq "
        "AND (t.target = :lost OR t.source = :lost) GROUP BY t.item, t.lot ORDER BY t.lot",
        document=document,
        lost=EXPIRED,
    )
    lots = books.latest_rows(Lot, "lot", (lot for _, lot, _, _ in rows))
    warnings = []
    for item, name, day, quantity in rows:
        lot = lots[name]
        if quantity <= 0 or (lot.expires_on is not None and lot.expires_on.isoformat() < day):
            continue
        expiry = "has no expiry" if lot.expires_on is None else f"expires on {shown_expiry(lot)}"
        warnings.append(
            Warned(
                warning="not-expired",
                detail=f"{quantity} × {books.item(item).name} of lot {name} were written off as "
                f"expired on {day}, but the lot {expiry}. If other goods were meant, correct "
                f"{document}; if the expiry is wrong, correct the expiry of the lot",
                about=name,
            )
        )
    return warnings
