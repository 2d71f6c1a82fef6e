"""Find donations that were probably recorded twice."""

from __future__ import annotations

from collections import Counter

from supplies.books.reader import Books
from supplies.domain.accounts import ANONYMOUS, DONOR
from supplies.domain.entry_rows import Arrival, ArrivalLine
from supplies.views.pagination import Warned
from supplies.views.shared_queries import read_latest

MAX_COMPARED = 20
"""Compare with so many of the donor's latest donations: duplicates follow one another closely."""


def find_likely_duplicates(books: Books, donation: str) -> list[Warned]:
    """Return a warning per donation with the same donor, goods and day as this one.

    Anonymous donations are not compared.
    """
    this = books.latest_row(Arrival, arrival=donation)
    if this is None or this.party == ANONYMOUS:
        return []
    rows = books.all(
        "SELECT DISTINCT a.arrival FROM (SELECT arrival, seq FROM arrivals "
        "WHERE station = :station AND origin = :origin AND party = :party "
        "ORDER BY seq DESC LIMIT :most) AS a "
        "JOIN entries e ON e.station = :station AND e.seq = a.seq WHERE e.happened_on = ("
        "SELECT happened_on FROM entries WHERE station = :station AND seq = :seq) "
        "ORDER BY a.arrival",
        origin=DONOR.name,
        party=this.party,
        most=MAX_COMPARED,
        seq=books.latest_seq(Arrival, arrival=donation),
    )
    lines = read_latest(books, ArrivalLine, "arrival", [name for (name,) in rows], head=Arrival)
    goods = {name: _goods(stated) for name, stated in lines.items()}
    return [
        Warned(
            warning="likely-duplicate",
            detail=f"donor {this.party} gave the same goods on the same day in {name}; "
            f"if this is the same gift, reverse {donation}",
            about=name,
        )
        for name in goods
        if name != donation and goods[name] == goods.get(donation)
    ]


def _goods(lines: list[ArrivalLine]) -> Counter[str]:
    total: Counter[str] = Counter()
    for line in lines:
        total[line.item] += line.quantity
    return total
