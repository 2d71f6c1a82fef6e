"""Alerts about what somebody must decide: conflicts, codes, voided receipts and more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

from supplies.books.reader import Books
from supplies.stations.public_address import is_local_address
from supplies.stations.retention import people_due
from supplies.views.alerts.alert import Alert, make_alert
from supplies.views.entries import list_conflicts


def find_open_conflicts(books: Books) -> Iterator[Alert]:
    """Yield an alert for each unresolved conflict."""
    for conflict in list_conflicts(books, limit=None).items:
        yield make_alert(what="conflict_open", code=str(conflict.seq), since=conflict.happened_on)


def find_wrong_codes(books: Books, since: date) -> Iterator[Alert]:
    """Yield an alert for each stop for which wrong codes were reported, but never the right one.

    A stop is left out if the household confirmed the hand-over afterwards, or if nothing was handed
    over according to the latest outcome.

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
        yield make_alert(
            what="code_wrong", code=allocation, since=date.fromisoformat(day), document=delivery
        )


def find_voided_receipts(books: Books, since: date) -> Iterator[Alert]:
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
        yield make_alert(what="receipt_voided", code=number, since=date.fromisoformat(day))


def find_people_to_forget(books: Books, today: date) -> Iterator[Alert]:
    """Yield an alert for each person whose data has been kept for the whole retention period."""
    for person in people_due(books, today):
        yield make_alert(what="to_be_forgotten", code=person.code, since=person.last_on)


def find_donor_requests(books: Books) -> Iterator[Alert]:
    """Yield an alert for each unanswered request of a donor about the donor's own data."""
    zone = ZoneInfo(books.station.zone)
    for number, donor, made_at in books.all(
        "SELECT seq, donor, made_at FROM donor_requests "
        "WHERE station = :station AND answer IS NULL ORDER BY seq"
    ):
        yield make_alert(
            what="donor_request_open",
            code=donor,
            since=datetime.fromisoformat(made_at).astimezone(zone).date(),
            document=str(number),
        )


def find_local_address(books: Books) -> Iterator[Alert]:
    """Yield an alert if only this computer can open the URLs in the QR codes of receipts."""
    if not is_local_address(books.station.host):
        return
    since = books.value(
        "SELECT booked_on FROM entries WHERE station = :station AND kind = 'receipt_issued' "
        "ORDER BY seq LIMIT 1"
    )
    if since is not None:
        yield make_alert(
            what="local_address", code=books.station_code, since=date.fromisoformat(since)
        )
