"""Lines that counted packs are shown as stated, with the pack size of that time."""

from __future__ import annotations

import msgspec
from support.ledger_fixture import StationLedger

from supplies.domain import commands as c
from supplies.views.allocations import get_allocation
from supplies.views.donations import get_donation
from supplies.views.entries import get_entry
from supplies.views.needs import get_need
from supplies.views.pagination import PackedLineView, PackedView
from supplies.views.pledges import get_pledge

BOX = {"item": "mask", "quantity": 2, "pack": "box"}
STATED = PackedView(quantity=2, pack="box", size=50)
IN_LINE_1 = PackedLineView(field="lines", line=1, item="mask", quantity=2, pack="box", size=50)


def redefine(station: StationLedger) -> None:
    mask = station.books.item("mask")
    station.ledger.amend(msgspec.structs.replace(mask, packs={"box": 40}))


def test_views_of_lines_show_the_packs_that_were_stated(station: StationLedger) -> None:
    need = station(c.NoteNeed(recipient="R-1", **BOX))
    pledge = station(c.MakePledge(donor="D-1", lines=[c.PledgeLine(**BOX)]))
    gift = station.give(2, pack="box")
    allocation = station.allocate(2, pack="box")
    redefine(station)
    assert get_need(station.books, str(need.document)).stated == STATED
    assert get_pledge(station.books, str(pledge.document)).lines[0].stated == STATED
    donation = get_donation(station.books, str(gift.document)).lines[0]
    assert (donation.stated, donation.quantity) == (STATED, 100)
    assert get_allocation(station.books, allocation).stated == [IN_LINE_1]
    assert get_entry(station.books, gift.seq).stated == [IN_LINE_1]


def test_lines_in_base_units_show_no_packs(station: StationLedger) -> None:
    station.give(100)
    shown = msgspec.to_builtins(get_donation(station.books, "d_1"))
    assert "stated" not in shown["lines"][0]
    assert "stated" not in msgspec.to_builtins(get_entry(station.books, 1))


def test_a_corrected_line_shows_the_packs_of_the_correction(station: StationLedger) -> None:
    done = station.give(2, pack="box")
    redefine(station)
    station(c.Correct(entry=done.seq, command=station.donation(3, pack="box"), reason="three"))
    shown = get_donation(station.books, "d_1").lines[0]
    assert (shown.quantity, shown.stated) == (150, PackedView(quantity=3, pack="box", size=50))


def test_a_corrected_allocation_shows_the_packs_of_the_correction(station: StationLedger) -> None:
    station.give(200)
    allocation = station.allocate(2, pack="box")
    line = c.AllocationLine(item="mask", quantity=3, pack="ten")
    again = c.Allocate(recipient="R-1", location="store", lines=[line])
    station(c.Correct(entry=station.entries(), command=again, reason="tens"))
    (stated,) = get_allocation(station.books, allocation).stated  # type: ignore[misc]  # views of any document
    assert (stated.quantity, stated.pack, stated.size) == (3, "ten", 10)


def test_a_repacking_shows_the_packs_of_each_of_its_lists(station: StationLedger) -> None:
    station.give(100)
    done = station(
        c.Convert(
            location="store",
            consumed=[c.LotLine(**BOX)],
            produced=[c.ConvertedLine(item="soap", quantity=3, pack="six")],
        )
    )
    stated = get_entry(station.books, done.seq).stated
    assert [(one.field, one.item, one.size) for one in stated] == [  # type: ignore[union-attr]  # views of any document
        ("consumed", "mask", 50),
        ("produced", "soap", 6),
    ]
