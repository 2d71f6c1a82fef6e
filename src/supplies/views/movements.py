"""List the movements of an account: what came in and went out, with the balance after each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from supplies.books.queries import query_ids
from supplies.books.reader import Books
from supplies.domain.accounts import check_account
from supplies.domain.entry_rows import Lot
from supplies.errors import InvalidField, Sentence
from supplies.views.pagination import (
    DEFAULT_LIMIT,
    View,
    check_codes,
    check_location_of,
    invalid_cursor,
    rows_to_fetch,
)
from supplies.views.periods import PeriodReport, check_days


class MovementView(View, frozen=True, kw_only=True):
    """A transfer into or out of an account, in base units.

    Attributes:
        entry: Number of the entry.
        other: The account on the other side of the transfer.
        change: The quantity that came in; negative if it went out.
        balance: The balance of the account after this transfer.
    """

    entry: int
    line: int
    kind: str
    document: str | None
    happened_on: date
    lot: str | None
    other: str
    change: int
    balance: int


class MovementsView(View, frozen=True, kw_only=True):
    """The movements of an item in an account, newest first.

    Attributes:
        lot: The lot whose movements are shown; None for the movements of all lots.
        balance: The current balance, in base units.
        next: Cursor of the next page; None on the last page.
    """

    account: str
    item: str
    lot: str | None
    balance: int
    items: list[MovementView]
    next: str | None


class MovementsReport(PeriodReport, frozen=True, kw_only=True):
    """The movements of an item in an account in a period, by day of booking and entry.

    Attributes:
        before: The balance before the first day, in base units.
        items: The movements, each with the balance after it.
        after: The balance at the end of the last day, in base units.
    """

    account: str
    item: str
    before: int
    items: list[MovementView]
    after: int


class _Position(NamedTuple):
    """A position in the list of movements, with the balance of the account after it."""

    seq: int
    line: int
    balance: int


_Move = tuple[int, int, str, str | None, str, str, str, str, int]
"""A transfer: entry, line, kind, document, day, lot, source, target and quantity."""

_CURSOR = re.compile(r"(\d{1,18})\.(\d{1,9})\.(-?\d{1,18})", re.ASCII)


def list_movements(
    books: Books,
    account: str,
    item: str,
    *,
    lot: str | None = None,
    after: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> MovementsView:
    """Return the movements of an item in an account, newest first.

    The cost grows with the number of movements of the item in the account. Only their index entries
    are read, and the rows of one page.

    Args:
        books: The books of the station.
        account: An account, such as `stock:store-a`.
        item: The code of the item.
        lot: Show only the movements of this lot. If None, movements of all lots are shown.
        after: The cursor of the page.
        limit: The maximum number of movements.

    Raises:
        InvalidField: the account, `item`, `lot`, `after` or `limit` is invalid.
    """
    _check_filters(books, account, item, lot)
    if lot is None:
        balance = sum(books.nonzero_balances(account, item).values())
    else:
        balance = books.balance(account, item, lot)
    start = _start(after, balance)
    moves = _moves(books, account, item, lot, start, rows_to_fetch(limit))
    items, left = _with_balances(moves[:limit], account, start.balance)
    more = len(moves) > limit
    return MovementsView(
        account=account,
        item=item,
        lot=lot,
        balance=balance,
        items=items,
        next=f"{items[-1].entry}.{items[-1].line}.{left}" if more else None,
    )


def report_movements(
    books: Books, account: str, item: str, first: date, last: date, *, lot: str | None = None
) -> MovementsReport:
    """Return the movements of an item in an account that are booked in a period.

    Args:
        lot: Report only this lot, with its balance. If None, all lots are reported together.

    Raises:
        InvalidField: the account, `item` or `lot` is invalid, or `last` is before `first`.
    """
    check_days(first, last)
    _check_filters(books, account, item, lot)
    eve = books.nonzero_balances_on((first - timedelta(days=1)).isoformat(), account)
    before = sum(
        quantity for (_, code, own), quantity in eve.items() if code == item and lot in (None, own)
    )
    only = "" if lot is None else " AND t.lot = :lot"
    sides = " UNION ALL ".join(
        f"SELECT t.day, t.seq, t.line, t.lot, t.{other} AS other, {sign}t.quantity AS change "
        f"FROM transfers t WHERE t.station = :station AND t.{side} = :account AND t.item = :item "
        f"AND t.day >= :first AND t.day <= :last{only}"
        for side, other, sign in (("target", "source", ""), ("source", "target", "-"))
    )
    rows = books.all(
        "SELECT m.seq, m.line, e.kind, e.document, e.happened_on, m.lot, m.other, m.change "
        f"FROM ({sides}) AS m CROSS JOIN entries e WHERE e.station = :station AND e.seq = m.seq "
        "ORDER BY m.day, m.seq, m.line",
        account=account,
        item=item,
        lot=lot,
        first=first.isoformat(),
        last=last.isoformat(),
    )
    items, balance = [], before
    for *move, other, change in rows:
        balance += change
        items.append(_view(move, other, change, balance))
    return MovementsReport(
        first=first,
        last=last,
        account=account,
        item=item,
        before=before,
        items=items,
        after=balance,
    )


def _check_filters(books: Books, account: str, item: str, lot: str | None) -> None:
    try:
        check_account(account)
    except InvalidField as error:
        raise InvalidField.at("/account", error.detail) from None
    check_location_of(books, account)
    check_codes(books, item=item)
    if lot is not None and books.latest_row(Lot, lot=lot) is None:
        raise InvalidField.at(
            "/lot", Sentence("unknown lot {lot}; see the stock", lot=repr(lot[:64]))
        )


def _start(after: str | None, balance: int) -> _Position:
    """Return the position in a cursor; the position of the newest movement if the cursor is None.

    Args:
        after: The cursor.
        balance: The current balance.
    """
    if after is None:
        return _Position(2**62, 0, balance)
    found = _CURSOR.fullmatch(after)
    if found is None:
        raise invalid_cursor(after)
    return _Position(*map(int, found.groups()))


def _with_balances(
    moves: list[_Move], account: str, balance: int
) -> tuple[list[MovementView], int]:
    """Return transfers with the balance after each, and the balance before the oldest of them.

    Args:
        moves: The transfers, newest first.
        balance: The balance after the newest of these transfers.
    """
    items = []
    for *move, source, target, quantity in moves:
        is_target = target == account
        change = quantity if is_target else -quantity
        items.append(_view(move, source if is_target else target, change, balance))
        balance -= change
    return items, balance


def _view(move: Sequence[Any], other: str, change: int, balance: int) -> MovementView:
    """Return a movement.

    Args:
        move: Entry, line, kind, document, day and lot of the transfer.
        other: The account at the other end of the transfer.
    """
    entry, line, kind, document, day, lot = move
    return MovementView(
        entry=entry,
        line=line,
        kind=kind,
        document=document,
        happened_on=date.fromisoformat(day),
        lot=lot or None,
        other=other,
        change=change,
        balance=balance,
    )


def _moves(
    books: Books, account: str, item: str, lot: str | None, start: _Position, wanted: int
) -> list[_Move]:
    """Return at most `wanted` transfers that are older than a position, the newest first."""
    of_lot = "" if lot is None else " AND t.lot = :lot"
    # One query for each side, so that each reads the index of its accounts.
    keys = [
        (int(seq), int(line))
        for side in ("source", "target")
        for seq, line in books.all(
            f"SELECT t.seq, t.line FROM transfers t WHERE t.station = :station "
            f"AND t.{side} = :account AND t.item = :item{of_lot} "
            "AND (t.seq < :seq OR (t.seq = :seq AND t.line < :line)) "
            "ORDER BY t.seq DESC, t.line DESC LIMIT :limit",
            account=account,
            item=item,
            lot=lot,
            seq=start.seq,
            line=start.line,
            limit=wanted,
        )
    ]
    chosen = sorted(keys, reverse=True)[:wanted]
    rows = query_ids(
        books,
        sorted({seq for seq, _ in chosen}),
        "SELECT t.seq, t.line, e.kind, e.document, e.happened_on, t.lot, t.source, t.target, "
        "t.quantity FROM wanted w CROSS JOIN entries e CROSS JOIN transfers t "
        "WHERE e.station = :station AND e.seq = w.id AND t.station = e.station AND t.seq = e.seq",
    )
    by_key = {(row[0], row[1]): tuple(row) for row in rows}
    return [by_key[key] for key in chosen]
