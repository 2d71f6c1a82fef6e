"""The view of pledges: outstanding, kept, lapsed and cancelled quantities."""

import pytest
from support.ledger_fixture import StationLedger
from support.view_json import has_exact_json

from supplies.domain import commands as c
from supplies.errors import NotFound
from supplies.views.pledges import get_pledge, list_pledges


def parts(station: StationLedger, name: str) -> tuple[int, int, int, int, int]:
    (line,) = get_pledge(station.books, name).lines
    return line.promised, line.arrived, line.outstanding, line.lapsed, line.cancelled


def test_a_pledge_shows_outstanding_goods_and_claims(
    station: StationLedger,
) -> None:
    need = station.need(6)
    name = station.pledge(50, {need: 6}, due_on=station.day(3))
    assert has_exact_json(
        get_pledge(station.books, name),
        {
            "id": "p_2",
            "donor": "D-1",
            "due_on": "2020-02-13",
            "status": "open",
            "lines": [
                {
                    "line": 1,
                    "item": "mask",
                    "promised": 50,
                    "arrived": 0,
                    "outstanding": 50,
                    "lapsed": 0,
                    "cancelled": 0,
                    "claims": [{"need": "n_1", "quantity": 6}],
                }
            ],
            "happened_on": "2020-02-10",
            "note": None,
            "remarks": [],
        },
    )


def test_kept_lapsed_and_cancelled_quantities_are_distinguished(
    station: StationLedger,
) -> None:
    name = station.pledge(50)
    station.give(20, pledge=name)
    assert (parts(station, name), get_pledge(station.books, name).status) == (
        (50, 20, 30, 0, 0),
        "open",
    )
    part = [c.DroppedLine(line=1, quantity=10)]
    station(c.CancelPledge(pledge=name, reason="too many", lines=part))
    assert parts(station, name) == (50, 20, 20, 0, 10)
    station(c.LapsePledge(pledge=name, reason="never came"))
    assert (parts(station, name), get_pledge(station.books, name).status) == (
        (50, 20, 0, 20, 10),
        "kept",
    )


@pytest.mark.parametrize(
    ("command", "status"), [(c.CancelPledge, "cancelled"), (c.LapsePledge, "lapsed")]
)
def test_a_pledge_without_arrivals_is_lapsed_or_cancelled(
    station: StationLedger, command: type[c.CancelPledge | c.LapsePledge], status: str
) -> None:
    name = station.pledge(10)
    station(command(pledge=name, reason="…"))
    assert get_pledge(station.books, name).status == status


def test_a_pledge_counts_the_corrected_donation(station: StationLedger) -> None:
    need = station.need(6)
    name = station.pledge(50, {need: 6})
    gift = station.give(30, pledge=name)
    right = station.donation(20, pledge=name)
    station(c.Correct(entry=gift.seq, command=right, reason="counted twice"))
    assert parts(station, name) == (50, 20, 30, 0, 0)
    latest = station.entries()
    while station.books.body(latest).kind != "donation_received":
        latest -= 1
    station(c.Reverse(entry=latest, reason="it was another donor's"))
    assert parts(station, name) == (50, 0, 50, 0, 0)
    assert [claim.quantity for claim in get_pledge(station.books, name).lines[0].claims] == [6]


def test_goods_beyond_the_pledge_do_not_count_as_kept(station: StationLedger) -> None:
    name = station.pledge(10)
    station.give(15, pledge=name)
    assert parts(station, name) == (10, 10, 0, 0, 0)


def test_a_corrected_pledge_shows_the_corrected_lines(station: StationLedger) -> None:
    name = station.pledge(10)
    right = c.MakePledge(donor="D-1", lines=[c.PledgeLine(item="soap", quantity=4)])
    station(c.Correct(entry=1, command=right, reason="soap, not masks"))
    (line,) = get_pledge(station.books, name).lines
    assert (line.item, line.promised, line.outstanding, line.cancelled) == ("soap", 4, 4, 0)


def test_a_reversed_pledge_has_no_lines(station: StationLedger) -> None:
    name = station.pledge(10)
    station(c.Reverse(entry=1, reason="a joke"))
    found = get_pledge(station.books, name)
    assert (found.lines, found.status) == ([], "cancelled")


def test_claims_of_ten_needs_are_listed_oldest_first(station: StationLedger) -> None:
    asked = [station.need(1) for _ in range(11)]
    name = station.pledge(11, dict.fromkeys(asked, 1))
    assert [claim.need for claim in get_pledge(station.books, name).lines[0].claims] == asked


def test_pledges_are_filtered_by_donor(station: StationLedger) -> None:
    names = [station.pledge(n, donor="D-1" if n % 2 else "D-2") for n in range(1, 12)]
    assert [one.id for one in list_pledges(station.books).items] == names
    found = list_pledges(station.books, donor="D-2").items
    assert [(one.id, one.lines[0].outstanding) for one in found] == [
        (name, n) for n, name in enumerate(names, 1) if n % 2 == 0
    ]


def test_an_unknown_pledge_is_not_found(station: StationLedger) -> None:
    with pytest.raises(NotFound, match="unknown pledge p_1"):
        get_pledge(station.books, "p_1")
