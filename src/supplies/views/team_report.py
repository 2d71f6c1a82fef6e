"""Report the deliveries of each team: stops, outcomes and goods."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date

from supplies.books.reader import Books
from supplies.views.deliveries import DeliveryView, list_deliveries
from supplies.views.pagination import View, check_codes
from supplies.views.periods import PeriodReport, check_days


class TeamGoods(View, frozen=True, kw_only=True):
    """How much of one item a team took along, and what became of it, in base units."""

    item: str
    loaded: int
    received: int
    brought_back: int
    lost: int
    in_transit: int


class TeamDeliveries(View, frozen=True, kw_only=True):
    """The deliveries of a team.

    Attributes:
        out: The number of deliveries that are not closed.
        stops: The number of stops, without those that were taken off a delivery.
        not_reported: The number of stops without an outcome.
        outcomes: The number of stops with each outcome.
    """

    team: str
    deliveries: int
    out: int
    stops: int
    not_reported: int
    outcomes: dict[str, int]
    lines: list[TeamGoods]


class TeamReport(PeriodReport, frozen=True, kw_only=True):
    """The deliveries that were dispatched in a period, by team."""

    items: list[TeamDeliveries]


def report_teams(books: Books, first: date, last: date, *, team: str | None = None) -> TeamReport:
    """Return the deliveries that were dispatched in a period, by the team that has them now.

    Args:
        team: Report only this team. If None, all are reported.

    Raises:
        InvalidField: `last` is before `first`, or `team` is unknown.
    """
    check_days(first, last)
    check_codes(books, team=team)
    by_team: defaultdict[str, list[DeliveryView]] = defaultdict(list)
    for delivery in list_deliveries(books, team=team, days=(first, last), limit=None).items:
        by_team[delivery.team].append(delivery)
    return TeamReport(
        first=first,
        last=last,
        items=[_totals(code, deliveries) for code, deliveries in sorted(by_team.items())],
    )


def _totals(team: str, deliveries: list[DeliveryView]) -> TeamDeliveries:
    stops = [stop for delivery in deliveries for stop in delivery.present_stops]
    goods: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for stop in stops:
        for line in stop.lines:
            goods[line.item].update(
                loaded=line.loaded,
                received=line.received,
                brought_back=line.brought_back,
                lost=line.lost,
                in_transit=line.in_transit,
            )
    outcomes = Counter(str(stop.outcome) for stop in stops if stop.outcome is not None)
    return TeamDeliveries(
        team=team,
        deliveries=len(deliveries),
        out=sum(delivery.status == "out" for delivery in deliveries),
        stops=len(stops),
        not_reported=sum(stop.outcome is None for stop in stops),
        outcomes=dict(sorted(outcomes.items())),
        lines=[TeamGoods(item=item, **quantities) for item, quantities in sorted(goods.items())],
    )
