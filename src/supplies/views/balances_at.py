"""Read balances as they are now, at the end of a day, or directly after an entry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date

from supplies.books.account_range import account_range
from supplies.books.balance_reader import LATEST_UNTIL_DAY
from supplies.books.booked_days import days_with_entries
from supplies.books.reader import Books
from supplies.domain.accounts import ALLOCATED, IN_TRANSIT, STOCK, AccountKind

BalanceKey = tuple[str, str, str]
"""The account, item and lot that identify a balance."""

ON_HAND = (STOCK, ALLOCATED, IN_TRANSIT)
"""The kinds of account with goods that the station has: free, allocated and in transit."""

Sums = Counter[tuple[str, str]]
"""Sums of balances, by item and kind of account. The kinds are represented by their names."""


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

    If both `on` and `at` are None, the current balances are returned.

    Args:
        on: Return the balances at the end of this day, from all entries recorded so far.
        at: Return the balances directly after the entry with this number was recorded.
        item: Return only balances of this item.
        key: Return only balances of accounts whose last key is this one. An index is used only for
            kinds with a single key.
    """
    day = None if on is None else on.isoformat()
    if at is not None:
        day = latest_day_at(books, at)
        if day is None:
            return {}
    if day is not None and day >= books.last_entry().latest_day:
        day = None
    only = "" if item is None else " AND item = :item"
    if key is not None:
        only += " AND substr(account, length(account) - length(:key)) = ':' || :key"
    filters: dict[str, str | None] = {"key": key, "item": item}
    ranges = []
    for number, kind in enumerate(kinds):
        start, end = kind.prefix, f"{kind.name};"  # ";" follows ":" in ASCII
        if key is not None and len(kind.keys) == 1:
            start, end = kind(key), f"{kind(key)}!"  # "!" sorts before every character of a code
        filters |= {f"start{number}": start, f"end{number}": end}
        ranges.append((f"start{number}", f"end{number}"))
    sql = " UNION ALL ".join(
        _now(only, *names) if day is None else _on(only, *names) for names in ranges
    )
    rows = books.all(sql, day=day, **filters)
    found = {(row[0], row[1], row[2]): int(row[3]) for row in rows}
    if at is not None:
        sql = _recorded_later(only, ranges)
        for account, code, lot, quantity in books.all(
            sql, last=day or books.last_entry().latest_day, seq=at, **filters
        ):
            found[account, code, lot] = found.get((account, code, lot), 0) - int(quantity)
    return {balance: quantity for balance, quantity in found.items() if quantity}


def sum_balances(books: Books, kinds: Iterable[AccountKind], *, on: date | None = None) -> Sums:
    """Return the sum of the balances of each kind of account and item.

    Args:
        on: Sum the balances at the end of this day. If None, the current ones are summed.
    """
    on = past_day(books, on)
    sql = (_now if on is None else _on)("", "start", "end")
    return Sums(
        {
            (kind.name, item): int(quantity)
            for kind in kinds
            for item, quantity in books.all(
                f"SELECT item, sum(quantity) FROM ({sql}) AS there GROUP BY item",
                start=kind.prefix,
                end=f"{kind.name};",
                day=None if on is None else on.isoformat(),
            )
        }
    )


def of_kinds(sums: Sums, kinds: Iterable[AccountKind]) -> Sums:
    """Return the sums of balances for accounts of these kinds only."""
    names = {kind.name for kind in kinds}
    return Sums({key: quantity for key, quantity in sums.items() if key[0] in names})


def past_day(books: Books, day: date | None) -> date | None:
    """Return `day` if any entry is booked on a later day; otherwise None.

    None means that the balances at the end of the day are the current balances.
    """
    return None if day is None or day.isoformat() >= books.last_entry().latest_day else day


def latest_day_at(books: Books, seq: int) -> str | None:
    """Return the latest day on which any of the entries up to `seq` is booked, as ISO text.

    Return None if there is no entry up to `seq`.
    """
    day: str | None = books.value(
        f"{days_with_entries()} SELECT max(b.day) FROM booked b WHERE EXISTS ("
        "SELECT 1 FROM entries e WHERE e.station = :station AND e.booked_on = b.day "
        "AND e.seq <= :seq)",
        last=books.last_entry().latest_day,
        seq=seq,
    )
    return day


def balance_exists(condition: str, *, past: bool) -> str:
    """Return an SQL condition that is true if an account has a nonzero balance.

    Args:
        condition: SQL condition on `b.account` that selects the accounts.
        past: Whether to use the balances at the end of `:day` instead of the current ones.
    """
    where = f"WHERE b.station = :station AND {condition} AND b.quantity <> 0"
    if not past:
        return f"EXISTS (SELECT 1 FROM balances b {where})"
    return (
        f"EXISTS (SELECT 1 FROM days b {where} AND b.day = (SELECT max(o.day) FROM days o "
        "WHERE o.station = b.station AND o.account = b.account AND o.item = b.item "
        "AND o.lot = b.lot AND o.day <= :day))"
    )


def _now(only: str, start: str, end: str) -> str:
    return (
        "SELECT account, item, lot, quantity FROM balances WHERE station = :station "
        f"AND {account_range(start, end)} AND quantity <> 0{only}"
    )


def _on(only: str, start: str, end: str) -> str:
    return (
        "SELECT account, item, lot, quantity FROM days AS d WHERE station = :station "
        f"AND account >= :{start} AND account < :{end} AND quantity <> 0{only} "
        f"AND {LATEST_UNTIL_DAY}"
    )


def _recorded_later(only: str, ranges: Iterable[tuple[str, str]]) -> str:
    """Return SQL for the net change of balances by entries after `:seq`, on days until `:last`.

    Args:
        only: A further SQL condition, beginning with AND.
        ranges: Names of the SQL parameters with the beginning and the end of each range of
            accounts.
    """
    within = " OR ".join(f"(account >= :{start} AND account < :{end})" for start, end in ranges)
    sides = " UNION ALL ".join(
        f"SELECT t.{side} AS account, t.item, t.lot, {sign}t.quantity AS quantity FROM booked b "
        "CROSS JOIN entries e CROSS JOIN transfers t WHERE e.station = :station "
        "AND e.booked_on = b.day AND e.seq > :seq AND t.station = e.station AND t.seq = e.seq"
        for side, sign in (("target", ""), ("source", "-"))
    )
    return (
        f"{days_with_entries()} SELECT account, item, lot, sum(quantity) FROM ({sides}) AS moves "
        f"WHERE ({within}){only} GROUP BY account, item, lot"
    )
