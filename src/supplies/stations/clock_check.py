"""Compare the clock of the computer with the times stored in the books.

Commands that erase old data do this first, because a wrong clock would make them erase too much.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from supplies.books.reader import Books
from supplies.domain.entries import format_timestamp

MAX_GAP = timedelta(days=31)
"""Longest plausible time without any entry, verification or access at a station.

After a longer time, the clock may be wrong.
"""

_STORED_TIMES = (("entries", "recorded_at"), ("verifications", "verified_at"), ("access_log", "at"))
"""The tables and columns whose times are compared with the clock."""


def clock_doubt(books: Books, now: datetime) -> str | None:
    """Return why the clock may be wrong, or None if the stored times agree with the clock.

    If the clock was set ahead, the stored times have a gap between the right time and the wrong
    one. After a gap longer than `MAX_GAP`, the clock is doubted until the first time stored after
    the gap is `MAX_GAP` ago. All entries are read, so call this function for rare commands only.

    Args:
        now: The time that the clock shows, with a time zone.
    """
    since = now - MAX_GAP
    before, first = _stored(books, "max", since), _stored(books, "min", since)
    if before is None:
        return None  # The books are younger than that.
    last = now if first is None else first
    if last - before <= MAX_GAP:
        return None
    return (
        f"the clock shows {now:%Y-%m-%d}, but nothing was stored in the books of station "
        f"{books.station.code} from {before:%Y-%m-%d} to {last:%Y-%m-%d}"
    )


def entries_reach(books: Books, today: date) -> bool:
    """Return whether the last entries reach up to today without a gap longer than `MAX_GAP`.

    Only two rows of an index are read, so this function may be called often. After a longer gap,
    the result is False until the first entry after the gap is `MAX_GAP` old. For new books, the
    result is False too.

    Args:
        today: The day that the clock shows.
    """
    day = (today - MAX_GAP).isoformat()
    before, first = (
        books.value(
            f"SELECT {which}(booked_on) FROM entries "
            f"WHERE station = :station AND booked_on {than} :day",
            day=day,
        )
        for which, than in (("max", "<="), ("min", ">"))
    )
    if before is None:
        return False
    last = today if first is None else date.fromisoformat(first)
    return last - date.fromisoformat(before) <= MAX_GAP


def _stored(books: Books, which: str, when: datetime) -> datetime | None:
    """Return the last stored time up to `when`, or the first stored time after `when`.

    Args:
        which: `max` for the last time, `min` for the first one.
    """
    than = "<=" if which == "max" else ">"
    times = " UNION ALL ".join(
        f"SELECT {which}({column}) AS at FROM {table} "
        f"WHERE station = :station AND {column} {than} :at"
        for table, column in _STORED_TIMES
    )
    found = books.value(f"SELECT {which}(at) FROM ({times}) AS stored", at=format_timestamp(when))
    return None if found is None else datetime.fromisoformat(found)
