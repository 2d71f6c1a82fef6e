"""Alerts for the coordinators of a station. Alerts contain codes, but no names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

import msgspec

from supplies.books.account_range import account_range
from supplies.books.queries import query_ids
from supplies.books.reader import Books
from supplies.domain.accounts import (
    ALLOCATED,
    IN_TRANSIT,
    LENT,
    NEEDED,
    PLEDGED,
    SENT,
    STOCK,
    UNEXPLAINED,
    AccountKind,
    keys_of,
)
from supplies.domain.entry_rows import Pledge
from supplies.stations.public_address import is_local_address
from supplies.stations.retention import people_due
from supplies.views.balances_at import read_balances
from supplies.views.demand import count_usable
from supplies.views.entries import list_conflicts
from supplies.views.pagination import DEFAULT_LIMIT, Page, View, paginate
from supplies.views.shared_queries import read_latest, read_lots
from supplies.views.shipments import (
    ShipmentView,
    list_awaited_shipments,
    list_unacknowledged_shipments,
)

AlertKind = Literal[
    "expired",
    "expires_soon",
    "below_minimum",
    "conflict_open",
    "delivery_out",
    "need_past_its_day",
    "pledge_overdue",
    "allocation_waiting",
    "code_wrong",
    "shipment_to_receive",
    "shipment_unacknowledged",
    "receipt_voided",
    "to_be_forgotten",
    "unexplained",
    "beside_pledge",
    "donor_request_open",
    "local_address",
]

EXPIRY_NOTICE_DAYS, MAX_DAYS_OUT, MAX_DAYS_ALLOCATED = 30, 1, 7
"""Default values of `soon`, `out` and `waiting` in `list_alerts`, in days."""

DAYS_OF_VOIDS = 90
"""Number of days for which a voided receipt is an alert if no new one was issued."""


DAYS_OF_WRONG_CODES = 14
"""For how many days an alert is shown for a stop whose household told the courier a wrong code."""


class Alert(View, frozen=True, kw_only=True):
    """Something that the coordinators of the station should look at.

    Attributes:
        code: Code of the lot, document, place, person or station that the alert is about. For a
            conflict, the number of its entry.
        location: The location of the goods; None if the goods are not in stock, or if the alert is
            not about goods.
        item, quantity: The goods that the alert is about, in base units; None if the alert is not
            about goods. An unexplained quantity is positive if goods are missing, and negative if
            too many were found.
        since: The first day of the situation, such as the day after a due day. If less than the
            minimum stock is free, the day on which the stock last changed.
        due: The day by which something should have happened; None if there is none.
        document: The delivery or shipment with which expiring goods are in transit, or the delivery
            of a stop with a wrong code; otherwise unset.
        borrower: The borrower of expiring goods that are lent; otherwise unset.
        expires_month: The month of expiry, such as 2027-05, if the goods show no day; otherwise
            unset.
        minimum: The minimum stock of an item, if less is free; unset for other alerts. Expired
            goods and goods in quarantine do not count as free.
    """

    what: AlertKind
    code: str
    location: str | None
    item: str | None
    quantity: int | None
    since: date
    due: date | None
    expires_month: str | msgspec.UnsetType = msgspec.UNSET
    minimum: int | msgspec.UnsetType = msgspec.UNSET
    document: str | msgspec.UnsetType = msgspec.UNSET
    borrower: str | msgspec.UnsetType = msgspec.UNSET


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
        out: Report deliveries that left this number of days ago or earlier and are still open.
        waiting: Report goods that were allocated this number of days ago or earlier and are still
            on the shelf.

    Raises:
        InvalidField: `after` or `limit` is invalid.
    """
    found = [
        *_expiring(books, today, today + timedelta(days=soon)),
        *_below_minimum(books, today),
        *_conflicts(books),
        *_deliveries(books, today - timedelta(days=out)),
        *_needs(books, today),
        *_pledges(books, today),
        *_allocations(books, today - timedelta(days=waiting)),
        *_wrong_codes(books, today - timedelta(days=DAYS_OF_WRONG_CODES)),
        *_shipments("shipment_to_receive", list_awaited_shipments(books, limit=None).items),
        *_shipments("shipment_unacknowledged", list_unacknowledged_shipments(books)),
        *_voided_receipts(books, today - timedelta(days=DAYS_OF_VOIDS)),
        *_people(books, today),
        *_unexplained(books),
        *_beside_pledge(books),
        *_donor_requests(books),
        *_local_address(books),
    ]

    def fetch(position: int, wanted: int) -> list[tuple[int, Alert]]:
        return list(enumerate(found, 1))[position : position + wanted]

    return paginate(fetch, after, limit)


