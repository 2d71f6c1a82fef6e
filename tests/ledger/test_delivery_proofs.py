"""Proofs of delivery: codes of stops, signatures, photos, and why a stop failed."""

from __future__ import annotations

from datetime import date

import pytest
from support.ledger_fixture import StationLedger

from supplies.books.stop_codes import code_of_stop
from supplies.domain import commands as c
from supplies.domain.entry_rows import CodeAttempt, OutcomeDetails, Proof

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
    assert b"250" not in body
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
