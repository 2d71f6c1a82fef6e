"""Corrections of donations, their receipts, and the pledges and allocations they made."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from support.corrections import correct, mask_lines
from support.ledger_fixture import StationLedger
from support.refusals import assert_refused

from supplies.domain import commands as c
from supplies.domain.entry_rows import Allocation
from supplies.errors import (
    InvalidField,
    NotEnough,
)


def test_the_donor_is_corrected_after_the_goods_were_handed_out(station: StationLedger) -> None:
    station.give(10)
    station(c.HandOut(recipient="R-1", location="store", lines=mask_lines(10)))
    correct(station, 1, station.donation(10, donor="D-2"))
    assert station.books.donors_of_lot("l_lx_1_1", "mask") == [("D-2", 10)]
    assert station.total("received:R-1") == 10


def test_correcting_a_donation_voids_and_replaces_its_receipt(station: StationLedger) -> None:
    station.give(10)
    done = correct(station, 1, station.donation(7))
    kinds = [station.books.body(seq).kind for seq in range(done.seq, done.last + 1)]
    assert kinds == ["donation_received", "receipt_voided", "receipt_issued"]
    assert station.books.body(done.last).document == "JZ-2020-000002"


def test_a_correction_that_is_sent_twice_keeps_the_receipt(station: StationLedger) -> None:
    station.give(10)
    corrected = station.donation(7)
    first = correct(station, 1, corrected)
    again = correct(station, first.seq, corrected)
    noted = correct(station, again.seq, replace(corrected, note="counted twice"))
    for done in (again, noted):
        kinds = [station.books.body(seq).kind for seq in range(done.seq, done.last + 1)]
        assert kinds == ["donation_received"]
    assert station.total("stock:store") == 7
    renewed = correct(station, noted.seq, replace(corrected, handled_by="another"))
    assert station.books.body(renewed.last).document == "JZ-2020-000003"


def test_reversing_a_donation_voids_its_receipt(station: StationLedger) -> None:
    station.give(10)
    done = station(c.Reverse(entry=1, reason="never came"))
    kinds = [station.books.body(seq).kind for seq in range(done.seq, done.last + 1)]
    assert kinds == ["donation_received", "receipt_voided"]
    assert station.total("stock:store") == 0


def test_reducing_a_donation_restores_its_claim_and_its_pledge(station: StationLedger) -> None:
    need = station.need(6)
    pledge = station.pledge(10, {need: 6})
    done = station.give(10, pledge=pledge)
    correct(station, done.seq, station.donation(4, pledge=pledge))
    assert (
        station.balance(f"claimed:{need}:{pledge}")
        == 2
        == station.balance(f"pledged:{pledge}:{need}")
    )
    assert station.balance(f"pledged:{pledge}") == 4
    assert station.total("allocated:") == 4
    assert station.total("stock:store") == 0


def test_increasing_a_donation_adds_an_arrival_to_the_same_lot(
    station: StationLedger,
) -> None:
    need = station.need(6)
    pledge = station.pledge(10, {need: 6})
    done = station.give(4, pledge=pledge)
    correct(station, done.seq, station.donation(12, pledge=pledge))
    assert station.balance(f"pledged:{pledge}") == 0
    assert station.balance(f"claimed:{need}:{pledge}") == 0
    assert station.total("stock:store") == 6
    assert len(station.books.rows(Allocation)) == 1
    assert {key[2] for key in station.books.nonzero_balances("stock:store")} == {
        f"l_lx_{done.seq}_1"
    }


def test_a_donation_in_transit_cannot_be_reduced(station: StationLedger) -> None:
    done = station.give(10, recipient="R-1")
    station.dispatch(f"a_{done.seq + 1}")
    with pytest.raises(NotEnough, match="used by entry 4; the smallest possible quantity is 10"):
        correct(station, done.seq, station.donation(8, recipient="R-1"))


def test_a_correction_may_name_any_entry_of_the_command(station: StationLedger) -> None:
    done = station.give(10, recipient="R-1")
    correct(station, done.seq + 1, station.donation(8, recipient="R-1"))
    assert station.total("allocated:") == 8


@pytest.mark.parametrize("smaller", [4, 5, 7, 8])
def test_a_reduced_donation_keeps_delivered_goods_before_urgent_needs(
    station: StationLedger, smaller: int
) -> None:
    urgent = station.need(4, urgency="high")
    other = station.need(4, recipient="R-2", urgency="low")
    pledge = station.pledge(20, {urgent: 4, other: 4})
    gift = station.give(20, pledge=pledge).seq
    other_allocation = f"a_{gift + 2}"
    station.outcome(station.dispatch(other_allocation), other_allocation, "handed_over")
    with pytest.raises(NotEnough, match="the smallest possible quantity is 4"):
        correct(station, gift, station.donation(1, pledge=pledge))
    correct(station, gift, station.donation(smaller, pledge=pledge))
    assert station.total("received:R-2") == 4 == station.balance(f"met:{other}")
    assert (
        station.total("allocated:")
        == smaller - 4
        == station.balance(f"assigned:{urgent}:a_{gift + 1}")
    )
    assert station.balance(f"claimed:{urgent}:{pledge}") == 8 - smaller


def test_a_released_allocation_needs_no_undoing_when_its_donation_is_reduced(
    station: StationLedger,
) -> None:
    need = station.need(4)
    pledge = station.pledge(20, {need: 4})
    gift = station.give(20, pledge=pledge).seq
    station(c.Release(allocation=f"a_{gift + 1}", reason="r"))
    correct(station, gift, station.donation(1, pledge=pledge))
    assert (station.total("stock:store"), station.total("allocated:")) == (1, 0)
    assert station.balance(f"claimed:{need}:{pledge}") == 3
    assert station.balance(f"needed:{need}") == 1


def test_released_goods_of_a_donation_for_one_recipient_can_be_reduced(
    station: StationLedger,
) -> None:
    gift = station.give(20, recipient="R-1", happened_on=station.day(-2)).seq
    station(c.Release(allocation=f"a_{gift + 1}", reason="r"))
    station(c.HandOut(recipient="R-2", location="store", lines=mask_lines(5)))
    with pytest.raises(NotEnough, match="the smallest possible quantity is 5"):
        correct(station, gift, station.donation(4, recipient="R-1"))
    done = correct(station, gift, station.donation(12, recipient="R-1"))
    assert (station.total("stock:store"), station.total("allocated:")) == (7, 0)
    with pytest.raises(NotEnough, match="goods were used since"):
        station(c.Reverse(entry=done.seq, reason="R-2 has five"))


def test_the_donor_of_a_partly_kept_pledge_cannot_be_corrected(station: StationLedger) -> None:
    pledge = station.pledge(10)
    station.give(4, pledge=pledge)
    lines = [c.PledgeLine(item="mask", quantity=10)]
    other = c.Correct(entry=1, reason="x", command=c.MakePledge(donor="D-2", lines=lines))
    assert_refused(station, InvalidField, lambda: station(other), at="/command/donor")