def _oldest_first(found: list[Alert]) -> list[Alert]:
    return sorted(found, key=lambda one: (one.since, len(one.code), one.code, one.item or ""))


# --- goods that expire --------------------------------------------------------------------------


def _expiring(books: Books, today: date, horizon: date) -> list[Alert]:
    """Return an alert for each lot that has expired or will expire by `horizon`.

    The lots are in stock, allocated, in transit to recipients or other stations, or lent. Goods
    that the station issued for its own use are left out, because they count as used up.
    """
    there: Counter[tuple[str, str, str, str]] = Counter()
    for kinds, where, key in (
        ((STOCK, ALLOCATED), "location", -1),
        ((IN_TRANSIT, SENT), "document", 0),
        ((LENT,), "borrower", 0),
    ):
        for (account, item, lot), quantity in read_balances(books, kinds).items():
            there[where, keys_of(account)[key], item, lot] += quantity
    described = read_lots(books, [lot for *_, lot in there])
    expired: list[Alert] = []
    soon: list[Alert] = []
    for (where, name, item, lot), quantity in there.items():
        due = described[lot].expires_on
        if due is None or due > horizon:
            continue
        past = due < today
        (expired if past else soon).append(
            Alert(
                what="expired" if past else "expires_soon",
                code=lot,
                location=name if where == "location" else None,
                item=item,
                quantity=quantity,
                since=due + timedelta(days=1) if past else due - (horizon - today),
                due=due,
                expires_month=described[lot].expires_month or msgspec.UNSET,
                document=name if where == "document" else msgspec.UNSET,
                borrower=name if where == "borrower" else msgspec.UNSET,
            )
        )
    return [*_oldest_first(expired), *_oldest_first(soon)]


def _below_minimum(books: Books, today: date) -> list[Alert]:
    """Return an alert for each item of which less than the minimum stock is unallocated.

    Expired goods and goods in quarantine do not count as free.
    """
    minimums = {
        item: int(minimum)
        for item, minimum in books.all(
            "SELECT code, minimum FROM items WHERE station = :station AND minimum IS NOT NULL "
            "AND retired = 0 ORDER BY code"
        )
    }
    if not minimums:
        return []
    usable = count_usable(books, today, minimums)
    short = [item for item, minimum in minimums.items() if usable[item] < minimum]
    changed: dict[str, str | None] = dict(
        query_ids(
            books,
            short,
            "SELECT w.id, (SELECT max(e.booked_on) FROM balances b JOIN entries e "
            "ON e.station = b.station AND e.seq = b.seq WHERE b.station = :station "
            f"AND {account_range('start', 'end', column='b.account')} AND b.item = w.id) "
            "FROM wanted w",
            start=STOCK.prefix,
            end=f"{STOCK.name};",
        )
    )
    return _oldest_first(
        [
            Alert(
                what="below_minimum",
                code=item,
                location=None,
                item=item,
                quantity=usable[item],
                since=date.fromisoformat(changed[item] or today.isoformat()),
                due=None,
                minimum=minimums[item],
            )
            for item in short
        ]
    )


# --- conflicts, people, deliveries, allocations, shipments ---------------------------------------


def _conflicts(books: Books) -> Iterator[Alert]:
    for conflict in list_conflicts(books, limit=None).items:
        yield Alert(
            what="conflict_open",
            code=str(conflict.seq),
            location=None,
            item=None,
            quantity=None,
            since=conflict.happened_on,
            due=None,
        )


