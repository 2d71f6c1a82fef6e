"""Find the catalogue records for cells of imported rows: by code, name, alias or barcode.

Missing records can be registered.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TypeVar

from supplies.books.name_search import comparable
from supplies.domain.catalogue_records import (
    Campaign,
    CatalogueRecord,
    Community,
    Donor,
    Item,
    Location,
    Recipient,
)
from supplies.errors import InvalidField, Sentence, template
from supplies.imports.import_results import Message
from supplies.ledger.ledger import Ledger
from supplies.views.catalogue import list_records
from supplies.views.pagination import MAX_LIMIT

R = TypeVar("R", bound=CatalogueRecord)

NOUNS: Mapping[type[CatalogueRecord], Sentence] = {
    Item: Sentence("item"),
    Donor: Sentence("donor"),
    Recipient: Sentence("recipient"),
    Community: Sentence("community"),
    Location: Sentence("location"),
    Campaign: Sentence("campaign"),
}
"""The English words for the kinds of records. The web pages translate these words."""

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
"""Texts in the donor column that mean an unknown or anonymous donor."""

_ORGANISATION = re.compile(
    "(?:公司|集团|企业|基金会?|协会|学会|商会|联合会|促进会|校友会|慈善会|红十字会|委员会|中心|"
    "医院|学校|大学|学院|银行|工厂|"
    r"\b(?:ltd|limited|inc|corp|corporation|company|llc|plc|gmbh|group|foundation|association|"
    r"society|trust|university|college|hospital|bank|church|club)\.?)(?:[(（][^()（）]*[)）])?\s*$",
    re.IGNORECASE,
)
"""Regular expression for the end of the name of an organisation."""

MAX_NAME = 200
"""Maximum length of the name of a record, in characters."""


def names_nobody(text: str) -> bool:
    """Return whether a text in the donor column means an unknown or anonymous donor."""
    compared = comparable(text)
    return not compared or compared in _ANONYMOUS


def names_organisation(text: str) -> bool:
    """Return whether a name ends like that of an organisation.

    >>> [names_organisation(name) for name in ("蓝湾有限公司", "Blue Bay Ltd.", "公司职员陈某")]
    [True, True, False]
    """
    return _ORGANISATION.search(text) is not None


NOT_REGISTERED = template("no {noun} is named '{name}'; register it, or add {option}")
NOT_REGISTERED_BY_IMPORTS = template("no {noun} is named '{name}'; register it")


def unregistered(messages: Iterable[Message | None]) -> dict[str, int]:
    """Return how often each name that is not registered occurs in messages.

    A key is the type of record and the name, such as "item mask". The most frequent name comes
    first.
    """
    found = Counter(
        f"{message.sentence().values['noun']} {message.values['name']}"
        for message in messages
        if message is not None and message.template in (NOT_REGISTERED, NOT_REGISTERED_BY_IMPORTS)
    )
    return dict(found.most_common())


class _Undone(Exception):
    """Raised to undo what was registered on trial."""


class Matcher:
    """Finds and registers catalogue records for the rows of one import.

    All names of the records of one kind are kept in memory, so that a name is found without a
    query.

    Attributes:
        registered: The records that this import registered.
    """

    def __init__(
        self, ledger: Ledger, *, create_items: bool = False, create_people: bool = False
    ) -> None:
        self._ledger = ledger
        self._creates: dict[type[CatalogueRecord], bool] = {
            Item: create_items,
            Donor: create_people,
            Recipient: create_people,
            Community: create_people,
        }
        self._names: dict[type[CatalogueRecord], _Names] = {}
        self._found: dict[tuple[type[CatalogueRecord], str, str | None], str] = {}
        self._version: object = None
        self.registered: list[CatalogueRecord] = []

    @property
    def creates_items(self) -> bool:
        """Return whether the import registers unknown items."""
        return self._creates[Item]

    @property
    def creates_people(self) -> bool:
        """Return whether the import registers unknown donors, recipients and communities."""
        return self._creates[Recipient]

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Use the matcher within an open transaction of the ledger.

        If somebody else has changed the catalogue since the matcher's last transaction, the names
        in memory are discarded and read again.
        """
        version = self._ledger.store.catalogue_version(self._ledger.station_code)
        if version != self._version:
            self._names.clear()
            self._found.clear()
        yield
        # On PostgreSQL, the version counts the own changes too.
        self._version = self._ledger.store.catalogue_version(self._ledger.station_code)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what the `with` block recorded and registered if the block raises an error."""
        before = len(self.registered)
        try:
            with self._ledger.savepoint():
                yield
        except BaseException:
            undone = self.registered[before:]
            del self.registered[before:]
            for record in reversed(undone):
                self._names[type(record)].remove(record)
            if undone:
                self._found.clear()
            raise

    @contextmanager
    def trial(self) -> Iterator[None]:
        """Undo what the `with` block recorded and registered, also if it raises no error."""
        with suppress(_Undone), self.savepoint():
            yield
            raise _Undone

    def find(
        self,
        kind: type[R],
        text: str,
        make: Callable[[str], R] | None = None,
        community: str | None = None,
    ) -> str:
        """Return the code of the record that a text names.

        If no record has this name and the options of the import allow it, register one.

        Args:
            make: A function that returns the new record for a given code. If None, no record is
                registered.
            community: Code of the community of the recipient. Recipients with this name in other
                communities are ignored. If None, the community is not compared.

        Raises:
            InvalidField: no record has this name, or several have it.
        """
        found = self._found.get((kind, text, community))
        if found is None:
            found = self._find(kind, text, make, community)
            self._found[kind, text, community] = found
        return found

    def has(self, kind: type[CatalogueRecord], text: str) -> bool:
        """Return whether a text is the code, a name, an alias or a barcode of any record."""
        return (kind, text, None) in self._found or bool(self._codes(kind, text))

    def candidates(self, kind: type[R], text: str) -> list[R]:
        """Return the records with this code, name, alias or barcode."""
        catalogue = self._ledger.books.catalogue
        found = (catalogue.get(kind, code) for code in self._codes(kind, text))
        return [record for record in found if record is not None]

    def register(self, record: CatalogueRecord) -> None:
        """Register a record, so that the following rows find it.

        Raises:
            SuppliesError: the record is refused.
        """
        names = self._names_of(type(record))
        self._ledger.register(record)
        self.registered.append(record)
        names.add(record)

    def next_code(self, kind: type[CatalogueRecord]) -> str:
        """Return the next free code for a record of this type, such as D-013."""
        names = self._names_of(kind)
        if names.next_code is None:
            names.next_code = self._ledger.next_code(kind)
        return names.next_code

    def _find(
        self,
        kind: type[R],
        text: str,
        make: Callable[[str], R] | None,
        community: str | None,
    ) -> str:
        found = named = self.candidates(kind, text)
        if community is not None:
            found = _in_community(named, text, community)
        in_use = [one for one in found if not getattr(one, "retired", False)] or found
        if len(in_use) > 1:
            codes = ", ".join(one.code for one in in_use[:5])
            raise InvalidField(
                Sentence(
                    "several are named '{name}': {codes}; write the code of one",
                    name=text,
                    codes=codes,
                )
            )
        if in_use:
            return in_use[0].code
        if len(text) > MAX_NAME:
            raise InvalidField(Sentence("the name is longer than {most} characters", most=MAX_NAME))
        if make is None or not self._creates.get(kind):
            if named:
                raise InvalidField(
                    Sentence(
                        "{name} is registered, but not in the community {community}",
                        name=text,
                        community=repr(community),
                    )
                )
            raise InvalidField(_how_to_register(kind, text))
        record = make(self.next_code(kind))
        self.register(record)
        return record.code

    def _codes(self, kind: type[CatalogueRecord], text: str) -> list[str]:
        return self._names_of(kind).codes(text)

    def _names_of(self, kind: type[CatalogueRecord]) -> _Names:
        names = self._names.get(kind)
        if names is None:
            names = self._names[kind] = _Names()
            page = list_records(self._ledger.books, kind, limit=MAX_LIMIT)
            while True:
                for record in page.items:
                    names.add(record)
                if page.next is None:
                    break
                page = list_records(self._ledger.books, kind, after=page.next, limit=MAX_LIMIT)
        return names


class _Names:
    """The names, aliases and barcodes of all records of one kind, with the codes of the records.

    Attributes:
        next_code: The next free code; None if it is not known.
    """

    def __init__(self) -> None:
        self._codes: dict[str, list[str]] = {}
        self._all = set[str]()
        self.next_code: str | None = None

    def codes(self, text: str) -> list[str]:
        """Return the codes of the records that have this code, name, alias or barcode.

        If a record has this code, return only the code.
        """
        if text in self._all:
            return [text]
        return sorted(self._codes.get(comparable(text), ())) if len(text) <= MAX_NAME else []

    def add(self, record: CatalogueRecord) -> None:
        self._all.add(record.code)
        for name in _comparable_names(record):
            self._codes.setdefault(name, []).append(record.code)
        self.next_code = _following(record.code) if record.code == self.next_code else None

    def remove(self, record: CatalogueRecord) -> None:
        self._all.remove(record.code)
        for name in _comparable_names(record):
            self._codes[name].remove(record.code)
        self.next_code = None


def _following(code: str) -> str:
    """Return the code that follows a numbered code, such as D-013 after D-012."""
    letter, _, digits = code.partition("-")
    return f"{letter}-{int(digits) + 1:0{len(digits)}}"


def _comparable_names(record: CatalogueRecord) -> set[str]:
    return {name for text in _names(record) if (name := comparable(text))}


def _names(record: CatalogueRecord) -> Iterable[str]:
    for field in ("name", "name_en"):
        if text := getattr(record, field, None):
            yield text
    if isinstance(record, Item):
        yield from record.aliases
        yield from (barcode.code for barcode in record.barcodes)


def _in_community(named: list[R], text: str, community: str) -> list[R]:
    """Return the records of a community, or else those without a community.

    A record whose code is `text` is returned in any case.
    """
    found = [one for one in named if one.code == text or _community(one) == community]
    return found or [one for one in named if _community(one) is None]


def _community(record: CatalogueRecord) -> str | None:
    return record.community if isinstance(record, Recipient) else None


def _how_to_register(kind: type[CatalogueRecord], text: str) -> Sentence:
    people = "--create-people"
    option = {Item: "--create-items", Donor: people, Recipient: people, Community: people}
    if kind in option:
        return Sentence(NOT_REGISTERED, noun=NOUNS[kind], name=text, option=option[kind])
    return Sentence(NOT_REGISTERED_BY_IMPORTS, noun=NOUNS[kind], name=text)
