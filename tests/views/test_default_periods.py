"""A report without a period covers all days with entries, in whatever order they were recorded."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from support.ledger_fixture import TODAY, StationLedger

from supplies.domain import commands as c
from supplies.errors import NotFound
from supplies.views.periods import get_period_of_donor, get_period_of_entries

EARLIER = TODAY - timedelta(days=9)


def correct(station: StationLedger, entry: int, happened_on: date) -> None:
    again = station.donation(11, happened_on=happened_on)
    station(c.Correct(entry=entry, command=again, reason="the day was wrong"))


def test_an_older_entry_recorded_later_begins_the_period(station: StationLedger) -> None:
    station.give(11)
    station(station.donation(22, happened_on=EARLIER))
    assert get_period_of_entries(station.books) == (EARLIER, TODAY)
    assert get_period_of_donor(station.books, "D-1") == (EARLIER, TODAY)


def test_a_donation_corrected_to_an_earlier_day_begins_the_donors_period(
    station: StationLedger,
) -> None:
    gift = station.give(11)
    correct(station, gift.seq, happened_on=EARLIER)
    assert get_period_of_donor(station.books, "D-1") == (EARLIER, TODAY)


def test_a_donation_corrected_to_a_later_day_begins_the_donors_period_later(
    station: StationLedger,
) -> None:
    gift = station(station.donation(11, happened_on=EARLIER))
    correct(station, gift.seq, happened_on=TODAY)
    assert get_period_of_donor(station.books, "D-1") == (TODAY, TODAY)


def test_a_donor_whose_only_donation_was_reversed_has_no_period(station: StationLedger) -> None:
    gift = station.give(11)
    station(c.Reverse(entry=gift.seq, reason="typed twice"))
    with pytest.raises(NotFound, match="D-1 has made no donation yet"):
        get_period_of_donor(station.books, "D-1")


def test_books_without_entries_have_no_period(station: StationLedger) -> None:
    with pytest.raises(NotFound, match="there are no entries yet"):
        get_period_of_entries(station.books)
