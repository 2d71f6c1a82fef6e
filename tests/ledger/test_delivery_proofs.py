"""Proofs of delivery: codes of stops, signatures, photos, and why a stop failed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.ledger_fixture import StationLedger
from support.photos import PLACE, jpeg

from supplies.books.free_text import free_text_of_entry
from supplies.books.stop_codes import code_of_stop
from supplies.domain import commands as c
from supplies.domain.entry_rows import CodeAttempt, OutcomeDetails, Proof
from supplies.errors import AlreadyDone, Forgotten, IdempotencyConflict, InvalidField
from supplies.ledger.recorded import Recorded
from supplies.ledger.rules.delivery_proofs import MAX_PHOTOS, MAX_SIGNATURES
from supplies.views.alerts import list_alerts
from supplies.views.deliveries import get_delivery
from supplies.views.delivery_proofs import (
    ConfirmationView,
    get_photo,
    get_signature,
    get_stop_codes,
)

STROKES = [[(10, 20), (30, 40)], [(500, 250)]]


def _results(station: StationLedger) -> list[str]:
    return [row.result for row in station.books.rows(CodeAttempt)]


def _code(station: StationLedger, delivery: str, allocation: str) -> str:
    code = code_of_stop(station.books, delivery, allocation)
    assert code is not None
    return code


def _other(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def test_each_stop_gets_six_digits_at_dispatch(station: StationLedger) -> None:
    station.stock(10)
    first, second = station.allocate(4), station.allocate(5, recipient="R-2")
    delivery = station.dispatch(first, second)
    codes = {_code(station, delivery, allocation) for allocation in (first, second)}
    assert all(len(code) == 6 and code.isdecimal() for code in codes)
    station.ledger.verify()


def test_a_signature_and_a_right_code_are_kept_beside_the_outcome(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    code = _code(station, *stop)
    done = station.outcome(*stop, "handed_over", signature=STROKES, code=code)
    assert _results(station) == ["matched"]
    assert [row.kind for row in station.books.rows(Proof)] == ["signature"]
    body = station.books.value("SELECT body FROM entries WHERE seq = :seq", seq=done.seq)
    assert code.encode() not in body
    assert b",250" not in body
    station.ledger.verify()


def test_a_wrong_code_does_not_refuse_the_outcome(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    station.outcome(*stop, "handed_over", code=_other(_code(station, *stop)))
    assert _results(station) == ["wrong"]
    assert station.total("received:R-1") > 0


def test_after_five_wrong_codes_none_is_compared(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    code = _code(station, *stop)
    for _ in range(7):
        station.outcome(*stop, "handed_over", code=_other(code))
    assert station.outcome(*stop, "handed_over", code=code).repeated
    assert _results(station) == ["wrong"] * 5
    station.outcome(*stop, "refused", code=code)
    assert _results(station)[5:] == ["not_compared"]
    station.ledger.verify()


def test_a_stop_says_that_codes_are_not_compared_any_more_after_five_wrong_ones(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    code = _code(station, *stop)
    for number in range(5):
        station.outcome(*stop, "handed_over", code=_other(code))
        shown = get_delivery(station.books, stop[0]).stops[0].code
        assert shown == ("wrong" if number < 4 else "too_many_wrong")
    station.outcome(*stop, "refused", code=code)
    assert get_delivery(station.books, stop[0]).stops[0].code == "too_many_wrong"


def _confirm(station: StationLedger, stop: tuple[str, str], **more: Any) -> Recorded:
    delivery, allocation = stop
    stated = {"way": "telephone", "confirmed_by": "family", **more}
    return station(c.ConfirmHandOver(delivery=delivery, allocation=allocation, **stated))


def _alerts(station: StationLedger) -> list[str]:
    found = list_alerts(station.books, station.clock.day).items
    return [alert.code for alert in found if alert.what == "code_wrong"]


def test_a_household_confirms_a_hand_over_after_a_wrong_code(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    station.outcome(*stop, "handed_over", code=_other(_code(station, *stop)))
    assert _alerts(station) == [stop[1]]
    received = station.total("received:R-1")
    done = _confirm(station, stop, note="the daughter, at 16:40")
    assert station.books.body(done.seq).kind == "proof_added"
    assert station.total("received:R-1") == received
    shown = get_delivery(station.books, stop[0]).stops[0]
    assert (shown.code, shown.confirmed) == (
        "wrong",
        ConfirmationView(
            entry=done.seq, confirmed_by="family", way="telephone", confirmed_on=station.clock.day
        ),
    )
    assert _alerts(station) == []
    assert free_text_of_entry(station.books, done.seq) == {"note": "the daughter, at 16:40"}
    station.ledger.verify()


def test_a_withdrawn_confirmation_does_not_count(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    station.outcome(*stop, "handed_over", code=_other(_code(station, *stop)))
    with pytest.raises(AlreadyDone, match="is not confirmed"):
        _confirm(station, stop, way="withdrawn", confirmed_by=None)
    _confirm(station, stop)
    _confirm(station, stop, way="withdrawn", confirmed_by=None)
    assert get_delivery(station.books, stop[0]).stops[0].confirmed is msgspec.UNSET
    assert _alerts(station) == [stop[1]]
    station.ledger.verify()


def test_only_a_hand_over_is_confirmed_and_not_before_its_day(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    with pytest.raises(InvalidField, match="nothing was handed over"):
        _confirm(station, stop)
    station.outcome(*stop, "not_at_home")
    with pytest.raises(InvalidField, match="nothing was handed over"):
        _confirm(station, stop)
    again = station.dispatch(stop[1]), stop[1]
    station.clock.advance()
    station.outcome(*again, "handed_over")
    with pytest.raises(InvalidField, match="enter this day or a later one"):
        _confirm(station, again, happened_on=station.day(-1))
    with pytest.raises(InvalidField, match="name who confirmed"):
        _confirm(station, again, confirmed_by=None)
    _confirm(station, again)


def test_a_confirmation_of_a_moved_stop_is_found_at_its_present_delivery(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    moved = station(c.MoveStops(delivery=stop[0], allocations=[stop[1]], team="T-2")).document
    station.outcome(stop[0], stop[1], "handed_over")
    _confirm(station, stop)
    assert get_delivery(station.books, str(moved)).stops[0].confirmed


def test_an_agreeing_report_with_a_signature_is_kept_beside_the_first(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    station.outcome(*stop, "handed_over")
    before = station.total("received:R-1")
    again = station.outcome(*stop, "handed_over", signature=STROKES)
    assert not again.repeated
    assert again.conflict is None
    assert station.books.body(again.seq).kind == "proof_added"
    assert station.total("received:R-1") == before
    station.ledger.verify()


def test_a_failed_stop_says_why_and_when_to_come_again(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    day = date(2020, 2, 20)
    done = station.outcome(
        *stop, "not_at_home", why="moved", next_attempt=day, time_window="after 6 in the evening"
    )
    (row,) = station.books.rows_of_entry(OutcomeDetails, done.seq)
    assert (row.why, row.next_attempt) == ("moved", day)
    station.ledger.verify()


@pytest.mark.parametrize("change", ["corrected", "decided"])
def test_a_confirmation_counts_until_another_outcome_is_booked(
    station: StationLedger, stop: tuple[str, str], change: str
) -> None:
    wrong = station.outcome(*stop, "handed_over", code=_other(_code(station, *stop)))
    _confirm(station, stop)
    _outcome_changes(station, stop, change, wrong.seq, "partly", received=3, brought_back=7)
    assert get_delivery(station.books, stop[0]).stops[0].confirmed is msgspec.UNSET
    assert _alerts(station) == [stop[1]]
    with pytest.raises(AlreadyDone, match="is not confirmed"):
        _confirm(station, stop, way="withdrawn", confirmed_by=None)
    again = _confirm(station, stop)
    shown = get_delivery(station.books, stop[0]).stops[0].confirmed
    assert isinstance(shown, ConfirmationView)
    assert shown.entry == again.seq
    assert _alerts(station) == []


@pytest.mark.parametrize("change", ["corrected", "decided"])
def test_nobody_is_asked_about_a_wrong_code_if_nothing_was_handed_over(
    station: StationLedger, stop: tuple[str, str], change: str
) -> None:
    wrong = station.outcome(*stop, "handed_over", code=_other(_code(station, *stop)))
    assert _alerts(station) == [stop[1]]
    _outcome_changes(station, stop, change, wrong.seq, "not_at_home")
    assert _alerts(station) == []


def _outcome_changes(
    station: StationLedger,
    stop: tuple[str, str],
    change: str,
    entry: int,
    outcome: Any,
    **quantities: int,
) -> None:
    """Change the recorded outcome of a stop by a correction, or by deciding a conflict."""
    lines = [c.OutcomeLine(line=1, **quantities)] if quantities else None
    delivery, allocation = stop
    report = c.ReportOutcome(delivery=delivery, allocation=allocation, outcome=outcome, lines=lines)
    if change == "corrected":
        station(c.Correct(entry=entry, command=report, reason="the household called"))
    else:
        conflict = station(report).seq
        station(c.ResolveConflict(conflict=conflict, by="correct", reason="the team called"))


@pytest.mark.parametrize("why", get_args(c.FailureReason))
def test_every_reason_is_stored_as_a_code(
    station: StationLedger, stop: tuple[str, str], why: c.FailureReason
) -> None:
    done = station.outcome(*stop, "refused", why=why, note="said at the door")
    shown = get_delivery(station.books, stop[0]).stops[0]
    assert (shown.why, shown.note) == (why, "said at the door")
    (row,) = station.books.rows_of_entry(OutcomeDetails, done.seq)
    assert (row.any_reason, row.next_attempt) == (why, None)
    station.ledger.verify()


def test_a_reason_that_an_older_phone_put_into_the_note_is_shown_as_a_code(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    station.outcome(*stop, "refused", note="不需要。家里还有")
    shown = get_delivery(station.books, stop[0]).stops[0]
    assert (shown.why, shown.note) == ("not_needed", "家里还有")


def test_a_decided_conflict_keeps_its_reason(station: StationLedger, stop: tuple[str, str]) -> None:
    station.outcome(*stop, "handed_over")
    conflict = station.outcome(*stop, "refused", why="damaged").seq
    station(c.ResolveConflict(conflict=conflict, by="correct", reason="the team called"))
    assert get_delivery(station.books, stop[0]).stops[0].why == "damaged"
    station.ledger.verify()


def test_a_stop_that_moves_to_another_delivery_keeps_its_code(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    delivery, allocation = stop
    code = _code(station, delivery, allocation)
    station(c.MoveStops(delivery=delivery, allocations=[allocation], team="T-1"))
    moved = station.books.value("SELECT moved_to FROM stop_removals")
    assert _code(station, moved, allocation) == code
    station.outcome(delivery, allocation, "handed_over", code=code)
    assert _results(station) == ["matched"]
    station.ledger.verify()


@pytest.mark.parametrize("conflicting", ["refused", "lost"])
def test_a_conflict_keeps_the_proof_and_not_in_the_hashed_report(
    station: StationLedger, stop: tuple[str, str], conflicting: str
) -> None:
    station.outcome(*stop, "handed_over")
    code = _other(_code(station, *stop))
    done = station.outcome(*stop, conflicting, signature=STROKES, code=code)
    assert done.conflict is not None
    stated = station.books.value("SELECT stated FROM conflicts")
    assert "signature" not in stated
    assert code not in stated
    station(c.ResolveConflict(conflict=done.seq, by="correct", reason="asked them"))
    station.ledger.verify()


def test_photos_of_a_stop_are_kept_without_metadata_up_to_a_limit(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    delivery, allocation = stop
    photo = c.AddStopPhoto(delivery=delivery, allocation=allocation, photo=jpeg())
    done = station(photo)
    assert PLACE not in get_photo(station.books, delivery, done.seq)
    for _ in range(MAX_PHOTOS - 1):
        station(photo)
    with pytest.raises(AlreadyDone, match="has 4 photos already"):
        station(photo)
    station.outcome(*stop, "handed_over")
    (view,) = get_delivery(station.books, delivery).stops
    assert isinstance(view.proofs, list)
    assert [(proof.kind, proof.erased) for proof in view.proofs] == [("photo", False)] * 4
    station.ledger.verify()


def test_forgetting_a_recipient_erases_proofs_codes_and_time_windows(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    delivery, allocation = stop
    signed = station.outcome(
        *stop, "handed_over", signature=STROKES, code="1", time_window="after six"
    )
    station(c.AddStopPhoto(delivery=delivery, allocation=allocation, photo=jpeg()))
    station(c.ForgetRecipient(recipient="R-1"))
    assert code_of_stop(station.books, delivery, allocation) is None
    (view,) = get_delivery(station.books, delivery).stops
    assert view.time_window is msgspec.UNSET
    assert isinstance(view.proofs, list)
    assert all(proof.erased for proof in view.proofs)
    with pytest.raises(Forgotten):
        get_signature(station.books, delivery, signed.seq)
    station.ledger.verify()


def test_forgetting_the_text_of_an_outcome_erases_its_signature(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    delivery, _ = stop
    signed = station.outcome(*stop, "handed_over", signature=STROKES)
    assert get_signature(station.books, delivery, signed.seq).strokes == STROKES
    station(c.ForgetText(entry=signed.seq))
    with pytest.raises(Forgotten):
        get_signature(station.books, delivery, signed.seq)
    station.ledger.verify()


def test_the_codes_of_a_delivery_have_texts_for_the_households(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    delivery, allocation = stop
    (shown,) = get_stop_codes(station.books, delivery).stops
    assert shown.code == code_of_stop(station.books, delivery, allocation)
    assert shown.code in str(shown.text_zh)
    assert shown.code in str(shown.text_en)


@given(
    st.builds(
        c.ReportOutcome,
        delivery=st.just("v_1"),
        allocation=st.just("a_1"),
        outcome=st.sampled_from(["handed_over", "refused", "lost"]),
        happened_at=st.none() | st.just(datetime(2020, 2, 5, tzinfo=UTC)),
        received_by=st.sampled_from([None, "self", "door"]),
        proof=st.sampled_from([None, "none", "code"]),
        note=st.none() | st.just("left at the door"),
    )
)
def test_a_report_without_the_new_fields_has_the_bytes_of_older_versions(
    command: c.ReportOutcome,
) -> None:
    older = ("delivery", "allocation", "outcome", "happened_at", "received_by", "proof", "note")
    stated = {"type": "ReportOutcome"} | {
        name: value for name in older if (value := getattr(command, name)) is not None
    }
    assert msgspec.json.encode(command) == msgspec.json.encode(stated)


def test_no_proof_of_a_forgotten_recipient_is_kept(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    delivery, allocation = stop
    station.outcome(*stop, "handed_over")
    station(c.ForgetRecipient(recipient="R-1"))
    assert station.outcome(*stop, "handed_over", signature=STROKES).repeated
    with pytest.raises(Forgotten):
        station(c.AddStopPhoto(delivery=delivery, allocation=allocation, photo=jpeg()))
    station.ledger.verify()


def test_a_late_conflict_about_a_forgotten_recipient_keeps_no_texts(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    station.outcome(*stop, "handed_over")
    station(c.ForgetRecipient(recipient="R-1"))
    late = c.ReportOutcome(
        delivery=stop[0],
        allocation=stop[1],
        outcome="refused",
        note="Wang at 12 River Lane",
        time_window="after six",
    )
    key = "6f1c2f0e-96c8-4b83-bd0b-0ef4f8b3d3f5"
    first = station.ledger.record(late, by="u_1", id=key)
    assert first.conflict is not None
    kept = station.books.all("SELECT content FROM erasable WHERE content IS NOT NULL")
    assert not any(b"River" in row[0] or b"six" in row[0] for row in kept)
    assert station.ledger.record(late, by="u_1", id=key).seq == first.seq
    with pytest.raises(IdempotencyConflict):
        station.ledger.record(msgspec.structs.replace(late, note="Li"), by="u_1", id=key)
    station.ledger.verify()


def test_wrong_codes_count_after_the_stop_moved_to_another_delivery(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    delivery, allocation = stop
    code = _code(station, delivery, allocation)
    before = station.clock() - timedelta(days=2)
    for number in range(3):
        reported = {"happened_at": before, "code": _other(code), "received_by": None}
        station.outcome(
            delivery, allocation, ("handed_over", "lost", "refused")[number], **reported
        )
    station(c.MoveStops(delivery=delivery, allocations=[allocation], team="T-1"))
    for _ in range(3):
        station.outcome(delivery, allocation, "handed_over", code=_other(code))
    assert _results(station) == ["wrong"] * 5
    station.outcome(delivery, allocation, "refused", code=code)
    assert _results(station)[5:] == ["not_compared"]
    moved_to = str(station.books.value("SELECT max(delivery) FROM deliveries"))
    assert get_delivery(station.books, moved_to).stops[0].code == "too_many_wrong"
    station.ledger.verify()


def test_a_right_code_is_recorded_once(station: StationLedger, stop: tuple[str, str]) -> None:
    code = _code(station, *stop)
    station.outcome(*stop, "handed_over", code=code)
    assert station.outcome(*stop, "handed_over", code=code).repeated


def test_a_stop_keeps_a_few_signatures_and_every_outcome(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    for _ in range(MAX_SIGNATURES + 2):
        station.outcome(*stop, "handed_over", signature=STROKES)
    differing = station.outcome(*stop, "refused", signature=STROKES)
    assert differing.conflict is not None
    assert len(station.books.rows(Proof, kind="signature")) == MAX_SIGNATURES
    station.ledger.verify()
