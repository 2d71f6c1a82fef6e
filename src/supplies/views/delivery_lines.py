"""Read the goods that were loaded for the stops of deliveries, with the outcomes of the stops."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from supplies.books.queries import query_ids
from supplies.books.reader import Books
from supplies.domain.commands import Outcome


class LoadedLine(NamedTuple):
    """Goods of one lot that were loaded for a stop, with quantities in base units.

    Attributes:
        outcome: None if no outcome has been reported. The quantities received, brought back and
            lost are then 0.
        reported_in: Number of the entry with the outcome; None without an outcome.
        happened_at: Time of the outcome as ISO text; None if only the day is known.
        removed_in: Number of the entry that took the stop off the delivery; None if the stop is on
            it.
        moved_to: The delivery to which a removed stop was moved; otherwise None.
    """

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
    reported_in: int | None
    happened_at: str | None
    received_by: str | None
    proof: str | None
    location: str
    removed_in: int | None
    moved_to: str | None


def read_loaded_lines(
    books: Books, key: Literal["delivery", "allocation"], ids: Iterable[str]
) -> list[LoadedLine]:
    """Return the loaded lines of these deliveries or allocations, in order of dispatch and stop.

    The quantities received, brought back and lost are from the latest outcome. The quantity in
    transit is the current balance.
    """
    rows = query_ids(
        books,
        ids,
        "SELECT s.delivery, s.stop, s.allocation, s.recipient, l.line, l.item, l.lot, l.loaded, "
        "o.outcome, coalesce(r.received, 0), coalesce(r.brought_back, 0), coalesce(r.lost, 0), "
        "coalesce(b.quantity, 0), o.seq, o.happened_at, o.received_by, o.proof, "
        "l.location, m.seq, m.moved_to "
        "FROM wanted w CROSS JOIN stops s CROSS JOIN stop_lines l "
        "LEFT JOIN outcomes o ON o.station = s.station AND o.delivery = s.delivery "
        "AND o.allocation = s.allocation AND o.seq = (SELECT max(m.seq) FROM outcomes m "
        "WHERE m.station = s.station AND m.delivery = s.delivery AND m.allocation = s.allocation) "
        "LEFT JOIN outcome_lines r ON r.station = l.station AND r.delivery = l.delivery "
        "AND r.allocation = l.allocation AND r.line = l.line AND r.seq = o.seq "
        "LEFT JOIN stop_removals m ON m.station = s.station AND m.delivery = s.delivery "
        "AND m.allocation = s.allocation "
        "LEFT JOIN balances b ON b.station = s.station AND b.item = l.item AND b.lot = l.lot "
        "AND b.account = 'in_transit:' || s.delivery || ':' || s.allocation "
        f"WHERE s.station = :station AND s.{key} = w.id AND l.station = s.station "
        "AND l.delivery = s.delivery AND l.allocation = s.allocation "
        "ORDER BY s.seq, s.stop, l.line",
    )
    carried: dict[tuple[str, str, str, str], int] = {}
    found = []
    for row in rows:
        line = LoadedLine(*row)
        # Two lines of one lot, loaded from two locations, share one balance.
        account = (line.delivery, line.allocation, line.item, line.lot)
        rest = carried.get(account, line.in_transit)
        here = min(rest, line.loaded)
        carried[account] = rest - here
        found.append(line._replace(in_transit=here))
    return found
