"""Quantities in packs keep the pack size of their day when the pack is redefined."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from support.ledger_fixture import StationLedger

from supplies.domain import commands as c
from supplies.domain.money import Value
from supplies.errors import InvalidField, NotEnough
from supplies.ledger.journal import Journal
from supplies.views.receipts import get_receipt

CARTON = {"item": "mask", "quantity": 2, "pack": "box"}
"""A pack of 100: two boxes of 50, as `mask` has them at first."""


def redefine(station: StationLedger, **packs: int) -> None:
    """Change the pack sizes of masks."""
    mask = station.books.item("mask")
    station.ledger.amend(msgspec.structs.replace(mask, packs=packs))


def gift(**more: Any) -> c.RecordDonation:
    fields = {"donor": "D-1", "location": "store", "handled_by": "Chen", **more}
    return c.RecordDonation(**{"lines": [c.DonationLine(**CARTON)], **fields})


COMMANDS = {
    "need": (
        c.NoteNeed(recipient="R-1", **CARTON),
        {"urgency": "high"},
        "needed:",
    ),
    "pledge": (
        c.MakePledge(donor="D-1", lines=[c.PledgeLine(**CARTON)]),
        {"note": "by telephone"},
        "pledged:",
    ),
    "donation": (gift(), {"handled_by": "Li"}, "stock:"),
    "arrival": (
        c.RecordArrival(
            origin="bought", party="X-1", location="store", lines=[c.ArrivalLine(**CARTON)]
        ),
        {"note": "invoice 7"},
        "stock:",
    ),
    "opening": (
        c.OpenStock(location="store", lines=[c.ArrivalLine(**CARTON)]),
        {"note": "from the old list"},
        "stock:",
    ),
}
"""Commands that bring goods in, a change of another field, and the account that they fill."""

FROM_STOCK = {
    "allocation": (
        c.Allocate(recipient="R-1", location="store", lines=[c.AllocationLine(**CARTON)]),
        {"note": "n"},
        "allocated:",
    ),
    "hand-out": (
        c.HandOut(recipient="R-1", location="store", lines=[c.LotLine(**CARTON)]),
        {"note": "n"},
        "received:",
    ),
    "issue": (
        c.IssueGoods(purpose="gate", location="store", lines=[c.LotLine(**CARTON)]),
        {"note": "n"},
        "used:",
    ),
    "loan": (
        c.LendGoods(borrower="B-1", location="store", lines=[c.LotLine(**CARTON)]),
        {"note": "n"},
        "lent:",
    ),
    "write-off": (
        c.WriteOff(reason="damaged", location="store", lines=[c.LotLine(**CARTON)]),
        {"note": "n"},
        "lost:",
    ),
    "move": (
        c.Move(source="store", target="annex", lines=[c.LotLine(**CARTON)]),
        {"note": "n"},
        "stock:annex",
    ),
    "return to the donor": (
        c.ReturnGoods(location="store", reason="r", lines=[c.LotLine(**CARTON)]),
        {"reason": "asked for"},
        "returned:",
    ),
    "repacking": (
        c.Convert(
            location="store",
            consumed=[c.LotLine(**CARTON)],
            produced=[c.ConvertedLine(item="soap", quantity=2, pack="six")],
        ),
        {"note": "n"},
        "converted:",
    ),
}
"""The same for commands that take goods from the shelf."""


def total(station: StationLedger, account: str, item: str = "mask") -> int:
    return sum(
        quantity
        for (name, _, _), quantity in station.books.nonzero_balances(account, item).items()
        if name.startswith(account)
    )


@pytest.mark.parametrize("name", [*COMMANDS, *FROM_STOCK])
def test_correcting_another_field_keeps_the_old_size_of_a_redefined_pack(
    station: StationLedger, name: str
) -> None:
    if name in FROM_STOCK:
        station.give(200)
    command, change, account = {**COMMANDS, **FROM_STOCK}[name]
    done = station(command)
    assert total(station, account) == 100
    before = station.books.nonzero_balances(account)
    redefine(station, box=40)
    restated = msgspec.structs.replace(command, **change)
    station(c.Correct(entry=done.seq, command=restated, reason="wrong name"))  # type: ignore[arg-type]  # any command
    assert station.books.nonzero_balances(account) == before
    assert station.books.body(station.entries()).transfers == () or name == "donation"
    station.ledger.verify()


@pytest.mark.parametrize("name", [*COMMANDS, *FROM_STOCK])
def test_a_pack_that_was_removed_can_still_be_restated(station: StationLedger, name: str) -> None:
    if name in FROM_STOCK:
        station.give(200)
    command, change, account = {**COMMANDS, **FROM_STOCK}[name]
    done = station(command)
    redefine(station)
    restated = msgspec.structs.replace(command, **change)
    station(c.Correct(entry=done.seq, command=restated, reason="wrong name"))  # type: ignore[arg-type]  # any command
    assert total(station, account) == 100


def test_a_receipt_replaced_after_a_pack_was_redefined_prints_the_same_quantity(
    station: StationLedger,
) -> None:
    done = station(gift())
    redefine(station, box=40)
    station(c.Correct(entry=done.seq, command=gift(handled_by="Li"), reason="wrong name"))
    papers = [
        get_receipt(station.books, number)
        for (number,) in station.books.all("SELECT number FROM receipts WHERE station = :station")
    ]
    quantities = [line.quantity for paper in papers for line in paper.document.lines]  # type: ignore[union-attr]  # no donor was forgotten
    assert quantities == [100, 100]


def test_correcting_the_number_of_packs_keeps_the_old_pack_size(station: StationLedger) -> None:
    done = station(gift())
    redefine(station, box=40)
    three = gift(lines=[c.DonationLine(item="mask", quantity=3, pack="box")])
    station(c.Correct(entry=done.seq, command=three, reason="three came"))
    assert station.total("stock:store") == 150


def test_a_correction_of_a_correction_keeps_the_first_pack_size(station: StationLedger) -> None:
    done = station(gift())
    redefine(station, box=40)
    in_pieces = gift(lines=[c.DonationLine(item="mask", quantity=90)])
    corrected = station(c.Correct(entry=done.seq, command=in_pieces, reason="counted"))
    assert station.total("stock:store") == 90
    redefine(station, box=30)
    station(c.Correct(entry=corrected.seq, command=gift(), reason="two boxes after all"))
    assert station.total("stock:store") == 100


def test_a_new_command_uses_the_new_size_of_a_redefined_pack(station: StationLedger) -> None:
    station(gift())
    redefine(station, box=40)
    station(gift())
    assert station.total("stock:store") == 180


def test_a_pack_first_named_in_a_correction_has_its_present_size(station: StationLedger) -> None:
    done = station.give(10)
    redefine(station, box=40)
    station(c.Correct(entry=done.seq, command=gift(), reason="boxes, not pieces"))
    assert station.total("stock:store") == 80


def test_the_smallest_quantity_in_a_refusal_uses_the_old_pack_size(
    station: StationLedger,
) -> None:
    done = station(gift())
    station(
        c.HandOut(recipient="R-1", location="store", lines=[c.LotLine(item="mask", quantity=70)])
    )
    redefine(station, box=40)
    one = gift(lines=[c.DonationLine(item="mask", quantity=1, pack="box")])
    with pytest.raises(NotEnough, match="smallest possible quantity is 70") as refused:
        station(c.Correct(entry=done.seq, command=one, reason="one came"))
    (fault,) = refused.value.faults
    assert (fault.asked, fault.available) == (50, 70)


def test_reversing_and_restating_keeps_the_old_pack_size(station: StationLedger) -> None:
    done = station(gift())
    undone = station(c.Reverse(entry=done.seq, reason="never came"))
    redefine(station, box=40)
    station(c.Correct(entry=undone.seq, command=gift(), reason="it came after all"))
    assert station.total("stock:store") == 100


@pytest.fixture
def older(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Record commands as the version before did, without packs, until the result is called."""

    def nothing(journal: Journal) -> None: ...

    add_packed_lines = Journal.add_packed_lines
    monkeypatch.setattr(Journal, "add_packed_lines", nothing)
    return lambda: monkeypatch.setattr(Journal, "add_packed_lines", add_packed_lines)


