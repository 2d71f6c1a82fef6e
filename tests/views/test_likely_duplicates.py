"""Facts that were probably recorded twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from support.ledger_fixture import StationLedger

from supplies.domain import commands as c
from supplies.views.likely_duplicates import find_likely_duplicates

MASKS = [c.RecipientLine(item="mask", quantity=4)]


PLAIN = [c.LotLine(item="mask", quantity=4)]


def recorded(station: StationLedger, command: c.Command) -> str:
    return str(station(command).document)


def named(station: StationLedger, document: str | None) -> list[str]:
    return [warning.about for warning in find_likely_duplicates(station.books, document)]


def count(station: StationLedger) -> str:
    sheet = str(station(c.OpenCountSheet(location="store")).document)
    station(c.CountStock(sheet=sheet, lines=[c.CountLine(item="mask", counted=50)]))
    return sheet


def arrival(station: StationLedger) -> str:
    lines = [c.ArrivalLine(item="mask", quantity=4)]
    command = c.RecordArrival(origin="made", party="X-1", location="store", lines=lines)
    return str(station(command).document)


FACTS: dict[str, Callable[[StationLedger], str]] = {
    "gift": lambda station: str(station.give(4, batch="B7").document),
    "anonymous gift": lambda station: str(station.give(4, donor=None).document),
    "arrival": arrival,
    "hand-out": lambda station: str(
        station(c.HandOut(recipient="R-1", location="store", lines=MASKS)).document
    ),
    "need": lambda station: station.need(4),
    "pledge": lambda station: station.pledge(4),
    "count": count,
    "move": lambda station: recorded(station, c.Move(source="store", target="annex", lines=PLAIN)),
    "issue": lambda station: recorded(
        station, c.IssueGoods(purpose="post", location="store", lines=PLAIN)
    ),
    "loan": lambda station: recorded(
        station, c.LendGoods(borrower="B-1", location="store", lines=PLAIN)
    ),
    "write-off": lambda station: recorded(
        station, c.WriteOff(reason="damaged", location="store", lines=PLAIN)
    ),
    "conversion": lambda station: recorded(
        station,
        c.Convert(
            location="store", consumed=PLAIN, produced=[c.ConvertedLine(item="soap", quantity=2)]
        ),
    ),
    "shipment": lambda station: recorded(
        station, c.SendShipment(station="hp", location="store", lines=PLAIN)
    ),
    "activity": lambda station: recorded(station, c.RecordActivity(kind="visit", count=12)),
}


@pytest.mark.parametrize("name", FACTS)
def test_a_fact_recorded_twice_names_the_first(station: StationLedger, name: str) -> None:
    station.stock(50)
    first, second = FACTS[name](station), FACTS[name](station)
    assert named(station, first) == []
    assert named(station, second) == [first]
    station.clock.advance()
    assert named(station, FACTS[name](station)) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"batch": "A"}, {"batch": "A", "expires_on": date(2027, 5, 31)}),
        ({"batch": "A"}, {"expires_on": date(2027, 5, 31)}),
        ({"expires_month": "2027-05"}, {"batch": "A", "expires_month": "2027-05"}),
    ],
)
def test_a_label_that_only_one_gift_states_may_be_the_same(
    station: StationLedger, first: dict[str, Any], second: dict[str, Any]
) -> None:
    earlier = station.give(4, **first).document
    assert named(station, station.give(4, **second).document) == [earlier]


def test_of_many_duplicates_the_latest_three_are_named(station: StationLedger) -> None:
    gifts = [str(station.give(4).document) for _ in range(7)]
    assert named(station, gifts[-1]) == gifts[3:-1]


def test_gifts_with_other_batches_are_not_duplicates(station: StationLedger) -> None:
    station.give(4, batch="A")
    other = station.give(4, batch="B", expires_on=date(2027, 5, 31)).document
    assert not named(station, other)


def test_a_reversed_fact_is_not_a_duplicate(station: StationLedger) -> None:
    station.stock(50)
    lines = [c.LotLine(item="mask", quantity=4)]
    done = station(c.HandOut(recipient="R-1", location="store", lines=lines))  # type: ignore[arg-type]  # a plain line is decoded as one without a need
    station(c.Reverse(entry=done.seq, reason="typed twice"))
    assert named(station, FACTS["hand-out"](station)) == []


def test_a_corrected_gift_is_compared_by_its_corrected_goods(station: StationLedger) -> None:
    done = station.give(40)
    station(c.Correct(entry=done.seq, command=station.donation(4), reason="four"))
    assert named(station, str(station.give(4).document)) == [done.document]


def test_documents_of_other_kinds_have_no_likely_duplicates(station: StationLedger) -> None:
    station.stock(10)
    for document in (station.allocate(4), None, "d_99", "x", "R-1"):
        assert named(station, document) == []


def test_a_repeated_return_gives_a_warning_that_names_its_entry(station: StationLedger) -> None:
    station.stock(50)
    loan = str(
        station(
            c.LendGoods(
                borrower="B-1", location="store", lines=[c.LotLine(item="mask", quantity=20)]
            )
        ).document
    )
    returns = [station(c.ReturnLoan(loan=loan, lines=PLAIN)) for _ in range(2)]
    first, second = (find_likely_duplicates(station.books, loan, each.seq) for each in returns)
    assert first == []
    (warning,) = second
    assert warning.about == loan
    assert f"entry {returns[0].seq} ({loan}) records the same return" in warning.detail
    assert f"reverse entry {returns[1].seq}" in warning.detail


def test_a_loan_of_which_a_part_came_back_is_compared_without_the_return(
    station: StationLedger,
) -> None:
    station.stock(50)
    loan = FACTS["loan"](station)
    station(c.ReturnLoan(loan=loan, lines=[c.LotLine(item="mask", quantity=1)]))
    assert named(station, FACTS["loan"](station)) == [loan]


def test_a_reversed_return_is_not_a_duplicate(station: StationLedger) -> None:
    station.stock(50)
    loan = FACTS["loan"](station)
    done = station(c.ReturnLoan(loan=loan, lines=PLAIN))
    station(c.Reverse(entry=done.seq, reason="typed twice"))
    again = station(c.ReturnLoan(loan=loan, lines=PLAIN))
    assert find_likely_duplicates(station.books, loan, again.seq) == []


def test_take_backs_and_goods_found_again_are_compared(station: StationLedger) -> None:
    station.stock(50)
    for name in ("hand-out", "hand-out", "write-off", "write-off"):
        FACTS[name](station)
    two = [c.RecipientLine(item="mask", quantity=2)]
    for command in (
        c.TakeBack(recipient="R-1", location="store", lines=two, reason="too many"),
        c.FindAgain(reason="damaged", location="store", lines=PLAIN),
    ):
        first, second = recorded(station, command), recorded(station, command)
        assert named(station, second) == [first]


def test_moves_between_other_locations_are_not_duplicates(station: StationLedger) -> None:
    station.stock(50)
    FACTS["move"](station)
    back = c.Move(source="annex", target="store", lines=PLAIN)
    assert named(station, recorded(station, back)) == []


def test_a_corrected_move_is_compared_by_its_corrected_goods(station: StationLedger) -> None:
    station.stock(50)
    forty = [c.LotLine(item="mask", quantity=40)]
    done = station(c.Move(source="store", target="annex", lines=forty))
    four = c.Move(source="store", target="annex", lines=PLAIN)
    station(c.Correct(entry=done.seq, command=four, reason="four"))
    assert named(station, FACTS["move"](station)) == [done.document]


def test_activities_of_two_people_are_not_duplicates(station: StationLedger) -> None:
    first = recorded(station, c.RecordActivity(kind="visit", count=2, who="Chen"))
    recorded(station, c.RecordActivity(kind="visit", count=2, who="Li"))
    again = recorded(station, c.RecordActivity(kind="visit", count=2, who="Chen"))
    assert named(station, again) == [first]


def test_moves_before_others_of_the_same_goods_are_found(station: StationLedger) -> None:
    def move(quantity: int) -> str:
        lines = [c.LotLine(item="mask", quantity=quantity)]
        return recorded(station, c.Move(source="store", target="annex", lines=lines))

    station.stock(100)
    first = [move(4) for _ in range(3)]
    others = [move(quantity) for quantity in (5, 6, 7, 8, 9, 5)]
    assert named(station, move(4)) == first
    assert named(station, move(5)) == [others[0], others[-1]]


def test_moves_of_the_same_goods_from_other_lots_are_duplicates(station: StationLedger) -> None:
    station.stock(3, expires_on=date(2021, 1, 1))
    station.stock(50, expires_on=date(2022, 1, 1))
    first = FACTS["move"](station)
    assert len(station.books.body(int(first.partition("_")[2])).transfers) == 2
    assert named(station, FACTS["move"](station)) == [first]


def test_moves_that_a_later_count_divided_into_entries_are_compared_as_a_whole(
    station: StationLedger,
) -> None:
    def move(quantity: int) -> str:
        lines = [c.LotLine(item="mask", quantity=quantity)]
        done = station(c.Move(source="store", target="annex", lines=lines, happened_on=moved_on))
        kinds = [station.books.body(seq).kind for seq in range(done.seq, done.last + 1)]
        assert kinds == ["goods_moved", "stock_recounted", "goods_moved"]
        return str(done.document)

    moved_on = station.day(-2)
    station.stock(40, happened_on=station.day(-5))
    sheet = str(station(c.OpenCountSheet(location="store")).document)
    station(c.CountStock(sheet=sheet, lines=[c.CountLine(item="mask", counted=4)]))
    first, other, second = move(8), move(9), move(8)
    assert named(station, first) == []
    assert named(station, other) == []
    assert named(station, second) == [first]


def test_a_move_corrected_to_another_day_is_compared_on_that_day(station: StationLedger) -> None:
    def move(day: date) -> c.Move:
        return c.Move(source="store", target="annex", lines=PLAIN, happened_on=day)

    yesterday, today = station.day(-1), station.day(0)
    station.stock(50, happened_on=station.day(-5))
    done = station(move(yesterday))
    station(c.Correct(entry=done.seq, command=move(today), reason="today"))
    assert named(station, recorded(station, move(today))) == [done.document]
    assert named(station, recorded(station, move(yesterday))) == []
