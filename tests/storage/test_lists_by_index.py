"""Every list uses an index: the work of a page does not grow with the books."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from support.ledger_fixture import Clock, StationLedger, register_all

from supplies.domain import commands as c
from supplies.ledger.ledger import Ledger
from supplies.storage.sqlite.store import SqliteStore
from supplies.views.activities import list_activities
from supplies.views.allocations import list_allocations
from supplies.views.count_sheets import list_count_sheets
from supplies.views.deliveries import list_deliveries
from supplies.views.donations import list_donations
from supplies.views.entries import list_conflicts, list_entries
from supplies.views.needs import list_needs
from supplies.views.pledges import list_pledges
from supplies.views.receipts import list_receipts
from supplies.views.stock import get_stock
from supplies.views.stock_documents import list_stock_documents

List = Callable[..., Any]

LISTS: list[tuple[List, dict[str, Any]]] = [
    (list_needs, {}),
    (list_needs, {"recipient": "R-1"}),
    (list_needs, {"item": "soap"}),
    *(
        (list_needs, {"status": status})
        for status in ("open", "claimed", "assigned", "met", "ended")
    ),
    (list_needs, {"status": "open", "item": "soap"}),
    (list_pledges, {}),
    (list_pledges, {"donor": "D-1"}),
    *((list_pledges, {"status": status}) for status in ("open", "kept", "lapsed", "cancelled")),
    (list_donations, {}),
    (list_donations, {"donor": "D-1"}),
    (list_receipts, {}),
    (list_receipts, {"donor": "D-1"}),
    (list_receipts, {"first": date(2020, 2, 10), "last": date(2020, 2, 11)}),
    (list_allocations, {}),
    (list_allocations, {"recipient": "R-1"}),
    *((list_allocations, {"status": status}) for status in ("allocated", "in_transit", "received")),
    (list_deliveries, {}),
    (list_deliveries, {"team": "T-1"}),
    *((list_deliveries, {"status": status}) for status in ("out", "closed")),
    (list_entries, {}),
    (list_entries, {"kind": "need_noted"}),
    (list_entries, {"document": "n_1"}),
    (list_conflicts, {}),
    (list_conflicts, {"open_only": False}),
    (list_activities, {}),
    (list_activities, {"kind": "visit"}),
    (list_stock_documents, {"noun": "arrivals"}),
    (list_stock_documents, {"noun": "loans"}),
    (list_stock_documents, {"noun": "hand-outs"}),
    (list_count_sheets, {}),
    (get_stock, {}),
    (get_stock, {"location": "store"}),
    (get_stock, {"item": "mask"}),
]

PASSING = {"w", "wanted", "json_each", "moves", "account", "a", "counted"}
"""Tables that a query builds for itself."""

named = pytest.mark.parametrize(
    ("listed", "filters"), LISTS, ids=[f"{list_.__name__} {filters}" for list_, filters in LISTS]
)


@contextmanager
def collected_queries(station: StationLedger) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """Collect the queries that run within the block."""
    store, questions = station.ledger.store, []
    honest = type(store).all

    def all_(sql: str, params: Any = ()) -> Any:
        questions.append((sql, params))
        return honest(store, sql, params)  # type: ignore[arg-type]  # a spy on the store

    store.all = all_  # type: ignore[method-assign]  # a spy on the store
    try:
        yield questions
    finally:
        del store.all  # type: ignore[method-assign]  # a spy on the store


def record_a_round(station: StationLedger) -> None:
    """Record a round of everything that lists show. In the end all of it is closed."""
    need = station.need(5)
    station.give(5, pledge=station.pledge(5))
    goods = c.ArrivalLine(item="mask", quantity=2)
    station(c.RecordActivity(kind="visit", count=1))
    allocation = station.allocate(5, need=need)
    line = c.LotLine(item="mask", quantity=1)
    station(c.RecordArrival(origin="bought", party="shop", location="store", lines=[goods]))
    station(c.HandOut(recipient="R-2", location="store", lines=[line]))
    loan = station(c.LendGoods(borrower="school", location="store", lines=[line])).document
    station(c.ReturnLoan(loan=str(loan), lines=[line]))
    sheet = str(station(c.OpenCountSheet(location="annex")).document)
    station(c.CountStock(sheet=sheet, lines=[c.CountLine(item="mask", counted=0)]))
    delivery = station.dispatch(allocation)
    station.outcome(delivery, allocation, "handed_over")
    station(c.CloseDelivery(delivery=delivery))


@named
def test_every_list_query_uses_an_index(
    station: StationLedger, listed: List, filters: dict[str, Any]
) -> None:
    record_a_round(station)
    with collected_queries(station) as questions:
        listed(station.books, limit=2, **filters)
    for sql, params in questions:
        for step in plan(station, sql, params):
            assert not reads_all(step), f"{step}\n{sql}"


def plan(station: StationLedger, sql: str, params: dict[str, Any]) -> list[str]:
    """Return the steps of the engine's query plan."""
    store = station.ledger.store
    if isinstance(store, SqliteStore):
        return [row[3] for row in store.all(f"EXPLAIN QUERY PLAN {sql}", params)]
    # Without this, the engine would read tables as small as these completely.
    with store.writing():
        store.run("SET LOCAL enable_seqscan = off")
        return [row[0].strip() for row in store.all(f"EXPLAIN {sql}", params)]


def reads_all(step: str) -> bool:
    """Return whether a step of the plan reads a whole table or index, or sorts."""
    words = step.split()
    if words[0] == "SCAN":
        return "CONSTANT" not in step and words[1] not in PASSING
    return "Seq Scan" in step


def test_the_work_of_a_page_does_not_grow_with_the_books(books_path: Path) -> None:
    clock = Clock()
    with Ledger.open(str(books_path), station="lx", clock=clock) as ledger:
        register_all(ledger)
        station = StationLedger(ledger, clock)
        counts = []
        for _ in range(2):
            for _ in range(30):
                record_a_round(station)
            station.give(1)
            station.dispatch(station.allocate(1, need=station.need(1)))
            counts.append([steps(station, listed, filters) for listed, filters in LISTS])
    for (listed, filters), before, after in zip(LISTS, *counts, strict=True):
        assert after < before * 1.25 + 400, (listed.__name__, filters, before, after)


def steps(station: StationLedger, listed: List, filters: dict[str, Any]) -> int:
    """Return how many steps SQLite's virtual machine takes for a page."""
    counted = 0

    def step() -> int:
        nonlocal counted
        counted += 1
        return 0

    store = station.ledger.store
    assert isinstance(store, SqliteStore)
    store.connection.set_progress_handler(step, 1)
    try:
        listed(station.books, limit=2, **filters)
    finally:
        store.connection.set_progress_handler(None, 1)
    return counted
