"""Corrections of needs, and of commands that serve needs."""

from __future__ import annotations

import pytest
from support.corrections import correct, mask, note
from support.ledger_fixture import StationLedger

from supplies.domain import commands as c
from supplies.errors import (
    InvalidField,
)


def test_a_smaller_allocation_after_a_release_keeps_needs_within_its_goods(
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


def test_an_allocation_reversed_after_its_need_ended_ends_what_comes_back(
    station: StationLedger,
) -> None:
    need = station.need(10)
    station.stock(10)
    station.allocate(10)
    station(c.EndNeed(need=need, reason="died"))
    station(c.Reverse(entry=3, reason="wrong household"))
    assert station.balance(f"needed:{need}") == 0
    assert station.balance(f"ended:{need}:died") == 10


def test_an_ended_need_that_is_raised_stays_ended(station: StationLedger) -> None:
    need = station.need(10)
    station(c.EndNeed(need=need, reason="died"))
    correct(station, 1, note(12))
    assert station.balance(f"ended:{need}:died") == 12


def test_a_claim_given_back_to_an_ended_need_is_ended_and_the_promise_is_free(
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


def test_a_need_that_goods_serve_does_not_become_another_households(station: StationLedger) -> None:
    station.need(10)
    station.stock(10)
    station.allocate(4)
    with pytest.raises(InvalidField, match="allocated to or received by recipient R-1"):
        correct(station, 1, note(10, "R-2"))


def test_a_need_that_nothing_serves_yet_may_become_another_households(
    station: StationLedger,
) -> None:
    station.need(10)
    correct(station, 1, note(10, "R-2"))
    assert station.balance("asked:R-1") == 0
    assert station.balance("asked:R-2") == -10


def test_a_hand_out_to_the_wrong_household_opens_its_need_again_and_meets_the_right_one(
    station: StationLedger,
) -> None:
    wrong, right = station.need(5), station.need(5, recipient="R-2")
    station.stock(5)
    entry = station(c.HandOut(recipient="R-1", location="store", lines=mask(5))).seq
    correct(station, entry, c.HandOut(recipient="R-2", location="store", lines=mask(5)))
    assert station.balance(f"needed:{wrong}") == 5
    assert station.balance(f"met:{right}") == 5
