"""Read goods sent to and received from other stations, for reports over several stations."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from supplies.books.reader import Books
from supplies.domain.accounts import DELIVERED, SENT


class StationTransfer(NamedTuple):
    """Goods of one item that were sent to another station or received from it, in base units.

    Goods that the receiver reported lost on the way are not included.

    Attributes:
        out: True if the goods were sent, False if they were received.
        item: The code of the item at the sender.
        here: The code of the item at this station.
        before: The total quantity until the day before the period.
        after: The total quantity until the last day of the period.
    """

    out: bool
    other: str
    item: str
    here: str
    unit: str
    before: int
    after: int


_OUT = (
    "SELECT s.destination AS other, l.item, l.item AS here, l.unit, e.booked_on AS day, "
    "l.quantity AS quantity "
    "FROM shipments s JOIN shipment_lines l ON l.station = s.station AND l.shipment = s.shipment "
    "JOIN entries e ON e.station = s.station AND e.seq = s.seq WHERE s.station = :station "
    "UNION ALL "
    "SELECT s.destination, t.item, t.item, i.unit, t.day, -t.quantity "
    "FROM shipments_acknowledged k "
    "JOIN shipments s ON s.station = k.station AND s.shipment = k.shipment "
    "JOIN transfers t ON t.station = k.station AND t.seq = k.seq "
    "JOIN items i ON i.station = t.station AND i.code = t.item WHERE k.station = :station "
    f"AND t.source = '{SENT.prefix}' || k.shipment "
    f"AND t.target <> '{DELIVERED.prefix}' || k.shipment"
)
"""SQL for the goods that were sent, minus those that the receiver reported lost on the way."""

_CAME = (
    "SELECT r.sender AS other, l.item, a.item AS here, l.unit, e.booked_on AS day, "
    "a.arrived AS quantity FROM shipments_received r "
    "JOIN shipment_arrivals a ON a.station = r.station AND a.shipment = r.shipment "
    "JOIN shipment_lines l ON l.station = r.sender AND l.shipment = a.shipment AND l.line = a.line "
    "JOIN entries e ON e.station = r.station AND e.seq = r.seq WHERE r.station = :station"
)
"""SQL for the goods that were received from stations in this database.

Each row also contains the code of the item at the sender.
"""


def read_station_transfers(books: Books, first: date, last: date) -> list[StationTransfer]:
    """Return the goods sent until `last`, then the goods received until `last`.

    Both are ordered by the other station and the item.
    """
    found = []
    for out, moves in ((True, _OUT), (False, _CAME)):
        rows = books.all(
            "SELECT other, item, here, unit, "
            "sum(CASE WHEN day < :first THEN quantity ELSE 0 END), sum(quantity) "
            f"FROM ({moves}) AS moves WHERE day <= :last "
            "GROUP BY other, item, here, unit ORDER BY other, item, here",
            first=first.isoformat(),
            last=last.isoformat(),
        )
        found += [
            StationTransfer(out, other, item, here, unit, int(before), int(after))
            for other, item, here, unit, before, after in rows
        ]
    return found
