"""Receipts: issued for every donation, numbered without gaps; voided, replaced, reprinted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import msgspec

from supplies.books.free_text import free_text_of_entry
from supplies.domain.accounts import ANONYMOUS, DONOR
from supplies.domain.catalogue_records import Donor
from supplies.domain.commands import (
    IssueReceipt,
    RecordDonation,
    ReplaceReceipt,
    ReprintReceipt,
    VoidReceipt,
)
from supplies.domain.entries import new_salt, salted_digest
from supplies.domain.entry_rows import (
    Arrival,
    ArrivalLine,
    Lot,
    Receipt,
    ReceiptDonation,
    ReceiptReplacement,
    ReceiptVoid,
    Reprint,
)
from supplies.domain.redaction import mask_phone
from supplies.errors import AlreadyDone, Forgotten, InvalidField, NotFound
from supplies.ledger.journal import Journal
from supplies.papers.common import DonorName
from supplies.papers.glyph_coverage import check_printable
from supplies.papers.number_words import chinese_numerals, english_words
from supplies.papers.receipt import Amount, DonationReceipt, ReceiptLine
from supplies.stations.paper_settings import (
    PaperSettings,
    paper_settings,
    prints_values,
    receipt_statement,
    station_head,
)

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class DetailsLine:
    """Goods of one line, in base units. value: minor units and currency; None: not valued."""

    item: str
    quantity: int
    batch: str | None
    expires_on: date | None
    value: tuple[int, str] | None


@dataclass(frozen=True, slots=True)
class DonationDetails:
    """What a receipt shows of a donation. location: the name of the location."""

    donation: str
    received_on: date
    location: str
    handled_by: str
    wish: str | None
    checked_by: str | None
    agreement: str | None
    fiscal_ticket: str | None
    lines: list[DetailsLine]


def details_from_command(
    command: RecordDonation, donation: str, day: date, location: str
) -> DonationDetails:
    """Return the details in a command, without lines. location: the name of the location."""
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
    )


def issue(
    journal: Journal, donor: str, gifts: list[DonationDetails], *, replaces: list[str]
) -> str:
    """Issue a receipt with the next number of the series and year; return the number.

    The document with its names and texts is stored as it is now. replaces: numbers of the receipts
    that it replaces.

    Raises:
        InvalidField: a name or text has characters that the fonts cannot print.
        Forgotten: the donor's data was erased.
    """
    station, today = journal.books.station, journal.today
    last = journal.books.value(
        "SELECT max(ordinal) FROM receipts "
        "WHERE station = :station AND series = :series AND year = :year",
        series=station.series,
        year=today.year,
    )
    drafted = sum(isinstance(row, Receipt) for draft in journal.drafts for row in draft.rows)
    ordinal = int(last or 0) + drafted + 1
    number = f"{station.series}-{today.year}-{ordinal:06d}"
    content = _encode(_receipt_document(journal, number, donor, gifts, replaces))
    check_printable(content)
    salt = new_salt()
    digest = salted_digest(salt, content)
    draft = journal.entry("receipt_issued", document=number, about=DONOR(donor), day=today)
    draft.erasables.append((digest, salt, content))
    draft.add_rows(
        Receipt(
            number=number,
            series=station.series,
            year=today.year,
            ordinal=ordinal,
            issued_on=today,
            digest=digest,
        ),
        *(ReceiptDonation(number=number, donation=gift.donation) for gift in gifts),
        *(ReceiptReplacement(number=number, replaced=old) for old in replaces),
    )
    return number


def void(journal: Journal, number: str, about: str) -> None:
    """Void a receipt. It keeps its number."""
    draft = journal.entry("receipt_voided", document=number, about=about, day=journal.today)
    draft.add_rows(ReceiptVoid(number=number))


def _receipt_document(
    journal: Journal, number: str, donor: str, gifts: list[DonationDetails], replaces: list[str]
) -> DonationReceipt:
    settings = paper_settings(journal.books)
    lines = [_line(journal, settings, line) for gift in gifts for line in gift.lines]
    return DonationReceipt(
        number=number,
        issued_on=journal.today,
        station=station_head(journal.books),
        donor=_donor_name(journal, donor),
        donations=[gift.donation for gift in gifts],
        received_on=min(gift.received_on for gift in gifts),
        received_until=max(gift.received_on for gift in gifts),
        location=_join_distinct(gift.location for gift in gifts),
        handled_by=_join_distinct(gift.handled_by for gift in gifts),
        wish=_join_distinct(gift.wish for gift in gifts) or None,
        lines=lines,
        replaces=replaces,
        checked_by=_join_distinct(gift.checked_by for gift in gifts) or None,
        agreement=_join_distinct(gift.agreement for gift in gifts) or None,
        fiscal_ticket=_join_distinct(gift.fiscal_ticket for gift in gifts) or None,
        statement=receipt_statement(settings, valued=any(line.value for line in lines)),
    )


def _join_distinct(names: Iterable[str | None]) -> str:
    return "; ".join(dict.fromkeys(filter(None, names)))


def _donor_name(journal: Journal, donor: str) -> DonorName:
    found = None if donor == ANONYMOUS else journal.books.catalogue.get(Donor, donor)
    if found is None:
        return DonorName(code=None, name=None, name_en=None, phone=None)
    if found.name is None:
        raise Forgotten(f"donor {donor} was forgotten at their wish; no receipt names them again")
    phone = None if found.phone is None else mask_phone(found.phone)
    return DonorName(code=donor, name=found.name, name_en=found.name_en, phone=phone)


def _line(journal: Journal, settings: PaperSettings, line: DetailsLine) -> ReceiptLine:
    item = journal.books.item(line.item)
    value = line.value if prints_values(settings) else None
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
    )


# --- donations in the books -----------------------------------------------------------------


def details_of_donation(
    journal: Journal, donation: str, pointer: str = ""
) -> tuple[str, DonationDetails]:
    """Return the donor's code and the current details of a donation.

    Raises:
        InvalidField: the donation is unknown or was reversed.
        Forgotten: the donor's data was erased.
    """
    arrival = journal.books.latest_row(Arrival, arrival=donation, origin="donor")
    seq = journal.books.latest_seq(Arrival, arrival=donation)
    if arrival is None or seq is None:
        raise InvalidField.at(pointer, f"there is no donation {donation}")
    lines = [
        _line_with_lot(journal, line)
        for line in journal.books.rows_of_entry(ArrivalLine, seq, arrival=donation)
    ]
    if not lines:
        raise InvalidField.at(pointer, f"donation {donation} was reversed")
    texts = free_text_of_entry(journal.books, seq)
    if texts is None:
        raise Forgotten(f"the donor of {donation} was forgotten at their wish")
    gift = DonationDetails(
        donation=donation,
        received_on=journal.books.body(seq).happened_on,
        location=journal.books.location(arrival.location).name,
        handled_by=texts["handled_by"],
        wish=texts.get("wish"),
        checked_by=texts.get("checked_by"),
        agreement=texts.get("agreement"),
        fiscal_ticket=texts.get("fiscal_ticket"),
        lines=lines,
    )
    return arrival.party, gift


def _line_with_lot(journal: Journal, line: ArrivalLine) -> DetailsLine:
    lot = journal.books.latest_row(Lot, lot=line.lot)
    assert lot is not None, f"line of {line.arrival} has no lot"
    return details_line(line, lot)


def details_line(line: ArrivalLine, lot: Lot) -> DetailsLine:
    """Return a line with the description of its lot."""
    value = None
    if lot.value_minor is not None and lot.currency is not None:
        value = (lot.value_minor, lot.currency)
    return DetailsLine(line.item, line.quantity, lot.batch, lot.expires_on, value)


def find_receipt(journal: Journal, number: str) -> Receipt:
    """Return a receipt.

    Raises:
        NotFound: the number is unknown.
    """
    found = journal.books.latest_row(Receipt, number=number)
    if found is None:
        raise NotFound(f"there is no receipt {number}; see the list of receipts")
    return found


def valid_receipt_of(journal: Journal, donation: str) -> str | None:
    """Return the number of the valid receipt for a donation; None without one."""
    return journal.books.value(  # type: ignore[no-any-return]  # a column of text
        "SELECT d.number FROM receipt_donations d "
        "WHERE d.station = :station AND d.donation = :donation AND NOT EXISTS "
        "(SELECT 1 FROM receipt_voids v WHERE v.station = d.station AND v.number = d.number)",
        donation=donation,
    )


def donations_of(journal: Journal, number: str) -> list[str]:
    """Return the donations that a receipt covers, in the order of its document."""
    seq = journal.books.latest_seq(Receipt, number=number)
    assert seq is not None, f"there is no receipt {number}"
    rows = journal.books.body(seq).rows
    return [row.donation for row in rows if isinstance(row, ReceiptDonation)]


def issue_receipt(command: IssueReceipt, journal: Journal) -> None:
    """Issue one receipt for several donations of one donor; earlier receipts become void.

    Raises:
        InvalidField: a donation is unknown, repeated, reversed or of another donor, or an earlier
            receipt covers further donations.
        Forgotten: the donor's data was erased.
    """
    gifts: list[DonationDetails] = []
    donors: set[str] = set()
    old: dict[str, list[str]] = {}
    for index, donation in enumerate(command.donations):
        pointer = f"/donations/{index}"
        donor, gift = details_of_donation(journal, donation, pointer)
        donors.add(donor)
        if len(donors) > 1:
            raise InvalidField.at(
                pointer, "the donations are of different donors; a receipt is for one donor"
            )
        if gift.donation in {other.donation for other in gifts}:
            raise InvalidField.at(pointer, f"donation {donation} is named twice")
        gifts.append(gift)
        number = valid_receipt_of(journal, donation)
        if number is not None:
            old[number] = donations_of(journal, number)
    for number, covered in old.items():
        beyond = set(covered) - set(command.donations)
        if beyond:
            raise InvalidField.at(
                "/donations",
                f"receipt {number} also covers {', '.join(sorted(beyond))}; include them",
            )
    donor = donors.pop()
    _replace(journal, donor, gifts, list(old))


def _replace(journal: Journal, donor: str, gifts: list[DonationDetails], old: list[str]) -> None:
    """Issue the new receipt, then void the old ones."""
    issue(journal, donor, gifts, replaces=old)
    for number in old:
        void(journal, number, DONOR(donor))


def renew_receipt(
    journal: Journal, donation: str, changed: DonationDetails | None, *, again: bool
) -> None:
    """Replace the receipt of a donation that was corrected, or reversed (changed is None).

    A receipt for several donations is replaced by one for those that remain; if the correction
    names another donor, by one for each donor. again: the donation had been reversed, so it gets a
    new receipt. A donation whose receipt was voided by a separate command gets none.
    """
    number = valid_receipt_of(journal, donation)
    replaced = number or (_last_receipt_of(journal, donation) if again else None)
    if replaced is None:
        return
    gifts: dict[str, list[DonationDetails]] = {}
    if changed is not None:
        gifts[_drafted_donor(journal, donation)] = [changed]
    if number is not None:
        others = [other for other in donations_of(journal, number) if other != donation]
        for donor, gift in (details_of_donation(journal, other) for other in others):
            gifts.setdefault(donor, []).append(gift)
        void(journal, number, DONOR(_current_donor(journal, donation)))
    before = _current_donor(journal, donation)
    for donor in sorted(gifts, key=lambda donor: donor != before):
        issue(journal, donor, gifts[donor], replaces=[replaced])


def _last_receipt_of(journal: Journal, donation: str) -> str | None:
    """Return the number of the latest receipt for a donation, valid or void; None without one."""
    found = journal.books.latest_row(ReceiptDonation, donation=donation)
    return None if found is None else found.number


def _current_donor(journal: Journal, donation: str) -> str:
    """Return the donor of a donation by the books."""
    arrival = journal.books.latest_row(Arrival, arrival=donation)
    assert arrival is not None, f"there is no donation {donation}"
    return arrival.party


def _drafted_donor(journal: Journal, donation: str) -> str:
    """Return the donor of a donation by the drafts."""
    return next(
        row.party
        for draft in journal.drafts
        for row in draft.rows
        if isinstance(row, Arrival) and row.arrival == donation
    )


def void_receipt(command: VoidReceipt, journal: Journal) -> None:
    """Void a receipt without a replacement.

    Raises:
        NotFound: the number is unknown.
        AlreadyDone: it is void already.
    """
    donor = _donor_of_valid_receipt(journal, command.number)
    void(journal, command.number, DONOR(donor))


def replace_receipt(command: ReplaceReceipt, journal: Journal) -> None:
    """Replace a receipt by one from current data, for example after a donor's name changed.

    Raises:
        NotFound: the number is unknown.
        AlreadyDone: it is void already.
        Forgotten: the donor's data was erased.
    """
    donor = _donor_of_valid_receipt(journal, command.number)
    gifts = [
        details_of_donation(journal, donation)[1]
        for donation in donations_of(journal, command.number)
    ]
    _replace(journal, donor, gifts, [command.number])


def reprint_receipt(command: ReprintReceipt, journal: Journal) -> None:
    """Record a reprint; the paper is marked as a numbered copy.

    Raises:
        NotFound: the number is unknown.
        Forgotten: the donor's data was erased.
    """
    receipt = find_receipt(journal, command.number)
    content = journal.books.value(
        "SELECT content FROM erasable WHERE station = :station AND seq = :seq AND digest = :digest",
        seq=journal.books.latest_seq(Receipt, number=receipt.number),
        digest=receipt.digest,
    )
    if content is None:
        raise Forgotten(
            f"receipt {receipt.number} names a donor who was forgotten; it is not printed again"
        )
    copies = journal.books.value(
        "SELECT count(*) FROM reprints WHERE station = :station AND number = :number",
        number=receipt.number,
    )
    draft = journal.entry("receipt_reprinted", document=receipt.number)
    draft.add_rows(Reprint(number=receipt.number, copy=int(copies) + 1))


def _donor_of_valid_receipt(journal: Journal, number: str) -> str:
    """Return the donor of a receipt. Raises AlreadyDone if it is void."""
    find_receipt(journal, number)
    if journal.books.latest_row(ReceiptVoid, number=number) is not None:
        raise AlreadyDone(f"receipt {number} is void already")
    arrival = journal.books.latest_row(Arrival, arrival=donations_of(journal, number)[0])
    assert arrival is not None
    return arrival.party
