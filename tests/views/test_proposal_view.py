"""Proposals: which free goods to allocate to which needs."""

from datetime import date

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.engines import RUNNING
from support.ledger_fixture import Clock, StationLedger, register_all
from support.view_json import has_exact_json

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Recipient
from supplies.ledger.ledger import Ledger
from supplies.views.allocation_proposal import ProposedAllocation, propose_allocations, share_evenly
from supplies.views.needs import list_needs


def proposed(station: StationLedger, **more: object) -> list[ProposedAllocation]:
    return propose_allocations(station.books, station.clock.day, **more).items  # type: ignore[arg-type]  # filters by name


def proposed_quantities(station: StationLedger) -> dict[str, int]:
    """Return the proposed quantity for each need."""
    found: dict[str, int] = {}
    for row in proposed(station):
        for line in row.lines:
            found[line.need] = found.get(line.need, 0) + line.quantity
    return found


def accept(station: StationLedger, row: ProposedAllocation) -> None:
    """Record a proposed allocation without changing it."""
    station(msgspec.convert({"type": "Allocate", **msgspec.to_builtins(row)}, c.Allocate))


def test_a_retired_item_is_not_proposed(station: StationLedger) -> None:
    station.need(10)
    station.stock(8)
    item = station.books.item("mask")
    station.ledger.amend(msgspec.structs.replace(item, retired=True))
    assert proposed(station) == []


def test_a_proposal_names_recipients_quantities_and_lots(station: StationLedger) -> None:
    need = station.need(10)
    late = station.stock(8, expires_on=date(2021, 1, 1))
    soon = station.stock(4, expires_on=date(2020, 6, 1))
    assert has_exact_json(
        propose_allocations(station.books, station.clock.day),
        {
            "items": [
                {
                    "recipient": "R-1",
                    "location": "store",
                    "lines": [
                        {
                            "item": "mask",
                            "quantity": 10,
                            "need": need,
                            "lots": [{"lot": soon, "quantity": 4}, {"lot": late, "quantity": 6}],
                        }
                    ],
                }
            ],
            "next": None,
        },
    )


def test_a_proposal_serves_the_most_urgent_need_first(station: StationLedger) -> None:
    station.need(10, "R-1", urgency="low")
    urgent = station.need(8, "R-2", urgency="high")
    station.stock(9)
    assert [row.recipient for row in proposed(station)] == ["R-2", "R-1"]
    assert proposed_quantities(station)[urgent] == 8


def test_one_large_need_does_not_get_all_goods(station: StationLedger) -> None:
    large, small = station.need(1000, "R-1"), station.need(3, "R-2")
    station.stock(10)
    assert proposed_quantities(station) == {large: 7, small: 3}


def test_remainders_go_to_the_need_with_the_nearest_due_day(station: StationLedger) -> None:
    station.need(9, "R-1")
    dated = station.need(9, "R-2", needed_by=station.day(2))
    station.stock(3)
    assert proposed_quantities(station)[dated] == 2


def test_neither_quarantine_nor_expired_goods_are_proposed(station: StationLedger) -> None:
    station.need(10)
    station.stock(5, location="ward")
    station.stock(5, expires_on=station.clock.day)
    assert len(proposed(station)) == 1
    station.clock.advance(1)
    assert proposed(station) == []


def test_no_goods_are_proposed_that_entries_of_later_days_take(station: StationLedger) -> None:
    need, lot = station.need(10), station.stock(8)
    today, line = station.clock.day, c.LotLine(item="mask", quantity=5, lot=lot)
    for source, target in (("store", "annex"), ("annex", "store")):
        station.clock.advance()
        station(c.Move(source=source, target=target, lines=[line]))
    station.clock.day = today
    assert proposed_quantities(station) == {need: 3}


def test_claimed_needs_are_not_proposed(station: StationLedger) -> None:
    need = station.need(10)
    station.pledge(6, {need: 6})
    station.stock(10)
    assert proposed_quantities(station) == {need: 4}


def test_two_needs_that_share_a_lot_are_two_allocations(station: StationLedger) -> None:
    first, second = station.need(2), station.need(3)
    station.stock(5)
    rows = proposed(station)
    assert [line.need for row in rows for line in row.lines] == [first, second]
    assert len(rows) == 2
    for row in rows:
        accept(station, row)
    assert proposed(station) == []


