"""Queries that several views share: latest states and balances of many documents at once.

One SQL query reads the rows for a whole page. The ids on the page are in the table `wanted (id)`,
and all other tables are read by key. The SQL runs on SQLite and PostgreSQL. CROSS JOIN fixes the
order of joins for SQLite, which without statistics might choose to read a whole table first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Generic, NamedTuple, TypeVar

import msgspec

from supplies.books.queries import query_ids
from supplies.books.reader import Books
from supplies.domain.accounts import AccountKind
from supplies.domain.catalogue_records import Item
from supplies.domain.entries import Body
from supplies.domain.entry_rows import TABLES, EntryRow, Lot, PackedLine
from supplies.papers.common import ShownUnit
from supplies.storage.store import Row
from supplies.views.pagination import PackedLineView, PackedView

S = TypeVar("S", bound=EntryRow)


def is_one_of(column: str, values: list[str]) -> str:
    """Return an SQL condition that a column has one of these values.

    Pass the parameters from `named_values` to the query.
    """
    if len(values) == 1:
        return f"{column} = :value0"
    return f"{column} IN ({', '.join(f':{name}' for name in named_values(values))})"


def named_values(values: list[str]) -> dict[str, str]:
    """Return the SQL parameters for the condition that `is_one_of` returns."""
    return {f"value{index}": value for index, value in enumerate(values)}


@dataclass(frozen=True, slots=True)
class DocumentType(Generic[S]):
    """A type of document, such as donations.

    The id of a document consists of a prefix and the number of the entry that created it.

    Attributes:
        statement: Type of the rows that describe a document.
        key: The column of these rows that contains the document's id.
        kind: Kind of the entries that create such documents.
        prefix: First part of the id, such as `d` in `d_12`.
    """

    statement: type[S]
    key: str
    kind: str
    prefix: str


class DocumentState(NamedTuple, Generic[S]):
    """The latest state of a document.

    Attributes:
        first: Number of the entry that created the document.
        seq: Number of the latest entry that describes the document.
        happened_on: The day of the latest entry.
    """

    first: int
    seq: int
    happened_on: date
    stated: S


def read_documents(
    books: Books, document_type: DocumentType[S], numbers: Iterable[int]
) -> list[DocumentState[S]]:
    """Return the latest state of the documents with these numbers, ordered by number."""
    table, key, prefix = TABLES[document_type.statement], document_type.key, document_type.prefix
    found, unread = [], list[int]()
    for number in dict.fromkeys(numbers):
        id = f"{prefix}_{number}"
        if not books.written.began(id):
            unread.append(number)
            continue
        for body, stated in books.written.latest_rows(document_type.statement, key, id):
            found.append(DocumentState(number, body.seq, body.happened_on, stated))
    if not unread:
        return sorted(found, key=lambda one: one.first)
    rows = query_ids(
        books,
        unread,
        f"SELECT w.id, l.seq, e.happened_on, {_columns(document_type.statement)} "
        f"FROM wanted w CROSS JOIN {table} l CROSS JOIN entries e "
        f"WHERE l.station = :station AND l.{key} = '{prefix}_' || w.id AND l.seq = ("
        f"SELECT max(m.seq) FROM {table} m WHERE m.station = l.station AND m.{key} = l.{key}) "
        "AND e.station = l.station AND e.seq = l.seq ORDER BY w.id",
    )
    found += [
        DocumentState(
            row[0],
            row[1],
            date.fromisoformat(row[2]),
            statement_from_row(document_type.statement, row[3:]),
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: one.first)


def find_document(
    books: Books, document_type: DocumentType[S], name: str
) -> DocumentState[S] | None:
    """Return the latest state of the document with this id, or None if there is none."""
    prefix, _, number = name.partition("_")
    if prefix != document_type.prefix or not re.fullmatch("[1-9][0-9]{0,17}", number):
        return None
    return next(iter(read_documents(books, document_type, [int(number)])), None)


def read_latest(
    books: Books,
    statement: type[S],
    key: str,
    ids: Iterable[str],
    *,
    decided_by: type[EntryRow] | None = None,
) -> dict[str, list[S]]:
    """Return the latest rows about these ids, grouped by id and ordered by line.

    Args:
        statement: The type of row.
        decided_by: The latest entry is the last one with a row of this type. If None, `statement`
            is used. Needed if `statement` is a type of line, because the latest entry may have no
            lines.
    """
    grouped: dict[str, list[S]] = {}
    unread = []
    for id in dict.fromkeys(ids):
        if not books.written.began(id):
            unread.append(id)
        elif latest := books.written.latest_rows(statement, key, id, decided_by):
            grouped[id] = [row for _, row in latest]
    if not unread:
        return grouped
    order = " ORDER BY l.line" if "line" in statement.__struct_fields__ else ""
    rows = query_ids(
        books,
        unread,
        f"SELECT w.id, {_columns(statement)} FROM wanted w CROSS JOIN {TABLES[statement]} l "
        f"WHERE l.station = :station AND l.{key} = w.id AND l.seq = "
        f"(SELECT max(m.seq) FROM {TABLES[decided_by or statement]} m "
        f"WHERE m.station = l.station AND m.{key} = l.{key}){order}",
    )
    for row in rows:
        grouped.setdefault(row[0], []).append(statement_from_row(statement, row[1:]))
    return grouped


def read_lots(books: Books, names: Iterable[str]) -> dict[str, Lot]:
    """Return the latest description of each lot, by lot. Unknown lots are left out."""
    return {name: rows[0] for name, rows in read_latest(books, Lot, "lot", names).items()}


def shown_unit(item: Item) -> ShownUnit | msgspec.UnsetType:
    """Return the larger unit in which papers print quantities of an item; UNSET if it has none."""
    larger = item.shown_unit
    return msgspec.UNSET if larger is None else ShownUnit(unit=larger.unit, size=larger.size)


def read_packed_lines(books: Books, seqs: Iterable[int]) -> dict[int, list[PackedLineView]]:
    """Return the lines whose quantities were given in packs, by entry number."""
    written, seqs = books.written.entries, dict.fromkeys(seqs)
    rows = query_ids(
        books,
        [seq for seq in seqs if seq not in written],
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
    for seq in seqs.keys() & written.keys():
        packed = packed_lines_of(written[seq].body)
        if packed:
            grouped[seq] = packed
    return grouped


def packed_lines_of(body: Body) -> list[PackedLineView]:
    """Return the lines of one entry whose quantities were given in packs."""
    lines = [row for row in body.rows if type(row) is PackedLine]
    return [
        PackedLineView(
            field=row.field,
            line=row.line,
            item=row.item,
            quantity=row.quantity,
            pack=row.pack,
            size=row.size,
        )
        for row in sorted(lines, key=lambda row: (row.field, row.line))
    ]


def read_packs(books: Books, seqs: Iterable[int]) -> dict[tuple[int, int], PackedView]:
    """Return the packs in which quantities of lines were given, by entry and line number."""
    return {
        (seq, each.line): PackedView(quantity=each.quantity, pack=each.pack, size=each.size)
        for seq, lines in read_packed_lines(books, seqs).items()
        for each in lines
        if each.field == "lines"
    }


def account_conditions(kind: AccountKind, key: str) -> list[str]:
    """Return SQL conditions for the accounts of a kind whose first key is `key`.

    The conditions test the column `b.account`. A kind with an optional second key needs two
    conditions. Use each condition in a query of its own, so that the query uses the index.

    Args:
        key: An SQL expression for the key.
    """
    alone = f"b.account = '{kind.prefix}' || {key}"
    # ";" follows ":" in ASCII, so the range contains every account with further keys.
    further = (
        f"b.account >= '{kind.prefix}' || {key} || ':' "
        f"AND b.account < '{kind.prefix}' || {key} || ';'"
    )
    if len(kind.keys) == 1:
        return [alone]
    return [alone, further] if kind.keys[1].endswith("?") else [further]


def _accounts(kind: AccountKind, condition: str = "") -> str:
    """Return SQL for the balances of accounts whose first key is an id in the table `wanted`.

    Args:
        condition: A further SQL condition, beginning with AND.
    """
    return " UNION ALL ".join(
        "SELECT w.id, b.account, b.item, b.lot, b.quantity FROM wanted w CROSS JOIN balances b "
        f"WHERE b.station = :station AND {here}{condition}"
        for here in account_conditions(kind, "w.id")
    )


class AccountBalance(NamedTuple):
    """The balance of an account in base units. `id` is the first key of the account."""

    id: str
    account: str
    item: str
    lot: str
    quantity: int


def read_account_balances(
    books: Books, kind: AccountKind, ids: Iterable[str]
) -> list[AccountBalance]:
    """Return the nonzero balances in accounts of one kind that belong to these documents.

    Args:
        ids: Ids of documents. They are the first keys of the documents' accounts.
    """
    found, unread = list[AccountBalance](), list[str]()
    for id in dict.fromkeys(ids):
        if not books.written.began(id):
            unread.append(id)
            continue
        for key, quantity in books.written.account_balances(kind.prefix + id).items():
            found.append(AccountBalance(id, *key, quantity))
    if unread:
        rows = query_ids(books, unread, _accounts(kind, " AND b.quantity <> 0"))
        found += [AccountBalance(*row) for row in rows]
    return found


class NetTransfer(NamedTuple):
    """The net quantity that entries of one kind moved into a document's accounts, in base units.

    Attributes:
        id: The document, which is the first key of the accounts.
        kind: The kind of entry.
    """

    id: str
    item: str
    lot: str
    kind: str
    quantity: int


def read_net_transfers(books: Books, kind: AccountKind, ids: Iterable[str]) -> list[NetTransfer]:
    """Return the quantities that entries moved into accounts of a kind, minus those they moved out.

    The quantities are added up by document, item, lot and kind of entry. A correction has the kind
    of the entry that it corrects, so it is included.
    """
    # Transfers are found in the index of accounts first (i), then read by key (t). As one join,
    # SQLite without statistics scans the whole table.
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
    """Return a struct of type `statement` from an SQL row that has its fields in order."""
    return msgspec.convert(dict(zip(statement.__struct_fields__, row, strict=True)), statement)


@cache
def _columns(statement: type[EntryRow]) -> str:
    return ", ".join(f"l.{name}" for name in statement.__struct_fields__)
