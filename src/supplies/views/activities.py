"""Work that moves no goods, counted by kind over a period, net of corrections."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from supplies.books import Books


def counted(books: Books, first: date, last: date) -> Counter[str]:
    """By kind, what was done on days from first to last.

    A correction takes the old count away on its own day, or on the first open day where that was
    closed by then, and adds the new one: what a closed period reported stays as it was.
    """
    rows = books.all(
        "SELECT a.seq, a.activity, a.kind, a.count, e.booked_on FROM activities a "
        "JOIN entries e ON e.station = a.station AND e.seq = a.seq "
        "WHERE a.station = :station ORDER BY a.seq"
    )
    closings = books.all("SELECT seq, closed_through FROM periods WHERE station = :station")
    standing: dict[str, tuple[str, int, date]] = {}
    total: Counter[str] = Counter()
    for seq, activity, kind, count, booked_on in rows:
        day = date.fromisoformat(booked_on)
        if activity in standing:
            was, before, when = standing[activity]
            if first <= _still_open(when, seq, closings) <= last:
                total[was] -= before
        if first <= day <= last:
            total[kind] += count
        standing[activity] = (kind, count, day)
    return Counter({kind: count for kind, count in sorted(total.items()) if count})


def _still_open(day: date, seq: int, closings: list[tuple[int, str]]) -> date:
    """The day itself, or the first one that was open when entry `seq` was recorded."""
    closed = max(((at, through) for at, through in closings if at < seq), default=None)
    if closed is None:
        return day
    return max(day, date.fromisoformat(closed[1]) + timedelta(days=1))
