"""Balances as of an entry are the sums of all transfers up to it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from support.every_kind import RecordingStation, book_everything

from supplies.books.reader import Books
from supplies.domain.accounts import CHART
from supplies.views.balances_at import BalanceKey, latest_day_at, read_balances


def sums_until(books: Books, seq: int) -> dict[BalanceKey, int]:
    """Return the nonzero sums of the transfers up to an entry."""
    sums: Counter[BalanceKey] = Counter()
    for source, target, item, lot, quantity in books.all(
        "SELECT source, target, item, lot, quantity FROM transfers "
        "WHERE station = :station AND seq <= :seq",
        seq=seq,
    ):
        sums[source, item, lot] -= quantity
        sums[target, item, lot] += quantity
    return {key: quantity for key, quantity in sums.items() if quantity}


def test_balances_at_each_entry_are_the_sums_of_the_transfers_up_to_it(
    books_url: str, tmp_path: Path
) -> None:
    station = RecordingStation(books_url)
    with station.ledger as ledger:
        book_everything(station, str(tmp_path / "elsewhere.db"))
        with ledger.reading() as books:
            days = books.all(
                "SELECT seq, booked_on FROM entries WHERE station = :station ORDER BY seq"
            )
            assert [day for _, day in days] != sorted(day for _, day in days)
            for seq, _ in days:
                assert read_balances(books, CHART.values(), at=seq) == sums_until(books, seq)
                assert latest_day_at(books, seq) == max(day for at, day in days if at <= seq)
            assert read_balances(books, CHART.values(), at=0) == {}


def test_balances_at_an_entry_are_filtered_by_item_and_by_location(
    books_url: str, tmp_path: Path
) -> None:
    station = RecordingStation(books_url)
    with station.ledger as ledger:
        book_everything(station, str(tmp_path / "elsewhere.db"))
        kinds = CHART["stock"], CHART["allocated"]
        with ledger.reading() as books:
            for seq in range(1, books.last_entry().seq + 1):
                found = read_balances(books, kinds, at=seq)
                for item, location in (("mask", "a"), ("gel", "b")):
                    assert read_balances(books, kinds, at=seq, item=item, key=location) == {
                        key: quantity
                        for key, quantity in found.items()
                        if key[1] == item and key[0].endswith(f":{location}")
                    }
