"""Find related lots: lots of the same batch, and lots that were repacked from others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from supplies.books.account_range import account_range
from supplies.books.queries import query_ids
from supplies.books.reader import Books
from supplies.domain.accounts import CONVERTED
from supplies.domain.entry_rows import LotParent


def lots_of_batch(books: Books, item: str, batch: str) -> set[str]:
    """Return the lots of an item with a batch number, and all lots that were repacked from them.

    The batch number is compared with the latest description of each lot. The case of ASCII letters
    is ignored.
    """
    rows = books.all(
        "SELECT l.lot FROM lots l WHERE l.station = :station AND l.item = :item "
        "AND upper(l.batch) = upper(:batch) AND l.seq = ("
        "SELECT max(m.seq) FROM lots m WHERE m.station = l.station AND m.lot = l.lot)",
        item=item,
        batch=batch,
    )
    lots = {lot for (lot,) in rows}
    return lots | lot_relatives(books, lots, "products")


def lot_relatives(
    books: Books, lots: Iterable[str], which: Literal["parents", "products"]
) -> set[str]:
    """Return all lots from which the given lots were made, or all lots made from them.

    Lots that are related through several conversions are included.

    Args:
        which: "parents" for the lots from which they were made, "products" for the lots made from
            them.
    """
    key, towards = ("lot", "parent") if which == "parents" else ("parent", "lot")
    relatives: set[str] = set()
    fresh = set(lots)
    while fresh:
        fresh = {str(getattr(link, towards)) for link in lot_links(books, key, fresh)} - relatives
        relatives |= fresh
    return relatives


def lot_links(books: Books, key: str, names: Iterable[str]) -> list[LotParent]:
    """Return pairs of a lot and one of its parents, as the latest entries recorded them.

    The parents of a lot are the lots from which it was made.

    Args:
        books: The books of the station.
        key: "lot" if `names` are lots that were made; "parent" if `names` are parents.
        names: Ids of lots.
    """
    rows = query_ids(
        books,
        names,
        "SELECT p.lot, p.parent FROM wanted w CROSS JOIN lot_parents p "
        f"WHERE p.station = :station AND p.{key} = w.id AND p.seq = ("
        "SELECT max(q.seq) FROM lot_parents q WHERE q.station = p.station AND q.lot = p.lot) "
        "AND EXISTS (SELECT 1 FROM balances b WHERE b.station = p.station AND b.lot = p.lot "
        f"AND b.lot <> '' AND {account_range('made', 'end', column='b.account')} "
        "AND b.quantity < 0) "
        "ORDER BY p.lot, p.parent",
        made=CONVERTED.prefix,
        end=f"{CONVERTED.name};",
    )
    return [LotParent(lot=lot, parent=parent) for lot, parent in rows]
