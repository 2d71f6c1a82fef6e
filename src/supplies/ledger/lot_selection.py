"""How lots are chosen: first expired, first out (FEFO).

Lots that do not expire come last; of lots that expire on the same day, the oldest comes first.
A correction first takes the lots that the corrected command took.
"""

from __future__ import annotations

from datetime import date

from supplies.books.reader import LotBalance
from supplies.domain.accounts import kind_of
from supplies.ledger.journal import Journal, not_enough

_NEVER = date.max.isoformat()
"""Sorts lots that do not expire behind all that do."""


def pick_lots(
    journal: Journal,
    account: str,
    item: str,
    quantity: int,
    pointer: str,
    *,
    lot: str | None = None,
    allow_expired: bool = True,
) -> list[tuple[str, int]]:
    """Choose lots of an item in an account, with the quantity to take of each.

    lot: this lot only. allow_expired: whether expired lots may be taken.

    Raises:
        NotEnough: less than `quantity` is available.
        InvalidField: the lot is not one of this item.
    """
    if lot is not None:
        journal.lot(lot, item, f"{pointer}/lot")
    today, floored = journal.happened_on.isoformat(), kind_of(account).floored
    picked: list[tuple[str, int]] = []
    rest, now, expired = quantity, 0, 0
    for on in _shelf(journal, account, item):
        there = on.quantity + journal.change(account, item, on.lot)
        if there <= 0 or lot not in (None, on.lot):
            continue
        if not allow_expired and (on.expires_on or _NEVER) < today:
            expired += there
            continue
        now += there
        free = journal.available(account, item, on.lot) if floored else there
        taken = max(0, min(rest, free))
        if taken:
            picked.append((on.lot, taken))
            rest -= taken
        if not rest:
            return picked
    available = quantity - rest
    besides = f" on every day since {journal.happened_on}" if available < now else ""
    besides += f" ({expired} more have expired)" if expired else ""
    raise not_enough(journal.books, account, item, quantity, available, pointer, besides)


def _shelf(journal: Journal, account: str, item: str) -> list[LotBalance]:
    """The lots of an item in an account, in the order in which they are taken.

    Quantities are those in the books, without the drafts. The journal keeps the list, because a
    command of many lines asks for it again and again.
    """
    shelf = journal.shelves.get((account, item))
    if shelf is None:
        there = {on.lot: on for on in journal.books.lot_balances(account, item)}
        for lot in journal.changed_lots(account, item) - there.keys():
            expires_on = journal.lot(lot, item).expires_on
            there[lot] = LotBalance(lot, None if expires_on is None else expires_on.isoformat(), 0)
        taken = frozenset() if journal.corrected is None else journal.corrected.taken
        shelf = sorted(there.values(), key=lambda on: (on.lot not in taken, *_fefo(on)))
        journal.shelves[account, item] = shelf
    return shelf


def _fefo(on: LotBalance) -> tuple[str, int, str]:
    """Sorts lots by expiry, then by age: a lot's id ends in station, entry and line."""
    return on.expires_on or _NEVER, int(on.lot.rsplit("_", 2)[1]), on.lot