def _wrong_codes(books: Books, since: date) -> Iterator[Alert]:
    """Yield an alert for each stop for which wrong codes were reported, but never the right one.

    Stops are left out whose household confirmed the hand-over afterwards, and stops where nothing
    was handed over by the latest outcome.

    The alert's `code` is the id of the stop's allocation.

    Args:
        since: Only wrong codes from this day on count.
    """
    for delivery, allocation, day in books.all(
        "SELECT c.delivery, c.allocation, min(e.booked_on) FROM code_attempts c "
        "CROSS JOIN entries e CROSS JOIN outcome_lines l "
        "WHERE c.station = :station AND c.result = 'wrong' "
        "AND e.station = c.station AND e.seq = c.seq AND e.booked_on >= :since "
        "AND l.station = c.station AND l.delivery = c.delivery "
        "AND l.allocation = c.allocation AND l.received > 0 "
        "AND l.seq = (SELECT max(o.seq) FROM outcomes o WHERE o.station = c.station "
        "AND o.delivery = c.delivery AND o.allocation = c.allocation) "
        "AND NOT EXISTS (SELECT 1 FROM code_attempts m "
        "WHERE m.station = c.station AND m.delivery = c.delivery "
        "AND m.allocation = c.allocation AND m.result = 'matched') "
        "AND NOT EXISTS (SELECT 1 FROM confirmations f "
        "WHERE f.station = c.station AND f.delivery = c.delivery "
        "AND f.allocation = c.allocation AND f.way <> 'withdrawn' AND f.seq > l.seq "
        "AND f.seq = (SELECT max(g.seq) FROM confirmations g WHERE g.station = f.station "
        "AND g.delivery = f.delivery AND g.allocation = f.allocation)) "
        "GROUP BY c.delivery, c.allocation ORDER BY 3, c.delivery, c.allocation",
        since=since.isoformat(),
    ):
        yield Alert(
            what="code_wrong",
            code=allocation,
            location=None,
            item=None,
            quantity=None,
            since=date.fromisoformat(day),
            due=None,
            document=delivery,
        )


def _voided_receipts(books: Books, since: date) -> Iterator[Alert]:
    """Yield an alert for each receipt voided since a day, if its gifts have no newer receipt."""
    for number, day in books.all(
        "SELECT v.number, min(e.booked_on) FROM entries e "
        "JOIN receipt_voids v ON v.station = e.station AND v.number = e.document "
        "JOIN receipt_donations d ON d.station = v.station AND d.number = v.number "
        "WHERE e.station = :station AND e.booked_on >= :since AND e.kind = 'receipt_voided' "
        "AND d.seq = (SELECT max(o.seq) FROM receipt_donations o "
        "WHERE o.station = d.station AND o.donation = d.donation) "
        "AND EXISTS (SELECT 1 FROM arrival_lines l WHERE l.station = d.station "
        "AND l.arrival = d.donation AND l.seq = (SELECT max(a.seq) FROM arrivals a "
        "WHERE a.station = l.station AND a.arrival = l.arrival)) "
        "GROUP BY v.number ORDER BY 2, v.number",
        since=since.isoformat(),
    ):
        yield Alert(
            what="receipt_voided",
            code=number,
            location=None,
            item=None,
            quantity=None,
            since=date.fromisoformat(day),
            due=None,
        )


def _people(books: Books, today: date) -> Iterator[Alert]:
    """Yield an alert for each person whose data has been kept for the whole retention period."""
    for person in people_due(books, today):
        yield Alert(
            what="to_be_forgotten",
            code=person.code,
            location=None,
            item=None,
            quantity=None,
            since=person.last_on,
            due=None,
        )


def _unexplained(books: Books) -> list[Alert]:
    """Return an alert for each place and item with an unexplained quantity."""
    there: Counter[tuple[str, str]] = Counter()
    since: dict[tuple[str, str], str] = {}
    rows = books.all(
        "SELECT b.account, b.item, b.quantity, e.booked_on FROM balances b "
        "JOIN entries e ON e.station = b.station AND e.seq = b.seq WHERE b.station = :station "
        f"AND {account_range('start', 'end', column='b.account')} AND b.quantity <> 0",
        start=UNEXPLAINED.prefix,
        end=f"{UNEXPLAINED.name};",
    )
    for account, item, quantity, day in rows:
        key = keys_of(account)[0], item
        there[key] += quantity
        since[key] = min(since.get(key, day), day)
    locations = {
        code for (code,) in books.all("SELECT code FROM locations WHERE station = :station")
    }
    return _oldest_first(
        [
            Alert(
                what="unexplained",
                code=place,
                location=place if place in locations else None,
                item=item,
                quantity=quantity,
                since=date.fromisoformat(since[place, item]),
                due=None,
            )
            for (place, item), quantity in there.items()
            if quantity
        ]
    )


