"""Deviations from a donor's wish: allocations by wish that were released, why, by whom."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from supplies.books.free_text import free_text_of_entry
from supplies.books.reader import Books
from supplies.domain.accounts import ALLOCATED
from supplies.domain.catalogue_records import Recipient
from supplies.domain.redaction import mask_in_text
from supplies.papers.donor_statement import WishDeviation
from supplies.views.shared_queries import query_ids


def find_wish_deviations(books: Books, lots: Iterable[str], last: date) -> list[WishDeviation]:
    """Return releases of goods that were allocated by the donor's wish, oldest first.

    Such an allocation was made in the transaction of the donation.
    """
    rows = query_ids(
        books,
        lots,
        "SELECT e.seq, e.happened_on, e.recorded_by, a.recipient, t.item, sum(t.quantity) "
        "FROM wanted w CROSS JOIN balances b CROSS JOIN transfers t CROSS JOIN entries e "
        "CROSS JOIN allocations a WHERE b.station = :station AND b.lot = w.id AND b.lot <> '' "
        "AND b.account >= :start AND b.account < :end "
        "AND t.station = b.station AND t.source = b.account AND t.item = b.item "
        "AND t.lot = b.lot AND e.station = t.station AND e.seq = t.seq AND e.kind = 'released' "
        "AND e.booked_on <= :last AND a.station = e.station AND a.allocation = e.document "
        "AND a.arrival IS NOT NULL "
        "GROUP BY e.seq, e.happened_on, e.recorded_by, a.recipient, t.item "
        "ORDER BY e.seq, t.item",
        start=ALLOCATED.prefix,
        end=f"{ALLOCATED.name};",  # ";" follows ":" in ASCII
        last=last.isoformat(),
    )
    return [
        _deviation(books, seq, date.fromisoformat(day), by, recipient, item, int(quantity))
        for seq, day, by, recipient, item, quantity in sorted(rows)
    ]


def _deviation(
    books: Books, seq: int, day: date, by: str, recipient: str, item: str, quantity: int
) -> WishDeviation:
    # The end of a need may release goods; its text is at the command's first entry.
    texts = free_text_of_entry(books, seq - books.body(seq).part)
    reason = None if texts is None else texts.get("reason") or texts.get("note")
    known = books.item(item)
    return WishDeviation(
        day=day,
        item=item,
        name=known.name,
        name_en=known.name_en,
        unit=known.unit,
        quantity=quantity,
        reason=None if reason is None else mask_in_text(reason, _secrets(books, recipient)),
        by=by,
    )


def _secrets(books: Books, recipient: str) -> list[str | None]:
    """Return the recipient's data that must be masked in texts for the donor."""
    person = books.catalogue.get(Recipient, recipient)
    if person is None:
        return [recipient]
    return [recipient, person.name, person.phone, person.address]
