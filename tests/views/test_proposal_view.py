from datetime import date

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.engines import RUNNING, hasty
from support.ledger_fixture import Clock, Desk, register_all
from support.view_json import shows

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Recipient
from supplies.ledger.ledger import Ledger
from supplies.views.allocation_proposal import ProposedAllocation, propose_allocations, share_evenly
from supplies.views.needs import list_needs


def proposed(desk: Desk, **more: object) -> list[ProposedAllocation]:
    return propose_allocations(desk.books, desk.clock.day, **more).items  # type: ignore[arg-type]


def given_of(desk: Desk) -> dict[str, int]:
    """How much is proposed for each need."""
    found: dict[str, int] = {}
    for row in proposed(desk):
        for line in row.lines:
            found[line.need] = found.get(line.need, 0) + line.quantity
    return found


def accept(desk: Desk, row: ProposedAllocation) -> None:
    """Set a row aside just as it came."""
    desk(msgspec.convert({"type": "Allocate", **msgspec.to_builtins(row)}, c.Allocate))


def test_a_proposal_says_whom_to_give_what_from_which_lot(desk: Desk) -> None:
    need = desk.need(10)
    late = desk.stock(8, expires_on=date(2021, 1, 1))
    soon = desk.stock(4, expires_on=date(2020, 6, 1))
    assert shows(
        propose_allocations(desk.books, desk.clock.day),
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


def test_the_most_urgent_comes_first_and_takes_what_it_lacks(desk: Desk) -> None:
    desk.need(10, "R-1", urgency="low")
    urgent = desk.need(8, "R-2", urgency="high")
    desk.stock(9)
    assert [row.recipient for row in proposed(desk)] == ["R-2", "R-1"]
    assert given_of(desk)[urgent] == 8


def test_one_large_need_does_not_take_all(desk: Desk) -> None:
    large, small = desk.need(1000, "R-1"), desk.need(3, "R-2")
    desk.stock(10)
    assert given_of(desk) == {large: 7, small: 3}


def test_what_does_not_come_out_even_goes_to_whose_day_is_nearest(desk: Desk) -> None:
    desk.need(9, "R-1")
    dated = desk.need(9, "R-2", needed_by=desk.day(2))
    desk.stock(3)
    assert given_of(desk)[dated] == 2


def test_neither_quarantine_nor_expired_goods_are_proposed(desk: Desk) -> None:
    desk.need(10)
    desk.stock(5, location="ward")
    desk.stock(5, expires_on=desk.clock.day)
    assert len(proposed(desk)) == 1
    desk.clock.advance(1)
    assert proposed(desk) == []


def test_what_was_promised_is_not_proposed_anew(desk: Desk) -> None:
    need = desk.need(10)
    desk.pledge(6, {need: 6})
    desk.stock(10)
    assert given_of(desk) == {need: 4}


def test_two_needs_that_share_a_lot_are_two_allocations(desk: Desk) -> None:
    first, second = desk.need(2), desk.need(3)
    desk.stock(5)
    rows = proposed(desk)
    assert [line.need for row in rows for line in row.lines] == [first, second]
    assert len(rows) == 2
    for row in rows:
        accept(desk, row)
    assert proposed(desk) == []


def test_it_can_be_asked_of_one_item_and_one_place_and_in_parts(desk: Desk) -> None:
    desk.need(2), desk.need(2, "R-2"), desk.need(2, item="soap")
    desk.stock(1), desk.stock(1, location="annex"), desk.stock(2, "soap")
    assert {line.item for row in proposed(desk, item="soap") for line in row.lines} == {"soap"}
    assert {row.location for row in proposed(desk, location="annex")} == {"annex"}
    first = propose_allocations(desk.books, desk.clock.day, limit=1)
    rest = propose_allocations(desk.books, desk.clock.day, after=first.next)
    assert [*first.items, *rest.items] == proposed(desk)


@given(st.lists(st.integers(1, 30), max_size=8), st.integers(0, 150))
def test_what_is_free_is_handed_round_evenly(lacks: list[int], free: int) -> None:
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
def test_never_more_than_is_free_or_needed_and_every_row_is_accepted(
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
        hasty(ledger)
        register_all(ledger)
        ledger.register(Recipient(code="R-3", name="赵某"))
        desk = Desk(ledger, clock)
        for recipient, item, quantity, urgency, by in asked:
            desk.need(
                quantity,
                recipient,
                item,
                urgency=urgency,
                needed_by=None if by is None else desk.day(by),
            )
        for place, item, quantity, expires in shelves:
            day = None if expires is None else desk.day(expires)
            desk.stock(quantity, item, location=place, expires_on=day)
        clock.advance(1)
        _check(desk)


def _check(desk: Desk) -> None:
    today = desk.clock.day
    free = {
        item: sum(
            on.quantity
            for place in ("store", "annex")
            for on in desk.books.lot_balances(f"stock:{place}", item)
            if on.expires_on is None or on.expires_on >= today.isoformat()
        )
        for item in ("mask", "soap")
    }
    rows, shares = proposed(desk), given_of(desk)
    open_ = {need.id: need for need in list_needs(desk.books, limit=None).items}
    for item in free:
        here = [need for need in open_.values() if need.item == item]
        lacking = sum(need.needed for need in here)
        # All that can go goes, and no more.
        assert sum(shares.get(need.id, 0) for need in here) == min(free[item], lacking)
        totals: dict[tuple[str, str], int] = {}
        short: set[tuple[str, str]] = set()
        for need in here:
            key = need.urgency, need.recipient
            totals[key] = totals.get(key, 0) + shares.get(need.id, 0)
            assert shares.get(need.id, 0) <= need.needed
            if shares.get(need.id, 0) < need.needed:
                short.add(key)
        for urgency, recipient in short:
            least = totals[urgency, recipient]
            for (other, _), quantity in totals.items():
                if other == urgency:
                    assert quantity <= least + 1  # nobody gets two more than who still lacks it
                elif URGENCIES.index(other) > URGENCIES.index(urgency):
                    assert quantity == 0  # the more urgent are not yet served
    for row in rows:
        accept(desk, row)
    left = {need.id: need.needed for need in list_needs(desk.books, limit=None).items}
    assert left == {name: need.needed - shares.get(name, 0) for name, need in open_.items()}
    assert desk.ledger.verify()
