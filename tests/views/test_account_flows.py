"""The quantities of goods that moved in a period are the sums of the transfers of its days."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import combinations_with_replacement
from pathlib import Path

import pytest
from support.every_kind import RecordingStation, book_everything
from support.ledger_fixture import StationLedger

from supplies.books.reader import Books
from supplies.domain import commands as c
from supplies.views import account_flows
from supplies.views.account_flows import (
    EntriesOfPeriod,
    find_entries_of_period,
    sum_goods_moved,
)

COLUMNS = "t.source", "t.target", "t.item"


def added_up(books: Books, first: date, last: date) -> Counter[tuple[str, str, str]]:
    """Return the sums of `sum_goods_moved`, by source, target and item."""
    moved: Counter[tuple[str, str, str]] = Counter()
    for source, target, item, quantity in sum_goods_moved(books, first, last, COLUMNS):
        moved[source, target, item] += int(quantity)
    return moved


def sums_of_days(books: Books, first: date, last: date) -> Counter[tuple[str, str, str]]:
    """Return the sums of the transfers of goods, read one by one."""
    moved: Counter[tuple[str, str, str]] = Counter()
    for source, target, item, lot, day, quantity in books.all(
        "SELECT source, target, item, lot, day, quantity FROM transfers WHERE station = :station"
    ):
        if lot and first <= date.fromisoformat(day) <= last:
            moved[source, target, item] += quantity
    return moved


@pytest.mark.parametrize("entries_per_query", [account_flows.ENTRIES_PER_QUERY, 1, 7])
def test_goods_moved_in_each_period_are_the_sums_of_the_transfers_of_its_days(
    books_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entries_per_query: int
) -> None:
    monkeypatch.setattr(account_flows, "ENTRIES_PER_QUERY", entries_per_query)
    station = RecordingStation(books_url)
    with station.ledger as ledger:
        book_everything(station, str(tmp_path / "elsewhere.db"))
        with ledger.reading() as books:
            numbers: dict[date, list[int]] = {}
            for seq, day in books.all(
                "SELECT seq, booked_on FROM entries WHERE station = :station ORDER BY seq"
            ):
                numbers.setdefault(date.fromisoformat(day), []).append(seq)
            late = 0
            for first, last in combinations_with_replacement(sorted(numbers), 2):
                assert added_up(books, first, last) == sums_of_days(books, first, last)
                period = find_entries_of_period(books, first, last)
                found = [seq for day in numbers if first <= day <= last for seq in numbers[day]]
                assert period is not None
                assert (period.lowest, period.highest) == (min(found), max(found))
                late += period.highest > period.before_next
            assert late


def test_goods_booked_late_or_corrected_count_on_the_days_on_which_they_are_booked(
    station: StationLedger,
) -> None:
    def received(first: int, last: int) -> int:
        days = (date(2020, 2, day) for day in (first, last))
        return added_up(station.books, *days)["donor:D-1", "stock:store", "mask"]

    station.give(1, happened_on=date(2020, 2, 8))  # recorded on the 10th, as all of these
    given = station.give(10)
    station.clock.advance(5)
    station.give(100)
    station.give(1000, happened_on=date(2020, 2, 9))
    more = station.donation(30, happened_on=date(2020, 2, 10))
    station(c.Correct(entry=given.seq, command=more, reason="miscounted"))
    station.give(10_000, happened_on=date(2020, 2, 7))
    assert received(8, 8) == 1
    assert received(9, 9) == 1000
    assert received(10, 10) == 30
    assert received(8, 10) == 1031
    assert received(9, 15) == 1130
    assert received(7, 15) == received(1, 28) == 11_131


def test_a_period_without_entries_has_no_numbers_and_no_goods(station: StationLedger) -> None:
    station.give(1)
    before = date(2020, 1, 1), date(2020, 2, 9)
    assert find_entries_of_period(station.books, *before) is None
    assert sum_goods_moved(station.books, *before, COLUMNS) == []
    first, last = 1, station.entries()
    whole = find_entries_of_period(station.books, date(2020, 1, 1), date(2020, 12, 31))
    assert whole == EntriesOfPeriod(first, last, last)
