"""Names that pages show for documents and lots, and the choices that forms offer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from urllib.parse import urlencode

from supplies.domain.accounts import ALLOCATED, ANONYMOUS
from supplies.domain.catalogue_records import CatalogueRecord, Community, Item, Location
from supplies.domain.entry_rows import Lot, Need, PledgeLine
from supplies.domain.fields import is_valid_code
from supplies.errors import GOODS, Sentence
from supplies.exports.report_sources import document_page
from supplies.exports.report_words import value_words
from supplies.views.catalogue import list_records
from supplies.views.document_parties import (
    Party,
    find_conflict_parties,
    find_document_party,
)
from supplies.views.donations import DonationView
from supplies.views.entries import ConflictView
from supplies.views.goods_with_teams import (
    GoodsWithTeam,
    free_with_teams,
    list_goods_with_teams,
)
from supplies.views.lot_origins import LotOrigin, find_lot_origin
from supplies.views.needs import NeedView
from supplies.views.pagination import Page
from supplies.views.stated_commands import CORRECTABLE_KINDS
from supplies.views.stock import StockRow, get_stock
from supplies_service.pages.languages import translate_sentence, translations
from supplies_service.pages.record_names import KINDS, SEPARATOR, RecordNames
from supplies_service.templating import format_day, format_number, format_sentence

MAX_OPTIONS = 200
"""Maximum number of records or lots that a field offers to choose from."""

_DOCUMENT = re.compile(r"[a-z]_(\w+_)?\d+", re.ASCII)
"""Regular expression of the ids of documents."""

_HOLDER = re.compile(r"[^ ,]+ \((a_\w+)\)(, )?", re.ASCII)
"""Regular expression of one recipient and allocation in an error message, such as R-1 (a_7)."""


class Names(RecordNames):
    """Names and units in one language, for the codes, documents and lots on a page."""

    def options(self, kind: str) -> list[str]:
        """Return the labels of all records of a kind. Retired records are left out.

        If there are more than `MAX_OPTIONS`, return an empty list.
        """
        found = self._first(kind)
        if found.next is not None:
            return []
        offered = [one for one in found.items if not getattr(one, "retired", False)]
        return [self._label(type(one), one.code) for one in offered]

    def has_many(self, kind: str) -> bool:
        """Return whether there are too many records of a kind for `options`."""
        return self._first(kind).next is not None

    def _first(self, kind: str) -> Page[CatalogueRecord]:
        if kind not in self._pages:
            self._pages[kind] = list_records(
                self._books, KINDS[kind], limit=MAX_OPTIONS, personal=self._personal
            )
        return self._pages[kind]

    def places(self) -> list[tuple[str, str]]:
        """Return code and name of each place that is in use."""
        found = list_records(self._books, Location, limit=None, retired=False).items
        return [(one.code, self.location(one.code)) for one in found]

    def communities(self) -> list[tuple[str, str]]:
        """Return code and name of each community that is in use."""
        found = list_records(self._books, Community, limit=None, retired=False).items
        return [(one.code, self.community(one.code)) for one in found]

    def packs(self, item: str) -> list[tuple[str, str]]:
        """Return the code and the words of each pack of an item, for a choice in a form.

        The base unit comes first, with the code "".
        """
        found = self._books.catalogue.get(Item, item) if is_valid_code(item) else None
        if found is None:
            return [("", "–")]
        packs = [(pack, self.pack(pack, size, item)) for pack, size in found.packs.items()]
        return [("", self.unit(found.unit)), *packs]

    # --- documents ---------------------------------------------------------------------------

    def donation(self, donation: DonationView) -> str:
        """Return the donor and the day of a donation, as its title on pages."""
        donor = self._anonymous if donation.donor is None else self.donor(donation.donor)
        return f"{donor} · {format_day(donation.happened_on, self._language)}"

    def lot(self, code: str) -> str:
        """Return the batch and the expiry of a lot. If both are unknown, return its `arrival`."""
        origin = find_lot_origin(self._books, code)
        if origin is None:
            return code
        return SEPARATOR.join(self._marks(origin.lot)) or self._arrival(origin)

    def _marks(self, lot: Lot) -> list[str]:
        """Return the batch and the expiry of a lot, as far as they are known."""
        expiry = lot.expires_month or lot.expires_on
        until = translations(self._language).gettext("until %(day)s")
        marks = [until % {"day": format_day(expiry, self._language)}] if expiry else []
        return [lot.batch, *marks] if lot.batch else marks

    def lots(self, item: str, chosen: str = "") -> list[tuple[str, str]]:
        """Return the code and the words of each free lot of an item, for a choice in a form.

        Lots that expire first come first. At most `MAX_OPTIONS` lots are listed.

        Args:
            item: The code of the item, or another text, for which there are no lots.
            chosen: The code of a lot that is listed in any case; "" if there is none.
        """
        found = dict[str, list[StockRow]]()
        if is_valid_code(item) and self._books.catalogue.get(Item, item) is not None:
            for row in get_stock(self._books, item=item, limit=MAX_OPTIONS).items:
                if row.free:
                    found.setdefault(row.lot, []).append(row)
        if chosen:
            found.setdefault(chosen, [])
        choices = [(lot, self._choice_of_lot(lot, rows)) for lot, rows in found.items()]
        return [
            (lot, words)
            for lot, (_, words) in sorted(choices, key=lambda one: (one[1][0] or "9999", one[0]))
        ]

    def _choice_of_lot(self, lot: str, rows: Sequence[StockRow]) -> tuple[str, str]:
        """Return the expiry of a lot, or "", and the words with which a form offers it."""
        origin = find_lot_origin(self._books, lot)
        if origin is None:
            return "", lot
        places = [
            " ".join(
                [
                    self.location(row.location),
                    self.quantity(row.free, row.item),
                    *self._still_with_teams(row),
                ]
            )
            for row in rows
        ]
        words = [*self._marks(origin.lot), self._arrival(origin), *places]
        return str(origin.lot.expires_on or ""), SEPARATOR.join(words)

    def _still_with_teams(self, row: StockRow) -> list[str]:
        """Return texts in brackets, one for each team that still carries some of these goods."""
        words = translations(self._language).gettext("%(quantity)s still with %(team)s")
        return [
            f"({words})"
            % {"quantity": self.quantity(one.quantity, row.item), "team": self.team(one.team)}
            for one in self.goods_with_teams(
                row.item, row.location, row.lot, free=True, most=row.free
            )
        ]

    def goods_with_teams(
        self,
        item: str,
        location: str = "",
        lot: str = "",
        *,
        allocation: str = "",
        free: bool = False,
        most: int | None = None,
    ) -> list[GoodsWithTeam]:
        """Return the goods that the books have in stock although teams still carry them.

        There is one row for each delivery, with the sum of its goods.

        Args:
            item: The code of an item.
            location, lot: Only goods of this location or lot; "" means all.
            allocation: Only goods that are set aside in this allocation; "" means all.
            free: Whether to return only goods that are free by the books.
            most: The maximum sum of the rows: the quantity in the books. If the teams carry more,
                goods of the oldest deliveries are left out first. None means no limit.
        """
        found = [
            one
            for one in self._carried
            if one.item == item
            and location in ("", one.location)
            and lot in ("", one.lot)
            and (not allocation or one.account == ALLOCATED(allocation, one.location))
        ]
        sums = dict[str, GoodsWithTeam]()
        for one in free_with_teams(self._books, found) if free else found:
            known = sums.get(one.delivery)
            quantity = one.quantity + (known.quantity if known else 0)
            sums[one.delivery] = one._replace(quantity=quantity)
        left, shown = most, []
        for one in reversed(sums.values()):
            quantity = one.quantity if left is None else min(one.quantity, left)
            left = None if left is None else left - quantity
            if quantity:
                shown.append(one._replace(quantity=quantity))
        return shown[::-1]

    @cached_property
    def _carried(self) -> list[GoodsWithTeam]:
        return list_goods_with_teams(self._books)

    def arrival(self, lot: str) -> str:
        """Return the origin of a lot, such as its donor, and the day of its arrival."""
        origin = find_lot_origin(self._books, lot)
        return lot if origin is None else self._arrival(origin)

    def _arrival(self, origin: LotOrigin) -> str:
        words = value_words("step", origin.kind)
        source = words if isinstance(words, str) else self._in_language(words.zh, words.en)
        if origin.kind == "donor" and origin.key == ANONYMOUS:
            source = self._anonymous
        elif origin.key is not None and origin.kind in ("donor", "bought", "made", "borrowed"):
            source = self.party(origin.key)
        return f"{source}{SEPARATOR}{format_day(origin.day, self._language)}"

    def need(self, need: NeedView) -> str:
        """Return the recipient, item and requested quantity of a need, as its title on pages."""
        goods = f"{self.item(need.item)} {self.quantity(need.asked, need.item)}"
        return f"{self.recipient(need.recipient)} · {goods}"

    def goods_of_plan(self, document: str) -> str:
        """Return the goods of a need or pledge, as in mask 4 pieces."""
        need = self._books.latest_row(Need, need=document)
        pledged = self._books.current_rows(PledgeLine, "pledge", pledge=document)
        lines = [(one.item, one.quantity) for one in ([need] if need else pledged)]
        comma = "、" if self._language == "zh" else ", "
        return comma.join(f"{self.item(item)} {self.quantity(n, item)}" for item, n in lines)

    def next_address(self, path: str, filters: Mapping[str, str | None], after: str | None) -> str:
        """Return the URL of the next page of a list, or "" if there is none.

        Args:
            path: The path of the list.
            filters: The filters of the list. None and "" are left out.
            after: The cursor of the next page. None means that there is no next page.
        """
        if after is None:
            return ""
        chosen = {name: value for name, value in filters.items() if value}
        return f"{path}?{urlencode({**chosen, 'after': after})}"

    def party_of(self, document: str) -> str:
        """Return the name of the person, team or place that a document is about.

        Return "" if the document is about none, or does not exist.
        """
        found = find_document_party(self._books, document)
        return "" if found is None else self._party(found)

    def _party(self, party: Party) -> str:
        if party == Party("donors", ANONYMOUS):
            return self._anonymous
        match party.kind:
            case "parties":
                return self.party(party.code)
            case "purposes":
                return self.purpose(party.code)
            case "stations":
                return self.other_station(party.code)
            case kind:
                return self.record(kind, party.code)

    def sentence(self, sentence: str) -> str:
        """Return an error message in the language of the page.

        In the message, the id of a document is replaced by the result of `party_of`. The name of an
        item or station is replaced by its name in this language. A quantity of goods is written
        with its unit.
        """
        if isinstance(sentence, Sentence):
            values = {name: self._named(name, text) for name, text in sentence.values.items()}
            sentence = Sentence(sentence.template, **values)
        return format_sentence(sentence, self._language)

    def _named(self, name: str, text: str) -> str:
        """Return a value of an error message in the words of the page.

        A value may be a message too. Its values are then replaced in the same way.
        """
        if isinstance(text, Sentence):
            if text.template == GOODS:
                return self._goods(int(text.values["quantity"]), text.values["item"])
            return Sentence(
                text.template, **{key: self._named(key, each) for key, each in text.values.items()}
            )
        if name == "whom":
            comma = "、" if self._language == "zh" else ", "
            return _HOLDER.sub(
                lambda found: self.party_of(found[1]) + (comma if found[2] else ""), text
            )
        if name == "item":
            code = self._item_with_name(text)
            return text if code is None else self.item(code)
        if name == "station":
            return self.other_station(text)
        return (self.party_of(text) if _DOCUMENT.fullmatch(text) else "") or text

    def _goods(self, quantity: int, item: str) -> str:
        """Return the goods of an error message, as in rice 3 bags.

        Args:
            quantity: The quantity in base units.
            item: The name of the item, or a message that contains it.
        """
        name = item.values["item"] if isinstance(item, Sentence) else item
        code = self._item_with_name(name)
        words = format_number(quantity) if code is None else self.quantity(quantity, code)
        return f"{translate_sentence(self._named('item', item), self._language)} {words}"

    def _item_with_name(self, name: str) -> str | None:
        """Return the code of the item with this Chinese name, or None if there is none."""
        code = self._books.value(
            "SELECT min(code) FROM items WHERE station = :station AND name = :name", name=name
        )
        return None if code is None else str(code)

    def conflict(self, conflict: ConflictView) -> str:
        """Return the names of the recipient, the team or the place that a conflict is about.

        If it is about none of them, return the id of the document.
        """
        found = find_conflict_parties(self._books, bytes(conflict.stated), conflict.document)
        return SEPARATOR.join(map(self._party, found)) or conflict.document

    def can_correct(self, kind: str) -> bool:
        """Return whether entries of a kind can be corrected."""
        return kind in CORRECTABLE_KINDS

    def address(self, document: str) -> str:
        """Return the URL of the page about a document. Return "" if it has none."""
        return document_page(document) or ""
