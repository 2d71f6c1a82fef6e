"""Look up merged codes. If codes of one donor or recipient are merged, one code stays in use."""

from __future__ import annotations

from supplies.books.reader import Books
from supplies.domain.commands import PersonKind


def code_that_stays(books: Books, kind: PersonKind, code: str) -> str:
    """Return the code into which a code was merged, or the code itself if it was not merged."""
    return books.catalogue.merged_codes(kind).get(code, code)


def codes_of_person(books: Books, kind: PersonKind, code: str) -> list[str]:
    """Return all codes of a person, given one of them. The code in use comes first."""
    merged = books.catalogue.merged_codes(kind)
    kept = merged.get(code, code)
    return [kept, *(other for other, stays in merged.items() if stays == kept)]


def sql_code_that_stays(kind: PersonKind, table: str, column: str) -> str:
    """Return an SQL expression that replaces a merged code in a column by the code that stays.

    If the code in the column was not merged, the value of the expression is this code.

    Args:
        table: Name or alias of a table with the column `station`.
        column: Name of the column of this table that contains the code.
    """
    return (
        f"coalesce((SELECT u.stays FROM merges u WHERE u.station = {table}.station "
        f"AND u.kind = '{kind}' AND u.code = {table}.{column} ORDER BY u.seq DESC LIMIT 1), "
        f"{table}.{column})"
    )
