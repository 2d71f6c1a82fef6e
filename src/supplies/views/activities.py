"""List and count activities: work that moves no goods, such as visits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

import msgspec

from supplies.books.reader import Books
from supplies.domain.entry_rows import Activity
from supplies.errors import NotFound, Sentence
from supplies.views.document_lists import all_numbers, list_documents, numbers_by_column
from supplies.views.pagination import DEFAULT_LIMIT, OrEarlier, Page, View, check_choice
from supplies.views.remarks import DocumentEntries, RemarkView
from supplies.views.shared_queries import DocumentState, DocumentType, find_document

DOCUMENT_TYPE = DocumentType(Activity, "activity", kind="activity_recorded", prefix="y")


class ActivityView(View, frozen=True, kw_only=True):
    """An activity, with all corrections.

    Attributes:
        count: How often the activity was done; 0 if it was reversed.
        who: The people who did the activity, as free text; None if nobody was named, or if the text
            was erased.
    """

    id: str
    kind: str
    count: int
    happened_on: date
    who: str | None
    remarks: list[RemarkView]
    or_earlier: OrEarlier = msgspec.UNSET


def get_activity(books: Books, name: str) -> ActivityView:
    """Return the activity with this id.

    Raises:
        NotFound: the activity does not exist.
    """
    found = find_document(books, DOCUMENT_TYPE, name)
    if found is None:
        raise NotFound(Sentence("unknown activity {name}; see the list of activities", name=name))
    return _views(books, [found])[0]


def list_activities(
    books: Books,
    *,
    kind: str | None = None,
    after: str | None = None,
    limit: int | None = DEFAULT_LIMIT,
) -> Page[ActivityView]:
    """List activities, oldest first.

    Args:
        kind: List only activities of this kind. If None, all are listed.

    Raises:
        InvalidField: `kind`, `after` or `limit` is invalid.
    """
    found = "SELECT 1 FROM activities WHERE station = :station AND kind = :kind LIMIT 1"
    if kind is not None and books.value(found, kind=kind) is None:
        known = books.all(
            "SELECT DISTINCT kind FROM activities WHERE station = :station ORDER BY 1"
        )
        check_choice("kind", kind, [row[0] for row in known])
    return list_documents(
        books,
        DOCUMENT_TYPE,
        _views,
        all_numbers(DOCUMENT_TYPE)
        if kind is None
        else numbers_by_column(DOCUMENT_TYPE, "kind", [kind]),
        after=after,
        limit=limit,
        state_filter=lambda one: kind in (None, one.kind),
    )


def _views(books: Books, found: Sequence[DocumentState[Activity]]) -> list[ActivityView]:
    entries = DocumentEntries(books, [one.stated.activity for one in found])
    return [
        ActivityView(
            id=one.stated.activity,
            kind=one.stated.kind,
            count=one.stated.count,
            happened_on=one.happened_on,
            or_earlier=entries.or_earlier(one.seq),
            who=entries.text(one.seq, "who"),
            remarks=entries.remarks(one.stated.activity),
        )
        for one in found
    ]


def count_activities(books: Books, first: date, last: date) -> Counter[str]:
    """Count activities by kind from the first to the last day, both included.

    A correction subtracts the old count on the old day and adds the new count on the new day. If
    the old day was closed when the correction was recorded, the old count is subtracted on the
    first open day instead. So the report of a closed period does not change.
    """
    counts = books.all(
        "SELECT a.kind, sum(a.count) FROM entries e CROSS JOIN activities a "
        "WHERE e.station = :station AND e.booked_on >= :first AND e.booked_on <= :last "
        "AND e.kind = :activity AND a.station = e.station AND a.activity = e.document "
        "AND a.seq = e.seq GROUP BY a.kind",
        activity=DOCUMENT_TYPE.kind,
        first=first.isoformat(),
        last=last.isoformat(),
    )
    total = Counter({kind: int(count) for kind, count in counts})
    for change in _subtracted(books, first, last):
        total[change.kind] += change.change
    return Counter({kind: count for kind, count in sorted(total.items()) if count})


class ActivityChange(NamedTuple):
    """An entry that changed the count of activities of one kind.

    Attributes:
        change: The number of activities that the entry added; negative if it subtracted some.
    """

    entry: int
    kind: str
    booked_on: date
    change: int


def list_activity_changes(books: Books, first: date, last: date) -> list[ActivityChange]:
    """Return the changes that `count_activities` adds up, in the order of their entries."""
    rows = books.all(
        "SELECT a.seq, a.kind, e.booked_on, a.count FROM entries e CROSS JOIN activities a "
        "WHERE e.station = :station AND e.booked_on >= :first AND e.booked_on <= :last "
        "AND e.kind = :activity AND a.station = e.station AND a.activity = e.document "
        "AND a.seq = e.seq",
        activity=DOCUMENT_TYPE.kind,
        first=first.isoformat(),
        last=last.isoformat(),
    )
    found = [
        ActivityChange(int(seq), kind, date.fromisoformat(day), int(count))
        for seq, kind, day, count in rows
        if count
    ]
    return sorted([*found, *_subtracted(books, first, last)])


def _subtracted(books: Books, first: date, last: date) -> list[ActivityChange]:
    """Return the changes in a period that subtract old counts of corrected activities.

    Each correction subtracts the count that it replaces. `count_activities` explains on which day.
    """
    closings = books.all("SELECT seq, closed_through FROM periods WHERE station = :station")
    found = []
    for old, new in pairwise(_read_corrected(books)):
        if old.activity == new.activity:
            day = _open_day(date.fromisoformat(old.booked_on), new.seq, closings)
            if first <= day <= last:
                found.append(ActivityChange(new.seq, old.kind, day, -old.stated))
    return found


class _Statement(NamedTuple):
    """One version of an activity: kind, count and day, as one entry recorded them."""

    activity: str
    seq: int
    kind: str
    stated: int
    booked_on: str


def _read_corrected(books: Books) -> list[_Statement]:
    """Return all versions of the activities that were corrected, ordered by activity and entry."""
    rows = books.all(
        "WITH corrected (activity) AS (SELECT DISTINCT document FROM entries "
        "WHERE station = :station AND supersedes IS NOT NULL AND kind = :activity) "
        "SELECT a.activity, a.seq, a.kind, a.count, e.booked_on FROM corrected c "
        "CROSS JOIN activities a CROSS JOIN entries e WHERE a.station = :station "
        "AND a.activity = c.activity AND e.station = a.station AND e.seq = a.seq "
        "ORDER BY a.activity, a.seq",
        activity=DOCUMENT_TYPE.kind,
    )
    return [_Statement(*row) for row in rows]


def _open_day(day: date, seq: int, closings: list[tuple[int, str]]) -> date:
    """Return `day` or, if it was closed when entry `seq` was recorded, the first open day after it.

    Args:
        closings: One pair for each entry that closed or reopened days: the number of the entry, and
            the last closed day after that entry.
    """
    closed = max(((at, through) for at, through in closings if at < seq), default=None)
    if closed is None:
        return day
    return max(day, date.fromisoformat(closed[1]) + timedelta(days=1))
