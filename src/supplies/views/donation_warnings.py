"""Warnings about arrived goods and the receipts for them.

The warnings are about goods beyond their pledge, a missing batch or expiry, and a first receipt
whose QR code works only on the station's own computer.
"""

from __future__ import annotations

from msgspec import UNSET

from supplies.books.reader import Books
from supplies.domain.catalogue_records import missing_labels
from supplies.domain.entry_rows import Arrival, ArrivalLine, Pledge, ProductPledge
from supplies.stations.public_address import first_receipt_warning
from supplies.views.pagination import Warned
from supplies.views.shared_queries import read_latest, read_lots


def find_beside_pledge(books: Books, document: str) -> list[Warned]:
    """Return a warning for each line of a donation or conversion that exceeds its pledge."""
    seq = books.value(
        "SELECT max(seq) FROM entries "
        "WHERE station = :station AND document = :document AND part = 0",
        document=document,
    )
    if seq is None:
        return []
    came_on = books.body(seq).happened_on
    warnings = []
    for line in books.body(seq).rows:
        if not isinstance(line, ArrivalLine | ProductPledge):
            continue
        if line.pledge is None or line.on_pledge == line.quantity:
            continue
        where = f"line {line.line}" if isinstance(line, ArrivalLine) else f"lot {line.lot}"
        made = books.latest_seq(Pledge, pledge=line.pledge)
        made_on = None if made is None else books.body(made).happened_on
        because = "the rest of which is fulfilled, cancelled or claimed for others"
        if made_on is not None and made_on > came_on:
            because = f"which was made on {made_on}, after they came on {came_on}"
        warnings.append(
            Warned(
                warning="beside-pledge",
                detail=f"{line.quantity - line.on_pledge} × {books.item(line.item).name} in "
                f"{where} are a gift beside pledge {line.pledge}, {because}",
                about=line.pledge,
                line=line.line if isinstance(line, ArrivalLine) else UNSET,
                item=line.item,
            )
        )
    return warnings


def find_missing_labels(books: Books, arrival: str) -> list[Warned]:
    """Return a warning for each arrived line without a batch or expiry that its item requires."""
    lines = read_latest(books, ArrivalLine, "arrival", [arrival], decided_by=Arrival).get(
        arrival, []
    )
    lots = read_lots(books, [line.lot for line in lines])
    warnings = []
    for line in lines:
        item, lot = books.item(line.item), lots[line.lot]
        warnings += [
            Warned(
                warning=f"{label}-missing",
                detail=f"{item.name} in line {line.line} has no {label}; read it from the goods "
                f"and correct {arrival}",
                about=line.lot,
                line=line.line,
                item=line.item,
            )
            for label in missing_labels(item, lot.batch, lot.expires_on)
        ]
    return warnings


def find_local_address(books: Books, first: int, last: int) -> list[Warned]:
    """Return a warning if a command issued the first receipt of a station with a local host.

    With such a host, only the station's own computer can open the URL in the QR code.

    Args:
        first: Number of the command's first entry.
        last: Number of the command's last entry.
    """
    found = first_receipt_warning(books, first, last)
    if found is None:
        return []
    number, message = found
    return [Warned(warning="local-address", detail=message, about=number)]
