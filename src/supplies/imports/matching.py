"""Find the records that cells name by code, name, alias or barcode, and register missing ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TypeVar

from supplies.books.name_search import comparable
from supplies.domain.catalogue_records import CatalogueRecord, Donor, Item, Location, Recipient
from supplies.domain.fields import is_valid_code
from supplies.errors import InvalidField, Sentence, template
from supplies.ledger.ledger import Ledger
from supplies.views.catalogue import list_records

R = TypeVar("R", bound=CatalogueRecord)

_NOUNS: dict[type[CatalogueRecord], str] = {
    Item: "item",
    Donor: "donor",
    Recipient: "recipient",
    Location: "location",
}

_ANONYMOUS = frozenset(
    map(
        comparable,
        (
            "爱心人士",
            "爱心市民",
            "爱心企业",
            "爱心企业（个人）",
            "爱心个人",
            "好心人",
            "匿名",
            "无名氏",
            "不详",
            "无",
            "不愿透露姓名",
            "anonymous",
            "unknown",
            "n/a",
        ),
    )
)
"""Texts in the column of the donor that name nobody."""

MAX_NAME = 200


def names_nobody(text: str) -> bool:
    """Return whether a text in the column of the donor means that the donor is not known."""
    return comparable(text) in _ANONYMOUS or not comparable(text)


NOT_REGISTERED = template("no {noun} is named {name}; register it, or add {option}")


class Matcher:
    """Finds and registers records for the rows of one import.

    Use it within one transaction of the ledger at a time. Call `forget` after a transaction was
    undone.

    Attributes:
        unknown: How many rows name each record that is not registered, by kind and name.
        registered: The records that this import registered.
    """

    def __init__(
        self, ledger: Ledger, *, create_items: bool = False, create_people: bool = False
    ) -> None:
        self._ledger = ledger
        self._creates = {Item: create_items, Donor: create_people, Recipient: create_people}
        self._known: dict[tuple[type[CatalogueRecord], str], str] = {}
        self._has: dict[tuple[type[CatalogueRecord], str], bool] = {}
        self.unknown: Counter[tuple[str, str]] = Counter()
        self.registered: list[CatalogueRecord] = []

    @property
    def creates_items(self) -> bool:
        """Whether unknown items are registered."""
        return self._creates[Item]

    def forget(self) -> None:
        """Forget which records were found, because the books no longer contain some of them."""
        self._known.clear()
        self._has.clear()

    def find(self, kind: type[R], text: str, make: Callable[[str], R] | None = None) -> str:
        """Return the code of the record that a text names.

        If there is no such record, one is registered if that is allowed.

        Args:
            make: Makes the new record for a code. None means that no record is registered.

        Raises:
            InvalidField: no record has this name, or several have it.
        """
        found = self._known.get((kind, text))
        if found is None:
            found = self._find(kind, text, make)
            self._known[kind, text] = found
        return found

    def has(self, kind: type[CatalogueRecord], text: str) -> bool:
        """Return whether a record has the text as code, name, alias or barcode."""
        found = self._has.get((kind, text))
        if found is None:
            found = self._has[kind, text] = bool(self.candidates(kind, text))
        return found

    def candidates(self, kind: type[R], text: str) -> list[R]:
        """Return the records whose code, name, alias or barcode is the text."""
        books = self._ledger.books
        if is_valid_code(text):
            record = books.catalogue.get(kind, text)
            if record is not None:
                return [record]
        wanted = comparable(text)
        if not wanted or len(text) > MAX_NAME:
            return []
        found = list_records(books, kind, text, limit=None).items
        return [one for one in found if wanted in map(comparable, _names(one))]

    def _find(self, kind: type[R], text: str, make: Callable[[str], R] | None) -> str:
        noun = _NOUNS[kind]
        found = self.candidates(kind, text)
        in_use = [one for one in found if not getattr(one, "retired", False)] or found
        if len(in_use) > 1:
            codes = ", ".join(one.code for one in in_use[:5])
            raise InvalidField(f"several {noun}s are named so: {codes}; write the code of one")
        if in_use:
            return in_use[0].code
        if len(text) > MAX_NAME:
            raise InvalidField(f"the name is longer than {MAX_NAME} characters")
        if make is None or not self._creates.get(kind):
            self.unknown[noun, text] += 1
            raise InvalidField(_how_to_register(kind, text))
        record = make(self._ledger.next_code(kind))
        self._ledger.register(record)
        self._has.clear()
        self.registered.append(record)
        return record.code


def _names(record: CatalogueRecord) -> Iterable[str]:
    for field in ("name", "name_en"):
        if text := getattr(record, field, None):
            yield text
    if isinstance(record, Item):
        yield from record.aliases
        yield from (barcode.code for barcode in record.barcodes)


def _how_to_register(kind: type[CatalogueRecord], text: str) -> Sentence:
    option = {Item: "--create-items", Donor: "--create-people", Recipient: "--create-people"}
    values = {"noun": _NOUNS[kind], "name": repr(text)}
    if kind in option:
        return Sentence(NOT_REGISTERED, **values, option=option[kind])
    return Sentence("no {noun} is named {name}; register it", **values)
