"""Deliveries of a team that were closed lately, and the goods that the team brings back from them.

The phones of the team show these goods until the team is back at the station. The result contains
no names of people.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Protocol

from supplies.books.reader import Books
from supplies.domain.entries import format_timestamp
from supplies.views.delivery_lines import read_loaded_lines
from supplies.views.pagination import View
from supplies.views.team_runs import ShownGoods, UnitNames, unit_words

LISTED_FOR = timedelta(days=1)
"""How long a delivery stays in the list after it was closed."""


class GoodsNames(UnitNames, Protocol):
    """Writes names and quantities of goods in the language to which a phone is set."""

    def item(self, code: str) -> str:
        """Return the name of an item."""

    def quantity(self, quantity: int, item: str) -> str:
        """Return a quantity with its unit."""


class EndedRun(View, frozen=True, kw_only=True):
    """A delivery of a team that was closed.

    Attributes:
        goods: What the team brings back, by the latest outcome of each stop; empty if everything
            was handed over or lost.
    """

    delivery: str
    goods: list[ShownGoods]


def list_ended_runs(books: Books, team: str, names: GoodsNames, now: datetime) -> list[EndedRun]:
    """Return the deliveries of a team that were closed in the last day, oldest first."""
    rows = books.all(
        "SELECT x.delivery FROM deliveries d CROSS JOIN delivery_ends x CROSS JOIN entries e "
        "WHERE d.station = :station AND d.team = :team AND x.station = d.station "
        "AND x.delivery = d.delivery AND e.station = x.station AND e.seq = x.seq "
        "AND e.recorded_at >= :since AND NOT EXISTS (SELECT 1 FROM deliveries n "
        "WHERE n.station = d.station AND n.delivery = d.delivery AND n.seq > d.seq) "
        "ORDER BY x.seq",
        team=team,
        since=format_timestamp(now - LISTED_FOR),
    )
    goods: dict[str, Counter[str]] = {str(delivery): Counter() for (delivery,) in rows}
    for line in read_loaded_lines(books, "delivery", goods):
        if line.brought_back and not line.removed_in:
            goods[line.delivery][line.item] += line.brought_back
    return [
        EndedRun(
            delivery=delivery,
            goods=[
                ShownGoods(
                    item=item,
                    name=names.item(item),
                    quantity=quantity,
                    words=names.quantity(quantity, item),
                    unit=unit_words(names, item),
                )
                for item, quantity in sums.items()
            ],
        )
        for delivery, sums in goods.items()
    ]
