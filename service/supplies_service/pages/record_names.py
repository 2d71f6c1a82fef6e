"""Names and units that pages show in place of the codes of the catalogue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from supplies.access import phones, users
from supplies.access.access_context import AccessContext
from supplies.books.reader import Books
from supplies.domain.catalogue_records import (
    CATALOGUE_RECORDS,
    Campaign,
    CatalogueRecord,
    Community,
    Donor,
    Item,
    Location,
    Recipient,
    Station,
    Team,
)
from supplies.domain.fields import is_valid_code
from supplies.domain.larger_units import in_larger_unit
from supplies.errors import NotFound
from supplies.exports.report_words import value_words
from supplies.papers.units import words_of_pack
from supplies.stations.organisation import ORGANISATION_CTE
from supplies.stations.paper_settings import (
    PaperSettings,
    paper_settings,
    purpose_names,
    unit_words,
)
from supplies.stations.relief_goods import relief_goods
from supplies.views.pagination import PackedView, Page
from supplies.views.shipments import ShipmentView
from supplies_service.pages.languages import Language, translations
from supplies_service.templating import format_number

SEPARATOR = " · "
"""The text between the name and the code of a record in a form field."""

KINDS: Mapping[str, type[CatalogueRecord]] = {kind.table: kind for kind in CATALOGUE_RECORDS}
"""The kinds of records, by the names of their tables."""


class RecordNames:
    """Names and units in one language, for the codes on a page.

    Args:
        books: An open transaction for reading. The names are valid until it ends.
        settings: The paper settings of the station, which can name its units.
        language: The language of the page.
        personal: Whether the reader may see names of people. Otherwise their codes are shown.
        access: The tables of users and phones, for the logins of users and the labels of phones.
    """

    def __init__(
        self,
        books: Books,
        settings: PaperSettings,
        language: Language,
        *,
        personal: bool,
        access: AccessContext,
    ) -> None:
        self._access = access
        self._books, self._language, self._personal = books, language, personal
        self._pages: dict[str, Page[CatalogueRecord]] = {}
        self._units, self._purposes = unit_words(settings), purpose_names(settings)

    def station(self) -> str:
        """Return the name of the station."""
        station = self._books.station
        return self._in_language(station.name, station.name_en)

    def other_station(self, code: str) -> str:
        """Return the name of a station, or its code if it is not in this database."""
        found = self._books.one("SELECT name, name_en FROM stations WHERE code = :code", code=code)
        return code if found is None else self._in_language(found[0], found[1])

    def of_sender(self, shipment: ShipmentView) -> RecordNames:
        """Return the names of the station whose codes the lines of a shipment contain.

        This is the sender until the goods arrive here. If the sender is not in this database, these
        names are returned.
        """
        books = self._books.for_station(shipment.sender)
        if shipment.way == "in" or books.catalogue.get(Station, shipment.sender) is None:
            return self
        return RecordNames(
            books, paper_settings(books), self._language, personal=False, access=self._access
        )

    def item_of_organisation(self, code: str) -> str:
        """Return the name of an item, also if only other stations of the organisation have it."""
        found = self._books.one(
            f"WITH {ORGANISATION_CTE} SELECT i.name, i.name_en FROM items i "
            "WHERE i.station IN (SELECT code FROM ours) AND i.code = :code "
            "ORDER BY i.station <> :station, i.name_en IS NULL, i.station LIMIT 1",
            code=code,
        )
        return code if found is None else self._in_language(found[0], found[1])

    def item(self, code: str) -> str:
        """Return the name of an item."""
        found = self._books.catalogue.get(Item, code)
        return code if found is None else self._in_language(found.name, found.name_en)

    def location(self, code: str) -> str:
        """Return the name of a place."""
        found = self._books.catalogue.get(Location, code)
        return code if found is None else self._in_language(found.name, found.name_en)

    def team(self, code: str) -> str:
        """Return the name of a team."""
        found = self._books.catalogue.get(Team, code)
        return code if found is None else found.name

    def donor(self, code: str) -> str:
        """Return the name of a donor, or the code if the name must not be shown or was erased."""
        found = self._books.catalogue.get(Donor, code) if self._personal else None
        if found is None or found.name is None:
            return code
        return self._in_language(found.name, found.name_en)

    def party(self, code: str) -> str:
        """Return the name of a supplier, maker, lender or borrower, or the code if it is hidden."""
        return self.station() if code == self._books.station_code else self.donor(code)

    def purpose(self, code: str) -> str:
        """Return the name of a purpose, or its code if it has none."""
        found = self._purposes.get(code)
        return code if found is None else self._in_language(found.name, found.name_en)

    def purpose_label(self, text: str) -> str:
        """Return the name and the code of a purpose. Another text is returned unchanged."""
        found = self._purposes.get(text)
        return text if found is None else f"{self.purpose(text)}{SEPARATOR}{text}"

    def purposes(self) -> list[str]:
        """Return the labels of all purposes that have a name."""
        return [self.purpose_label(code) for code in self._purposes]

    def recipient(self, code: str) -> str:
        """Return the name of a recipient, or the code if the name is hidden or was erased."""
        found = self._books.catalogue.get(Recipient, code) if self._personal else None
        return code if found is None or found.name is None else found.name

    def telephone(self, code: str) -> str | None:
        """Return the telephone number of a recipient; None if it is hidden, erased or unknown."""
        found = self._books.catalogue.get(Recipient, code) if self._personal else None
        return None if found is None else found.phone

    def community(self, code: str) -> str:
        """Return the name of a community, or its code if it is not registered."""
        found = self._books.catalogue.get(Community, code)
        return code if found is None else self._in_language(found.name, found.name_en)

    def campaign(self, code: str) -> str:
        """Return the name of a campaign."""
        found = self._books.catalogue.get(Campaign, code)
        return code if found is None else self._in_language(found.name, found.name_en)

    def person(self, party: str) -> str:
        """Return the name of a donor or recipient.

        Args:
            party: The code of the person, or the code with `donor:` before it.
        """
        kind, _, code = party.rpartition(":")
        if kind == "donor" or (not kind and self._books.catalogue.get(Donor, code) is not None):
            return self.donor(code)
        return self.recipient(code)

    def user(self, code: str) -> str:
        """Return the login of a user, or the label and number of a phone.

        Return the code itself if names are hidden from the reader, or if no user or phone has this
        code.
        """
        if not self._personal:
            return code
        if code.startswith(phones.CALLER_PREFIX):
            return self.phone(code) or code
        try:
            return users.get(self._access, code).login
        except NotFound:
            return code

    def phone(self, by: str) -> str | None:
        """Return the label and number of the phone with this code, or None if no phone has it."""
        phone_id = by.removeprefix(phones.CALLER_PREFIX)
        if phone_id == by or not phones.exists(self._access, phone_id):
            return None
        return phones.get(self._access, phone_id).title

    def phones_of(self, team: str) -> int:
        """Return how many phones of a team have access."""
        return len(phones.list_active(self._access, team))

    def unit(self, code: str, quantity: int = 1) -> str:
        """Return the word for a unit, or its code if the station has no word for it.

        Args:
            quantity: The number before the word. It decides whether an English word is in the
                plural.
        """
        words = self._units.get(code)
        if words is None:
            return code
        if self._language == "zh":
            return words.zh
        return words.en if quantity == 1 else words.en_many

    def unit_of(self, item: str, quantity: int = 1) -> str:
        """Return the word for the base unit of an item, or "" if the item is not registered."""
        found = self._books.catalogue.get(Item, item)
        return "" if found is None else self.unit(found.unit, quantity)

    def units(self) -> list[tuple[str, str]]:
        """Return the code and the word of each unit.

        If another unit has the same word, the unit's word in the other language is added.
        """
        count = Counter(map(self.unit, self._units))
        return [(code, self._distinct_unit(code, count)) for code in self._units]

    def _distinct_unit(self, code: str, count: Mapping[str, int]) -> str:
        word, words = self.unit(code), self._units[code]
        if count[word] == 1:
            return word
        return f"{word}（{words.en}）" if self._language == "zh" else f"{word} ({words.zh})"

    def quantity(self, quantity: int, item: str) -> str:
        """Return a quantity with its unit, as in 50 pieces, or in the larger unit of the item."""
        found = self._books.catalogue.get(Item, item)
        larger = None if found is None else found.shown_unit
        figure = None if larger is None else in_larger_unit(quantity, larger)
        if larger is None or figure is None:
            return f"{format_number(quantity)} {self.unit_of(item, quantity)}".rstrip()
        return f"{figure} {self.unit(larger.unit, 1 if figure == '1' else 2)}"

    def figure(self, quantity: int, item: str) -> str:
        """Return a quantity for a column that names the unit elsewhere, as in 50.

        The unit is added if the item is shown in a larger unit, because the unit then depends on
        the quantity, as in 2.5 kg and 500 g.
        """
        found = self._books.catalogue.get(Item, item)
        if found is None or found.shown_unit is None or quantity == 0:
            return format_number(quantity)
        sign = "−" if quantity < 0 else ""
        return f"{sign}{self.quantity(abs(quantity), item)}"

    def pack_word(self, pack: str) -> str:
        """Return the word for a kind of pack, such as carton, or its code if it has none."""
        words = words_of_pack(pack, self._units)
        return pack if words is None else words.zh if self._language == "zh" else words.en

    def pack_label(self, text: str) -> str:
        """Return the word and the code of a pack. A text that is not a code stays unchanged."""
        word = self.pack_word(text) if is_valid_code(text) else text
        return text if word.casefold() == text.casefold() else f"{word}{SEPARATOR}{text}"

    def pack_words(self) -> list[str]:
        """Return the words for all units, because each unit may be a kind of pack."""
        return list(dict.fromkeys(map(self.unit, self._units)))

    def category(self, category: str) -> str:
        """Return the word for a category of items, or the category itself if it has none."""
        words = value_words("category", category)
        return words if isinstance(words, str) else self._in_language(words.zh, words.en)

    def categories(self) -> list[str]:
        """Return the words for the categories of common relief goods."""
        return list(dict.fromkeys(self.category(item.category or "") for item in relief_goods()))

    def pack(self, pack: str, size: int, item: str) -> str:
        """Return a pack in words, as in carton of 50 pieces."""
        word, content = self.pack_word(pack), self.quantity(size, item)
        return f"{word}（{content}）" if self._language == "zh" else f"{word} of {content}"

    def packed(self, stated: PackedView, item: str) -> str:
        """Return a quantity in packs, as in 2 × carton of 50 pieces = 100 pieces."""
        total = self.quantity(stated.quantity * stated.size, item)
        packs = self.pack(stated.pack, stated.size, item)
        return f"{format_number(stated.quantity)} × {packs} = {total}"

    def label(self, kind: str, code: str) -> str:
        """Return the text that a form field shows for a record: its name and its code.

        A text that is not the code of a record is returned unchanged.
        """
        record = KINDS[kind]
        if not is_valid_code(code) or self._books.catalogue.get(record, code) is None:
            return code
        return self._label(record, code)

    def _label(self, kind: type[CatalogueRecord], code: str) -> str:
        name = self._name_of(kind, code)
        return code if name == code else f"{name}{SEPARATOR}{code}"

    def record(self, kind: str, code: str) -> str:
        """Return the name of a record.

        Args:
            kind: The name of the record's table.
        """
        return self._name_of(KINDS[kind], code)

    def loss_reason(self, code: str) -> str:
        """Return the word for the reason of a loss, or its code if it has none."""
        words = value_words("reason", code)
        return words if isinstance(words, str) else self._in_language(words.zh, words.en)

    @property
    def _anonymous(self) -> str:
        return translations(self._language).gettext("anonymous")

    def _name_of(self, kind: type[CatalogueRecord], code: str) -> str:
        readers: Mapping[type[CatalogueRecord], Callable[[str], str]] = {
            Donor: self.donor,
            Recipient: self.recipient,
            Item: self.item,
            Location: self.location,
            Team: self.team,
            Community: self.community,
            Campaign: self.campaign,
        }
        return readers[kind](code)

    def _in_language(self, name: str, name_en: str | None) -> str:
        return name_en if self._language == "en" and name_en else name
