"""The catalogue: nouns by code, and found by part of a code or name."""

from __future__ import annotations

from typing import TypeVar

from supplies.books import Books
from supplies.catalogue import from_row
from supplies.errors import InvalidField, NotFound
from supplies.model import Noun
from supplies.views.shapes import DEFAULT_LIMIT, Page, cut, one_more

N = TypeVar("N", bound=Noun)

_SEARCHED = ("code", "name", "name_en")

_LONGEST_QUERY = 200
"""A label is no longer, so nothing longer can be part of one."""


def noun(books: Books, kind: type[N], code: str) -> N:
    """The noun with this code, forgotten people too: their names are None."""
    found = books.catalogue.get(kind, code)
    if found is None:
        raise NotFound(f"there is no {code} in {kind.table}; see the list")
    return found


def nouns(
    books: Books,
    kind: type[N],
    q: str | None = None,
    after: str | None = None,
    limit: int | None = DEFAULT_LIMIT,
) -> Page[N]:
    """Nouns of a kind by code. q: only those with this in their code or name, whatever its case."""
    wanted = one_more(limit)
    if q is not None and len(q) > _LONGEST_QUERY:
        raise InvalidField.at("/q", f"search for at most {_LONGEST_QUERY} characters")
    where = "" if not q else f" AND ({' OR '.join(_matches(kind))})"
    rows = books.all(
        f"SELECT {', '.join(kind.__struct_fields__)} FROM {kind.table} "
        f"WHERE station = :station AND code > :after{where} ORDER BY code LIMIT :limit",
        after=after or "",
        q=f"%{_escaped((q or '').lower())}%",
        limit=wanted,
    )
    found = [from_row(kind, row) for row in rows]
    return cut([(one.code, one) for one in found], limit)


def _matches(kind: type[Noun]) -> list[str]:
    columns = [name for name in _SEARCHED if name in kind.__struct_fields__]
    return [f"lower({column}) LIKE :q ESCAPE '!'" for column in columns]


def _escaped(text: str) -> str:
    """What LIKE takes to mean nothing but itself."""
    for sign in "!%_":
        text = text.replace(sign, f"!{sign}")
    return text
