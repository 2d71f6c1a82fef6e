"""Receipts: issue one for every donation, void it, replace it, or record that it was reprinted."""

from __future__ import annotations

from supplies.books.merged_codes import code_that_stays
from supplies.domain.accounts import DONOR
from supplies.domain.commands import (
    IssueReceipt,
    ReplaceReceipt,
    ReprintReceipt,
    VoidReceipt,
)
from supplies.domain.entry_rows import (
    Arrival,
    Receipt,
    ReceiptDonation,
    ReceiptReplacement,
    ReceiptVoid,
    Reprint,
)
from supplies.errors import AlreadyDone, Forgotten, InvalidField, NotFound, Sentence
from supplies.ledger.journal import Journal
from supplies.ledger.rules.receipt_documents import (
    DonationDetails,
    details_of_donation,
    receipt_document,
)


def issue(
    journal: Journal, donor: str, donations: list[DonationDetails], *, replaces: list[str]
) -> str:
    """Issue a receipt under the next number of its series and year. Return the number.

    Names and texts are stored in the receipt as they are now.

    Args:
        replaces: Numbers of the receipts that the new one replaces.

    Raises:
        InvalidField: a name or text has characters that the fonts cannot print.
        Forgotten: the data of the donor was erased.
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
    content = receipt_document(journal, number, donor, donations, replaces)
    draft = journal.entry("receipt_issued", document=number, about=DONOR(donor), day=today)
    digest = draft.add_erasable(content)
    draft.add_rows(
        Receipt(
            number=number,
            series=station.series,
            year=today.year,
            ordinal=ordinal,
            issued_on=today,
            digest=digest,
        ),
        *(ReceiptDonation(number=number, donation=donation.donation) for donation in donations),
        *(ReceiptReplacement(number=number, replaced=old) for old in replaces),
    )
    return number


def void(journal: Journal, number: str, about: str) -> None:
    """Void a receipt. Its number is not used again.

    Args:
        about: The donor of the receipt, as `donor:CODE`.
    """
    draft = journal.entry("receipt_voided", document=number, about=about, day=journal.today)
    draft.add_rows(ReceiptVoid(number=number))


def find_receipt(journal: Journal, number: str) -> Receipt:
    """Return a receipt by its number.

    Raises:
        NotFound: the number is unknown.
    """
    found = journal.books.latest_row(Receipt, number=number)
    if found is None:
        raise NotFound(
            Sentence("unknown receipt {number}; see the list of receipts", number=number)
        )
    return found


def valid_receipt_of(journal: Journal, donation: str) -> str | None:
    """Return the number of the valid receipt for a donation, or None."""
    return journal.books.value(  # type: ignore[no-any-return]  # a column of text
        "SELECT d.number FROM receipt_donations d "
        "WHERE d.station = :station AND d.donation = :donation AND NOT EXISTS "
        "(SELECT 1 FROM receipt_voids v WHERE v.station = d.station AND v.number = d.number)",
        donation=donation,
    )


def donations_of(journal: Journal, number: str) -> list[str]:
    """Return the donations that a receipt is for, in the order in which it prints them."""
    seq = journal.books.latest_seq(Receipt, number=number)
    assert seq is not None, f"unknown receipt {number}"
    rows = journal.books.body(seq).rows
    return [row.donation for row in rows if isinstance(row, ReceiptDonation)]


def issue_receipt(command: IssueReceipt, journal: Journal) -> None:
    """Issue one receipt for several donations of a donor, and void the receipts that it replaces.

    Raises:
        InvalidField: a donation is unknown, repeated, reversed or of another donor, or an earlier
            receipt is also for donations that the command does not name.
        Forgotten: the data of the donor was erased.
    """
    donations: dict[str, DonationDetails] = {}
    donors: set[str] = set()
    old: dict[str, list[str]] = {}
    for index, donation in enumerate(command.donations):
        pointer = f"/donations/{index}"
        donor, details = details_of_donation(journal, donation, pointer)
        donors.add(_code_that_stays(journal, donor))
        if len(donors) > 1:
            raise InvalidField.at(
                pointer,
                Sentence("the donations came from different donors; a receipt is for one donor"),
            )
        if details.donation in donations:
            raise InvalidField.at(
                pointer, Sentence("donation {donation} is named twice", donation=donation)
            )
        donations[details.donation] = details
        number = valid_receipt_of(journal, donation)
        if number is not None:
            old[number] = donations_of(journal, number)
    for number, covered in old.items():
        beyond = set(covered) - set(command.donations)
        if beyond:
            raise InvalidField.at(
                "/donations",
                Sentence(
                    "receipt {number} also covers {list}; include them",
                    number=number,
                    list=", ".join(sorted(beyond)),
                ),
            )
    for donor in donors:
        _replace(journal, donor, list(donations.values()), list(old))


def _code_that_stays(journal: Journal, donor: str) -> str:
    """Return the code of a donor under which receipts are issued.

    If codes of the donor were merged, this is the one that stays in use.
    """
    return code_that_stays(journal.books, "donor", donor)


def _replace(
    journal: Journal, donor: str, donations: list[DonationDetails], old: list[str]
) -> None:
    """Issue a new receipt, then void the receipts that it replaces."""
    issue(journal, donor, donations, replaces=old)
    for number in old:
        void(journal, number, DONOR(donor))


def renew_receipt(
    journal: Journal, donation: str, changed: DonationDetails | None, *, again: bool
) -> None:
    """Replace the receipt of a donation that is corrected or reversed.

    The new receipt is for the other donations on the old one, and for this donation unless it is
    reversed. If the correction changes the donor, each donor gets a receipt. If the correction
    changes nothing that the receipt prints, the old receipt stays valid. If an earlier command
    voided the receipt, no new one is issued.

    Args:
        changed: What a receipt prints about the corrected donation; None if it is reversed.
        again: Whether the donation had been reversed and is now restored, so that it needs a new
            receipt.
    """
    number = valid_receipt_of(journal, donation)
    replaced = number or (_last_receipt_of(journal, donation) if again else None)
    if replaced is None:
        return
    if number is not None and changed is not None and _is_as_before(journal, donation, changed):
        return
    by_donor: dict[str, list[DonationDetails]] = {}
    if changed is not None:
        by_donor[_code_that_stays(journal, _drafted_donor(journal, donation))] = [changed]
    if number is not None:
        others = [other for other in donations_of(journal, number) if other != donation]
        for donor, details in (details_of_donation(journal, other) for other in others):
            by_donor.setdefault(_code_that_stays(journal, donor), []).append(details)
        void(journal, number, DONOR(_current_donor(journal, donation)))
    before = _code_that_stays(journal, _current_donor(journal, donation))
    for donor in sorted(by_donor, key=lambda donor: donor != before):
        issue(journal, donor, by_donor[donor], replaces=[replaced])


def _is_as_before(journal: Journal, donation: str, changed: DonationDetails) -> bool:
    """Return whether a correction changes nothing that the receipt prints."""
    try:
        return details_of_donation(journal, donation) == (
            _drafted_donor(journal, donation),
            changed,
        )
    except Forgotten:
        return False


def _last_receipt_of(journal: Journal, donation: str) -> str | None:
    """Return the number of the latest receipt for a donation, even if void, or None."""
    found = journal.books.latest_row(ReceiptDonation, donation=donation)
    return None if found is None else found.number


def _current_donor(journal: Journal, donation: str) -> str:
    """Return the donor of a donation as recorded in the books, without drafted entries."""
    arrival = journal.books.latest_row(Arrival, arrival=donation)
    assert arrival is not None, f"unknown donation {donation}"
    return arrival.party


def _drafted_donor(journal: Journal, donation: str) -> str:
    """Return the donor of a donation according to the drafted entries."""
    return next(
        row.party
        for draft in journal.drafts
        for row in draft.rows
        if isinstance(row, Arrival) and row.arrival == donation
    )


def void_receipt(command: VoidReceipt, journal: Journal) -> None:
    """Void a receipt without replacing it.

    Raises:
        NotFound: the number is unknown.
        AlreadyDone: the receipt is void already.
    """
    donor = _donor_of_valid_receipt(journal, command.number)
    void(journal, command.number, DONOR(donor))


def replace_receipt(command: ReplaceReceipt, journal: Journal) -> None:
    """Replace a receipt by one with current data, for example if the donor has a new name.

    Raises:
        NotFound: the number is unknown.
        AlreadyDone: the receipt is void already.
        InvalidField: a name or text has characters that the fonts cannot print.
        Forgotten: the data of the donor was erased.
    """
    donor = _code_that_stays(journal, _donor_of_valid_receipt(journal, command.number))
    donations = [
        details_of_donation(journal, donation)[1]
        for donation in donations_of(journal, command.number)
    ]
    _replace(journal, donor, donations, [command.number])


def reprint_receipt(command: ReprintReceipt, journal: Journal) -> None:
    """Record that a receipt was printed again. The copy gets the next copy number.

    Raises:
        NotFound: the number is unknown.
        Forgotten: the content of the receipt was erased.
    """
    receipt = find_receipt(journal, command.number)
    content = journal.books.value(
        "SELECT content FROM erasable WHERE station = :station AND seq = :seq AND digest = :digest",
        seq=journal.books.latest_seq(Receipt, number=receipt.number),
        digest=receipt.digest,
    )
    if content is None:
        raise Forgotten(
            Sentence(
                "the text of receipt {number} was erased from the books; it is not printed again",
                number=receipt.number,
            )
        )
    copies = journal.books.value(
        "SELECT count(*) FROM reprints WHERE station = :station AND number = :number",
        number=receipt.number,
    )
    draft = journal.entry("receipt_reprinted", document=receipt.number)
    draft.add_rows(Reprint(number=receipt.number, copy=int(copies) + 1))


def _donor_of_valid_receipt(journal: Journal, number: str) -> str:
    """Check that a receipt is valid, and return its donor.

    Raises:
        NotFound: the number is unknown.
        AlreadyDone: the receipt is void.
    """
    find_receipt(journal, number)
    if journal.books.latest_row(ReceiptVoid, number=number) is not None:
        raise AlreadyDone(Sentence("receipt {number} is void already", number=number))
    arrival = journal.books.latest_row(Arrival, arrival=donations_of(journal, number)[0])
    assert arrival is not None
    return arrival.party