@pytest.mark.parametrize("name", [*COMMANDS, *FROM_STOCK])
def test_an_entry_of_an_older_version_keeps_the_size_that_its_rows_imply(
    older: Callable[[], None], station: StationLedger, name: str
) -> None:
    if name in FROM_STOCK:
        station.give(200)
    command, change, account = {**COMMANDS, **FROM_STOCK}[name]
    done = station(command)
    older()
    redefine(station, box=25)
    restated = msgspec.structs.replace(command, **change)
    corrected = station(c.Correct(entry=done.seq, command=restated, reason="wrong name"))  # type: ignore[arg-type]  # any command
    assert total(station, account) == 100
    redefine(station, box=5)
    station(c.Correct(entry=corrected.seq, command=command, reason="right at first"))  # type: ignore[arg-type]  # any command
    assert total(station, account) == 100


def test_correcting_the_expiry_of_a_gift_of_an_older_version_keeps_its_quantity(
    older: Callable[[], None], station: StationLedger
) -> None:
    value = Value(minor=500, currency="CNY", evidence="invoice")
    line = c.DonationLine(**CARTON, value=value, expires_on=station.day(9), recipient="R-1")
    done = station(gift(lines=[line]))
    older()
    redefine(station, box=25)
    later = msgspec.structs.replace(line, expires_on=station.day(99), batch="B7")
    station(c.Correct(entry=done.seq, command=gift(lines=[later], donor="D-2"), reason="misread"))
    assert station.total("allocated:") == 100


