"""The periods of reports. The default period is from the first to the last day with entries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from supplies.books.merged_codes import codes_of_person
from supplies.books.reader import Books
from supplies.domain.accounts import DONOR
from supplies.errors import InvalidField, NotFound, Sentence
from supplies.views.pagination import View
from supplies.views.shared_queries import is_one_of, named_values


class PeriodReport(View, frozen=True, kw_only=True):
    """Base class of reports about a period.

    Attributes:
        first ("from" in JSON), last ("to" in JSON): First and last day, both included.
    """

    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="to")


def check_days(first: date, last: date) -> None:
    """Check that a period does not end before it begins.

    Raises:
        InvalidField: `last` is before `first`.
    """
    if last < first:
        raise InvalidField.at("/to", Sentence("{last} is before {first}", last=last, first=first))


def end_of_period(books: Books, first: date, last: date) -> date:
    """Return the last day of which a report of a period can tell.

    Books of a past day know nothing of later days, so the period ends on that day at the latest.

    Raises:
        InvalidField: `last` is before `first`.
    """
    check_days(first, last)
    return last if books.past_day is None else max(first, min(last, books.past_day))


def get_period_of_entries(books: Books) -> tuple[date, date]:
    """Return the earliest and the latest day with an entry.

    Raises:
        NotFound: there are no entries.
    """
    return get_period_of_stations([books])


def get_period_of_stations(stations: Sequence[Books]) -> tuple[date, date]:
    """Return the earliest and the latest day with an entry at any of these stations.

    Raises:
        NotFound: there are no entries.
    """
    query = "SELECT min(booked_on) FROM entries WHERE station = :station"
    first = [day for books in stations if (day := books.value(query)) is not None]
    if not first:
        raise NotFound(Sentence("there are no entries yet to report"))
    return date.fromisoformat(min(first)), date.fromisoformat(
        max(b.last_entry().latest_day for b in stations)
    )


def get_period_of_donor(books: Books, donor: str) -> tuple[date, date]:
    """Return the day of the donor's first donation, and the latest day of any entry.

    If the day of a donation was corrected, the corrected day counts.

    Raises:
        NotFound: the donor is unknown, or the books contain no donation of the donor.
        Forgotten: the donor was forgotten, and the books contain no donation of the donor.
    """
    accounts = [DONOR(code) for code in codes_of_person(books, "donor", donor)]
    first = books.value(
        "SELECT min(day) FROM days "
        f"WHERE station = :station AND {is_one_of('account', accounts)} AND quantity <> 0",
        **named_values(accounts),
    )
    if first is None:
        books.donor(donor)
        raise NotFound(Sentence("{donor} has made no donation yet", donor=donor))
    return date.fromisoformat(first), date.fromisoformat(books.last_entry().latest_day)
