"""Loaded lines of stops and their outcomes, for deliveries, allocations and slips."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from supplies.books.reader import Books
from supplies.domain.commands import Outcome
from supplies.views.shared_queries import query_ids


class LoadedLine(NamedTuple):
    """One loaded line of a stop. outcome None: not reported yet, and nothing became of it."""

    delivery: str
    stop: int
    allocation: str
    recipient: str
    line: int
    item: str
    lot: str
    loaded: int
    outcome: Outcome | None
    received: int
    brought_back: int
    lost: int
    in_transit: int


def read_loaded_lines(
    books: Books, key: Literal["delivery", "allocation"], ids: Iterable[str]
) -> list[LoadedLine]:
    """Return the loaded lines of these deliveries or allocations, stop by stop.

    What became of them is as the latest outcome states it; what is in transit, as accounts hold.
    """
    rows = query_ids(
        books,
        ids,
        "SELECT s.delivery, s.stop, s.allocation, s.recipient, l.line, l.item, l.lot, l.loaded, "
        "o.outcome, coalesce(r.received, 0), coalesce(r.brought_back, 0), coalesce(r.lost, 0), "
        "coalesce(b.quantity, 0) "
        "FROM wanted w CROSS JOIN stops s CROSS JOIN stop_lines l "
        "LEFT JOIN outcomes o ON o.station = s.station AND o.delivery = s.delivery "
        "AND o.allocation = s.allocation AND o.seq = (SELECT max(m.seq) FROM outcomes m "
        "WHERE m.station = s.station AND m.delivery = s.delivery AND m.allocation = s.allocation) "
        "LEFT JOIN outcome_lines r ON r.station = l.station AND r.delivery = l.delivery "
        "AND r.allocation = l.allocation AND r.line = l.line AND r.seq = o.seq "
        "LEFT JOIN balances b ON b.station = s.station AND b.item = l.item AND b.lot = l.lot "
        "AND b.account = 'in_transit:' || s.delivery || ':' || s.allocation "
        f"WHERE s.station = :station AND s.{key} = w.id AND l.station = s.station "
        "AND l.delivery = s.delivery AND l.allocation = s.allocation "
        "ORDER BY s.seq, s.stop, l.line",
    )
    carried: dict[tuple[str, str, str, str], int] = {}
    found = []
    for row in rows:
        door = LoadedLine(*row)
        # One balance may stand for two lines, of one lot from two shelves.
        where = (door.delivery, door.allocation, door.item, door.lot)
        rest = carried.get(where, door.in_transit)
        here = min(rest, door.loaded)
        carried[where] = rest - here
        found.append(door._replace(in_transit=here))
    return found
