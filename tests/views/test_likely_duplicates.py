"""Facts that were probably recorded twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.ledger_fixture import StationLedger

from supplies.domain import commands as c
from supplies.views.likely_duplicates import find_likely_duplicates

MASKS = [c.RecipientLine(item="mask", quantity=4)]


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
}


@pytest.mark.parametrize("name", FACTS)
def test_a_fact_recorded_twice_names_the_first(station: StationLedger, name: str) -> None:
    station.stock(50)
    first, second = FACTS[name](station), FACTS[name](station)
    assert named(station, first) == []
    assert named(station, second) == [first]
    station.clock.advance()
    assert named(station, FACTS[name](station)) == []


def test_a_reversed_fact_is_no_duplicate(station: StationLedger) -> None:
    station.stock(50)
    lines = [c.LotLine(item="mask", quantity=4)]
    done = station(c.HandOut(recipient="R-1", location="store", lines=lines))  # type: ignore[arg-type]  # a plain line is decoded as one without a need
    station(c.Reverse(entry=done.seq, reason="typed twice"))
    assert named(station, FACTS["hand-out"](station)) == []


def test_a_corrected_gift_is_compared_as_it_is_now(station: StationLedger) -> None:
    done = station.give(40)
    station(c.Correct(entry=done.seq, command=station.donation(4), reason="four"))
    assert named(station, str(station.give(4).document)) == [done.document]


def test_what_is_no_such_fact_has_no_duplicates(station: StationLedger) -> None:
    station.stock(10)
    for document in (station.allocate(4), None, "d_99", "x", "R-1"):
        assert named(station, document) == []
