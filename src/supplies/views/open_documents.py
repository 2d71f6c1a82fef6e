"""Find needs, pledges and deliveries from before a day that are still open."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal, NamedTuple

from supplies.books.reader import Books
from supplies.domain.accounts import ASSIGNED, CLAIMED, NEEDED, PLEDGED
from supplies.domain.fields import MAX_ENTRY_NUMBER
from supplies.views import deliveries, needs, pledges
from supplies.views.document_lists import NumberQuery, numbers_by_balance, pending_numbers
from supplies.views.shared_queries import DocumentType, read_documents

OpenNoun = Literal["need", "pledge", "delivery"]

_SOURCES: Mapping[OpenNoun, tuple[DocumentType[Any], tuple[NumberQuery, ...]]] = {
    "need": (needs.DOCUMENT_TYPE, tuple(map(numbers_by_balance, (NEEDED, CLAIMED, ASSIGNED)))),
    "pledge": (pledges.DOCUMENT_TYPE, (numbers_by_balance(PLEDGED),)),
    "delivery": (deliveries.DOCUMENT_TYPE, (pending_numbers("delivery"),)),
}
"""For each type of document: the queries for the numbers of those that are open."""


class OlderDocuments(NamedTuple):
    """Open documents from before a day.

    Attributes:
        since: The day of the oldest of them.
    """

    total: int
    since: date


def find_older_documents(books: Books, noun: OpenNoun, before: date) -> OlderDocuments | None:
    """Return how many documents from before a day are still open, or None if there is none.

    A need is open until all its goods are handed over or the rest is ended, a pledge until nothing
    is outstanding, and a delivery until it is closed.
    """
    document_type, sources = _SOURCES[noun]
    numbers = {one for query in sources for one in query(books, 0, MAX_ENTRY_NUMBER, False)}
    found = read_documents(books, document_type, sorted(numbers))
    days = [one.happened_on for one in found if one.happened_on < before]
    return OlderDocuments(len(days), min(days)) if days else None