def test_a_corrected_entry_of_an_older_version_keeps_the_size_too(
    older: Callable[[], None], station: StationLedger
) -> None:
    done = station(gift(happened_on=station.day(-1), handled_by="Li"))
    corrected = station(
        c.Correct(entry=done.seq, command=gift(handled_by="Wu"), reason="wrong name")
    )
    older()
    redefine(station, box=25)
    station(c.Correct(entry=corrected.seq, command=gift(handled_by="Chen"), reason="wrong again"))
    assert station.total("stock:store") == 100


def test_an_entry_of_an_older_version_with_other_lines_uses_present_pack_sizes(
    older: Callable[[], None], station: StationLedger
) -> None:
    done = station(gift())
    older()
    redefine(station, box=40)
    three = gift(lines=[c.DonationLine(item="mask", quantity=3, pack="box")])
    station(c.Correct(entry=done.seq, command=three, reason="three came"))
    assert station.total("stock:store") == 120


def test_a_correction_is_possible_after_its_location_became_a_quarantine(
    station: StationLedger,
) -> None:
    gift_ = station.give(20, recipient="R-1")
    goods = {"location": "store", "lines": [c.LotLine(item="mask", quantity=5)]}
    station.give(20)
    commands = [c.HandOut(recipient="R-1", **goods), c.IssueGoods(purpose="gate", **goods)]
    line = c.AllocationLine(item="mask", quantity=5)
    commands.append(c.Allocate(recipient="R-1", location="store", lines=[line]))
    done = [station(command) for command in commands]
    store = station.books.location("store")
    station.ledger.amend(msgspec.structs.replace(store, quarantine=True))
    for command, recorded in zip(commands, done, strict=True):
        noted = msgspec.structs.replace(command, note="n")
        station(c.Correct(entry=recorded.seq, command=noted, reason="forgot the note"))
        with pytest.raises(InvalidField, match="quarantine"):
            station(command)
    noted = msgspec.structs.replace(station.donation(20, recipient="R-1"), note="n")
    station(c.Correct(entry=gift_.seq, command=noted, reason="forgot the note"))


def test_a_correction_keeps_the_headcount_of_a_group_that_became_a_household(
    station: StationLedger,
) -> None:
    station.stock(100)
    lines = [c.LotLine(item="mask", quantity=95)]
    command = c.HandOut(recipient="G-1", location="store", lines=lines, headcount=95)
    done = station(command)
    group = station.books.recipient("G-1")
    station.ledger.amend(msgspec.structs.replace(group, kind="household"))
    noted = msgspec.structs.replace(command, note="n")
    station(c.Correct(entry=done.seq, command=noted, reason="forgot the note"))
    with pytest.raises(InvalidField, match="one household"):
        station(command)


def test_a_line_states_the_size_of_its_own_packs(station: StationLedger) -> None:
    cases = [
        c.DonationLine(item="mask", quantity=3, pack="case", pack_size=2500),
        c.DonationLine(item="mask", quantity=1, pack="case", pack_size=1000),
    ]
    done = station(gift(lines=cases))
    assert station.total("stock:store") == 8500
    station(c.Correct(entry=done.seq, command=gift(lines=cases, handled_by="Li"), reason="r"))
    assert station.total("stock:store") == 8500
    assert station.books.item("mask").packs == {"ten": 10, "box": 50}


def test_a_pack_size_without_a_pack_is_refused(station: StationLedger) -> None:
    with pytest.raises(InvalidField) as refused:
        station(gift(lines=[c.DonationLine(item="mask", quantity=3, pack_size=2500)]))
    assert refused.value.faults[0].pointer == "/lines/0/pack"