def test_a_proposal_is_filtered_by_item_and_location_and_paginated(station: StationLedger) -> None:
    station.need(2), station.need(2, "R-2"), station.need(2, item="soap")
    station.stock(1), station.stock(1, location="annex"), station.stock(2, "soap")
    assert {line.item for row in proposed(station, item="soap") for line in row.lines} == {"soap"}
    assert {row.location for row in proposed(station, location="annex")} == {"annex"}
    first = propose_allocations(station.books, station.clock.day, limit=1)
    rest = propose_allocations(station.books, station.clock.day, after=first.next)
    assert [*first.items, *rest.items] == proposed(station)


@given(st.lists(st.integers(1, 30), max_size=8), st.integers(0, 150))
def test_free_goods_are_distributed_evenly(lacks: list[int], free: int) -> None:
    wanted = {str(number): lack for number, lack in enumerate(lacks)}
    shares = share_evenly(wanted, free)
    assert sum(shares.values()) == min(free, sum(lacks))
    by_hand = dict.fromkeys(wanted, 0)
    while free and any(by_hand[one] < wanted[one] for one in wanted):
        for one in wanted:
            if free and by_hand[one] < wanted[one]:
                by_hand[one] += 1
                free -= 1
    assert shares == by_hand


URGENCIES = ("high", "normal", "low")

NEED = st.tuples(
    st.sampled_from(["R-1", "R-2", "R-3"]),
    st.sampled_from(["mask", "soap"]),
    st.integers(1, 12),
    st.sampled_from(URGENCIES),
    st.none() | st.integers(0, 3),
)
SHELF = st.tuples(
    st.sampled_from(["store", "annex", "ward"]),
    st.sampled_from(["mask", "soap"]),
    st.integers(1, 20),
    st.none() | st.integers(0, 3),
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(asked=st.lists(NEED, max_size=7), shelves=st.lists(SHELF, max_size=6))
def test_every_proposed_row_is_accepted_and_none_exceeds_stock_or_need(
    engine: str,
    tmp_path_factory: pytest.TempPathFactory,
    asked: list[tuple[str, str, int, str, int | None]],
    shelves: list[tuple[str, str, int, int | None]],
) -> None:
    clock = Clock()
    with (
        RUNNING.books(engine, tmp_path_factory.mktemp("proposal")) as url,
        Ledger.open(url, station="lx", clock=clock) as ledger,
    ):
        register_all(ledger)
        ledger.register(Recipient(code="R-3", name="赵某"))
        station = StationLedger(ledger, clock)
        for recipient, item, quantity, urgency, by in asked:
            station.need(
                quantity,
                recipient,
                item,
                urgency=urgency,
                needed_by=None if by is None else station.day(by),
            )
        for place, item, quantity, expires in shelves:
            day = None if expires is None else station.day(expires)
            station.stock(quantity, item, location=place, expires_on=day)
        clock.advance(1)
        _check(station)


def _check(station: StationLedger) -> None:
    today = station.clock.day
    free = {
        item: sum(
            on.quantity
            for place in ("store", "annex")
            for on in station.books.lot_balances(f"stock:{place}", item)
            if on.expires_on is None or on.expires_on >= today.isoformat()
        )
        for item in ("mask", "soap")
    }
    rows, shares = proposed(station), proposed_quantities(station)
    open_ = {need.id: need for need in list_needs(station.books, limit=None).items}
    for item in free:
        needs_of_item = [need for need in open_.values() if need.item == item]
        lacking = sum(need.needed for need in needs_of_item)
        # All goods that can be proposed are proposed, and no more.
        assert sum(shares.get(need.id, 0) for need in needs_of_item) == min(free[item], lacking)
        totals: dict[tuple[str, str], int] = {}
        short: set[tuple[str, str]] = set()
        for need in needs_of_item:
            key = need.urgency, need.recipient
            totals[key] = totals.get(key, 0) + shares.get(need.id, 0)
            assert shares.get(need.id, 0) <= need.needed
            if shares.get(need.id, 0) < need.needed:
                short.add(key)
        for urgency, recipient in short:
            least = totals[urgency, recipient]
            for (other, _), quantity in totals.items():
                if other == urgency:
                    assert (
                        quantity <= least + 1
                    )  # nobody gets two units more than another who still lacks some
                elif URGENCIES.index(other) > URGENCIES.index(urgency):
                    assert quantity == 0  # more urgent needs are not met yet
    for row in rows:
        accept(station, row)
    left = {need.id: need.needed for need in list_needs(station.books, limit=None).items}
    assert left == {name: need.needed - shares.get(name, 0) for name, need in open_.items()}
    assert station.ledger.verify()
