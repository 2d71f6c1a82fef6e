"""Corrections of the outcomes of deliveries."""

from __future__ import annotations

import pytest
from support.corrections import correct
from support.ledger_fixture import StationLedger

from supplies.domain import commands as c
from supplies.errors import (
    AlreadyDone,
    InvalidField,
    NotEnough,
)


def test_an_outcome_can_be_corrected_after_closing_but_not_reversed(
    station: StationLedger,
) -> None:
    need = station.need(10)
    station.stock(10)
    allocation = station.allocate(10)
    delivery = station.dispatch(allocation)
    outcome = station.outcome(delivery, allocation, "handed_over").seq
    with pytest.raises(InvalidField, match="an outcome is a fact"):
        station(c.Reverse(entry=outcome, reason="r"))
    station(c.CloseDelivery(delivery=delivery))
    correct(
        station,
        outcome,
        c.ReportOutcome(delivery=delivery, allocation=allocation, outcome="not_at_home"),
    )
    assert station.total("received:R-1") == 0
    assert station.balance(f"assigned:{need}:{allocation}") == 10
    assert station.balance(f"met:{need}") == 0


def test_an_outcome_cannot_be_corrected_to_another_stop(station: StationLedger) -> None:
    station.stock(20)
    first, second = station.allocate(10), station.allocate(10, recipient="R-2")
    delivery = station.dispatch(first, second)
    outcome = station.outcome(delivery, first, "handed_over").seq
    other = c.ReportOutcome(delivery=delivery, allocation=second, outcome="handed_over")
    with pytest.raises(InvalidField, match="is the outcome of the stop for"):
        correct(station, outcome, other)


def test_correcting_an_outcome_to_more_than_was_loaded_is_refused(
    station: StationLedger,
) -> None:
    station.stock(10)
    allocation = station.allocate(10)
    delivery = station.dispatch(allocation)
    outcome = station.outcome(delivery, allocation, "handed_over").seq
    entries = station.entries()
    lines = [c.OutcomeLine(line=1, received=11)]
    wrong = c.ReportOutcome(delivery=delivery, allocation=allocation, outcome="partly", lines=lines)
    with pytest.raises(NotEnough, match="but 10 were loaded"):
        correct(station, outcome, wrong)
    assert station.entries() == entries


def test_an_outcome_decided_by_a_resolved_conflict_cannot_be_corrected(
    station: StationLedger,
) -> None:
    station.stock(10)
    allocation = station.allocate(10)
    delivery = station.dispatch(allocation)
    outcome = station.outcome(delivery, allocation, "not_at_home").seq
    conflict = station.outcome(delivery, allocation, "handed_over").seq
    station(c.ResolveConflict(conflict=conflict, by="unexplained", reason="r"))
    again = c.ReportOutcome(delivery=delivery, allocation=allocation, outcome="handed_over")
    with pytest.raises(AlreadyDone, match="resolved this stop later"):
        correct(station, outcome, again)
    assert station.total("received:R-1") == 10


def test_correcting_an_outcome_to_a_day_before_its_dispatch_is_refused(
    station: StationLedger,
) -> None:
    station.stock(10, happened_on=station.day(-5))
    allocation = station.allocate(10)
    delivery = station.dispatch(allocation)
    outcome = station.outcome(delivery, allocation, "handed_over").seq
    early = c.ReportOutcome(
        delivery=delivery,
        allocation=allocation,
        outcome="handed_over",
        happened_on=station.day(-1),
    )
    with pytest.raises(
        NotEnough, match=f"is in transit on delivery {delivery} on {station.day(-1)}"
    ):
        correct(station, outcome, early)
