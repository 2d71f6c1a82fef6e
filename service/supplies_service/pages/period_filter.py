"""The filter with which a page shows a period: two days, which may be left empty."""

from __future__ import annotations

from datetime import date, timedelta

from supplies.books.reader import Books
from supplies.domain.days import check_day
from supplies.errors import InvalidField, Sentence
from supplies.views.periods import get_period_of_entries


def parse_day(text: str, pointer: str) -> date | None:
    """Return a day that was typed into a filter. Return None for an empty text.

    Args:
        pointer: JSON pointer of the filter, for the error.

    Raises:
        InvalidField: the text is not a day, or the day is outside the range of the books.
    """
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise InvalidField.at(
            pointer, Sentence("{text} is not a day; write it as 2020-02-05", text=repr(text[:64]))
        ) from None
    check_day(day, pointer)
    return day


def parse_period(
    books: Books, first: str, last: str, *, today: date, days: int | None = None
) -> tuple[date, date]:
    """Return the first and the last day of a period.

    If `first` is empty, the period begins on the day of the first entry. If `last` is empty, it
    ends on the day of the last entry.

    Args:
        first, last: The typed days.
        today: The current day at the station. If there are no entries yet, an empty text means
            this day.
        days: The maximum length of the period in days, used only if both texts are empty. None
            means no maximum.

    Raises:
        InvalidField: a text is not a day, or the last day is before the first.
    """
    begin, end = parse_day(first, "/from"), parse_day(last, "/to")
    if begin is None or end is None:
        known = get_period_of_entries(books) if books.last_entry().seq else (today, today)
        if begin is None and end is None and days is not None:
            begin = max(known[0], known[1] - timedelta(days=days - 1))
        begin, end = begin or known[0], end or known[1]
    if end < begin:
        raise InvalidField.at("/to", Sentence("{last} is before {first}", last=end, first=begin))
    return begin, end
