"""Alerts about what takes too long: deliveries, allocations, shipments, needs and pledges."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from supplies.books.account_range import account_range
from supplies.books.queries import query_ids
from supplies.books.reader import Books
from supplies.domain.accounts import ALLOCATED, IN_TRANSIT, NEEDED, PLEDGED, AccountKind, keys_of
from supplies.domain.entry_rows import Pledge
from supplies.views.alerts.alert import Alert, AlertKind, make_alert, oldest_first
from supplies.views.balances_at import read_balances
from supplies.views.shared_queries import read_latest
from supplies.views.shipments import ShipmentView

MAX_COMPARED = 10_000
"""How many needs are counted to find out whether fewer are open or fewer are past their due day."""

_DUE = "n.station = :station AND n.needed_by < :today"
"""SQL condition for rows `n` of the table `needs` whose due day has passed."""

_OPEN = (
    f"b.station = :station AND {account_range('start', 'end', column='b.account')} "
    "AND b.quantity <> 0"
)
"""SQL condition for the balances `b` of open needs."""

_DUE_FIRST = f"needs n CROSS JOIN balances b WHERE b.account = '{NEEDED.prefix}' || n.need"
_OPEN_FIRST = (
    f"balances b CROSS JOIN needs n WHERE n.need = substr(b.account, {len(NEEDED.prefix) + 1})"
)
"""The needs and their balances in SQL. The table from which fewer rows are read comes first."""


def find_late_deliveries(books: Books, latest_day: date) -> list[Alert]:
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
                make_alert(
                    what="delivery_out", code=name, item=item, quantity=quantity, since=since
                )
            )
    return oldest_first(found)


def find_waiting_allocations(books: Books, latest_day: date) -> list[Alert]:
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
    return oldest_first(
        [
            make_alert(
                what="allocation_waiting",
                code=name,
                item=item,
                quantity=quantity,
                since=allocated_on[name],
            )
            for name, goods in there.items()
            if allocated_on[name] <= latest_day
            for item, quantity in goods.items()
        ]
    )


def find_shipments(what: AlertKind, found: list[ShipmentView]) -> list[Alert]:
    """Return an alert of the kind `what` for each shipment and item."""
    goods: Counter[tuple[str, date, str]] = Counter()
    for one in found:
        for line in one.lines:
            goods[one.id, one.happened_on, line.item] += line.quantity
    return oldest_first(
        [
            make_alert(what=what, code=name, item=item, quantity=quantity, since=since)
            for (name, since, item), quantity in goods.items()
        ]
    )


def find_late_needs(books: Books, today: date) -> list[Alert]:
    """Return alerts for needs that are still open after their due day."""
    parameters = {
        "start": NEEDED.prefix,
        "end": f"{NEEDED.name};",  # ";" follows ":" in ASCII
        "today": today.isoformat(),
    }
    few_due = books.value(
        f"SELECT (SELECT count(*) FROM (SELECT 1 FROM needs n WHERE {_DUE} LIMIT :most) AS due) "
        f"< (SELECT count(*) FROM (SELECT 1 FROM balances b WHERE {_OPEN} LIMIT :most) AS still)",
        most=MAX_COMPARED,
        **parameters,
    )
    tables = _DUE_FIRST if few_due else _OPEN_FIRST
    rows = books.all(
        f"SELECT n.need, n.needed_by, b.item, b.quantity FROM {tables} "
        f"AND {_DUE} AND {_OPEN} AND n.seq = (SELECT max(m.seq) FROM needs m "
        "WHERE m.station = n.station AND m.need = n.need)",
        **parameters,
    )
    there: dict[str, dict[str | None, int | None]] = {
        need: {item: quantity} for need, _, item, quantity in rows
    }
    due: dict[str, date | None] = {need: date.fromisoformat(day) for need, day, *_ in rows}
    return _overdue("need_past_its_day", there, due, today)


def find_late_pledges(books: Books, today: date) -> list[Alert]:
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
                make_alert(
                    what=what,
                    code=name,
                    item=item,
                    quantity=quantity,
                    since=day + timedelta(days=1),
                    due=day,
                )
            )
    return oldest_first(found)


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
