"""Report the pledges, needs and deliveries of a period, each with its lines."""

from __future__ import annotations

from datetime import date

from msgspec import structs

from supplies.books.reader import Books
from supplies.views.deliveries import DeliveryView, list_deliveries
from supplies.views.donor_reports import donor_name
from supplies.views.needs import NeedView, list_needs
from supplies.views.periods import PeriodReport, check_days
from supplies.views.pledges import PledgeView, list_pledges


class ReportedPledge(PledgeView, frozen=True, kw_only=True):
    """A pledge with the name of its donor.

    Attributes:
        donor_name: None if the donor was forgotten.
    """

    donor_name: str | None


class PledgesReport(PeriodReport, frozen=True, kw_only=True):
    """The pledges that were made in a period, oldest first."""

    items: list[ReportedPledge]


class NotedNeedsReport(PeriodReport, frozen=True, kw_only=True):
    """The needs that were noted in a period, oldest first."""

    items: list[NeedView]


class DeliveriesReport(PeriodReport, frozen=True, kw_only=True):
    """The deliveries that were dispatched in a period, oldest first."""

    items: list[DeliveryView]


def report_pledges(
    books: Books, first: date, last: date, *, limit: int | None = None
) -> PledgesReport:
    """Return the pledges that were made in a period, and how much of each has arrived.

    Args:
        limit: Report only the first pledges, at most this many. If None, all are reported.

    Raises:
        InvalidField: `last` is before `first`, or `limit` is invalid.
    """
    check_days(first, last)
    items = [
        ReportedPledge(**structs.asdict(pledge), donor_name=donor_name(books, pledge.donor))
        for pledge in list_pledges(books, days=(first, last), limit=limit).items
    ]
    return PledgesReport(first=first, last=last, items=items)


def report_noted_needs(
    books: Books, first: date, last: date, *, limit: int | None = None
) -> NotedNeedsReport:
    """Return the needs that were noted in a period, and how much of each is met.

    Args:
        limit: Report only the first needs, at most this many. If None, all are reported.

    Raises:
        InvalidField: `last` is before `first`, or `limit` is invalid.
    """
    check_days(first, last)
    items = list_needs(books, days=(first, last), limit=limit).items
    return NotedNeedsReport(first=first, last=last, items=items)


def report_deliveries(
    books: Books, first: date, last: date, *, team: str | None = None, limit: int | None = None
) -> DeliveriesReport:
    """Return the deliveries that were dispatched in a period, with their stops.

    Args:
        team: Report only the deliveries of this team. If None, those of all teams are reported.
        limit: Report only the first deliveries, at most this many. If None, all are reported.

    Raises:
        InvalidField: `last` is before `first`, `team` is unknown, or `limit` is invalid.
    """
    check_days(first, last)
    items = list_deliveries(books, team=team, days=(first, last), limit=limit).items
    return DeliveriesReport(first=first, last=last, items=items)
