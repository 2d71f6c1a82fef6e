"""Decide where arriving goods go if they have expired, and correct the expiry of lots."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from supplies.books.reader import unknown_code_error
from supplies.domain.accounts import CONVERTED, DONOR, LOST, STOCK, keys_of, kind_of
from supplies.domain.catalogue_records import Donor
from supplies.domain.commands import ArrivalLine, DescribeLot, DonationLine
from supplies.domain.entry_rows import Arrival, Lot
from supplies.domain.entry_rows import ArrivalLine as ArrivedLine
from supplies.domain.expiry import expiry_field, shown_expiry
from supplies.errors import InvalidField, Sentence
from supplies.ledger.drafts import Draft
from supplies.ledger.journal import Journal
from supplies.ledger.rules.allocations import is_closed_to_arrivals
from supplies.ledger.rules.product_expiries import describe_products


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the goods of an arriving line go.

    Attributes:
        location: Code of the location.
        write_off: The reason for which the goods are written off at once; None if they stay in
            stock.
        usable: Whether the goods can be given to people.
    """

    location: str
    write_off: str | None
    usable: bool

    @property
    def stock(self) -> str:
        """The account in which the goods arrive."""
        return STOCK(self.location)

    def write_off_now(
        self, journal: Journal, draft: Draft, item: str, lot: str, quantity: int, pointer: str
    ) -> None:
        """Write the goods off at once if `write_off` is set: stock → lost."""
        if self.write_off is not None:
            lost = LOST(self.write_off)
            journal.move(draft, self.stock, lost, item, lot, quantity, pointer)


def destination(
    journal: Journal, line: DonationLine | ArrivalLine, location: str, pointer: str
) -> Destination:
    """Decide where the goods of an arriving line go.

    Expired goods must go to a quarantine or be written off. This does not apply to a correction,
    because the goods may have been moved in the meantime.

    Args:
        location: The location that the command names.

    Raises:
        InvalidField: expired goods would go to an open location, the location named for quarantine
            is not a quarantine, or goods that cannot be used are wished for a recipient.
    """
    place = journal.books.location(location, "/location")
    if line.quarantine is not None:
        place = journal.books.location(line.quarantine, f"{pointer}/quarantine")
        if not place.quarantine:
            raise InvalidField.at(
                f"{pointer}/quarantine", Sentence("{name} is not a quarantine", name=place.name)
            )
    expired = (
        journal.corrected is None
        and line.expires_on is not None
        and line.expires_on < journal.happened_on
    )
    if expired and not place.quarantine and line.write_off is None:
        raise InvalidField.at(
            f"{pointer}/{expiry_field(line)}",
            Sentence(
                "{expiry} is before the goods arrived ({happened_on}); for goods that came "
                "expired, name a quarantine or the reason of a write_off",
                expiry=shown_expiry(line),
                happened_on=journal.happened_on,
            ),
        )
    closed = is_closed_to_arrivals(journal, place)
    usable = not (expired or closed or line.write_off is not None)
    if not usable and isinstance(line, DonationLine) and line.recipient is not None:
        raise InvalidField.at(
            f"{pointer}/for",
            Sentence(
                "goods that expired, are in a quarantine or are written off are not set aside; "
                "leave `for` and `need` out"
            ),
        )
    return Destination(place.code, line.write_off, usable)


def describe_lot(command: DescribeLot, journal: Journal) -> None:
    """Change batch and expiry of a lot, if no correction can change them.

    Raises:
        NotFound: the lot is unknown.
        InvalidField: the entry that created the lot can be corrected instead.
    """
    known = journal.books.latest_row(Lot, lot=command.lot)
    if known is None:
        raise unknown_code_error(
            Sentence("unknown lot {lot}; see the lots in the stock", lot=command.lot), ""
        )
    made_in = _arrival_of(journal, command.lot)
    if kind_of(known.origin) is CONVERTED:
        made_in = keys_of(known.origin)[0]
    elif kind_of(known.origin) is DONOR and _is_forgotten(journal, keys_of(known.origin)[0]):
        made_in = None
    if made_in is not None:
        raise InvalidField(
            Sentence(
                "lot {lot} was made by {made_in}: correct {made_in} instead",
                lot=command.lot,
                made_in=made_in,
            )
        )
    draft = journal.entry("lot_described", document=command.lot)
    draft.add_rows(
        msgspec.structs.replace(
            known,
            batch=command.batch,
            expires_on=command.expires_on,
            expires_month=command.expires_month,
        )
    )
    describe_products(journal, draft, [command.lot])


def _arrival_of(journal: Journal, lot: str) -> str | None:
    """Return the id of the arrival that brought a lot, or None.

    The result is also None if the arrival was reversed, or corrected so that these goods are no
    longer part of it. A later stock count may still have found the goods.
    """
    line = journal.books.latest_row(ArrivedLine, lot=lot)
    if line is None:
        return None
    latest = journal.books.latest_seq(Arrival, arrival=line.arrival) or 0
    has_lot = journal.books.rows_of_entry(ArrivedLine, latest, arrival=line.arrival, lot=lot)
    return line.arrival if has_lot else None


def _is_forgotten(journal: Journal, donor: str) -> bool:
    """Return whether the personal data of a donor was erased.

    Donations of such a donor cannot be corrected.
    """
    found = journal.books.catalogue.get(Donor, donor)
    return found is not None and found.name is None
