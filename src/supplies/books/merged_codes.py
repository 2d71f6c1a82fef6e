"""Merged codes: one donor or recipient has several codes, of which one stays."""

from __future__ import annotations

from supplies.books.reader import Books
from supplies.domain.commands import PersonKind


def code_that_stays(books: Books, kind: PersonKind, code: str) -> str:
    """Return the code into which a code was merged, or the code itself if it was not merged."""
    return books.catalogue.merged_codes(kind).get(code, code)


def codes_of_person(books: Books, kind: PersonKind, code: str) -> list[str]:
    """Return all codes of a person, given one of them. The code that stays comes first."""
    merged = books.catalogue.merged_codes(kind)
    kept = merged.get(code, code)
    return [kept, *(other for other, stays in merged.items() if stays == kept)]


def sql_code_that_stays(kind: PersonKind, table: str, column: str) -> str:
    """Return SQL for the code into which the code in a column was merged, or for that code itself.

    Args:
        table: Name or alias of a table with the column `station`.
        column: Name of its column with the code.
    """
    return (
        f"coalesce((SELECT u.stays FROM merges u WHERE u.station = {table}.station "
        f"AND u.kind = '{kind}' AND u.code = {table}.{column} ORDER BY u.seq DESC LIMIT 1), "
        f"{table}.{column})"
    )
