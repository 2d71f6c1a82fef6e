"""Hand-outs that teams report from their counters: booked, or kept as conflicts and decided."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from support.ledger_fixture import StationLedger
from support.outcomes import latest_decision

from supplies.books.free_text import free_text_of_entry
from supplies.domain import commands as c
from supplies.domain.catalogue_records import Item, Location, Recipient, Team
from supplies.domain.entry_rows import HandOutReport
from supplies.errors import (
    AlreadyDone,
    Forgotten,
    InvalidField,
    NotEnough,
    SuppliesError,
    Unaccounted,
)
from supplies.ledger.recorded import Recorded
from supplies.views.entries import get_conflict, list_conflicts
from supplies.views.stock_documents import get_stock_document


@pytest.fixture
def station(station: StationLedger) -> StationLedger:
    """A station whose team T-1 has 10 masks at its counter, the annex."""
    station.ledger.amend(Team(code="T-1", name="一队", counter="annex"))
    lines = [c.ArrivalLine(item="mask", quantity=10)]
    station(c.OpenStock(location="annex", lines=lines))
    return station


def report(
    station: StationLedger, quantity: int = 4, recipient: str = "G-1", **more: Any
) -> Recorded:
    fields: dict[str, Any] = {
        "team": "T-1",
        "location": "annex",
        "recipient": recipient,
        "lines": [c.RecipientLine(item="mask", quantity=quantity)],
        "headcount": 4 if recipient == "G-1" else None,
    }
    return station(c.ReportHandOut(**(fields | more)))


def decide(station: StationLedger, conflict: int, by: c.Resolved, **more: Any) -> Recorded:
    replaces = latest_decision(station.books, conflict)
    return station(
        c.ResolveConflict(
            conflict=conflict, replaces=replaces, by=by, reason="asked the team", **more
        )
    )


def test_a_hand_out_is_booked_with_its_corrected_time_and_the_time_of_the_phone(
    station: StationLedger,
) -> None:
    at = station.clock() - timedelta(days=1)
    shown = at + timedelta(days=3)
    done = report(station, happened_at=at, phone_time=shown, happened_on=None)
    # The goods came today, so the books have none on that day.
    assert done.conflict is not None
    station.clock.advance()
    at = station.clock() - timedelta(hours=1)
    done = report(station, happened_at=at, phone_time=shown)
    assert (done.conflict, done.document) == (None, f"h_{done.seq}")
    [row] = station.books.rows(HandOutReport)
    assert row == HandOutReport(
        hand_out=f"h_{done.seq}", team="T-1", happened_at=at, phone_time=shown
    )
    assert station.total("received:G-1") == 4
    shown_to_people = get_stock_document(station.books, "hand-outs", f"h_{done.seq}")
    assert (shown_to_people.happened_at, shown_to_people.phone_time) == (at, shown)
    station.ledger.verify()


def test_a_hand_out_on_a_closed_day_is_booked_on_the_first_open_day(
    station: StationLedger,
) -> None:
    at = station.clock()
    station.clock.advance(2)
    station(c.ClosePeriod(through=station.day(-1)))
    done = report(station, happened_at=at)
    assert done.conflict is None
    body = station.books.body(done.seq)
    assert (body.happened_on, body.booked_on) == (station.day(-2), station.day(0))


Change = Callable[[StationLedger], dict[str, Any]]


def _no_change(station: StationLedger) -> dict[str, Any]:
    return {"quantity": 11}


def _goods_taken_away(station: StationLedger) -> dict[str, Any]:
    lines = [c.LotLine(item="mask", quantity=9)]
    station(c.Move(source="annex", target="store", lines=lines))
    return {}


def _counter_taken_away(station: StationLedger) -> dict[str, Any]:
    station.ledger.amend(Team(code="T-1", name="一队"))
    return {}


def _household_forgotten(station: StationLedger) -> dict[str, Any]:
    station(c.ForgetRecipient(recipient="R-2"))
    return {"recipient": "R-2"}


def _counter_in_quarantine(station: StationLedger) -> dict[str, Any]:
    station.ledger.amend(Location(code="annex", name="Annex", quarantine=True))
    return {}


def _goods_in_quarantine(station: StationLedger) -> dict[str, Any]:
    lines = [c.LotLine(item="mask", quantity=10)]
    station(c.Move(source="annex", target="ward", lines=lines))
    return {}


def _group_became_a_household(station: StationLedger) -> dict[str, Any]:
    station.ledger.amend(Recipient(code="G-1", name="新来居民"))
    return {}


def _in_the_future(station: StationLedger) -> dict[str, Any]:
    return {"happened_at": station.clock() + timedelta(days=2)}


def _long_ago(station: StationLedger) -> dict[str, Any]:
    at = station.clock() - timedelta(days=61)
    return {"happened_at": at, "phone_time": at}


def _long_ago_by_a_phone_that_does_not_send_its_clock(station: StationLedger) -> dict[str, Any]:
    return {"happened_at": station.clock() - timedelta(days=61)}


def _before_the_calendar(station: StationLedger) -> dict[str, Any]:
    at = datetime.min.replace(tzinfo=station.clock().tzinfo)
    return {"happened_at": at, "phone_time": at}


CHANGES: tuple[Change, ...] = (
    _no_change,
    _goods_taken_away,
    _counter_taken_away,
    _household_forgotten,
    _counter_in_quarantine,
    _goods_in_quarantine,
    _group_became_a_household,
    _in_the_future,
    _long_ago,
    _long_ago_by_a_phone_that_does_not_send_its_clock,
    _before_the_calendar,
)


def _name(change: Change) -> str:
    return change.__name__.strip("_")


@pytest.mark.parametrize("change", CHANGES, ids=_name)
@pytest.mark.parametrize("by", ["keep", "unexplained"])
def test_a_hand_out_that_the_books_contradict_waits_and_can_always_be_decided(
    station: StationLedger, change: Change, by: c.Resolved
) -> None:
    done = report(station, note="窗口发放", **change(station))
    assert done.conflict
    body = station.books.body(done.seq)
    assert (body.kind, body.document, body.transfers) == ("conflict_noted", f"q_{done.seq}", ())
    stated = msgspec.json.decode(get_conflict(station.books, done.seq).stated)
    assert (stated["type"], stated["team"]) == ("ReportHandOut", "T-1")
    recipient, quantity = stated["recipient"], stated["lines"][0]["quantity"]
    before = station.total("unexplained:")
    decided = decide(station, done.seq, by)
    booked = 0 if by == "keep" else quantity
    assert station.total(f"received:{recipient}") == booked
    assert (
        station.total("received:") + station.total("stock:") + station.total("unexplained:")
        == 10 + before
    )
    assert list_conflicts(station.books).items == []
    if by == "unexplained":
        assert station.books.body(decided.seq).document == f"h_{decided.seq}"
    station.ledger.verify()


@pytest.mark.parametrize("change", CHANGES, ids=_name)
def test_a_decided_hand_out_can_be_taken_out_and_booked_again(
    station: StationLedger, change: Change
) -> None:
    done = report(station, **change(station))
    stock, missing = station.total("stock:"), station.total("unexplained:")
    ways: tuple[c.Resolved, ...] = ("unexplained", "keep", "unexplained", "keep")
    for by in ways:
        decide(station, done.seq, by)
        with pytest.raises(AlreadyDone, match="the other direction"):
            decide(station, done.seq, by)
        assert get_conflict(station.books, done.seq).resolved_by == by
        station.ledger.verify()
    assert (station.total("stock:"), station.total("unexplained:")) == (stock, missing)
    assert station.total("received:") == 0


def test_a_hand_out_is_booked_once_the_goods_are_and_can_be_taken_out_again(
    station: StationLedger,
) -> None:
    need = station.need(11)
    done = report(station, 11, "R-1", note="for two weeks")
    with pytest.raises(NotEnough, match="only 10 × "):
        decide(station, done.seq, "correct")
    station(c.OpenStock(location="annex", lines=[c.ArrivalLine(item="mask", quantity=1)]))
    decided = decide(station, done.seq, "correct")
    assert station.books.body(decided.seq).kind == "handed_out"
    assert station.balance(f"met:{need}") == 11
    texts = free_text_of_entry(station.books, decided.seq) or {}
    assert texts["note"] == "for two weeks"
    decide(station, done.seq, "keep")
    assert (station.balance(f"met:{need}"), station.total("stock:annex")) == (0, 11)
    decide(station, done.seq, "correct")
    assert (station.balance(f"met:{need}"), station.total("stock:annex")) == (11, 0)
    station.ledger.verify()


def test_missing_goods_are_first_those_that_a_count_did_not_find(station: StationLedger) -> None:
    sheet = str(station(c.OpenCountSheet(location="annex")).document)
    station(c.CountStock(sheet=sheet, lines=[c.CountLine(item="mask", counted=7)]))
    assert station.total("unexplained:annex") == 3
    done = report(station, 9)
    decide(station, done.seq, "unexplained")
    assert (station.total("stock:annex"), station.total("unexplained:annex")) == (0, 1)
    later = report(station, 4)
    decide(station, later.seq, "unexplained")
    assert station.total("unexplained:annex") == -3
    assert station.total("received:G-1") == 13
    station.ledger.verify()


def test_a_decision_gives_the_day_of_a_report_whose_time_is_impossible(
    station: StationLedger,
) -> None:
    station.clock.advance(3)
    at = station.clock() + timedelta(days=400)
    done = report(station, happened_at=at, phone_time=at)
    decided = decide(station, done.seq, "correct", happened_on=station.day(-2))
    assert station.books.body(decided.seq).happened_on == station.day(-2)
    [row] = station.books.rows(HandOutReport)
    assert (row.happened_at, row.phone_time) == (None, at)


@pytest.mark.parametrize("what", ["hand-out", "outcome"])
def test_a_time_in_the_future_stays_impossible_after_it_has_passed(
    station: StationLedger, what: str
) -> None:
    station.stock(5)
    allocation = station.allocate(5)
    delivery = station.dispatch(allocation)
    station.clock.advance(2)
    at = station.clock() + timedelta(days=3)
    if what == "hand-out":
        done = report(station, happened_at=at, phone_time=at)
    else:
        done = station.outcome(delivery, allocation, "handed_over", happened_at=at, phone_time=at)
    station.clock.advance(6)
    decided = decide(station, done.seq, "correct", happened_on=station.day(-7))
    assert station.books.body(decided.seq).happened_on == station.day(-7)
    station.ledger.verify()


def test_a_report_from_long_ago_keeps_its_time_unless_the_decision_names_another_day(
    station: StationLedger,
) -> None:
    station.clock.advance(100)
    at = station.clock() - timedelta(days=99)
    first, second = report(station, 2, happened_at=at), report(station, 3, happened_at=at)
    station.clock.advance(70)
    decided = decide(station, first.seq, "correct", happened_on=station.day(-5))
    assert station.books.body(decided.seq).happened_on == station.day(-5)
    decided = decide(station, second.seq, "correct")
    assert station.books.body(decided.seq).happened_on == station.day(-169)
    assert [row.happened_at for row in station.books.rows(HandOutReport)] == [None, at]
    station.ledger.verify()


def test_a_report_keeps_its_time_if_it_is_decided_long_after_it_arrived(
    station: StationLedger,
) -> None:
    at = station.clock()
    done = report(station, 11, happened_at=at, phone_time=at)
    station.clock.advance(70)
    decided = decide(station, done.seq, "unexplained")
    assert station.books.body(decided.seq).happened_on == station.day(-70)
    assert [row.happened_at for row in station.books.rows(HandOutReport)] == [at]
    station.ledger.verify()


def test_a_report_keeps_its_time_if_the_clock_is_set_back_before_the_decision(
    station: StationLedger,
) -> None:
    at = station.clock() - timedelta(minutes=5)
    done = report(station, quantity=99, happened_at=at)
    station.clock.advance(-3)
    decide(station, done.seq, "unexplained")
    [row] = station.books.rows(HandOutReport)
    assert row.happened_at == at
    station.ledger.verify()


def test_a_hand_out_in_an_unknown_pack_is_booked_once_the_pack_is_registered(
    station: StationLedger,
) -> None:
    lines = [c.RecipientLine(item="mask", quantity=2, pack="crate")]
    done = report(station, lines=lines)
    ways: tuple[c.Resolved, ...] = ("correct", "unexplained")
    for by in ways:
        with pytest.raises(InvalidField, match="no pack crate") as refused:
            decide(station, done.seq, by)
        assert [fault.pointer for fault in refused.value.faults] == ["/by"]
    station.ledger.amend(Item(code="mask", name="口罩", packs={"crate": 30}))
    decide(station, done.seq, "unexplained")
    assert station.total("received:G-1") == 60
    station.ledger.verify()


@pytest.mark.parametrize("by", ["correct", "unexplained"])
@pytest.mark.parametrize("removed", ["after the report", "before the report"])
def test_a_hand_out_in_a_pack_that_was_removed_is_booked_with_the_size_of_its_time(
    station: StationLedger, by: c.Resolved, removed: str
) -> None:
    station.ledger.amend(Item(code="mask", name="口罩", packs={"crate": 3}))
    line = c.ArrivalLine(item="mask", quantity=2, pack="crate")
    station(c.OpenStock(location="annex", lines=[line]))
    if removed == "before the report":
        station.ledger.amend(Item(code="mask", name="口罩"))
    station.ledger.amend(Team(code="T-1", name="一队"))
    done = report(station, lines=[c.RecipientLine(item="mask", quantity=5, pack="crate")])
    assert done.conflict is not None
    station.ledger.amend(Item(code="mask", name="口罩"))
    decide(station, done.seq, by)
    assert (station.total("received:G-1"), station.total("stock:annex")) == (15, 1)
    station.ledger.verify()


def test_a_hand_out_in_a_pack_whose_size_it_states_is_booked_with_that_size(
    station: StationLedger,
) -> None:
    lines = [c.RecipientLine(item="mask", quantity=2, pack="crate", pack_size=4)]
    station.ledger.amend(Team(code="T-1", name="一队"))
    done = report(station, lines=lines)
    decide(station, done.seq, "correct")
    assert station.total("received:G-1") == 8
    station.ledger.verify()


def test_a_decided_hand_out_says_how_it_is_taken_out(station: StationLedger) -> None:
    decided = decide(station, report(station, 11).seq, "unexplained")
    with pytest.raises(InvalidField, match="takes the hand-out out") as refused:
        station(c.Reverse(entry=decided.seq, reason="wrong"))
    assert "stop" not in str(refused.value)


def test_a_period_with_hand_outs_of_missing_goods_says_so(station: StationLedger) -> None:
    decide(station, report(station, 11).seq, "unexplained")
    station.clock.advance()
    with pytest.raises(Unaccounted, match="1 × 口罩 more were counted, delivered or handed out"):
        station(c.ClosePeriod(through=station.day(-1)))


def test_a_hand_out_to_a_merged_code_is_booked_under_the_code_that_stays(
    station: StationLedger,
) -> None:
    station(c.MergeCodes(kind="recipient", code="R-2", into="R-1", reason="one household"))
    assert report(station, 2, "R-2").conflict is None
    late = report(station, 20, "R-2")
    decide(station, late.seq, "unexplained")
    assert station.total("received:R-1") == 22
    station.ledger.verify()


def test_a_hand_out_to_an_erased_household_is_booked_only_as_unexplained(
    station: StationLedger,
) -> None:
    station(c.ForgetRecipient(recipient="R-2"))
    done = report(station, 2, "R-2", note="王某的邻居")
    assert free_text_of_entry(station.books, done.seq) == {}
    with pytest.raises(Forgotten):
        decide(station, done.seq, "correct")
    decide(station, done.seq, "unexplained")
    assert station.total("received:R-2") == 2


@pytest.mark.parametrize(
    "field", [{"location": "nowhere"}, {"recipient": "R-9"}, {"team": "T-9"}], ids=str
)
def test_a_code_that_was_never_registered_is_refused(
    station: StationLedger, field: dict[str, Any]
) -> None:
    with pytest.raises(InvalidField):
        report(station, **field)


def test_two_equal_hand_outs_are_two_facts(station: StationLedger) -> None:
    first, second = report(station, 20), report(station, 20)
    assert first.seq != second.seq
    assert not second.repeated
    assert len(list_conflicts(station.books).items) == 2


# --- decisions about other reports ---------------------------------------------------------------


def test_an_outcome_that_was_left_out_can_be_booked_later_and_taken_out_again(
    station: StationLedger,
) -> None:
    station.stock(5)
    allocation = station.allocate(5)
    delivery = station.dispatch(allocation)
    station.outcome(delivery, allocation, "refused")
    conflict = station.outcome(delivery, allocation, "handed_over").seq
    ways: tuple[tuple[c.Resolved, int], ...] = (
        ("keep", 0),
        ("unexplained", 5),
        ("keep", 0),
        ("unexplained", 5),
    )
    for by, received in ways:
        decide(station, conflict, by)
        assert station.total("received:R-1") == received
        assert station.total("stock:store") == 5 - received
        station.ledger.verify()
    assert station.total("unexplained:") == 0


def test_a_corrected_outcome_can_be_decided_for_the_first_report(station: StationLedger) -> None:
    station.stock(5)
    allocation = station.allocate(5)
    delivery = station.dispatch(allocation)
    station.outcome(delivery, allocation, "refused")
    conflict = station.outcome(delivery, allocation, "handed_over").seq
    decide(station, conflict, "correct")
    decide(station, conflict, "keep")
    assert (station.total("received:R-1"), station.total("stock:store")) == (0, 5)
    decide(station, conflict, "correct")
    assert (station.total("received:R-1"), station.total("stock:store")) == (5, 0)
    station.ledger.verify()


def test_the_only_outcome_of_a_stop_cannot_be_taken_out(station: StationLedger) -> None:
    station.stock(5)
    allocation = station.allocate(5)
    delivery = station.dispatch(allocation)
    at = station.clock() + timedelta(days=9)
    conflict = station.outcome(delivery, allocation, "handed_over", happened_at=at).seq
    decide(station, conflict, "correct")
    with pytest.raises(AlreadyDone, match="no other outcome of this stop"):
        decide(station, conflict, "keep")


def test_a_decision_is_not_changed_after_a_later_outcome(station: StationLedger) -> None:
    station.stock(5)
    allocation = station.allocate(5)
    delivery = station.dispatch(allocation)
    station.outcome(delivery, allocation, "refused")
    first = station.outcome(delivery, allocation, "handed_over").seq
    decide(station, first, "unexplained")
    second = station.outcome(delivery, allocation, "lost").seq
    decide(station, second, "unexplained")
    with pytest.raises(AlreadyDone, match="recorded the outcome of this stop since"):
        decide(station, first, "keep")


def test_a_count_that_was_left_out_can_be_booked_but_not_taken_out(
    station: StationLedger,
) -> None:
    sheet = str(station(c.OpenCountSheet(location="annex")).document)
    lines = [c.LotLine(item="mask", quantity=10)]
    station(c.IssueGoods(purpose="gate", location="annex", lines=lines))
    done = station(c.CountStock(sheet=sheet, lines=[c.CountLine(item="mask", counted=4)]))
    assert done.conflict is not None
    decide(station, done.seq, "keep")
    decide(station, done.seq, "unexplained")
    with pytest.raises(SuppliesError, match="count the goods again"):
        decide(station, done.seq, "keep")
    station.ledger.verify()
