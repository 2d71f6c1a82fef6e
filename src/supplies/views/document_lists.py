"""List documents in the order in which they were created, each in its latest state.

The number of a document is the number of its first entry. This number is also the last part of the
document's id, and lists are sorted by it. First, a `NumberQuery` finds the next numbers in an
index. Then the documents with these numbers are read by key. Last, filters leave out documents, by
their latest state or by their view.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, TypeVar

from supplies.books.reader import Books
from supplies.domain.accounts import AccountKind
from supplies.domain.entry_rows import TABLES, EntryRow
from supplies.domain.fields import MAX_ENTRY_NUMBER
from supplies.views.pagination import Page, paginate_filtered, parse_cursor
from supplies.views.shared_queries import (
    DocumentState,
    DocumentType,
    is_one_of,
    named_values,
    read_documents,
)

S = TypeVar("S", bound=EntryRow)
V = TypeVar("V")

NumberQuery = Callable[[Books, int, int, bool], list[int]]
"""A function that finds the numbers of the next documents of a list.

Its arguments are the books, the document number after which to begin, a limit, and whether to list
the newest documents first. It returns the numbers in the order of the list.
"""

Days = tuple[date, date]
"""The first and the last day of a period, both included."""

_DIGITS = "'0123456789'"


def list_documents(
    books: Books,
    document_type: DocumentType[S],
    views: Callable[[Books, Sequence[DocumentState[S]]], Sequence[V]],
    source: NumberQuery,
    *,
    after: str | None,
    limit: int | None,
    newest_first: bool = False,
    days: Days | None = None,
    state_filter: Callable[[S], bool] = lambda _: True,
    view_filter: Callable[[V], bool] = lambda _: True,
) -> Page[V]:
    """Return a page of the documents whose numbers `source` finds.

    Args:
        newest_first: Whether to list the newest documents first instead of the oldest.
        days: The first and the last day of the documents to list. Documents are then found by day,
            and `source` is not used. So the filters must leave out what `source` would not find.
        state_filter: Leave out a document if this function returns False for its latest state.
        view_filter: Leave out a document if this function returns False for its view.

    Raises:
        InvalidField: `after` or `limit` is invalid.
    """
    if days is not None:
        source = _numbers_of_days(document_type, days)

    def fetch(position: int, wanted: int) -> list[tuple[int, V | None]]:
        numbers = source(books, position, wanted, newest_first)
        found = [
            one
            for one in read_documents(books, document_type, numbers)
            if state_filter(one.stated) and (days is None or days[0] <= one.happened_on <= days[1])
        ]
        made = zip([one.first for one in found], views(books, found), strict=True)
        kept = {number: view for number, view in made if view_filter(view)}
        return [(number, kept.get(number)) for number in numbers]

    start = parse_cursor(after)
    if newest_first and after is None:
        start = MAX_ENTRY_NUMBER
    return paginate_filtered(fetch, start, limit)


def all_numbers(document_type: DocumentType[Any]) -> NumberQuery:
    """Return a query for the numbers of all documents of a type."""
    return _source(
        "SELECT f.seq AS number FROM entries f WHERE f.station = :station AND f.kind = :kind "
        # A correction has the kind and document of the entry that it corrects, but another number.
        f"AND f.seq > :after AND f.document = '{document_type.prefix}_' || f.seq",
        kind=document_type.kind,
    )


def _numbers_of_days(document_type: DocumentType[Any], days: Days) -> NumberQuery:
    """Return a query for the numbers of documents that happened in a period.

    Documents that happened in the period only before a correction are found too.
    """
    number = "CAST(substr(f.document, 3) AS BIGINT)"
    return _source(
        # An entry is booked on the day on which it happened or later. Without `|| ''`, SQLite would
        # read the entries of this kind of all days.
        f"SELECT DISTINCT {number} AS number FROM entries f WHERE f.station = :station "
        "AND f.booked_on >= :first AND f.happened_on >= :first AND f.happened_on <= :last "
        f"AND f.kind || '' = :kind AND {number} > :after",
        kind=document_type.kind,
        first=days[0].isoformat(),
        last=days[1].isoformat(),
    )


def numbers_by_column(
    document_type: DocumentType[Any],
    column: str,
    values: list[str],
    within: str = "",
    *,
    statement: type[EntryRow] | None = None,
) -> NumberQuery:
    """Return a query for the numbers of documents that have one of several values in a column.

    Documents that had such a value only before a correction are found too.

    Args:
        column: The column with the value.
        within: A further SQL condition on the table `x`, beginning with AND.
        statement: The type of row that has the column. If None, it is the type of row that
            describes the document.
    """
    number = f"CAST(substr(x.{document_type.key}, 3) AS BIGINT)"
    return _source(
        f"SELECT DISTINCT {number} AS number FROM {TABLES[statement or document_type.statement]} x "
        f"WHERE x.station = :station AND {is_one_of(f'x.{column}', values)}{within} "
        f"AND {number} > :after",
        **named_values(values),
    )


def numbers_by_balance(kind: AccountKind, *, last: bool = False) -> NumberQuery:
    """Return a query for the numbers of documents with a positive balance in this kind of account.

    Args:
        last: True if the document id is the second key of the account, False if it is the first.
    """
    start = len(kind.prefix) + 3
    rest = f"ltrim(substr(b.account, {start}), {_DIGITS})"
    if not last:
        length = f"length(b.account) - {start - 1} - length({rest})"
        number = f"CAST(substr(b.account, {start}, {length}) AS BIGINT)"
    else:
        number = f"CAST(substr({rest}, 4) AS BIGINT)"
    return _source(
        f"SELECT DISTINCT {number} AS number FROM balances b WHERE b.station = :station "
        f"AND b.account >= '{kind.prefix}' AND b.account < '{kind.name};' AND b.quantity > 0 "
        f"AND {number} > :after"
    )


def pending_numbers(noun: str) -> NumberQuery:
    """Return a query for the numbers of documents that are still open.

    Args:
        noun: The word for the type of document in the table `pending`, such as "delivery".
    """
    return _source(
        "SELECT p.number AS number FROM pending p "
        "WHERE p.station = :station AND p.noun = :noun AND p.number > :after",
        noun=noun,
    )


def _source(sql: str, **params: Any) -> NumberQuery:
    def numbers(books: Books, after: int, limit: int, newest_first: bool) -> list[int]:
        query = f"{sql} ORDER BY number LIMIT :limit"
        if newest_first:
            query = f"{sql.replace('> :after', '< :after')} ORDER BY number DESC LIMIT :limit"
        rows = books.all(query, after=after, limit=limit, **params)
        return [int(number) for (number,) in rows]

    return numbers
