"""Report needs by item, community and urgency, and how long households wait for goods."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from supplies.books.reader import Books, query_ids
from supplies.domain.accounts import MET
from supplies.domain.catalogue_records import Recipient
from supplies.domain.commands import Urgency
from supplies.views.needs import NeedView, list_needs
from supplies.views.pagination import View
from supplies.views.periods import PeriodReport, check_days

_ORDER = {"high": 0, "normal": 1, "low": 2}


class NeedGroup(View, frozen=True, kw_only=True):
    """The needs for one item in one community with one urgency, in base units.

    Ended needs are left out.

    Attributes:
        community: None for recipients without a community.
        waiting: The number of needs that are not met.
        missing: The quantity of the waiting needs that has not been handed over.
        longest_days, mean_days: How many whole days the unmet needs have waited, at most and on
            average. None if all are met.
        met: The number of needs that were met.
        mean_days_to_meet: The average number of whole days until needs were met; None if none was.
    """

    item: str
    community: str | None
    urgency: Urgency
    waiting: int
    missing: int
    longest_days: int | None
    mean_days: int | None
    met: int
    mean_days_to_meet: int | None


class NeedsReport(PeriodReport, frozen=True, kw_only=True):
    """The needs that arose in a period. The most urgent and longest waiting come first."""

    today: date
    items: list[NeedGroup]


def report_needs(books: Books, first: date, last: date, today: date) -> NeedsReport:
    """Return the needs that arose in a period, by item, community and urgency.

    Args:
        today: The current day in the station's time zone. The waiting time of unmet needs is
            counted until this day.

    Raises:
        InvalidField: `last` is before `first`.
    """
    check_days(first, last)
    groups: defaultdict[tuple[str, str | None, Urgency], list[NeedView]] = defaultdict(list)
    for need in list_needs(books, days=(first, last), limit=None).items:
        if need.status != "ended":
            recipient = books.catalogue.get(Recipient, need.recipient)
            community = None if recipient is None else recipient.community
            groups[need.item, community, need.urgency].append(need)
    met = [need.id for needs in groups.values() for need in needs if need.status == "met"]
    met_on = _days_met(books, met)
    found = [
        _group(item, community, urgency, needs, met_on, today)
        for (item, community, urgency), needs in groups.items()
    ]
    found.sort(
        key=lambda one: (
            _ORDER[one.urgency],
            -(one.longest_days or -1),
            one.item,
            one.community or "",
        )
    )
    return NeedsReport(first=first, last=last, today=today, items=found)


def _days_met(books: Books, needs: list[str]) -> dict[str, date]:
    """Return the day on which the last goods for each need were handed over, by need."""
    rows = query_ids(
        books,
        map(MET, needs),
        "SELECT w.id, max(t.day) FROM wanted w CROSS JOIN transfers t "
        "WHERE t.station = :station AND t.target = w.id GROUP BY w.id",
    )
    return {account.partition(":")[2]: date.fromisoformat(day) for account, day in rows}


def _group(
    item: str,
    community: str | None,
    urgency: Urgency,
    needs: list[NeedView],
    met_on: dict[str, date],
    today: date,
) -> NeedGroup:
    waiting = [need for need in needs if need.status != "met"]
    waits = [max(0, (today - need.happened_on).days) for need in waiting]
    took = [
        max(0, (met_on[need.id] - need.happened_on).days) for need in needs if need.id in met_on
    ]
    return NeedGroup(
        item=item,
        community=community,
        urgency=urgency,
        waiting=len(waiting),
        missing=sum(need.needed + need.claimed + need.assigned for need in waiting),
        longest_days=max(waits, default=None),
        mean_days=sum(waits) // len(waits) if waits else None,
        met=len(took),
        mean_days_to_meet=sum(took) // len(took) if took else None,
    )
