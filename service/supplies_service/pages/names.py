"""Names for codes: what a person reads on a page in place of the codes of the books."""

from __future__ import annotations

from typing import TypeVar

from supplies.books.reader import Books
from supplies.domain.catalogue_records import (
    CatalogueRecord,
    Donor,
    Item,
    Location,
    Recipient,
    Team,
)
from supplies.stations.paper_settings import PaperSettings, unit_words
from supplies.views.pagination import PackedView
from supplies_service.pages.languages import Language
from supplies_service.templating import format_number

N = TypeVar("N", bound=CatalogueRecord)


class Names:
    """Names and units in one language.

    Args:
        books: The books, while they are being read.
        settings: Has the station's own words for units.
        language: The language of the page.
        personal: Whether the reader may see names of people. Otherwise their codes are shown.
    """

    def __init__(
        self, books: Books, settings: PaperSettings, language: Language, *, personal: bool
    ) -> None:
        self._books, self._language, self._personal = books, language, personal
        self._units = unit_words(settings)

    def station(self) -> str:
        """Return the name of the station."""
        station = self._books.station
        return self._in_language(station.name, station.name_en)

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

    def recipient(self, code: str) -> str:
        """Return the name of a recipient, or the code, as for a donor."""
        found = self._books.catalogue.get(Recipient, code) if self._personal else None
        return code if found is None or found.name is None else found.name

    def unit(self, code: str, quantity: int = 1) -> str:
        """Return the word for a unit. A unit without words is shown as its code."""
        words = self._units.get(code)
        if words is None:
            return code
        if self._language == "zh":
            return words.zh
        return words.en if quantity == 1 else words.en_many

    def unit_of(self, item: str, quantity: int = 1) -> str:
        """Return the word for the base unit of an item."""
        found = self._books.catalogue.get(Item, item)
        return "" if found is None else self.unit(found.unit, quantity)

    def quantity(self, quantity: int, item: str) -> str:
        """Return a quantity with its unit, as in 50 pieces."""
        return f"{format_number(quantity)} {self.unit_of(item, quantity)}".rstrip()

    def pack(self, pack: str, size: int, item: str) -> str:
        """Return a pack in words, as in carton of 50 pieces."""
        word, content = self.unit(pack.rstrip("0123456789")), self.quantity(size, item)
        return f"{word}（{content}）" if self._language == "zh" else f"{word} of {content}"

    def packed(self, stated: PackedView, item: str) -> str:
        """Return a quantity in packs, as in 2 × carton of 50 pieces = 100 pieces."""
        total = self.quantity(stated.quantity * stated.size, item)
        packs = self.pack(stated.pack, stated.size, item)
        return f"{format_number(stated.quantity)} × {packs} = {total}"

    def _in_language(self, name: str, name_en: str | None) -> str:
        return name_en if self._language == "en" and name_en else name
