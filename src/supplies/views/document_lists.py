"""Lists of documents in the order created, each in its latest state.

A list goes by numbers: that of the entry that a document began with is the end of its id, and its
place in every list. A source gives the numbers that come next, from an index; then the documents
are read by key. What only the latest statement or the finished view can tell is sifted out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from supplies.books.reader import Books
from supplies.domain.accounts import AccountKind
from supplies.domain.entry_rows import TABLES, EntryRow
from supplies.views.pagination import Page, paginate_filtered, parse_cursor
from supplies.views.shared_queries import DocumentState, DocumentType, read_documents

S = TypeVar("S", bound=EntryRow)
V = TypeVar("V")

NumberQuery = Callable[[Books, int, int], list[int]]
"""From what comes after a number, at most so many numbers, in order."""

_DIGITS = "'0123456789'"


def list_documents(
    books: Books,
    series: DocumentType[S],
    views: Callable[[Books, Sequence[DocumentState[S]]], Sequence[V]],
    source: NumberQuery,
    *,
    after: str | None,
    limit: int | None,
    about: Callable[[S], bool] = lambda _: True,
    shown: Callable[[V], bool] = lambda _: True,
) -> Page[V]:
    """Return a page of documents whose numbers the source gives.

    about: whether what is stated of it now is asked for; shown: whether its view is.
    """

    def fetch(position: int, wanted: int) -> list[tuple[int, V | None]]:
        numbers = source(books, position, wanted)
        found = [one for one in read_documents(books, series, numbers) if about(one.stated)]
        made = zip([one.first for one in found], views(books, found), strict=True)
        kept = {number: view for number, view in made if shown(view)}
        return [(number, kept.get(number)) for number in numbers]

    return paginate_filtered(fetch, parse_cursor(after), limit)


def all_numbers(series: DocumentType[Any]) -> NumberQuery:
    """All of a series, by the entries that they began with."""
    return _source(
        "SELECT f.seq AS number FROM entries f WHERE f.station = :station AND f.kind = :kind "
        # Corrections have the kind and document of what they correct, but not its number.
        f"AND f.seq > :after AND f.document = '{series.prefix}_' || f.seq",
        kind=series.kind,
    )


def numbers_by_column(
    series: DocumentType[Any], column: str, value: str, within: str = ""
) -> NumberQuery:
    """Those of which it was ever stated that they are this one's. within: a further condition."""
    number = f"CAST(substr(x.{series.key}, 3) AS BIGINT)"
    return _source(
        f"SELECT DISTINCT {number} AS number FROM {TABLES[series.statement]} x "
        f"WHERE x.station = :station AND x.{column} = :value{within} AND {number} > :after",
        value=value,
    )


def numbers_by_balance(kind: AccountKind, *, last: bool = False) -> NumberQuery:
    """Those of whose accounts of this kind one holds something.

    last: their id is the last of its two keys; else it is the first.
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
    """Those of this noun that wait to be closed."""
    return _source(
        "SELECT p.number AS number FROM pending p "
        "WHERE p.station = :station AND p.noun = :noun AND p.number > :after",
        noun=noun,
    )


def _source(sql: str, **params: Any) -> NumberQuery:
    def numbers(books: Books, after: int, limit: int) -> list[int]:
        rows = books.all(f"{sql} ORDER BY number LIMIT :limit", after=after, limit=limit, **params)
        return [int(number) for (number,) in rows]

    return numbers
