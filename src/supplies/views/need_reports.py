"""Report needs by item, community and urgency, and how long households wait for goods."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from typing import NamedTuple

from supplies.books.queries import query_ids
from supplies.books.reader import Books
from supplies.domain.accounts import ASSIGNED, CLAIMED, MET, NEEDED
from supplies.domain.catalogue_records import Recipient
from supplies.domain.commands import Urgency
from supplies.views.catalogue import get_record
from supplies.views.needs import DOCUMENT_TYPE
from supplies.views.pagination import View
from supplies.views.periods import PeriodReport, check_days
from supplies.views.shared_queries import read_account_balances

_ORDER = {"high": 0, "normal": 1, "low": 2}


class NeedGroup(View, frozen=True, kw_only=True):
    """The needs for one item in one community with one urgency, in base units.

    Ended needs are left out.

    Attributes:
        community: None for recipients without a community.
        waiting: The number of needs that are not met.
        missing: The quantity of the waiting needs that has not been handed over.
        longest_days, mean_days: The longest and the mean waiting time of the unmet needs, in whole
            days; None if all are met.
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
    noted = _noted(books, first, last)
    missing = _missing(books, [need.id for need in noted])
    met_on = _days_met(books, [need.id for need in noted if need.id not in missing])
    groups: defaultdict[tuple[str, str | None, Urgency], list[_Noted]] = defaultdict(list)
    for need in noted:
        if need.id in missing or need.id in met_on:
            groups[need.item, need.community, need.urgency].append(need)
    found = [
        _group(item, community, urgency, needs, missing, met_on, today)
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


class _Noted(NamedTuple):
    """The latest version of a need that was noted in the period."""

    id: str
    community: str | None
    item: str
    urgency: Urgency
    happened_on: date


def _noted(books: Books, first: date, last: date) -> list[_Noted]:
    rows = books.all(
        "SELECT n.need, n.recipient, r.community, n.item, n.urgency, e.happened_on "
        # An entry is booked on the day on which it happened or later. Without `|| ''`, SQLite would
        # read the entries of this kind of all days.
        "FROM entries e CROSS JOIN needs n LEFT JOIN recipients r "
        "ON r.station = n.station AND r.code = n.recipient "
        "WHERE e.station = :station AND e.kind || '' = :kind "
        "AND e.booked_on >= :first AND e.happened_on >= :first AND e.happened_on <= :last "
        "AND n.station = e.station AND n.need = e.document AND n.seq = e.seq "
        "AND n.seq = (SELECT max(m.seq) FROM needs m "
        "WHERE m.station = n.station AND m.need = n.need)",
        kind=DOCUMENT_TYPE.kind,
        first=first.isoformat(),
        last=last.isoformat(),
    )
    merged = {
        code: get_record(books, Recipient, stays).community
        for code, stays in books.catalogue.merged_codes("recipient").items()
    }
    return [
        _Noted(need, merged.get(recipient, community), item, urgency, date.fromisoformat(day))
        for need, recipient, community, item, urgency, day in rows
    ]


def _missing(books: Books, needs: list[str]) -> Counter[str]:
    """Return the quantity that is not handed over yet, by need. Needs met in full are left out."""
    missing: Counter[str] = Counter()
    for kind in (NEEDED, CLAIMED, ASSIGNED):
        for balance in read_account_balances(books, kind, needs):
            missing[balance.id] += balance.quantity
    return missing


def _days_met(books: Books, needs: list[str]) -> dict[str, date]:
    """Return the day on which the last goods for each need were handed over, by need.

    Needs for which nothing is handed over are left out.
    """
    rows = query_ids(
        books,
        map(MET, needs),
        "SELECT w.id, max(t.day) FROM wanted w CROSS JOIN balances b CROSS JOIN transfers t "
        "WHERE b.station = :station AND b.account = w.id AND b.quantity > 0 "
        "AND t.station = b.station AND t.target = b.account AND t.item = b.item "
        "AND t.lot = b.lot GROUP BY w.id",
    )
    return {account.partition(":")[2]: date.fromisoformat(day) for account, day in rows}


def _group(
    item: str,
    community: str | None,
    urgency: Urgency,
    needs: list[_Noted],
    missing: Counter[str],
    met_on: dict[str, date],
    today: date,
) -> NeedGroup:
    waiting = [need for need in needs if need.id in missing]
    waits = [max(0, (today - need.happened_on).days) for need in waiting]
    took = [
        max(0, (met_on[need.id] - need.happened_on).days) for need in needs if need.id in met_on
    ]
    return NeedGroup(
        item=item,
        community=community,
        urgency=urgency,
        waiting=len(waiting),
        missing=sum(missing[need.id] for need in waiting),
        longest_days=max(waits, default=None),
        mean_days=sum(waits) // len(waits) if waits else None,
        met=len(took),
        mean_days_to_meet=sum(took) // len(took) if took else None,
    )
