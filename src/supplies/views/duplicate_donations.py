"""Find donations that were probably recorded twice."""

from __future__ import annotations

from collections import Counter

from supplies.books.reader import Books
from supplies.domain.accounts import ANONYMOUS, DONOR, UNEXPLAINED
from supplies.domain.entry_rows import Arrival, ArrivalLine, Pledge
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


def find_unexplained_surplus(books: Books, donation: str) -> list[Warned]:
    """Return a warning per item of a donation that was found at its location and not explained.

    The same goods may be in stock twice then: as found, and as given.
    """
    this = books.latest_row(Arrival, arrival=donation)
    if this is None:
        return []
    seq = books.latest_seq(Arrival, arrival=donation) or 0
    lines = books.rows_of_entry(ArrivalLine, seq, arrival=donation)
    warnings = []
    for item in dict.fromkeys(line.item for line in lines):
        balances = books.nonzero_balances(UNEXPLAINED(this.location), item)
        surplus = -sum(balances.values())
        if surplus > 0:
            warnings.append(
                Warned(
                    warning="unexplained-surplus",
                    detail=f"{surplus} × {books.item(item).name} were found in {this.location} and "
                    f"are unexplained. If they are this gift, correct {donation} to the day on "
                    "which it came, before the count; or reverse it and settle what was found",
                    about=this.location,
                )
            )
    return warnings


def find_beside_pledge(books: Books, donation: str) -> list[Warned]:
    """Return a warning per line of a donation that is more than its pledge promised."""
    seq = books.latest_seq(Arrival, arrival=donation)
    if seq is None:
        return []
    came_on = books.body(seq).happened_on
    warnings = []
    for line in books.rows_of_entry(ArrivalLine, seq, arrival=donation):
        if line.pledge is None or line.on_pledge == line.quantity:
            continue
        made = books.latest_seq(Pledge, pledge=line.pledge)
        made_on = None if made is None else books.body(made).happened_on
        because = f"which promised no more when they came on {came_on}"
        if made_on is not None and made_on > came_on:
            because = f"which was made on {made_on}, after they came on {came_on}"
        warnings.append(
            Warned(
                warning="beside-pledge",
                detail=f"{line.quantity - line.on_pledge} × {books.item(line.item).name} in line "
                f"{line.line} are a gift beside pledge {line.pledge}, {because}",
                about=line.pledge,
            )
        )
    return warnings


def _goods(lines: list[ArrivalLine]) -> Counter[str]:
    total: Counter[str] = Counter()
    for line in lines:
        total[line.item] += line.quantity
    return total
