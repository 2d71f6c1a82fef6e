"""A refused command names the faults of all its lines, so that they can be mended at once."""

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
    assert all(f"there is no item x-{number};" in str(error) for number in range(12))


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
