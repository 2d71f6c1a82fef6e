"""Read catalogue records by code, and search them by words in their codes and names."""

from __future__ import annotations

from typing import Any, TypeVar

from supplies.books.catalogue import PERSONAL_COLUMNS
from supplies.books.name_search import bigrams, matches, search_words
from supplies.books.queries import query_ids
from supplies.books.reader import Books
from supplies.books.record_columns import columns_of
from supplies.domain.catalogue_records import (
    CatalogueRecord,
)
from supplies.domain.fields import is_valid_code
from supplies.errors import InvalidField, NotFound, Sentence
from supplies.views.pagination import (
    DEFAULT_LIMIT,
    Page,
    invalid_cursor,
    paginate_filtered,
    rows_to_fetch,
)

N = TypeVar("N", bound=CatalogueRecord)

_LONGEST_QUERY = 200
"""Maximum length of a search text in characters. No name is longer."""

_COUNT_LIMIT = 1000
"""Maximum number of index rows that are counted for one bigram of a search text.

A bigram with more rows counts as common.
"""

_MAX_COUNTED = 24
"""Maximum number of bigrams of a search text whose rows are counted to find the rarest."""

_MAX_LOOKED_UP = 4
"""Maximum number of bigrams that are looked up. The records found are then compared in full."""

_PERSONAL = {table: frozenset(columns) for table, columns in PERSONAL_COLUMNS.values()}


def get_record(books: Books, kind: type[N], code: str, *, personal: bool = True) -> N:
    """Return the record with this code. The name of a forgotten person is None.

    Args:
        personal: Whether to read fields with personal data. If False, these fields are None.

    Raises:
        NotFound: the record does not exist.
    """
    if personal:
        found = books.catalogue.get(kind, code)
    else:
        row = books.one(
            f"SELECT {_columns(kind, personal)} FROM {kind.table} n "
            "WHERE n.station = :station AND n.code = :code",
            code=code,
        )
        found = None if row is None else books.catalogue.records_from_rows(kind, [row])[0]
    if found is None:
        raise NotFound(
            Sentence(
                "{code} is not in {table}; see the list", code=code[:64], table=Sentence(kind.table)
            )
        )
    return found


def list_records(
    books: Books,
    kind: type[N],
    q: str | None = None,
    after: str | None = None,
    limit: int | None = DEFAULT_LIMIT,
    *,
    retired: bool | None = None,
    personal: bool = True,
) -> Page[N]:
    """List records of one kind in the order of their codes.

    Args:
        q: Search text. List only records that contain each of its words in their code, names,
            barcodes, address or telephone number. Case and accents are ignored, and Chinese names
            are also found by the first letters of their pinyin.
        retired: True lists only retired records, False only records in use. If None, all are
            listed.
        personal: Whether to read fields with personal data. If False, these fields are None, and
            people cannot be searched.

    Raises:
        InvalidField: `q` is too long, or searches for people without `personal`.
        InvalidField: `after` or `limit` is invalid.
    """
    rows_to_fetch(limit)
    if q is not None and len(q) > _LONGEST_QUERY:
        raise InvalidField.at(
            "/q",
            Sentence("search for at most {longest_query} characters", longest_query=_LONGEST_QUERY),
        )
    if q is not None and not personal and kind.table in _PERSONAL:
        raise InvalidField.at(
            "/q", Sentence("people are not searched for by name where names are not shown")
        )
    wanted = search_words(q or "")
    where, params = _search_source(books, kind, wanted)

    def fetch(position: str, most: int) -> list[tuple[str, N | None]]:
        rows = books.all(
            f"SELECT {_columns(kind, personal)} FROM {where} AND n.code > :after "
            f"{'' if retired is None else 'AND n.retired = :retired '}ORDER BY n.code LIMIT :limit",
            after=position,
            limit=most,
            retired=int(bool(retired)),
            **params,
        )
        found = books.catalogue.records_from_rows(kind, rows)
        return [(one.code, one if matches(one, wanted) else None) for one in found]

    if after is not None and not is_valid_code(after):
        raise invalid_cursor(after)
    return paginate_filtered(fetch, after or "", limit)


def _columns(kind: type[CatalogueRecord], personal: bool) -> str:
    hidden = frozenset() if personal else _PERSONAL.get(kind.table, frozenset())
    return ", ".join("NULL" if name in hidden else f"n.{name}" for name in columns_of(kind))


def _search_source(
    books: Books, kind: type[CatalogueRecord], wanted: list[str]
) -> tuple[str, dict[str, Any]]:
    """Return the SQL clauses that select records by the rarest bigrams of a search text.

    The text begins after the word FROM. The table of the records has the alias `n`. The second
    result contains the parameters of the SQL.
    """
    rarest = _rarest_bigrams(books, kind, wanted)
    if not rarest:
        return f"{kind.table} n WHERE n.station = :station", {}
    params = {f"piece{index}": piece for index, piece in enumerate(rarest)}
    others = "".join(
        " AND EXISTS (SELECT 1 FROM search o WHERE o.station = s.station AND o.noun = s.noun "
        f"AND o.code = s.code AND o.piece = :{name})"
        for name in list(params)[1:]
    )
    return (
        f"search s CROSS JOIN {kind.table} n WHERE s.station = :station AND s.noun = :noun "
        "AND s.piece = :piece0 AND s.code > :after AND n.station = s.station "
        f"AND n.code = s.code{others}"
    ), {"noun": kind.table, **params}


def _rarest_bigrams(books: Books, kind: type[CatalogueRecord], wanted: list[str]) -> list[str]:
    """Return the bigrams of the search words that the fewest records contain, rarest first."""
    rows = query_ids(
        books,
        sorted({piece for word in wanted for piece in bigrams(word)})[:_MAX_COUNTED],
        "SELECT w.id, (SELECT count(*) FROM (SELECT 1 FROM search s WHERE s.station = :station "
        "AND s.noun = :noun AND s.piece = w.id LIMIT :few) AS counted) FROM wanted w",
        noun=kind.table,
        few=_COUNT_LIMIT,
    )
    return [piece for _, piece in sorted((int(count), piece) for piece, count in rows)][
        :_MAX_LOOKED_UP
    ]
