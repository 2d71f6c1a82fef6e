"""Compose the content of a receipt, which is stored when the receipt is issued."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import msgspec

from supplies.books.free_text import free_text_of_entry
from supplies.domain.accounts import ANONYMOUS
from supplies.domain.catalogue_records import Donor, Item
from supplies.domain.commands import (
    RecordDonation,
)
from supplies.domain.entry_rows import (
    Arrival,
    ArrivalLine,
    LatestDay,
    Lot,
    PackedLine,
)
from supplies.domain.redaction import mask_phone
from supplies.errors import Forgotten, InvalidField, Sentence
from supplies.ledger.journal import Journal
from supplies.papers.common import DonorName, ShownUnit, StatedPacks, UnitWords
from supplies.papers.number_words import chinese_numerals, english_words
from supplies.papers.receipt import Amount, DonationReceipt, ReceiptLine
from supplies.papers.units import words_of_pack
from supplies.stations.paper_settings import (
    PaperSettings,
    letterhead_with_settings,
    paper_settings,
    prints_values,
    receipt_statement,
    receipt_thanks,
    unit_words,
)

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class DetailsLine:
    """What a receipt shows for one line of a donation.

    Attributes:
        quantity: In base units.
        value: Amount in minor units, and currency; None if the goods were not valued.
        packed: The packs in which the quantity was given; None if it was given in base units.
    """

    item: str
    quantity: int
    batch: str | None
    expires_on: date | None
    expires_month: str | None
    value: tuple[int, str] | None
    packed: PackedLine | None


@dataclass(frozen=True, slots=True)
class DonationDetails:
    """What a receipt shows for one donation.

    Attributes:
        location: Name of the location where the goods were received.
        or_earlier: Whether the goods may have been received before the day `received_on`.
    """

    donation: str
    received_on: date
    location: str
    handled_by: str
    wish: str | None
    checked_by: str | None
    agreement: str | None
    fiscal_ticket: str | None
    lines: list[DetailsLine]
    or_earlier: bool = False


def details_from_command(
    command: RecordDonation, donation: str, day: date, location: str
) -> DonationDetails:
    """Return the details that a receipt shows for a donation, without its lines.

    Args:
        location: Name of the location.
    """
    return DonationDetails(
        donation=donation,
        received_on=day,
        location=location,
        handled_by=command.handled_by,
        wish=command.wish,
        checked_by=command.checked_by,
        agreement=command.agreement,
        fiscal_ticket=command.fiscal_ticket,
        lines=[],
        or_earlier=command.or_earlier,
    )


def details_of_donation(
    journal: Journal, donation: str, pointer: str = ""
) -> tuple[str, DonationDetails]:
    """Return the donor of a recorded donation, and the details that a receipt shows for it.

    Raises:
        InvalidField: the donation is unknown or was reversed.
        Forgotten: the data of the donor was erased.
    """
    arrival = journal.books.latest_row(Arrival, arrival=donation)
    seq = journal.books.latest_seq(Arrival, arrival=donation)
    if arrival is None or seq is None or arrival.origin != "donor":
        raise InvalidField.at(pointer, Sentence("unknown donation {donation}", donation=donation))
    packed = {
        row.line: row
        for row in journal.books.rows_of_entry(PackedLine, seq)
        if row.field == "lines"
    }
    rows = journal.books.rows_of_entry(ArrivalLine, seq, arrival=donation)
    lots = journal.books.latest_rows(Lot, "lot", (row.lot for row in rows))
    lines = [details_line(row, lots[row.lot], packed.get(row.line)) for row in rows]
    if not lines:
        raise InvalidField.at(
            pointer, Sentence("donation {donation} was reversed", donation=donation)
        )
    texts = free_text_of_entry(journal.books, seq)
    if texts is None:
        raise Forgotten(
            Sentence(
                "the data of the donor of {donation} was erased at their request", donation=donation
            )
        )
    details = DonationDetails(
        donation=donation,
        received_on=journal.books.body(seq).happened_on,
        location=journal.books.location(arrival.location).name,
        handled_by=texts["handled_by"],
        wish=texts.get("wish"),
        checked_by=texts.get("checked_by"),
        agreement=texts.get("agreement"),
        fiscal_ticket=texts.get("fiscal_ticket"),
        lines=lines,
        or_earlier=bool(journal.books.rows_of_entry(LatestDay, seq)),
    )
    return arrival.party, details


def details_line(line: ArrivalLine, lot: Lot, packed: PackedLine | None) -> DetailsLine:
    """Return a line of a receipt, from the recorded row, the lot and the packs of the goods."""
    value = None
    if lot.value_minor is not None and lot.currency is not None:
        value = (lot.value_minor, lot.currency)
    return DetailsLine(
        line.item, line.quantity, lot.batch, lot.expires_on, lot.expires_month, value, packed
    )


def receipt_document(
    journal: Journal, number: str, donor: str, donations: list[DonationDetails], replaces: list[str]
) -> bytes:
    """Return the content of a new receipt, encoded for storage.

    Raises:
        InvalidField: a name or text has characters that the fonts cannot print.
        Forgotten: the data of the donor was erased.
    """
    settings = paper_settings(journal.books)
    station, units = letterhead_with_settings(journal.books.station, settings), unit_words(settings)
    lines = [
        _line(journal, settings, units, line) for donation in donations for line in donation.lines
    ]
    document = DonationReceipt(
        number=number,
        issued_on=journal.today,
        station=msgspec.structs.replace(station, units=msgspec.UNSET),
        donor=_donor_name(journal, donor),
        donations=[donation.donation for donation in donations],
        received_on=min(donation.received_on for donation in donations),
        received_until=max(donation.received_on for donation in donations),
        location=_join_distinct(donation.location for donation in donations),
        handled_by=_join_distinct(donation.handled_by for donation in donations),
        wish=_join_distinct(donation.wish for donation in donations) or None,
        lines=lines,
        replaces=replaces,
        checked_by=_join_distinct(donation.checked_by for donation in donations) or None,
        agreement=_join_distinct(donation.agreement for donation in donations) or None,
        fiscal_ticket=_join_distinct(donation.fiscal_ticket for donation in donations) or None,
        or_earlier=any(donation.or_earlier for donation in donations) or msgspec.UNSET,
        statement=receipt_statement(settings, valued=any(line.value for line in lines)),
        thanks=receipt_thanks(settings),
        edition=3,
    )
    return _encode(document)


def _join_distinct(names: Iterable[str | None]) -> str:
    return "; ".join(dict.fromkeys(filter(None, names)))


def _donor_name(journal: Journal, donor: str) -> DonorName:
    found = None if donor == ANONYMOUS else journal.books.catalogue.get(Donor, donor)
    if found is None:
        return DonorName(code=None, name=None, name_en=None, phone=None)
    if found.name is None:
        raise Forgotten(
            Sentence(
                "the data of donor {donor} was erased at their request; no new receipt can "
                "name them",
                donor=donor,
            )
        )
    phone = None if found.phone is None else mask_phone(found.phone)
    return DonorName(code=donor, name=found.name, name_en=found.name_en, phone=phone)


def _line(
    journal: Journal, settings: PaperSettings, units: Mapping[str, UnitWords], line: DetailsLine
) -> ReceiptLine:
    item = journal.books.item(line.item)
    value = line.value if prints_values(settings) else None
    packed = line.packed
    if packed is not None and packed.size == 1:
        packed = None
    return ReceiptLine(
        name=item.name,
        name_en=item.name_en,
        unit=item.unit,
        quantity=line.quantity,
        in_words=chinese_numerals(line.quantity),
        in_words_en=english_words(line.quantity),
        batch=line.batch,
        expires_on=line.expires_on,
        value=None if value is None else Amount(minor=value[0], currency=value[1]),
        unit_words=units.get(item.unit, msgspec.UNSET),
        expires_month=line.expires_month or msgspec.UNSET,
        stated=(
            msgspec.UNSET
            if packed is None
            else StatedPacks(quantity=packed.quantity, pack=packed.pack, size=packed.size)
        ),
        pack_words=(packed and words_of_pack(packed.pack, units)) or msgspec.UNSET,
        shown_unit=_shown_unit(item, units),
    )


def _shown_unit(item: Item, words: Mapping[str, UnitWords]) -> ShownUnit | msgspec.UnsetType:
    """Return the larger unit in which people read quantities of an item, such as kilograms.

    Return UNSET if the item has no larger unit than its base unit.
    """
    larger = item.shown_unit
    if larger is None:
        return msgspec.UNSET
    return ShownUnit(
        unit=larger.unit, size=larger.size, words=words.get(larger.unit, msgspec.UNSET)
    )
