"""Delivery slips: what a team carries to each door, with no more of a person than it needs."""

from __future__ import annotations

from itertools import groupby

from supplies.books import Books
from supplies.documents import DeliverySlip, SlipLine
from supplies.errors import NotFound
from supplies.masking import mask_name, mask_phone
from supplies.model import Lot
from supplies.views.deliveries import SERIES
from supplies.views.doors import Door, doors
from supplies.views.queries import document, lots
from supplies.views.stations import station_head


def delivery_slips(books: Books, delivery: str) -> list[DeliverySlip]:
    """One slip a stop, in the order of the way: masked name and telephone, full door number.

    Raises Forgotten where a recipient was forgotten since: their slip is not printed again.
    """
    found = document(books, SERIES, delivery)
    if found is None:
        raise NotFound(f"there is no delivery {delivery}; see the list of deliveries")
    loaded = doors(books, "delivery", [delivery])
    described = lots(books, [door.lot for door in loaded])
    stops = [list(lines) for _, lines in groupby(loaded, key=lambda door: door.stop)]
    head = station_head(books)
    team = books.team(found.stated.team).name
    day = books.body(found.first).happened_on
    slips = []
    for lines in stops:
        first = lines[0]
        recipient = books.recipient(first.recipient)
        slips.append(
            DeliverySlip(
                delivery=delivery,
                allocation=first.allocation,
                stop=first.stop,
                stops=len(stops),
                station=head,
                team=team,
                day=day,
                recipient=first.recipient,
                name=mask_name(recipient.name or ""),
                phone=None if recipient.phone is None else mask_phone(recipient.phone),
                address=recipient.address,
                access=recipient.access,
                lines=[_line(books, door, described[door.lot]) for door in lines],
            )
        )
    return slips


def _line(books: Books, door: Door, lot: Lot) -> SlipLine:
    item = books.item(door.item)
    return SlipLine(
        name=item.name,
        name_en=item.name_en,
        unit=item.unit,
        quantity=door.loaded,
        batch=lot.batch,
        expires_on=lot.expires_on,
    )
