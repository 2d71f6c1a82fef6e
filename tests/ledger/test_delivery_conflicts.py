"""Outcomes that contradict the books: kept as conflicts and resolved later."""

from __future__ import annotations

import pytest
from support.ledger_fixture import StationLedger
from support.outcomes import partial_outcome

from supplies.domain import commands as c
from supplies.domain.entry_rows import Conflict
from supplies.errors import (
    AlreadyDone,
    NotEnough,
)


def test_an_outcome_that_returns_goods_to_another_location_is_a_conflict(
    station: StationLedger,
) -> None:
    station.stock(5)
    allocation = station.allocate(5)
    delivery = station.dispatch(allocation)
    back = c.OutcomeLine(line=1, received=2, brought_back=3, to="stock")
    station.outcome(delivery, allocation, "partly", lines=[back])
    assert station.outcome(delivery, allocation, "partly", lines=[back]).repeated
    to_annex = c.OutcomeLine(line=1, received=2, brought_back=3, to="stock", location="annex")
    assert station.outcome(delivery, allocation, "partly", lines=[to_annex]).conflict is not None


def test_a_resolved_conflict_is_booked_on_the_day_of_its_outcome(station: StationLedger) -> None:
    station.stock(5)
    allocation = station.allocate(5)
    delivery = station.dispatch(allocation)
    station.outcome(delivery, allocation, "refused")
    conflict = station.outcome(delivery, allocation, "handed_over").seq
    fact = station.day(0)
    station.clock.advance(3)
    station(c.ResolveConflict(conflict=conflict, by="unexplained", reason="seen at the door"))
    assert station.books.balance_on(fact, "received:R-1", "mask", "l_lx_1_1") == 5


def test_a_different_second_outcome_is_a_conflict_without_transfers(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    station.outcome(*stop, "handed_over")
    second = station.outcome(*stop, "refused")
    assert second.conflict == (
        f"the stop for {stop[1]} on delivery {stop[0]} was reported as handed_over by entry 4, "
        "now as refused"
    )
    body = station.books.body(second.seq)
    assert body.kind == "conflict_noted"
    assert body.transfers == ()
    assert station.total("received:R-1") == 10


def test_delivering_more_than_was_loaded_is_a_conflict(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    done = station.outcome(*stop, "partly", lines=partial_outcome(11))
    assert done.conflict is not None
    assert "11 × mask are reported in line 1, but 10 were loaded" in done.conflict
    assert station.total(f"in_transit:{stop[0]}:{stop[1]}") == 10


def test_an_outcome_dated_before_the_dispatch_is_a_conflict(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    done = station.outcome(*stop, "handed_over", happened_on=station.day(-1))
    assert done.conflict is not None
    assert station.total("received:R-1") == 0


def test_a_conflict_is_resolved_by_correcting_the_first_outcome(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    station.outcome(*stop, "handed_over")
    conflict = station.outcome(*stop, "refused")
    station(c.ResolveConflict(conflict=conflict.seq, by="correct", reason="asked the neighbour"))
    assert station.total("received:R-1") == 0
    assert station.total("stock:store") == 10
    with pytest.raises(AlreadyDone, match="was resolved already"):
        station(c.ResolveConflict(conflict=conflict.seq, by="correct", reason="again"))


def test_a_delivery_of_goods_recorded_as_returned_is_resolved_as_unexplained(
    station: StationLedger,
) -> None:
    need = station.need(10)
    station.stock(10)
    allocation = station.allocate(10)
    delivery = station.dispatch(allocation)
    station.outcome(delivery, allocation, "refused")
    station(
        c.IssueGoods(purpose="gate", location="store", lines=[c.LotLine(item="mask", quantity=10)])
    )
    conflict = station.outcome(delivery, allocation, "handed_over")
    with pytest.raises(NotEnough, match="goods were used since"):
        station(c.ResolveConflict(conflict=conflict.seq, by="correct", reason="r"))
    station(c.ResolveConflict(conflict=conflict.seq, by="unexplained", reason="r"))
    assert station.total("received:R-1") == 10
    assert station.total(f"unexplained:{delivery}") == -10
    assert station.balance(f"met:{need}") == 10


def test_a_resolution_that_contradicts_the_books_is_refused(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    station.outcome(*stop, "handed_over")
    conflict = station.outcome(*stop, "partly", lines=partial_outcome(10, back=1))
    entries = station.entries()
    with pytest.raises(NotEnough, match="are reported in line 1"):
        station(c.ResolveConflict(conflict=conflict.seq, by="correct", reason="r"))
    assert station.entries() == entries
    assert len(station.books.rows(Conflict)) == 1


def test_a_resolved_conflict_with_more_of_one_lot_and_less_of_another_meets_no_need_twice(
    station: StationLedger,
) -> None:
    first, second = station.stock(5, batch="B1"), station.stock(5, batch="B2")
    lots = [c.LotPart(lot=first, quantity=5), c.LotPart(lot=second, quantity=5)]
    allocation = station.allocate(10, lots=lots)
    delivery = station.dispatch(allocation)
    station.outcome(
        delivery,
        allocation,
        "partly",
        lines=[c.OutcomeLine(line=1, received=5), c.OutcomeLine(line=2, brought_back=5)],
    )
    need = station.need(10)
    conflict = station.outcome(
        delivery,
        allocation,
        "partly",
        lines=[c.OutcomeLine(line=1, brought_back=5), c.OutcomeLine(line=2, received=5)],
    )
    station(c.ResolveConflict(conflict=conflict.seq, by="unexplained", reason="the other lot"))
    assert station.total("received:R-1") == 5
    assert station.balance(f"met:{need}") == 0
    station.ledger.verify()
