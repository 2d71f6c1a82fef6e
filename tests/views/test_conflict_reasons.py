"""What a conflict contradicts is sentence in the reader's language, from the books of its time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from supplies_service.templating import format_sentence
from support.ledger_fixture import StationLedger
from support.outcomes import partial_outcome

from supplies.domain import commands as c
from supplies.domain.catalogue_records import CatalogueRecord, Item, Location, Recipient, Team
from supplies.views.conflict_reasons import reason_of_conflict
from supplies.views.entries import get_conflict


@pytest.fixture
def stop(station: StationLedger) -> tuple[str, str]:
    """The delivery and the allocation of a stop with 10 masks."""
    station.stock(10)
    allocation = station.allocate(10)
    return station.dispatch(allocation), allocation


def reason(station: StationLedger, seq: int) -> str:
    found = reason_of_conflict(station.books, get_conflict(station.books, seq))
    in_chinese = str(format_sentence(found, "zh"))
    assert "<span" not in in_chinese
    assert not any(letter.isascii() and letter.isalpha() for letter in in_chinese), in_chinese
    return str(found)


def test_another_outcome_names_both_also_after_a_correction(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    first = station.outcome(*stop, "not_at_home").seq
    second = station.outcome(*stop, "handed_over").seq
    sentence = (
        f"entry {first} had reported the stop as not at home, and this report says handed over"
    )
    assert reason(station, second) == sentence
    station(c.ResolveConflict(conflict=second, by="correct", reason="asked"))
    assert reason(station, second) == sentence


def test_other_quantities_of_the_same_outcome_are_named(
    station: StationLedger, stop: tuple[str, str]
) -> None:
    first = station.outcome(*stop, "partly", lines=partial_outcome(4, back=6)).seq
    second = station.outcome(*stop, "partly", lines=partial_outcome(5, back=5)).seq
    assert reason(station, second) == (f"entry {first} had reported other quantities at this stop")


def test_more_than_was_loaded_is_named(station: StationLedger, stop: tuple[str, str]) -> None:
    done = station.outcome(*stop, "partly", lines=partial_outcome(11))
    assert reason(station, done.seq) == "line 1 reports 11, but 10 were loaded"


def test_an_undone_dispatch_is_named(station: StationLedger, stop: tuple[str, str]) -> None:
    undone = station(c.UndoDispatch(delivery=stop[0], reason="rain")).seq
    done = station.outcome(*stop, "handed_over")
    assert reason(station, done.seq).startswith(f"entry {undone} had taken the stop off")


@pytest.mark.parametrize(
    ("ahead", "sentence"),
    [
        (timedelta(days=1), "the reported time is later than the time at which it was recorded"),
        (-timedelta(days=3), "the reported time is before the goods went out"),
    ],
)
def test_an_impossible_time_is_named(
    station: StationLedger, stop: tuple[str, str], ahead: timedelta, sentence: str
) -> None:
    moment = station.clock() + ahead
    done = station.outcome(*stop, "handed_over", happened_at=moment)
    assert reason(station, done.seq) == sentence


def test_a_day_before_the_dispatch_is_named(station: StationLedger, stop: tuple[str, str]) -> None:
    done = station.outcome(*stop, "handed_over", happened_on=station.day(-1))
    assert reason(station, done.seq) == "the reported time is before the goods went out"


def test_a_count_of_less_than_the_books_contain_is_named(station: StationLedger) -> None:
    station.stock(5)
    sheet = str(station(c.OpenCountSheet(location="store")).document)
    station(c.Move(source="store", target="annex", lines=[c.LotLine(item="mask", quantity=5)]))
    done = station(c.CountStock(sheet=sheet, lines=[c.CountLine(item="mask", counted=1)]))
    assert done.conflict is not None
    assert reason(station, done.seq) == (
        "the count found more goods missing than the books still contained"
    )


@pytest.mark.parametrize(
    ("before", "reported", "after", "words"),
    [
        (
            Team(code="T-1", name="一队", counter="store"),
            {},
            Team(code="T-1", name="一队", counter="annex"),
            "附楼 was not the counter of the team",
        ),
        (
            Location(code="annex", name="附楼", quarantine=True),
            {},
            Location(code="annex", name="附楼"),
            "附楼 was a quarantine",
        ),
        (
            Recipient(code="G-1", name="新来居民"),
            {"headcount": 3},
            Recipient(code="G-1", name="新来居民", kind="group"),
            "the report names a number of people, but the recipient was not a group",
        ),
        (
            Item(code="mask", name="口罩"),
            {"pack": "crate"},
            Item(code="mask", name="口罩", packs={"crate": 30}),
            "the books did not know a pack of the report",
        ),
        (
            Team(code="T-1", name="一队", counter="annex"),
            {"quantity": 11},
            Team(code="T-1", name="一队", counter="store"),
            "the books did not contain all goods of the report",
        ),
    ],
    ids=["counter", "quarantine", "group", "pack", "goods"],
)
def test_the_reason_of_a_hand_out_is_that_of_the_time_of_its_report(
    station: StationLedger,
    before: CatalogueRecord,
    reported: dict[str, Any],
    after: CatalogueRecord,
    words: str,
) -> None:
    station.ledger.amend(Location(code="annex", name="附楼"))
    station.ledger.amend(Team(code="T-1", name="一队", counter="annex"))
    station(c.OpenStock(location="annex", lines=[c.ArrivalLine(item="mask", quantity=10)]))
    station.ledger.amend(before)
    line = c.RecipientLine(
        item="mask", quantity=reported.get("quantity", 1), pack=reported.get("pack")
    )
    done = station(
        c.ReportHandOut(
            team="T-1",
            location="annex",
            recipient="G-1",
            headcount=reported.get("headcount"),
            lines=[line],
        )
    )
    station.ledger.amend(after)
    assert done.conflict is not None
    assert reason(station, done.seq) == words
