"""Find the record of the catalogue that a person named in a form or in the filter of a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from supplies.books.reader import Books
from supplies.domain.accounts import BORROWED, BOUGHT, LENT, MADE
from supplies.domain.catalogue_records import (
    Campaign,
    CatalogueRecord,
    Donor,
    Item,
    Location,
    Recipient,
    Team,
)
from supplies.domain.commands import SendShipment
from supplies.domain.fields import is_valid_code
from supplies.domain.normalization import normalize_text
from supplies.errors import InvalidField, Sentence
from supplies.stations.paper_settings import is_purpose, paper_settings, purpose_names
from supplies.views.catalogue import list_records
from supplies_service.pages.record_names import SEPARATOR

REFERENCES: Mapping[str, type[CatalogueRecord]] = {
    "donor": Donor,
    "item": Item,
    "location": Location,
    "quarantine": Location,
    "from": Location,
    "to": Location,
    "recipient": Recipient,
    "for": Recipient,
    "team": Team,
    "party": Donor,
    "borrower": Donor,
    "campaign": Campaign,
}
"""The kind of record that a field refers to, by the name of the field.

In a form, users may type a code or a name. A typed name is replaced by the code.
"""

PARTY_FIELDS = frozenset({"party", "borrower"})
"""Fields that name a supplier, maker, lender or borrower.

These parties are registered in the same way as donors.
"""

_PARTY_ACCOUNTS = (BOUGHT, MADE, BORROWED, LENT)

OTHER_CODES = frozenset({(SendShipment, "to")})
"""Fields of commands that have a name from `REFERENCES` but contain another kind of code."""

MAX_CHOICES = 12
"""Maximum number of records that a page offers if several match a typed name."""


class Choice(NamedTuple):
    """The code and the name of a record that matches a typed text, for the user to choose."""

    code: str
    name: str


def find_record(books: Books, kind: type[CatalogueRecord], text: str) -> str | list[Choice]:
    """Return the code of the record that a typed text names.

    If several records match the text, return all of them, to choose from. If no record matches,
    return [].

    Args:
        books: The books.
        kind: The kind of record.
        text: A code, a name, a part of a name, or a label that `Names.label` returned.
    """
    wanted = normalize_text(text)
    for code in (wanted.rpartition(SEPARATOR)[2], wanted):
        if is_valid_code(code) and books.catalogue.get(kind, code) is not None:
            return code
    found = list_records(books, kind, wanted[:200], limit=MAX_CHOICES).items
    named = [one for one in found if wanted in (_name(one), getattr(one, "name_en", None))]
    if len(named) == 1 or len(found) == 1:
        return (named or found)[0].code
    return [Choice(one.code, _name(one)) for one in found]


def is_party(books: Books, code: str) -> bool:
    """Return whether the code of a supplier, maker, lender or borrower was used before.

    This is true for the station's own code, and if goods came from that party or were lent to it.
    The party need not be registered.
    """
    if code == books.station_code:
        return True
    return is_valid_code(code) and any(
        books.value(
            "SELECT 1 FROM balances WHERE station = :station AND account = :account LIMIT 1",
            account=kind(code),
        )
        for kind in _PARTY_ACCOUNTS
    )


def find_purpose(books: Books, text: str) -> str | list[Choice]:
    """Return the code of the purpose that a typed text names.

    If several purposes match the text, return all of them, to choose from. If no purpose matches,
    return [].

    Args:
        text: A code, a name, a part of a name, or a label that `Names.purpose_label` returned.
    """
    wanted = normalize_text(text)
    for code in (wanted.rpartition(SEPARATOR)[2], wanted):
        if is_valid_code(code) and is_purpose(books, code):
            return code
    known = purpose_names(paper_settings(books)).items()
    named = [code for code, one in known if wanted in (one.name, one.name_en)]
    if len(named) == 1:
        return named[0]
    fits = [Choice(code, one.name) for code, one in known if wanted in one.name]
    return fits[:MAX_CHOICES]


def code_filter(
    books: Books, kind: type[CatalogueRecord], text: str | None, pointer: str
) -> str | None:
    """Return the code of the record that was typed into a list's filter; None for empty text.

    Args:
        books: The books.
        kind: The kind of record.
        text: A text as for `find_record`.
        pointer: JSON pointer to the filter, for the error.

    Raises:
        InvalidField: no record matches the text, or several do.
    """
    if text is None or not text.strip():
        return None
    found = find_record(books, kind, text)
    if isinstance(found, str):
        return found
    raise InvalidField.at(pointer, not_found(text, found))


def not_found(text: str, found: Sequence[Choice], *, may_register: bool = False) -> Sentence:
    """Return the error message about a text that matches no record, or several records.

    Args:
        text: The typed text.
        found: The records that it matches.
        may_register: Whether the form can register a new record.
    """
    if found:
        return Sentence("{text} is the name of several; choose one", text=text)
    if may_register:
        return Sentence("{text} is not registered; choose from the list, or register it", text=text)
    return Sentence("{text} is not registered; choose from the list", text=text)


def _name(record: CatalogueRecord) -> str:
    return str(getattr(record, "name", None) or record.code)
