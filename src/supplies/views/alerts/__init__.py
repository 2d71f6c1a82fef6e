"""Alerts for the coordinators of a station. Alerts contain codes, but no names."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import get_args

from supplies.books.reader import Books
from supplies.views.alerts.alert import Alert, AlertKind
from supplies.views.alerts.decisions import (
    find_donor_requests,
    find_local_address,
    find_open_conflicts,
    find_people_to_forget,
    find_voided_receipts,
    find_wrong_codes,
)
from supplies.views.alerts.goods import (
    find_expiring_goods,
    find_goods_beside_pledges,
    find_items_below_minimum,
    find_unexplained_goods,
)
from supplies.views.alerts.late import (
    find_late_deliveries,
    find_late_needs,
    find_late_pledges,
    find_shipments,
    find_waiting_allocations,
)
from supplies.views.pagination import DEFAULT_LIMIT, Page, View, paginate
from supplies.views.shipments import list_awaited_shipments, list_unacknowledged_shipments

__all__ = [
    "DAYS_OF_VOIDS",
    "DAYS_OF_WRONG_CODES",
    "EXPIRY_NOTICE_DAYS",
    "MAX_DAYS_ALLOCATED",
    "MAX_DAYS_OUT",
    "Alert",
    "AlertKind",
    "AlertsReport",
    "count_alerts",
    "list_alerts",
    "report_alerts",
]

EXPIRY_NOTICE_DAYS, MAX_DAYS_OUT, MAX_DAYS_ALLOCATED = 30, 1, 7
"""Default values of `soon`, `out` and `waiting` in `list_alerts`, in days."""

DAYS_OF_VOIDS = 90
"""For how many days an alert about a voided receipt without a replacement is shown."""

DAYS_OF_WRONG_CODES = 14
"""For how many days an alert is shown after a household told the courier a wrong code."""


class AlertsReport(View, frozen=True, kw_only=True):
    """All alerts of a station on one day."""

    today: date
    items: list[Alert]


def report_alerts(books: Books, today: date) -> AlertsReport:
    """Return the alerts of a day.

    The limits `soon`, `out` and `waiting` of `list_alerts` have their default values.
    """
    return AlertsReport(today=today, items=list_alerts(books, today, limit=None).items)


def count_alerts(books: Books, today: date) -> dict[AlertKind, int]:
    """Return the number of alerts of each kind on a day, including kinds without alerts."""
    counts = Counter(alert.what for alert in report_alerts(books, today).items)
    return {what: counts[what] for what in get_args(AlertKind)}


def list_alerts(
    books: Books,
    today: date,
    *,
    soon: int = EXPIRY_NOTICE_DAYS,
    out: int = MAX_DAYS_OUT,
    waiting: int = MAX_DAYS_ALLOCATED,
    after: str | None = None,
    limit: int | None = DEFAULT_LIMIT,
) -> Page[Alert]:
    """List the alerts of a day, grouped by kind. In each group, the oldest come first.

    Every request for a page computes all alerts.

    Args:
        today: The current day in the station's time zone.
        soon: Report goods from this number of days before they expire.
        out: Report open deliveries that left at least this number of days ago.
        waiting: Report allocated goods that are still on the shelf after this number of days.

    Raises:
        InvalidField: `after` or `limit` is invalid.
    """
    found = [
        *find_expiring_goods(books, today, today + timedelta(days=soon)),
        *find_items_below_minimum(books, today),
        *find_open_conflicts(books),
        *find_late_deliveries(books, today - timedelta(days=out)),
        *find_late_needs(books, today),
        *find_late_pledges(books, today),
        *find_waiting_allocations(books, today - timedelta(days=waiting)),
        *find_wrong_codes(books, today - timedelta(days=DAYS_OF_WRONG_CODES)),
        *find_shipments("shipment_to_receive", list_awaited_shipments(books, limit=None).items),
        *find_shipments("shipment_unacknowledged", list_unacknowledged_shipments(books)),
        *find_voided_receipts(books, today - timedelta(days=DAYS_OF_VOIDS)),
        *find_people_to_forget(books, today),
        *find_unexplained_goods(books),
        *find_goods_beside_pledges(books),
        *find_donor_requests(books),
        *find_local_address(books),
    ]

    def fetch(position: int, wanted: int) -> list[tuple[int, Alert]]:
        return list(enumerate(found, 1))[position : position + wanted]

    return paginate(fetch, after, limit)
