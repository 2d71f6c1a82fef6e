"""The view of donations."""

from datetime import date

import msgspec
import pytest
from support.ledger_fixture import StationLedger
from support.view_json import has_exact_json

from supplies.domain import commands as c
from supplies.errors import NotFound
from supplies.views.allocations import get_allocation
from supplies.views.donations import get_donation, list_donations


def test_a_donation_shows_which_part_fulfilled_a_pledge(
    station: StationLedger,
) -> None:
    pledge = station.pledge(40)
    station.give(1, pack="box", pledge=pledge, batch="B7", expires_on=date(2022, 1, 31))
    assert has_exact_json(
        get_donation(station.books, "d_2"),
        {
            "id": "d_2",
            "donor": "D-1",
            "location": "store",
            "happened_on": "2020-02-10",
            "receipt": "JZ-2020-000001",
            "superseded_by": None,
            "lines": [
                {
                    "line": 1,
                    "item": "mask",
                    "quantity": 50,
                    "on_pledge": 40,
                    "beside_pledge": 10,
                    "lot": "l_lx_2_1",
                    "batch": "B7",
                    "expires_on": "2022-01-31",
                    "pledge": "p_1",
                    "for": None,
                    "value": None,
                    "stated": {"quantity": 1, "pack": "box", "size": 50},
                }
            ],
            "handled_by": "陈某",
            "checked_by": None,
            "wish": None,
            "agreement": None,
            "fiscal_ticket": None,
            "note": None,
            "remarks": [],
            "allocations": [],
            "pledges": [{"pledge": "p_1", "item": "mask", "quantity": 40}],
        },
    )


def test_a_donation_names_the_pledges_that_it_fulfilled_without_naming_them(
    station: StationLedger,
) -> None:
    need = station.need(6)
    first, second = station.pledge(10, {need: 6}), station.pledge(10)
    gift = msgspec.structs.replace(station.donation(15), keep_pledges=True)
    done = station(gift)

    def pledges() -> list[tuple[str, str, int]]:
        found = get_donation(station.books, str(done.document)).pledges
        return [(each.pledge, each.item, each.quantity) for each in found]

    assert pledges() == [(first, "mask", 10), (second, "mask", 5)]
    fewer = msgspec.structs.replace(
        gift,
        lines=[c.DonationLine(item="mask", quantity=8), c.DonationLine(item="soap", quantity=1)],
    )
    fixed = station(c.Correct(entry=done.seq, command=fewer, reason="fewer came"))
    assert pledges() == [(first, "mask", 8)]
    station(c.Reverse(entry=fixed.seq, reason="typed twice"))
    assert pledges() == []


def test_a_donation_names_the_allocations_that_it_made(station: StationLedger) -> None:
    station.give(1)
    need = station.need(5)
    pledge = station.pledge(5, {need: 5})
    lines = [
        c.DonationLine(item="mask", quantity=5, pledge=pledge),
        c.DonationLine(item="soap", quantity=2, recipient="R-2"),
    ]
    donated = station(
        c.RecordDonation(donor="D-1", location="store", handled_by="陈某", lines=lines)
    )
    made = get_donation(station.books, str(donated.document)).allocations
    assert [get_allocation(station.books, name).recipient for name in made] == ["R-1", "R-2"]
    first, _ = list_donations(station.books).items
    assert first.allocations == []


def test_an_anonymous_donation_has_no_donor(station: StationLedger) -> None:
    station.give(donor=None)
    station.give()
    (found,) = list_donations(station.books, donor="anonymous").items
    assert (found.id, found.donor) == ("d_1", None)


def test_a_corrected_donation_is_shown_with_its_new_receipt(
    station: StationLedger,
) -> None:
    station.give(10)
    right = station.donation(7, batch="B9", happened_on=date(2020, 2, 9), donor="D-2")
    done = station(c.Correct(entry=1, command=right, reason="typed wrongly"))
    found = get_donation(station.books, "d_1")
    assert (found.donor, found.happened_on, found.superseded_by) == (
        "D-2",
        date(2020, 2, 9),
        done.seq,
    )
    assert [(line.quantity, line.batch, line.lot) for line in found.lines] == [
        (7, "B9", "l_lx_1_1")
    ]
    assert found.receipt == "JZ-2020-000002"
    assert [one.id for one in list_donations(station.books).items] == ["d_1"]
    assert [one.id for one in list_donations(station.books, donor="D-2").items] == ["d_1"]
    assert list_donations(station.books, donor="D-1").items == []


def test_a_reversed_donation_has_no_lines_and_names_its_last_receipt(
    station: StationLedger,
) -> None:
    station.give(10)
    station(c.Reverse(entry=1, reason="it was no gift"))
    found = get_donation(station.books, "d_1")
    assert (found.lines, found.receipt) == ([], "JZ-2020-000001")


def test_bought_goods_are_not_a_donation(station: StationLedger) -> None:
    line = c.ArrivalLine(item="mask", quantity=5)
    station(c.RecordArrival(origin="bought", party="shop", location="store", lines=[line]))
    assert list_donations(station.books).items == []
    with pytest.raises(NotFound, match="unknown donation b_1"):
        get_donation(station.books, "b_1")


def test_donations_are_listed_in_pages(station: StationLedger) -> None:
    for _ in range(3):
        station.give()
    first = list_donations(station.books, limit=2)
    rest = list_donations(station.books, limit=2, after=first.next)
    assert [one.id for one in first.items + rest.items] == ["d_1", "d_3", "d_5"]
    assert rest.next is None
