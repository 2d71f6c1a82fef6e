"""Home page for signed-in users: open tasks, needs, teams that are out and the latest donations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from litestar import Controller, Response, get

from supplies.access import phones
from supplies.access.roles import Role, UserRole
from supplies.books.reader import Books
from supplies.stations.organisation import stations
from supplies.views.alerts import Alert, AlertKind, list_alerts
from supplies.views.allocations import AllocationView, list_allocations
from supplies.views.deliveries import DeliveryView, list_deliveries
from supplies.views.demand import list_demand
from supplies.views.donations import list_donations
from supplies.views.entries import list_conflicts
from supplies.views.first_steps import get_first_steps
from supplies.views.goods_with_teams import GoodsWithTeam, list_goods_with_teams
from supplies.views.periods import get_period_of_entries
from supplies_service.pages.layout import render_page, render_page_of
from supplies_service.request_context import Context, RequestContext
from supplies_service.routes.health import find_checkpoint_failures
from supplies_service.security.authorization import allow_roles

SHOWN = 8
"""How many alerts of each kind, items, teams and allocations the home page shows at first.

Further alerts are in a section that can be unfolded. Further items, teams and allocations are on
the pages that the home page links to.
"""

LISTED: frozenset[AlertKind] = frozenset({"delivery_out", "allocation_waiting"})
"""Kinds of alert without a group: they are marked in the lists of teams and of goods set aside."""

LATEST = 5
"""Number of latest donations on the page."""


STAFF: tuple[UserRole, ...] = ("coordinator", "recorder")

ROLES_THAT_ACT: Mapping[AlertKind, tuple[UserRole, ...]] = {
    "expired": STAFF,
    "expires_soon": STAFF,
    "below_minimum": STAFF,
    "conflict_open": ("coordinator",),
    "delivery_out": STAFF,
    "need_past_its_day": STAFF,
    "pledge_overdue": STAFF,
    "allocation_waiting": STAFF,
    "code_wrong": STAFF,
    "shipment_to_receive": STAFF,
    "shipment_unacknowledged": STAFF,
    "to_be_forgotten": ("coordinator",),
    "unexplained": ("coordinator",),
    "beside_pledge": STAFF,
    "donor_request_open": STAFF,
    "local_address": ("coordinator",),
}
"""For each kind of alert, the roles that can act on it. Only they see the next step."""

TASKS_ONLY: frozenset[AlertKind] = frozenset(
    {"to_be_forgotten", "donor_request_open", "local_address"}
)
"""Kinds of alert that are not about goods. They are shown only to roles that can act on them."""


class TodayPages(Controller):
    """Route of the home page."""

    path = "/"
    include_in_schema = False

    @get(
        opt={"page": True}
        | allow_roles("coordinator", "recorder", "courier", "auditor", personal=True)
    )
    async def today(self, context: Context) -> Response[bytes]:
        """Show open tasks, needs, teams that are out and the latest donations.

        Couriers see none of these: they work with the link of their team.
        """
        if context.caller.role == "courier":
            return render_page(
                context.request,
                "today.html",
                today=context.ledger.today(),
                steps=None,
                failures=[],
            )
        return await context.read_in_thread(lambda books: _show(context, books))


def _show(context: RequestContext, books: Books) -> Response[bytes]:
    today = context.ledger.today()
    alerts = list_alerts(books, today, limit=None).items
    out = list_deliveries(books, status="out", limit=SHOWN)
    entries, role = books.last_entry().seq, context.caller.role
    is_staff = role in STAFF  # The labels of phones may be names.
    to_bring_back = list_goods_with_teams(books)
    latest = list_donations(books, limit=LATEST, newest_first=True).items
    return render_page_of(
        books,
        context.request,
        "today.html",
        today=today,
        steps=get_first_steps(books) if is_staff and not entries else None,
        groups=_by_kind([alert for alert in alerts if _is_shown(alert.what, role)]),
        acts={what for what, roles in ROLES_THAT_ACT.items() if role in roles},
        conflicts={str(one.seq): one for one in list_conflicts(books, limit=None).items},
        is_head=role == "coordinator" and len(stations(books)) > 1,
        late={alert.code for alert in alerts if alert.what in LISTED},
        failures=find_checkpoint_failures(context) if role == "coordinator" else [],
        phones=phones.list_overdue(context.access(books)) if is_staff else [],
        out=[(delivery, _carried(delivery, to_bring_back)) for delivery in out.items],
        more_out=out.next is not None,
        waiting=[
            (allocation, _still_allocated(allocation))
            for allocation in list_allocations(books, status="waiting", limit=SHOWN).items
        ],
        demand=list_demand(books, today),
        shown=SHOWN,
        latest=[context.redacted(donation) for donation in latest],
        entries=entries,
        period=get_period_of_entries(books) if entries else None,
    )


def _is_shown(what: AlertKind, role: Role) -> bool:
    """Return whether users with this role see a group of alerts of this kind on the home page."""
    return what not in LISTED and (what not in TASKS_ONLY or role in ROLES_THAT_ACT[what])


def _by_kind(alerts: list[Alert]) -> Mapping[str, list[Alert]]:
    """Group alerts by kind. The kinds come in the order of their first alerts."""
    groups: dict[str, list[Alert]] = {}
    for alert in alerts:
        groups.setdefault(alert.what, []).append(alert)
    return groups


def _still_allocated(allocation: AllocationView) -> Counter[str]:
    """Return the quantity of each item that is still set aside, in base units."""
    goods = Counter[str]()
    for line in allocation.lines:
        goods[line.item] += line.allocated
    return +goods


def _carried(delivery: DeliveryView, to_bring_back: list[GoodsWithTeam]) -> Counter[str]:
    """Return the quantity of each item that a team still carries, in base units.

    Args:
        delivery: A delivery that is out.
        to_bring_back: The goods that the teams of all open deliveries bring back.
    """
    carried = Counter[str]()
    for goods in to_bring_back:
        if goods.delivery == delivery.id:
            carried[goods.item] += goods.quantity
    for stop in delivery.stops:
        for line in stop.lines:
            carried[line.item] += line.in_transit
    return +carried
