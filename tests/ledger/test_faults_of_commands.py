"""A refused command names all of its faults, so that they can be mended at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.ledger_fixture import StationLedger

from supplies.domain import commands as c
from supplies.domain.validation import MAX_FAULTS
from supplies.errors import InvalidField, NotEnough, SuppliesError


def refuse(station: StationLedger, command: c.Command) -> SuppliesError:
    before = station.entries()
    with pytest.raises(SuppliesError) as refusal:
        station(command)
    assert station.entries() == before
    return refusal.value


def pointers(error: SuppliesError) -> list[str]:
    return [fault.pointer for fault in error.faults]


def gift(*lines: c.DonationLine) -> c.RecordDonation:
    return c.RecordDonation(donor="D-1", location="store", handled_by="陈某", lines=list(lines))


def test_twelve_unknown_items_are_named_at_once(station: StationLedger) -> None:
    lines = [c.DonationLine(item=f"x-{number}", quantity=1) for number in range(12)]
    error = refuse(station, gift(c.DonationLine(item="mask", quantity=1), *lines))
    assert isinstance(error, InvalidField)
    assert pointers(error) == [f"/lines/{number}/item" for number in range(1, 13)]
    assert all(f"unknown item x-{number};" in str(error) for number in range(12))


def test_faults_of_several_kinds_are_named_together(station: StationLedger) -> None:
    pledge = station.pledge(5, item="soap")
    error = refuse(
        station,
        gift(
            c.DonationLine(item="mask", quantity=1, pack="crate"),
            c.DonationLine(item="mask", quantity=1),
            c.DonationLine(item="mask", quantity=1, recipient="R-9"),
            c.DonationLine(item="mask", quantity=1, pledge=pledge),
            c.DonationLine(item="mask", quantity=1, expires_on=station.day(-1)),
        ),
    )
    assert pointers(error)[0] == "/lines/0/pack"
    assert set(pointers(error)) == {
        "/lines/0/pack",
        "/lines/2/for",
        "/lines/3/pledge",
        "/lines/4/expires_on",
    }


def test_each_line_that_asks_for_more_than_is_free_is_named(station: StationLedger) -> None:
    station.stock(10)
    station.stock(3, item="soap")
    error = refuse(
        station,
        c.WriteOff(
            reason="damaged",
            location="store",
            lines=[
                c.LotLine(item="mask", quantity=11),
                c.LotLine(item="mask", quantity=2),
                c.LotLine(item="soap", quantity=4),
                c.LotLine(item="rice", quantity=1),
            ],
        ),
    )
    assert isinstance(error, NotEnough)
    assert [(fault.pointer, fault.asked, fault.available) for fault in error.faults] == [
        ("/lines/0/quantity", 11, 10),
        ("/lines/2/quantity", 4, 3),
        ("/lines/3/quantity", 1, 0),
    ]


def test_lines_that_are_too_much_only_together_have_one_fault(station: StationLedger) -> None:
    station.stock(10)
    line = c.LotLine(item="mask", quantity=6)
    error = refuse(station, c.WriteOff(reason="damaged", location="store", lines=[line, line]))
    assert pointers(error) == ["/lines/1/quantity"]


def test_an_unknown_location_is_named_alone(station: StationLedger) -> None:
    lines = [c.ArrivalLine(item="mask", quantity=1)] * 3
    assert pointers(refuse(station, c.OpenStock(location="x", lines=lines))) == ["/location"]


@pytest.mark.parametrize(
    "command",
    [
        lambda lines: gift(*lines),
        lambda lines: c.Allocate(
            recipient="R-1",
            location="store",
            lines=[c.AllocationLine(item="mask", quantity=5) for _ in lines],
        ),
    ],
    ids=["unknown items", "shortages"],
)
def test_five_hundred_wrong_lines_are_refused_with_fifty_faults(
    station: StationLedger, command: Callable[[list[c.DonationLine]], c.Command]
) -> None:
    lines = [c.DonationLine(item=f"x-{number}", quantity=1) for number in range(500)]
    error = refuse(station, command(lines))
    assert len(error.faults) == MAX_FAULTS
    assert str(error).endswith("and there are more")


def test_unknown_people_and_places_are_named_with_wrong_lines(station: StationLedger) -> None:
    lines = [
        c.DonationLine(item="mask", quantity=1, pack="crate"),
        c.DonationLine(item="mask", quantity=1),
        c.DonationLine(item="x", quantity=1, recipient="R-9"),
        c.DonationLine(item="y", quantity=1),
    ]
    error = refuse(
        station,
        c.RecordDonation(donor="D-9", location="nowhere", handled_by="Chen", lines=lines),
    )
    assert set(pointers(error)) == {
        "/donor",
        "/location",
        "/lines/0/pack",
        "/lines/2/item",
        "/lines/2/for",
        "/lines/3/item",
    }
    assert isinstance(error, InvalidField)
    for message in ("unknown donor D-9", "unknown location nowhere", "unknown item y"):
        assert str(error).count(message) == 1


def test_a_shortage_at_an_unknown_location_is_not_named(station: StationLedger) -> None:
    line = c.LotLine(item="mask", quantity=1)
    error = refuse(station, c.Move(source="a", target="b", lines=[line, line]))
    assert pointers(error) == ["/from", "/to"]


@pytest.mark.parametrize("offset", [-1, 1], ids=["closed", "future"])
def test_a_wrong_day_is_named_with_unknown_codes(station: StationLedger, offset: int) -> None:
    station(c.ClosePeriod(through=station.day(-1)))
    wrong = c.Allocate(
        recipient="R-9",
        location="store",
        happened_on=station.day(offset),
        lines=[c.AllocationLine(item="x", quantity=1)],
    )
    assert set(pointers(refuse(station, wrong))) == {"/happened_on", "/recipient", "/lines/0/item"}


def test_a_need_and_a_pledge_name_all_unknown_codes(station: StationLedger) -> None:
    need = c.NoteNeed(recipient="R-9", item="x", quantity=1)
    assert set(pointers(refuse(station, need))) == {"/recipient", "/item"}
    pledge = c.MakePledge(
        donor="D-9",
        lines=[c.PledgeLine(item="x", quantity=1), c.PledgeLine(item="y", quantity=1)],
    )
    expected = {"/donor", "/lines/0/item", "/lines/1/item"}
    assert set(pointers(refuse(station, pledge))) == expected


def test_a_correction_names_all_faults_of_its_command(station: StationLedger) -> None:
    entry = station.give(1).seq
    lines = [c.DonationLine(item="x", quantity=1), c.DonationLine(item="y", quantity=1)]
    wrong = c.RecordDonation(donor="D-9", location="nowhere", handled_by="Chen", lines=lines)
    error = refuse(station, c.Correct(entry=entry, command=wrong, reason="r"))
    assert set(pointers(error)) == {
        f"/command/{name}" for name in ("donor", "location", "lines/0/item", "lines/1/item")
    }