def _donor_requests(books: Books) -> Iterator[Alert]:
    """Yield an alert for each unanswered request of a donor about the donor's own data."""
    zone = ZoneInfo(books.station.zone)
    for donor, made_at in books.all(
        "SELECT donor, made_at FROM donor_requests "
        "WHERE station = :station AND answer IS NULL ORDER BY seq"
    ):
        yield Alert(
            what="donor_request_open",
            code=donor,
            location=None,
            item=None,
            quantity=None,
            since=datetime.fromisoformat(made_at).astimezone(zone).date(),
            due=None,
        )


def _local_address(books: Books) -> Iterator[Alert]:
    """Yield an alert if only this computer can open the URLs in the QR codes of receipts."""
    if not is_local_address(books.station.host):
        return
    since = books.value(
        "SELECT booked_on FROM entries WHERE station = :station AND kind = 'receipt_issued' "
        "ORDER BY seq LIMIT 1"
    )
    if since is not None:
        yield Alert(
            what="local_address",
            code=books.station_code,
            location=None,
            item=None,
            quantity=None,
            since=date.fromisoformat(since),
            due=None,
        )


def _beside_pledge(books: Books) -> list[Alert]:
    """Return an alert for each donation or conversion that gave more than its pledge promised.

    One of the quantities may be wrong. An alert ends when the document is corrected. If nothing of
    the pledge is outstanding, it also ends when the day of the document is closed.
    """
    outstanding: set[tuple[str, str]] = {
        (keys_of(account)[0], item) for account, item, _ in read_balances(books, (PLEDGED,))
    }
    closed = books.closed_through()
    rows = books.all(
        "SELECT l.pledge, l.arrival, l.item, l.quantity - l.on_pledge, e.happened_on, e.booked_on "
        "FROM arrival_lines l JOIN entries e ON e.station = l.station AND e.seq = l.seq "
        "WHERE l.station = :station AND l.pledge IS NOT NULL AND l.on_pledge < l.quantity "
        "AND l.seq = (SELECT max(a.seq) FROM arrivals a "
        "WHERE a.station = l.station AND a.arrival = l.arrival)"
    ) + books.all(
        "SELECT p.pledge, e.document, p.item, p.quantity - p.on_pledge, e.happened_on, e.booked_on "
        "FROM product_pledges p JOIN entries e ON e.station = p.station AND e.seq = p.seq "
        "WHERE p.station = :station AND p.on_pledge < p.quantity AND NOT EXISTS (SELECT 1 "
        "FROM entries s WHERE s.station = p.station AND s.supersedes = p.seq)"
    )
    return _oldest_first(
        [
            Alert(
                what="beside_pledge",
                code=document,
                location=None,
                item=item,
                quantity=quantity,
                since=date.fromisoformat(day),
                due=None,
            )
            for pledge, document, item, quantity, day, booked_on in rows
            if (pledge, item) in outstanding
            or closed is None
            or date.fromisoformat(booked_on) > closed
        ]
    )


def _deliveries(books: Books, latest_day: date) -> list[Alert]:
    """Return alerts for open deliveries that left on `latest_day` or before."""
    left = {
        row[0]: date.fromisoformat(row[1])
        for row in books.all(
            "SELECT e.document, e.happened_on FROM pending p CROSS JOIN entries e "
            "WHERE p.station = :station AND p.noun = 'delivery' AND e.station = p.station "
            "AND e.seq = p.number AND e.happened_on <= :day",
            day=latest_day.isoformat(),
        )
    }
    carried = _by_document(books, IN_TRANSIT)
    found = []
    for name, since in left.items():
        for item, quantity in carried.get(name, {None: None}).items():
            found.append(
                Alert(
                    what="delivery_out",
                    code=name,
                    location=None,
                    item=item,
                    quantity=quantity,
                    since=since,
                    due=None,
                )
            )
    return _oldest_first(found)


