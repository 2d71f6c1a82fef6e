"""The questions that several views ask: latest statements and what stands in many accounts.

They are asked for a whole page at once, `wanted (id)` being the ids it shows, and answered from
the tables' keys. The SQL is what SQLite and PostgreSQL share. Joins say CROSS JOIN:
SQLite then begins with what stands first and finds the rest by key, where without statistics it
may choose to read a whole table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from supplies.books.reader import Books
from supplies.domain.accounts import AccountKind
from supplies.domain.entry_rows import TABLES, EntryRow, Lot
from supplies.storage.store import Row
from supplies.views.pagination import PackedLineView, PackedView

S = TypeVar("S", bound=EntryRow)

_AT_ONCE = 2000
"""Ids in one query: engines bound the number of its parameters."""


@dataclass(frozen=True, slots=True)
class DocumentType(Generic[S]):
    """One sort of document, listed in the order in which they began.

    statement, key: what states them, and its column that holds their id. kind, prefix: of the
    entry that each begins with; its number ends the id.
    """

    statement: type[S]
    key: str
    kind: str
    prefix: str


class DocumentState(NamedTuple, Generic[S]):
    """A document as it is stated now.

    first: the entry it began with, its place in lists. seq: the entry that states what holds.
    happened_on: the true day of that entry.
    """

    first: int
    seq: int
    happened_on: date
    stated: S


def read_documents(
    books: Books, series: DocumentType[S], numbers: Iterable[int]
) -> list[DocumentState[S]]:
    """The documents that began with these entries, in their order, each as it was stated last."""
    table, key = TABLES[series.statement], series.key
    rows = query_ids(
        books,
        numbers,
        f"SELECT w.id, l.seq, e.happened_on, {_columns(series.statement)} "
        f"FROM wanted w CROSS JOIN {table} l CROSS JOIN entries e "
        f"WHERE l.station = :station AND l.{key} = '{series.prefix}_' || w.id AND l.seq = ("
        f"SELECT max(m.seq) FROM {table} m WHERE m.station = l.station AND m.{key} = l.{key}) "
        "AND e.station = l.station AND e.seq = l.seq ORDER BY w.id",
    )
    return [
        DocumentState(
            row[0],
            row[1],
            date.fromisoformat(row[2]),
            statement_from_row(series.statement, row[3:]),
        )
        for row in rows
    ]


def find_document(books: Books, series: DocumentType[S], name: str) -> DocumentState[S] | None:
    """One document as it was stated last, or None."""
    prefix, _, number = name.partition("_")
    if prefix != series.prefix or not re.fullmatch("[1-9][0-9]{0,17}", number):
        return None
    return next(iter(read_documents(books, series, [int(number)])), None)


def read_latest(
    books: Books,
    statement: type[S],
    key: str,
    ids: Iterable[str],
    *,
    head: type[EntryRow] | None = None,
) -> dict[str, list[S]]:
    """What was stated last of each of these, by id, in the order of their lines.

    head: the statement whose latest entry counts, where lines may be none; None: its own.
    """
    order = " ORDER BY l.line" if "line" in statement.__struct_fields__ else ""
    rows = query_ids(
        books,
        ids,
        f"SELECT w.id, {_columns(statement)} FROM wanted w CROSS JOIN {TABLES[statement]} l "
        f"WHERE l.station = :station AND l.{key} = w.id AND l.seq = "
        f"(SELECT max(m.seq) FROM {TABLES[head or statement]} m "
        f"WHERE m.station = l.station AND m.{key} = l.{key}){order}",
    )
    grouped: dict[str, list[S]] = {}
    for row in rows:
        grouped.setdefault(row[0], []).append(statement_from_row(statement, row[1:]))
    return grouped


def read_lots(books: Books, names: Iterable[str]) -> dict[str, Lot]:
    """Lots as they are described now."""
    return {name: rows[0] for name, rows in read_latest(books, Lot, "lot", names).items()}


def read_packed_lines(books: Books, seqs: Iterable[int]) -> dict[int, list[PackedLineView]]:
    """Return the lines of these entries that counted packs, by entry."""
    rows = query_ids(
        books,
        seqs,
        "SELECT l.seq, l.field, l.line, l.item, l.quantity, l.pack, l.size FROM wanted w "
        "CROSS JOIN packed_lines l WHERE l.station = :station AND l.seq = w.id "
        "ORDER BY l.seq, l.field, l.line",
    )
    grouped: dict[int, list[PackedLineView]] = {}
    for seq, field, line, item, quantity, pack, size in rows:
        grouped.setdefault(seq, []).append(
            PackedLineView(
                field=field, line=line, item=item, quantity=quantity, pack=pack, size=size
            )
        )
    return grouped


def read_packs(books: Books, seqs: Iterable[int]) -> dict[tuple[int, int], PackedView]:
    """Return the packs that the numbered lines of these entries counted, by entry and line."""
    return {
        (seq, each.line): PackedView(quantity=each.quantity, pack=each.pack, size=each.size)
        for seq, lines in read_packed_lines(books, seqs).items()
        for each in lines
        if each.field == "lines"
    }


def query_ids(books: Books, ids: Iterable[str | int], sql: str, **params: Any) -> list[Row]:
    """Rows of a query that joins `wanted`, whose column `id` holds these ids.

    Many ids are asked for in parts, each in the order that the query says.
    """
    wanted = list(dict.fromkeys(ids))
    rows: list[Row] = []
    for start in range(0, len(wanted), _AT_ONCE):
        part = wanted[start : start + _AT_ONCE]
        names = {f"id{index}": name for index, name in enumerate(part)}
        values = ", ".join(f"(:{name})" for name in names)
        rows += books.all(f"WITH wanted (id) AS (VALUES {values}) {sql}", **names, **params)
    return rows


def account_conditions(kind: AccountKind, key: str) -> list[str]:
    """SQL: that `b.account` is of this kind and its first key is `key`, an SQL expression.

    Two conditions where further keys may be left out: asked apart, each is answered by key.
    """
    alone = f"b.account = '{kind.prefix}' || {key}"
    # ";" follows ":" in ASCII: between them lies every account with further keys.
    further = (
        f"b.account >= '{kind.prefix}' || {key} || ':' "
        f"AND b.account < '{kind.prefix}' || {key} || ';'"
    )
    if len(kind.keys) == 1:
        return [alone]
    return [alone, further] if kind.keys[1].endswith("?") else [further]


def _accounts(kind: AccountKind, condition: str = "") -> str:
    """SQL: the accounts of this kind whose first key is wanted, with what stands in them."""
    return " UNION ALL ".join(
        "SELECT w.id, b.account, b.item, b.lot, b.quantity FROM wanted w CROSS JOIN balances b "
        f"WHERE b.station = :station AND {here}{condition}"
        for here in account_conditions(kind, "w.id")
    )


class AccountBalance(NamedTuple):
    """What stands in an account whose first key is `id`."""

    id: str
    account: str
    item: str
    lot: str
    quantity: int


def read_account_balances(
    books: Books, kind: AccountKind, ids: Iterable[str]
) -> list[AccountBalance]:
    """What is not zero in accounts of this kind whose first key is one of these."""
    rows = query_ids(books, ids, _accounts(kind, " AND b.quantity <> 0"))
    return [AccountBalance(*row) for row in rows]


class NetTransfer(NamedTuple):
    """What entries of one kind brought into, or took out of, accounts whose first key is `id`."""

    id: str
    item: str
    lot: str
    kind: str
    quantity: int


def read_net_transfers(books: Books, kind: AccountKind, ids: Iterable[str]) -> list[NetTransfer]:
    """Net by the entries' kind: a correction has the kind of what it corrects, and so nets it.

    Transfers are found in the index of their accounts first, as `i`, then read by key, as `t`:
    asked for at once, SQLite without statistics takes the whole table for the shorter way.
    """
    sides = " UNION ALL ".join(
        f"SELECT a.id, t.item, t.lot, e.kind, {sign}t.quantity AS quantity FROM account a "
        "CROSS JOIN transfers i CROSS JOIN transfers t CROSS JOIN entries e "
        f"WHERE i.station = :station AND i.{side} = a.account AND i.item = a.item "
        "AND i.lot = a.lot AND t.station = i.station AND t.seq = i.seq AND t.line = i.line "
        "AND e.station = t.station AND e.seq = t.seq"
        for side, sign in (("target", ""), ("source", "-"))
    )
    rows = query_ids(
        books,
        ids,
        f", account AS ({_accounts(kind)}) "
        "SELECT id, item, lot, kind, sum(quantity) "
        f"FROM ({sides}) AS moves GROUP BY id, item, lot, kind",
    )
    return [NetTransfer(row[0], row[1], row[2], row[3], int(row[4])) for row in rows]


def statement_from_row(statement: type[S], row: Row) -> S:
    """A statement from its columns in the order of its fields; days and times from ISO text."""
    return msgspec.convert(dict(zip(statement.__struct_fields__, row, strict=True)), statement)


def _columns(statement: type[EntryRow]) -> str:
    return ", ".join(f"l.{name}" for name in statement.__struct_fields__)
