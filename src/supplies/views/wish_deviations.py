"""Find deviations from a donor's wish: goods set aside for the wish and released later."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import msgspec

from supplies.books.account_range import account_range
from supplies.books.free_text import Texts, free_text_of_entries
from supplies.books.queries import query_ids
from supplies.books.reader import Books
from supplies.domain.accounts import ALLOCATED
from supplies.domain.catalogue_records import Recipient
from supplies.domain.redaction import mask_in_text
from supplies.papers.donor_statement import WishDeviation


def find_wish_deviations(books: Books, lots: Iterable[str], last: date) -> list[WishDeviation]:
    """Return the releases of goods that were set aside for a donor's wish, oldest first.

    Goods count as set aside for a wish if the command that recorded their arrival set them aside.
    """
    rows = query_ids(
        books,
        lots,
        "SELECT e.seq, e.part, e.happened_on, n.seq, e.recorded_by, a.recipient, t.item, "
        "sum(t.quantity) FROM wanted w CROSS JOIN balances b CROSS JOIN transfers t "
        "CROSS JOIN entries e CROSS JOIN allocations a LEFT JOIN latest_days n "
        "ON n.station = e.station AND n.seq = e.seq - e.part "
        "WHERE b.station = :station AND b.lot = w.id AND b.lot <> '' "
        f"AND {account_range('start', 'end', column='b.account')} "
        "AND t.station = b.station AND t.source = b.account AND t.item = b.item "
        "AND t.lot = b.lot AND e.station = t.station AND e.seq = t.seq AND e.kind = 'released' "
        "AND e.booked_on <= :last AND a.station = e.station AND a.allocation = e.document "
        "AND a.arrival IS NOT NULL "
        "GROUP BY e.seq, e.part, e.happened_on, n.seq, e.recorded_by, a.recipient, t.item "
        "ORDER BY e.seq, t.item",
        start=ALLOCATED.prefix,
        end=f"{ALLOCATED.name};",  # ";" follows ":" in ASCII
        last=last.isoformat(),
    )
    # Ending a need may release goods. The text of the command is stored with its first entry.
    texts = free_text_of_entries(books, [seq - part for seq, part, *_ in rows])
    return [
        _deviation(books, texts.get(seq - part), date.fromisoformat(day), latest is not None, *rest)
        for seq, part, day, latest, *rest in sorted(rows, key=lambda row: (row[0], row[6]))
    ]


def _deviation(
    books: Books,
    texts: Texts | None,
    day: date,
    or_earlier: bool,
    by: str,
    recipient: str,
    item: str,
    quantity: int,
) -> WishDeviation:
    deviation_texts = texts or {}
    reason = deviation_texts.get("reason") or deviation_texts.get("note")
    known = books.item(item)
    return WishDeviation(
        day=day,
        or_earlier=or_earlier or msgspec.UNSET,
        item=item,
        name=known.name,
        name_en=known.name_en,
        unit=known.unit,
        quantity=int(quantity),
        reason=None if reason is None else mask_in_text(reason, _secrets(books, recipient)),
        by=by,
    )


def _secrets(books: Books, recipient: str) -> list[str | None]:
    """Return the personal data of a recipient, to be masked in texts for donors."""
    person = books.catalogue.get(Recipient, recipient)
    if person is None:
        return [recipient]
    return [recipient, person.name, person.phone, person.address]
