"""Find out where a lot came from, and on which day it arrived."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from supplies.books.reader import Books
from supplies.domain.accounts import keys_of, kind_of
from supplies.domain.entry_rows import Lot


class LotOrigin(NamedTuple):
    """Where a lot came from.

    Attributes:
        kind: The name of the kind of account from which the goods came, such as `donor`.
        key: The first key of this account, such as the code of the donor. If the kind has no keys,
            it is None.
        day: The day on which the goods arrived.
        lot: The latest description of the lot.
    """

    kind: str
    key: str | None
    day: date
    lot: Lot


def find_lot_origin(books: Books, lot: str) -> LotOrigin | None:
    """Return where a lot came from. Return None if the lot does not exist."""
    found = books.latest_row(Lot, lot=lot)
    if found is None:
        return None
    day = books.value(
        "SELECT e.happened_on FROM lots l CROSS JOIN entries e WHERE l.station = :station "
        "AND l.lot = :lot AND e.station = l.station AND e.seq = l.seq ORDER BY l.seq DESC LIMIT 1",
        lot=lot,
    )
    keys = keys_of(found.origin)
    return LotOrigin(
        kind_of(found.origin).name, keys[0] if keys else None, date.fromisoformat(day), found
    )
