"""Goods that come in: donations, openings, goods bought, made and borrowed; their lots."""

from __future__ import annotations

from datetime import date

import pytest
from support.ledger_fixture import Desk

from supplies.domain import commands as c
from supplies.domain.entry_rows import Allocation, Lot
from supplies.errors import InvalidField


def test_a_donation_stands_on_the_shelf_in_a_lot_of_its_donor(desk: Desk) -> None:
    done = desk.give(2, pack="box", expires_on=date(2021, 1, 1), batch="B7")
    lot = f"l_lx_{done.seq}_1"
    assert desk.balance("stock:store", lot=lot) == 100
    assert desk.balance("donor:D-1", lot=lot) == -100
    described = desk.books.latest_row(Lot, lot=lot)
    assert described is not None
    assert (described.batch, described.expires_on) == ("B7", date(2021, 1, 1))


def test_an_anonymous_gift_has_a_receipt_too(desk: Desk) -> None:
    done = desk.give(5, donor=None)
    assert desk.total("donor:anonymous") == -5
    assert desk.books.body(done.last).kind == "receipt_issued"
    assert desk.books.body(done.last).document == "JZ-2020-000001"


def test_goods_for_one_household_go_straight_into_an_allocation(desk: Desk) -> None:
    need = desk.need(3)
    done = desk.give(5, recipient="R-1")
    allocation = desk.books.rows(Allocation)[0]
    assert (allocation.recipient, allocation.arrival) == ("R-1", done.document)
    assert desk.total(f"allocated:{allocation.allocation}:") == 5
    assert desk.total("stock:store") == 0
    assert desk.balance(f"assigned:{need}:{allocation.allocation}") == 3


def test_a_late_donation_for_a_household_does_not_wait_for_a_need_noted_since(desk: Desk) -> None:
    need = desk.need(10)
    desk.give(5, recipient="R-1", happened_on=desk.day(-2))
    assert desk.balance(f"needed:{need}") == 10
    assert desk.total("allocated:") == 5


def test_a_late_donation_on_a_claim_made_since_is_a_gift_beside_it(desk: Desk) -> None:
    need = desk.need(10)
    pledge = desk.pledge(10, {need: 10})
    desk.give(5, pledge=pledge, happened_on=desk.day(-2))
    assert desk.balance(f"claimed:{need}:{pledge}") == 10
    assert desk.total("stock:store") == 5


def test_two_needs_claimed_by_one_line_never_share_a_lot_in_one_allocation(desk: Desk) -> None:
    first, second = desk.need(4), desk.need(4)
    pledge = desk.pledge(8, {first: 4, second: 4})
    desk.give(8, pledge=pledge)
    allocations = [row.allocation for row in desk.books.rows(Allocation)]
    assert len(allocations) == 2
    assert [desk.total(f"allocated:{name}:") for name in allocations] == [4, 4]


@pytest.mark.parametrize("origin", ["bought", "made", "borrowed"])
def test_goods_come_from_elsewhere_too(desk: Desk, origin: str) -> None:
    lines = [c.ArrivalLine(item="soap", quantity=2, pack="six")]
    desk(c.RecordArrival(origin=origin, party="X-1", location="annex", lines=lines))  # type: ignore[arg-type]
    assert desk.total(f"{origin}:X-1", "soap") == -12
    assert desk.total("stock:annex", "soap") == 12


def test_expired_goods_are_not_taken_in(desk: Desk) -> None:
    with pytest.raises(InvalidField, match="expired goods are not taken in") as refusal:
        desk.give(5, expires_on=desk.day(-1))
    assert refusal.value.faults[0].pointer == "/lines/0/expires_on"


def test_a_pack_that_the_item_does_not_have_is_named_with_those_it_has(desk: Desk) -> None:
    with pytest.raises(InvalidField, match=r"has no pack carton \(its packs: box, ten\)"):
        desk.give(5, pack="carton")


@pytest.mark.parametrize(
    ("line", "pointer"),
    [
        ({"item": "gold"}, "/lines/0/item"),
        ({"recipient": "R-9"}, "/lines/0/for"),
        ({"pledge": "p_9"}, "/lines/0/pledge"),
    ],
)
def test_an_unknown_code_is_named_by_its_field(
    desk: Desk, line: dict[str, str], pointer: str
) -> None:
    with pytest.raises(InvalidField) as refusal:
        desk.give(5, **{"item": "mask", **line})
    assert refusal.value.faults[0].pointer == pointer
    assert desk.entries() == 0


def test_an_unknown_donor_or_location_is_refused(desk: Desk) -> None:
    with pytest.raises(InvalidField, match="there is no donor D-9"):
        desk.give(5, donor="D-9")
    with pytest.raises(InvalidField, match="there is no location attic"):
        desk.give(5, location="attic")


def test_packs_that_come_to_more_than_the_largest_quantity_are_refused(desk: Desk) -> None:
    with pytest.raises(InvalidField, match="split it over several entries"):
        desk.give(10**12, pack="box")
