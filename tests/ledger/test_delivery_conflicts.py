"""Outcomes that contradict the books: kept as conflicts and resolved later."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from support.ledger_fixture import StationLedger
from support.outcomes import latest_decision, partial_outcome

from supplies.books.free_text import free_text_of_entry
from supplies.domain import commands as c
from supplies.domain.catalogue_records import Location
from supplies.domain.entry_rows import Conflict, Proof
from supplies.errors import (
    AlreadyDone,
    InvalidField,
    NotEnough,
    SuppliesError,
    Unaccounted,
)
from supplies.ledger.recorded import Recorded
from supplies.views.conflict_sides import get_conflict_sides
from supplies.views.deliveries import get_delivery
from supplies.views.delivery_proofs import get_stop_codes
from supplies.views.entries import get_conflict, list_conflicts
from supplies.views.stated_commands import stated_command


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
        resolve(station, conflict.seq, "correct")


@pytest.mark.parametrize("unseen", [None, 1])
def test_a_decision_that_somebody_made_meanwhile_is_not_replaced_unseen(
    station: StationLedger, stop: tuple[str, str], unseen: int | None
) -> None:
    station.outcome(*stop, "handed_over")
    conflict = station.outcome(*stop, "refused").seq
    first = resolve(station, conflict, "correct").seq
    late = c.ResolveConflict(conflict=conflict, replaces=unseen, by="keep", reason="asked the team")
    with pytest.raises(AlreadyDone, match=f"entry {first} resolved this conflict") as refused:
        station(late)
    assert refused.value.faults[0].pointer == "/replaces"
    assert station.total("stock:store") == 10
    station(msgspec.structs.replace(late, replaces=first))
    assert station.total("received:R-1") == 10


def test_a_conflict_without_a_decision_has_none_to_replace(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    station.outcome(*stop, "handed_over")
    conflict = station.outcome(*stop, "refused").seq
    decision = c.ResolveConflict(conflict=conflict, replaces=1, by="keep", reason="asked the team")
    with pytest.raises(InvalidField, match="is not resolved yet"):
        station(decision)


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


def resolve(station: StationLedger, conflict: int, by: str, **more: Any) -> Recorded:
    replaces = latest_decision(station.books, conflict)
    decision = c.ResolveConflict(
        conflict=conflict,
        replaces=replaces,
        by=by,  # type: ignore[arg-type]  # a way by name
        reason="asked them",
        **more,
    )
    return station(decision)


def test_a_conflict_decided_for_the_books_moves_nothing(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    station.outcome(*stop, "handed_over")
    conflict = station.outcome(*stop, "refused").seq
    decision = resolve(station, conflict, "keep")
    assert station.books.body(decision.seq).transfers == ()
    assert station.total("received:R-1") == 10
    assert get_delivery(station.books, stop[0]).stops[0].outcome == "handed_over"
    assert list_conflicts(station.books).items == []
    assert get_conflict(station.books, conflict).resolved_by == "keep"
    station.ledger.verify()


def test_a_conflict_decided_for_the_books_no_longer_blocks_forgetting(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    station.outcome(*stop, "handed_over")
    conflict = station.outcome(*stop, "refused", note="the neighbour said so").seq
    with pytest.raises(Unaccounted, match=f"the conflict of entry {conflict}"):
        station(c.ForgetRecipient(recipient="R-1"))
    resolve(station, conflict, "keep")
    station(c.ForgetRecipient(recipient="R-1"))
    station.ledger.verify()


def test_a_count_that_contradicts_the_books_can_be_dropped_and_counted_again(
    station: StationLedger,
) -> None:
    station.stock(5)
    sheet = str(station(c.OpenCountSheet(location="store")).document)
    station(
        c.IssueGoods(purpose="gate", location="store", lines=[c.LotLine(item="mask", quantity=4)])
    )
    wrong = station(c.CountStock(sheet=sheet, lines=[c.CountLine(item="mask", counted=0)]))
    assert wrong.conflict is not None
    resolve(station, wrong.seq, "keep")
    assert station.total("stock:store") == 1
    station(c.CountStock(sheet=sheet, lines=[c.CountLine(item="mask", counted=5)]))
    station.ledger.verify()


def impossible(station: StationLedger, stop: tuple[str, str], outcome: str, **more: Any) -> int:
    """Report an outcome for a time before the goods went out. Return the entry of the conflict."""
    before = station.clock() - timedelta(days=2)
    reported = station.outcome(*stop, outcome, happened_at=before, **more)
    assert reported.conflict is not None
    return reported.seq


def test_a_report_with_an_impossible_time_is_booked_by_decision(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    conflict = impossible(station, stop, "not_at_home")
    station.clock.advance()
    resolve(station, conflict, "correct")
    (shown,) = get_delivery(station.books, stop[0]).stops
    assert (shown.outcome, shown.happened_on) == ("not_at_home", station.day(-1))
    assert station.total(f"allocated:{stop[1]}:store") == 10
    station.ledger.verify()


def test_the_day_of_a_report_with_an_impossible_time_can_be_given(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    conflict = impossible(station, stop, "handed_over")
    station.clock.advance(3)
    resolve(station, conflict, "correct", happened_on=station.day(-2))
    assert station.books.balance_on(station.day(-2), "received:R-1", "mask", "l_lx_1_1") == 10
    assert station.books.balance_on(station.day(-3), "received:R-1", "mask", "l_lx_1_1") == 0


def test_a_stop_whose_impossible_report_was_dropped_waits_for_another(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    resolve(station, impossible(station, stop, "handed_over"), "keep")
    assert station.total(f"in_transit:{stop[0]}:{stop[1]}") == 10
    assert station.outcome(*stop, "refused").conflict is None


@pytest.mark.parametrize(
    ("by", "received", "unexplained"),
    [("correct", 10, 0), ("unexplained", 10, 0), ("keep", 0, 0)],
)
def test_a_differing_report_with_an_impossible_time_is_resolved_in_every_way(
    station: StationLedger, stop: tuple[str, str], by: str, received: int, unexplained: int
) -> None:
    station.outcome(*stop, "refused")
    resolve(station, impossible(station, stop, "handed_over"), by)
    assert station.total("received:R-1") == received
    assert station.total(f"unexplained:{stop[0]}") == unexplained
    station.ledger.verify()


def test_a_conflict_about_more_than_60_days_ago_keeps_its_day_when_it_is_resolved_late(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    station.clock.advance(50)
    tapped = station.clock() - timedelta(days=49)
    station.outcome(*stop, "refused", happened_at=tapped, phone_time=tapped)
    later = station.outcome(*stop, "handed_over", happened_at=tapped, phone_time=tapped)
    assert later.conflict is not None
    station.clock.advance(30)
    resolve(station, later.seq, "correct")
    (shown,) = get_delivery(station.books, stop[0]).stops
    assert shown.happened_on == station.day(-79)


@pytest.mark.parametrize("first", [None, "refused"])
@pytest.mark.parametrize("by", ["correct", "unexplained"])
def test_an_outcome_of_long_ago_keeps_its_time_when_it_is_decided(
    station: StationLedger, stop: tuple[str, str], by: str, first: str | None
) -> None:
    tapped = station.clock() + timedelta(hours=2)
    station.clock.advance(80)
    if first is not None:
        station.outcome(*stop, first)
    late = station.outcome(*stop, "handed_over", happened_at=tapped, phone_time=tapped)
    assert late.conflict is not None
    resolve(station, late.seq, by)
    (shown,) = get_delivery(station.books, stop[0]).stops
    assert shown.happened_at is not None
    assert datetime.fromisoformat(shown.happened_at) == tapped
    assert (shown.happened_on, shown.phone_time) == (station.day(-80), tapped)
    station.ledger.verify()


def test_a_corrected_outcome_of_a_phone_keeps_its_time_after_any_number_of_days(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    station.clock.advance()
    at = station.clock()
    first = station.outcome(*stop, "handed_over", happened_at=at, phone_time=at)
    station.clock.advance(90)
    command = stated_command(station.books, first.seq).command
    assert isinstance(command, c.ReportOutcome)
    changed = msgspec.structs.replace(command, received_by="guard")
    station(c.Correct(entry=first.seq, command=changed, reason="asked"))
    (shown,) = get_delivery(station.books, stop[0]).stops
    assert (shown.received_by, shown.happened_on) == ("guard", station.day(-90))


FAILED = {
    "received_by": "neighbour",
    "proof": "none",
    "why": "not_ready",
    "note": "the dog barked",
    "time_window": "after 18:00",
}


@pytest.mark.parametrize("by", ["correct", "unexplained"])
def test_a_decision_for_the_first_outcome_restores_all_that_it_stated(
    station: StationLedger, stop: tuple[str, str], by: str
) -> None:
    station.clock.advance()
    at, shown_by_phone = station.clock(), station.clock() + timedelta(days=2)
    first = {**FAILED, "happened_at": at, "phone_time": shown_by_phone}
    station.outcome(*stop, "not_at_home", next_attempt=station.day(3), **first)
    (before,) = get_delivery(station.books, stop[0]).stops
    station.clock.advance()
    second = {"received_by": "self", "happened_at": station.clock(), "note": "she was there"}
    conflict = station.outcome(*stop, "handed_over", **second)
    for _ in range(2):
        resolve(station, conflict.seq, by)
        (booked,) = get_delivery(station.books, stop[0]).stops
        assert (booked.outcome, booked.received_by, booked.note) == (
            "handed_over",
            "self",
            "she was there",
        )
        decision = resolve(station, conflict.seq, "keep")
        (restored,) = get_delivery(station.books, stop[0]).stops
        assert msgspec.structs.replace(restored, reported_in=before.reported_in) == before
        assert (free_text_of_entry(station.books, decision.seq) or {})["reason"] == "asked them"
    station.ledger.verify()


def test_the_text_of_a_restored_outcome_is_erased_with_all_its_copies(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    first = station.outcome(*stop, "not_at_home", note="Aunt Zhang moved").seq
    conflict = station.outcome(*stop, "handed_over", note="to Uncle Li").seq
    booked = resolve(station, conflict, "correct").seq
    restored = resolve(station, conflict, "keep").seq
    station(c.ForgetText(entry=first))
    found = [free_text_of_entry(station.books, seq) for seq in (first, booked, restored)]
    assert found == [None, {"note": "to Uncle Li", "reason": "asked them"}, None]
    station(c.ForgetText(entry=booked))
    assert free_text_of_entry(station.books, conflict) is None
    station.ledger.verify()


def test_goods_that_come_back_by_an_unexplained_decision_are_not_unexplained(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    lines = partial_outcome(5, back=4, lost=1, to="stock")
    conflict = impossible(station, stop, "partly", lines=lines)
    resolve(station, conflict, "unexplained")
    assert station.total("received:R-1") == 5
    assert station.total("stock:store") == 4
    assert station.total("lost:on_the_way") == 1
    assert station.total(f"unexplained:{stop[0]}") == 0


def test_the_same_differing_report_again_is_the_conflict_that_waits(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    station.outcome(*stop, "handed_over")
    first = station.outcome(*stop, "refused", received_by="self")
    again = station.outcome(*stop, "refused", received_by="neighbour", note="at the door")
    assert (again.seq, again.conflict, again.repeated) == (first.seq, first.conflict, True)
    assert station.outcome(*stop, "lost").seq != first.seq
    assert len(list_conflicts(station.books).items) == 2


def test_reports_with_impossible_times_are_one_conflict_until_it_is_resolved(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    first = impossible(station, stop, "handed_over")
    station.clock.advance()
    assert impossible(station, stop, "handed_over") == first
    resolve(station, first, "keep")
    assert impossible(station, stop, "handed_over") != first


def test_a_signature_of_a_report_that_agrees_with_a_conflict_is_kept(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    station.outcome(*stop, "refused")
    station.outcome(*stop, "handed_over")
    signed = station.outcome(*stop, "handed_over", signature=[[(1, 2), (3, 4)]])
    assert (signed.conflict, signed.repeated) == (None, False)
    assert len(list_conflicts(station.books).items) == 1
    assert len(station.books.rows(Proof, allocation=stop[1])) == 1
    station.ledger.verify()


def test_the_same_contradicted_count_again_is_the_conflict_that_waits(
    station: StationLedger,
) -> None:
    station.stock(5)
    sheet = str(station(c.OpenCountSheet(location="store")).document)
    station(
        c.IssueGoods(purpose="gate", location="store", lines=[c.LotLine(item="mask", quantity=4)])
    )
    count = c.CountStock(sheet=sheet, lines=[c.CountLine(item="mask", counted=0)])
    assert station(count).seq == station(count).seq


def test_an_outcome_of_an_earlier_decision_is_not_corrected(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    station.outcome(*stop, "refused")
    resolve(station, station.outcome(*stop, "handed_over").seq, "unexplained")
    other = station.outcome(*stop, "lost").seq
    with pytest.raises(InvalidField, match="choose unexplained or keep"):
        resolve(station, other, "correct")
    resolve(station, other, "keep")


def test_goods_of_one_lot_from_two_locations_are_not_unexplained_by_a_decision(
    station: StationLedger,
) -> None:
    need = station.need(10)
    station.stock(10)
    allocation = station.allocate(10)
    part = c.DispatchPart(allocation=allocation, lines=[c.AllocationPart(line=1, quantity=5)])
    back = c.OutcomeLine(line=1, brought_back=5, location="annex")
    first = station.dispatch(allocation, parts=[part])
    station.outcome(first, allocation, "not_at_home", lines=[back])
    second = station.dispatch(allocation)
    conflict = impossible(station, (second, allocation), "handed_over")
    decision = resolve(station, conflict, "unexplained")
    moved = station.books.body(decision.seq).transfers
    assert not any("unexplained" in transfer.source + transfer.target for transfer in moved)
    assert station.balance(f"met:{need}") == 10


@pytest.mark.parametrize(
    ("first", "second"),
    [("refused", "lost"), ("lost", "refused"), ("not_at_home", "lost"), ("lost", "not_at_home")],
)
def test_goods_that_a_decision_states_are_booked_where_it_says(
    station: StationLedger, stop: tuple[str, str], first: str, second: str
) -> None:
    station.outcome(*stop, first)
    resolve(station, station.outcome(*stop, second).seq, "unexplained")
    accounts = {
        "refused": "stock:store",
        "lost": "lost:on_the_way",
        "not_at_home": f"allocated:{stop[1]}:store",
    }
    assert station.total(accounts[second]) == 10
    assert station.total(accounts[first]) == 0
    assert station.total(f"unexplained:{stop[0]}") == 0
    station.ledger.verify()


def test_stated_losses_of_goods_that_were_used_since_are_unexplained(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    station.outcome(*stop, "refused")
    station(
        c.IssueGoods(purpose="gate", location="store", lines=[c.LotLine(item="mask", quantity=7)])
    )
    resolve(station, station.outcome(*stop, "lost").seq, "unexplained")
    assert station.total("stock:store") == 0
    assert station.total("lost:on_the_way") == 10
    assert station.total(f"unexplained:{stop[0]}") == -7
    station.ledger.verify()


def test_goods_that_a_decision_states_beyond_the_load_are_unexplained(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    lines = partial_outcome(10, back=2, lost=1, to="stock")
    resolve(station, station.outcome(*stop, "partly", lines=lines).seq, "unexplained")
    assert station.total("received:R-1") == 10
    assert station.total("stock:store") == 2
    assert station.total("lost:on_the_way") == 1
    assert station.total(f"unexplained:{stop[0]}") == -3
    station.ledger.verify()


@pytest.mark.parametrize("by", ["correct", "unexplained"])
def test_a_decision_does_not_return_goods_to_an_unknown_location(
    station: StationLedger, stop: tuple[str, str], by: str
) -> None:
    station.outcome(*stop, "handed_over")
    lines = partial_outcome(0, back=10, to="stock", location="nowhere")
    conflict = station.outcome(*stop, "partly", lines=lines).seq
    with pytest.raises(SuppliesError, match="nowhere"):
        resolve(station, conflict, by)


@pytest.mark.parametrize("by", ["correct", "unexplained"])
@pytest.mark.parametrize("first", [None, "handed_over"])
def test_the_texts_of_a_decided_report_are_those_of_the_stop(
    station: StationLedger, stop: tuple[str, str], by: str, first: str | None
) -> None:
    if first is not None:
        station.outcome(*stop, first)
    texts = {"note": "moved to block 3", "time_window": "after 18:00"}
    conflict = impossible(station, stop, "not_at_home", **texts)
    waiting = get_conflict(station.books, conflict)
    assert {"note": waiting.note, "time_window": waiting.time_window} == texts
    decision = resolve(station, conflict, by)
    (shown,) = get_delivery(station.books, stop[0]).stops
    assert {"note": shown.note, "time_window": shown.time_window} == texts
    assert get_conflict(station.books, conflict).resolved_because == "asked them"
    station(c.ForgetText(entry=decision.seq))
    (shown,) = get_delivery(station.books, stop[0]).stops
    assert shown.note is None
    station.ledger.verify()


def test_a_decision_for_the_books_takes_no_texts_from_the_report(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    decision = resolve(station, impossible(station, stop, "lost", note="in the river"), "keep")
    assert free_text_of_entry(station.books, decision.seq) == {"reason": "asked them"}


def test_a_decision_that_was_wrong_cannot_be_corrected_and_the_refusal_says_what_to_do(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    station.outcome(*stop, "refused")
    decision = resolve(station, station.outcome(*stop, "lost").seq, "unexplained").seq
    with pytest.raises(InvalidField, match="report the outcome of the stop again"):
        station(c.Reverse(entry=decision, reason="found"))
    again = station.outcome(*stop, "refused")
    assert again.conflict is not None
    resolve(station, again.seq, "unexplained")
    assert station.total("stock:store") == 10
    assert station.total("lost:on_the_way") == 0
    station.ledger.verify()


def test_goods_that_were_brought_back_to_a_quarantine_stay_set_aside_as_reported(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    station.ledger.amend(Location(code="annex", name="Annex", quarantine=True))
    station.outcome(*stop, "partly", lines=partial_outcome(0, back=10, location="annex"))
    assert station.total(f"allocated:{stop[1]}:annex") == 10
    station.ledger.verify()


def test_goods_that_are_allocated_in_a_quarantine_are_not_given_to_people(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    station.ledger.amend(Location(code="annex", name="Annex", quarantine=True))
    station.outcome(*stop, "partly", lines=partial_outcome(0, back=10, location="annex"))
    for command in (
        c.Dispatch(team="T-1", allocations=[stop[1]]),
        c.CollectAllocation(allocation=stop[1]),
    ):
        with pytest.raises(InvalidField, match="are in Annex, which is a quarantine: release them"):
            station(command)
    station(c.Release(allocation=stop[1], reason="inspected"))
    assert station.total("stock:annex") == 10


def test_a_decision_is_changed_though_a_named_place_became_a_quarantine(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    station.outcome(*stop, "partly", lines=partial_outcome(0, back=10, location="annex"))
    conflict = station.outcome(*stop, "handed_over").seq
    station.ledger.amend(Location(code="annex", name="Annex", quarantine=True))
    for way in ("correct", "keep"):
        resolve(station, conflict, way)
    assert station.total(f"allocated:{stop[1]}:annex") == 10


def test_a_decision_is_changed_though_the_place_of_the_goods_became_a_quarantine(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    station.outcome(*stop, "not_at_home")
    conflict = station.outcome(*stop, "handed_over").seq
    station.ledger.amend(Location(code="store", name="Store A", quarantine=True))
    for way in ("correct", "keep"):
        resolve(station, conflict, way)
    assert station.total(f"allocated:{stop[1]}:store") == 10


def test_a_code_in_a_later_agreeing_report_is_evidence_of_the_books(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    def report(by: str, outcome: c.Outcome, code: str | None = None) -> int:
        command = c.ReportOutcome(delivery=stop[0], allocation=stop[1], outcome=outcome, code=code)
        return station.ledger.record(command, by=by).seq

    (expected,) = get_stop_codes(station.books, stop[0]).stops
    report("phone.1", "handed_over")
    conflict = report("phone.2", "refused")
    report("phone.2", "handed_over", expected.code)
    sides = get_conflict_sides(station.books, get_conflict(station.books, conflict))
    assert sides.recorded is not None
    assert (sides.reported.code, sides.recorded.code) == (None, "matched")
