"""Corrections of needs, and of commands that serve needs."""

from __future__ import annotations

import pytest
from support.corrections import correct, mask_lines, note
from support.ledger_fixture import StationLedger

from supplies.domain import commands as c
from supplies.errors import (
    InvalidField,
)


def test_a_reduced_allocation_assigns_no_more_than_its_goods_after_a_release(
    station: StationLedger,
) -> None:
    need = station.need(30)
    station.stock(34)
    allocation = station.allocate(34)
    part = [c.ReleasedLine(line=1, quantity=25)]
    station(c.Release(allocation=allocation, reason="r", lines=part))
    lines = [c.AllocationLine(item="mask", quantity=33)]
    correct(station, 3, c.Allocate(recipient="R-1", location="store", lines=lines))
    assert station.total(f"allocated:{allocation}:") == 8
    assert station.balance(f"assigned:{need}:{allocation}") <= 8
    assert (
        station.balance(f"assigned:{need}:{allocation}") + station.balance(f"needed:{need}") == 30
    )


def test_reversing_an_allocation_of_an_ended_need_does_not_reopen_it(
    station: StationLedger,
) -> None:
    need = station.need(10)
    station.stock(10)
    station.allocate(10)
    station(c.EndNeed(need=need, reason="died"))
    station(c.Reverse(entry=3, reason="wrong household"))
    assert station.balance(f"needed:{need}") == 0
    assert station.balance(f"ended:{need}:died") == 10


def test_increasing_an_ended_need_keeps_it_ended(station: StationLedger) -> None:
    need = station.need(10)
    station(c.EndNeed(need=need, reason="died"))
    correct(station, 1, note(12))
    assert station.balance(f"ended:{need}:died") == 12


def test_reducing_a_donation_for_an_ended_need_frees_its_pledge(
    station: StationLedger,
) -> None:
    need = station.need(10)
    pledge = station.pledge(10, {need: 10})
    done = station.give(10, pledge=pledge)
    station(c.EndNeed(need=need, reason="moved"))
    correct(station, done.seq, station.donation(6, pledge=pledge))
    assert station.balance(f"claimed:{need}:{pledge}") == 0
    assert station.balance(f"pledged:{pledge}") == 4
    assert station.balance(f"ended:{need}:moved") == 4


def test_the_recipient_of_a_need_with_goods_cannot_be_corrected(station: StationLedger) -> None:
    station.need(10)
    station.stock(10)
    station.allocate(4)
    with pytest.raises(InvalidField, match="allocated to or received by recipient R-1"):
        correct(station, 1, note(10, "R-2"))


def test_the_recipient_of_a_need_without_goods_can_be_corrected(
    station: StationLedger,
) -> None:
    station.need(10)
    correct(station, 1, note(10, "R-2"))
    assert station.balance("asked:R-1") == 0
    assert station.balance("asked:R-2") == -10


def test_correcting_the_recipient_of_a_hand_out_moves_the_met_need(
    station: StationLedger,
) -> None:
    wrong, right = station.need(5), station.need(5, recipient="R-2")
    station.stock(5)
    entry = station(c.HandOut(recipient="R-1", location="store", lines=mask_lines(5))).seq
    correct(station, entry, c.HandOut(recipient="R-2", location="store", lines=mask_lines(5)))
    assert station.balance(f"needed:{wrong}") == 5
    assert station.balance(f"met:{right}") == 5
