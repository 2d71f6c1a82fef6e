"""Warnings about documents that bring goods into stock or write them off.

The goods may have been recorded twice, or be written off as expired before they expire.
"""

from __future__ import annotations

from supplies.books.reader import Books
from supplies.domain.accounts import ALLOCATED, LOST, STOCK, UNEXPLAINED, keys_of
from supplies.domain.entry_rows import Lot
from supplies.domain.expiry import shown_expiry
from supplies.storage.store import Row
from supplies.views.pagination import Warned

EXPIRED = LOST("expired")


def find_unexplained_surplus(books: Books, document: str | None) -> list[Warned]:
    """Return a warning for each item that a document brought to a location with a surplus of it.

    A surplus is a quantity that a count found in excess of the books. The document may bring the
    goods that the count has found and booked already. If `document` is None, the list is empty.
    """
    if document is None:
        return []
    found = {
        (target, item): (kind, surplus)
        for kind, _, source, target, item, _, _, surplus in _into_stock_or_expired(books, document)
        if target.startswith(STOCK.prefix)
        and not source.startswith((UNEXPLAINED.prefix, ALLOCATED.prefix))
        and surplus > 0
    }
    warnings = []
    for (account, item), (kind, surplus) in sorted(found.items()):
        location = keys_of(account)[0]
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
                item=item,
            )
        )
    return warnings


def find_unexpired_write_offs(books: Books, document: str | None) -> list[Warned]:
    """Return a warning for each lot that a document wrote off as expired before its expiry.

    If `document` is None, the list is empty.
    """
    if document is None:
        return []
    lost: dict[tuple[str, str], int] = {}
    days: dict[tuple[str, str], str] = {}
    for _, day, source, target, item, lot, quantity, _ in _into_stock_or_expired(books, document):
        if EXPIRED in (source, target):
            change = quantity if target == EXPIRED else -quantity
            lost[lot, item] = lost.get((lot, item), 0) + change
            days[lot, item] = max(day, days.get((lot, item), day))
    if not lost:
        return []
    lots = books.latest_rows(Lot, "lot", (lot for lot, _ in lost))
    warnings = []
    for (name, item), quantity in sorted(lost.items()):
        lot, day = lots[name], days[name, item]
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
                item=item,
            )
        )
    return warnings


def _into_stock_or_expired(books: Books, document: str) -> list[Row]:
    """Return the transfers of a document into stock, and those into or out of `lost:expired`.

    A row contains the kind and day of the entry, source, target, item, lot and quantity. The last
    column is the unexplained surplus of the item at the location of the target. Both kinds of
    warnings need these rows, so one SQL query reads them.
    """
    return books.all(
        "SELECT e.kind, e.happened_on, t.source, t.target, t.item, t.lot, t.quantity, "
        "(SELECT coalesce(-sum(b.quantity), 0) FROM balances b WHERE b.station = t.station "
        f"AND b.account = :found || substr(t.target, {len(STOCK.prefix) + 1}) "
        "AND b.item = t.item) "
        "FROM entries e CROSS JOIN transfers t WHERE e.station = :station "
        "AND e.document = :document AND t.station = e.station AND t.seq = e.seq "
        "AND (t.target >= :start AND t.target < :end OR t.target = :lost OR t.source = :lost)",
        document=document,
        found=UNEXPLAINED.prefix,
        start=STOCK.prefix,
        end=f"{STOCK.name};",  # ";" follows ":" in ASCII
        lost=EXPIRED,
    )