def _allocations(books: Books, latest_day: date) -> list[Alert]:
    """Return alerts for goods that were allocated by `latest_day` and are still on the shelf."""
    there = _by_document(books, ALLOCATED)
    allocated_on = {
        row[0]: date.fromisoformat(row[1])
        for row in query_ids(
            books,
            there,
            "SELECT w.id, e.happened_on FROM wanted w CROSS JOIN allocations a "
            "CROSS JOIN entries e WHERE a.station = :station AND a.allocation = w.id "
            "AND e.station = a.station AND e.seq = a.seq",
        )
    }
    return _oldest_first(
        [
            Alert(
                what="allocation_waiting",
                code=name,
                location=None,
                item=item,
                quantity=quantity,
                since=allocated_on[name],
                due=None,
            )
            for name, goods in there.items()
            if allocated_on[name] <= latest_day
            for item, quantity in goods.items()
        ]
    )


def _by_document(books: Books, kind: AccountKind) -> dict[str, dict[str | None, int | None]]:
    """Return the balances of accounts of one kind, by document and item.

    The document of an account is its first key.
    """
    found: dict[str, dict[str | None, int | None]] = {}
    there: Counter[tuple[str, str]] = Counter()
    for (account, item, _), quantity in read_balances(books, (kind,)).items():
        there[keys_of(account)[0], item] += quantity
    for (name, item), quantity in there.items():
        found.setdefault(name, {})[item] = quantity
    return found


def _shipments(what: AlertKind, found: list[ShipmentView]) -> list[Alert]:
    """Return an alert of the kind `what` for each item of each of these shipments."""
    goods: Counter[tuple[str, date, str]] = Counter()
    for one in found:
        for line in one.lines:
            goods[one.id, one.happened_on, line.item] += line.quantity
    return _oldest_first(
        [
            Alert(
                what=what,
                code=name,
                location=None,
                item=item,
                quantity=quantity,
                since=since,
                due=None,
            )
            for (name, since, item), quantity in goods.items()
        ]
    )


# --- missed dates --------------------------------------------------------------------------------


def _needs(books: Books, today: date) -> list[Alert]:
    """Return alerts for needs that are still open after their due day."""
    rows = books.all(
        "SELECT n.need, n.needed_by, b.item, b.quantity FROM balances b CROSS JOIN needs n "
        f"WHERE b.station = :station AND {account_range('start', 'end', column='b.account')} "
        "AND b.quantity <> 0 AND n.station = b.station "
        f"AND n.need = substr(b.account, {len(NEEDED.prefix) + 1}) AND n.needed_by < :today "
        "AND n.seq = (SELECT max(m.seq) FROM needs m "
        "WHERE m.station = n.station AND m.need = n.need)",
        start=NEEDED.prefix,
        end=f"{NEEDED.name};",  # ";" follows ":" in ASCII
        today=today.isoformat(),
    )
    there: dict[str, dict[str | None, int | None]] = {
        need: {item: quantity} for need, _, item, quantity in rows
    }
    due: dict[str, date | None] = {need: date.fromisoformat(day) for need, day, *_ in rows}
    return _overdue("need_past_its_day", there, due, today)


def _pledges(books: Books, today: date) -> list[Alert]:
    """Return alerts for pledges that are still outstanding after their due day."""
    there = _by_document(books, PLEDGED)
    due = {
        name: rows[0].due_on for name, rows in read_latest(books, Pledge, "pledge", there).items()
    }
    return _overdue("pledge_overdue", there, due, today)


def _overdue(
    what: AlertKind,
    there: dict[str, dict[str | None, int | None]],
    due: dict[str, date | None],
    today: date,
) -> list[Alert]:
    found = []
    for name, goods in there.items():
        day = due[name]
        if day is None or day >= today:
            continue
        for item, quantity in goods.items():
            found.append(
                Alert(
                    what=what,
                    code=name,
                    location=None,
                    item=item,
                    quantity=quantity,
                    since=day + timedelta(days=1),
                    due=day,
                )
            )
    return _oldest_first(found)
