"""Balances now, at the end of a day, or as of an entry."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from supplies.books.account_range import account_range
from supplies.books.reader import Books
from supplies.domain.accounts import AccountKind

BalanceKey = tuple[str, str, str]
"""Key of a balance: account, item, lot."""


def read_balances(
    books: Books,
    kinds: Iterable[AccountKind],
    *,
    on: date | None = None,
    at: int | None = None,
    item: str | None = None,
    key: str | None = None,
) -> dict[BalanceKey, int]:
    """Return all nonzero balances of these kinds of account, by account, item and lot.

    If both `on` and `at` are None, the present balances are returned. `at` sums all transfers up to
    that entry; otherwise stored balances are read.

    Args:
        on: Return the balances at the end of this day, from all that is recorded so far.
        at: Return the balances directly after the entry with this number.
        item: Return only balances of this item.
        key: Return only accounts whose last key is this one. Accounts with a single key are found
            by index. With `at`, accounts with several keys are not filtered.
    """
    if on is not None and on.isoformat() >= books.head()[2]:
        on = None
    only = "" if item is None else " AND item = :item"
    if key is not None and at is None:
        only += " AND substr(account, length(account) - length(:key)) = ':' || :key"
    sql = _at(only) if at is not None else _now(only) if on is None else _on(only)
    found: dict[BalanceKey, int] = {}
    for kind in kinds:
        start, end = (
            kind.prefix,
            f"{kind.name};",
        )  # ";" is the character after ":", so the range contains every account of the kind
        if key is not None and len(kind.keys) == 1:
            start, end = kind(key), f"{kind(key)}!"  # "!" sorts before every character of a code
        rows = books.all(
            sql,
            start=start,
            end=end,
            key=key,
            day=None if on is None else on.isoformat(),
            seq=at,
            item=item,
        )
        found.update({(row[0], row[1], row[2]): int(row[3]) for row in rows})
    return found


def _now(only: str) -> str:
    return (
        "SELECT account, item, lot, quantity FROM balances WHERE station = :station "
        f"AND {account_range('start', 'end')} AND quantity <> 0{only}"
    )


def _on(only: str) -> str:
    return (
        "SELECT account, item, lot, quantity FROM days AS d WHERE station = :station "
        f"AND account >= :start AND account < :end AND quantity <> 0{only} AND day = ("
        "SELECT max(o.day) FROM days AS o WHERE o.station = d.station "
        "AND o.account = d.account AND o.item = d.item AND o.lot = d.lot AND o.day <= :day)"
    )


def _at(only: str) -> str:
    sides = " UNION ALL ".join(
        f"SELECT {side} AS account, item, lot, {sign}quantity AS quantity FROM transfers "
        f"WHERE station = :station AND {side} >= :start AND {side} < :end AND seq <= :seq{only}"
        for side, sign in (("target", ""), ("source", "-"))
    )
    return (
        f"SELECT account, item, lot, sum(quantity) FROM ({sides}) AS moves "
        "GROUP BY account, item, lot HAVING sum(quantity) <> 0"
    )
