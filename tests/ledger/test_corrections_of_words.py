"""Corrections that change no goods: they leave every balance as it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from support.corrections import correct, mask_lines
from support.ledger_fixture import StationLedger
from support.rewording import reworded

from supplies.domain import commands as c
from supplies.domain.entry_rows import ArrivalLine, Lot
from supplies.domain.money import Value
from supplies.errors import InvalidField
from supplies.ledger.rules.command_history import CORRECTABLE
from supplies.verification.verify import verify

Record = Callable[[StationLedger], c.Command]


def recipient_lines(quantity: int) -> list[Any]:
    return [c.RecipientLine(item="mask", quantity=quantity)]


def donation(station: StationLedger) -> c.Command:
    return c.RecordDonation(
        donor="D-1",
        location="store",
        handled_by="陈某",
        happened_on=station.day(-5),
        keep_pledges=True,
        lines=[
            c.DonationLine(
                item="mask",
                quantity=40,
                batch="A",
                expires_on=station.day(9),
                value=Value(minor=100, currency="CNY", evidence="invoice"),
            ),
            c.DonationLine(item="mask", quantity=6, recipient="R-2"),
        ],
    )


def outcome(station: StationLedger) -> c.Command:
    allocation = station.allocate(9, happened_on=station.day(-5))
    delivery = station.dispatch(allocation, happened_on=station.day(-5))
    lines = [c.OutcomeLine(line=1, received=5, brought_back=3, lost=1)]
    return c.ReportOutcome(
        delivery=delivery,
        allocation=allocation,
        outcome="partly",
        lines=lines,
        happened_on=station.day(-5),
    )


def count(station: StationLedger, item: str, counted: int, place: str = "store") -> None:
    """Count all lots of an item as one."""
    sheet = str(station(c.OpenCountSheet(location=place)).document)
    station(c.CountStock(sheet=sheet, lines=[c.CountLine(item=item, counted=counted)]))


def returned_issue(station: StationLedger) -> c.Command:
    issue = c.IssueGoods(
        purpose="gate", location="store", lines=mask_lines(30), happened_on=station.day(-6)
    )
    document = str(station(issue).document)
    return c.ReturnIssue(issue=document, lines=mask_lines(15), happened_on=station.day(-5))


def returned_loan(station: StationLedger) -> c.Command:
    loan = c.LendGoods(
        borrower="hp", location="store", lines=mask_lines(30), happened_on=station.day(-6)
    )
    document = str(station(loan).document)
    return c.ReturnLoan(loan=document, lines=mask_lines(15), happened_on=station.day(-5))


def taken_back(station: StationLedger) -> c.Command:
    given = c.HandOut(
        recipient="R-1",
        location="store",
        lines=recipient_lines(20),
        happened_on=station.day(-6),
    )
    station(given)
    return c.TakeBack(
        recipient="R-1",
        location="store",
        lines=recipient_lines(12),
        reason="too many",
        happened_on=station.day(-5),
    )


def collected(station: StationLedger) -> c.Command:
    allocation = station.allocate(12, happened_on=station.day(-6))
    return c.CollectAllocation(allocation=allocation, happened_on=station.day(-5))


def found_again(station: StationLedger) -> c.Command:
    station(
        c.WriteOff(
            reason="missing", location="store", lines=mask_lines(30), happened_on=station.day(-6)
        )
    )
    return c.FindAgain(
        reason="missing", location="annex", lines=mask_lines(15), happened_on=station.day(-5)
    )


def missing(station: StationLedger) -> c.Command:
    count(station, "mask", 20)
    return c.Settle(place="store", by="lost", lines=mask_lines(7), reason="mice")


def surplus(station: StationLedger) -> c.Command:
    for counted, batch in ((5, "A"), (12, "B")):
        sheet = str(station(c.OpenCountSheet(location="store")).document)
        line = c.CountLine(item="soap", counted=counted, batch=batch)
        station(c.CountStock(sheet=sheet, lines=[line]))
    lines = [c.LotLine(item="soap", quantity=7)]
    return c.Settle(place="store", by="bought", party="shop", lines=lines, reason="invoice")


RECORDS: dict[str, Record] = {
    "NoteNeed": lambda station: c.NoteNeed(
        recipient="R-1", item="mask", quantity=9, happened_on=station.day(-5)
    ),
    "MakePledge": lambda station: c.MakePledge(
        donor="D-1",
        happened_on=station.day(-5),
        lines=[
            c.PledgeLine(
                item="mask",
                quantity=20,
                claims=[c.Claim(need=station.need(8, happened_on=station.day(-6)), quantity=8)],
            )
        ],
    ),
    "RecordDonation": donation,
    "OpenStock": lambda station: c.OpenStock(
        location="store",
        happened_on=station.day(-5),
        lines=[c.ArrivalLine(item="mask", quantity=11, expires_on=station.day(8))],
    ),
    "RecordArrival": lambda station: c.RecordArrival(
        origin="bought",
        party="shop",
        location="store",
        happened_on=station.day(-5),
        lines=[c.ArrivalLine(item="mask", quantity=1, pack="ten", expires_on=station.day(8))],
    ),
    "Allocate": lambda station: c.Allocate(
        recipient="R-1",
        location="store",
        happened_on=station.day(-5),
        lines=[c.AllocationLine(item="mask", quantity=13)],
    ),
    "ReportOutcome": outcome,
    "Move": lambda station: c.Move(
        source="store", target="annex", lines=mask_lines(13), happened_on=station.day(-5)
    ),
    "IssueGoods": lambda station: c.IssueGoods(
        purpose="gate", location="store", lines=mask_lines(13), happened_on=station.day(-5)
    ),
    "ReturnIssue": returned_issue,
    "WriteOff": lambda station: c.WriteOff(
        reason="damaged", location="store", lines=mask_lines(13), happened_on=station.day(-5)
    ),
    "CollectAllocation": collected,
    "FindAgain": found_again,
    "TakeBack": taken_back,
    "ReturnGoods": lambda station: c.ReturnGoods(
        location="store", lines=mask_lines(13), reason="asked for", happened_on=station.day(-5)
    ),
    "LendGoods": lambda station: c.LendGoods(
        borrower="hp", location="store", lines=mask_lines(13), happened_on=station.day(-5)
    ),
    "ReturnLoan": returned_loan,
    "HandOut": lambda station: c.HandOut(
        recipient="R-1",
        location="store",
        lines=recipient_lines(13),
        happened_on=station.day(-5),
    ),
    "Convert": lambda station: c.Convert(
        location="store",
        consumed=mask_lines(13),
        produced=[c.ConvertedLine(item="soap", quantity=4)],
        happened_on=station.day(-5),
    ),
    "Settle": missing,
    "Settle a surplus": surplus,
    "RecordActivity": lambda station: c.RecordActivity(kind="visit", count=3),
}
"""For each kind of command, a function that records what it needs and returns the command."""


def before(station: StationLedger) -> None:
    """Record three lots that expire on different days, a need and a pledge."""
    for days, quantity in ((2, 10), (60, 25), (90, 40)):
        station.give(
            quantity, expires_on=station.day(days), happened_on=station.day(-9), batch=str(days)
        )
    station.need(10, happened_on=station.day(-8))
    station.need(3, "R-2", happened_on=station.day(-8))
    station.pledge(30, {station.need(4, happened_on=station.day(-8)): 4})


def afterwards(station: StationLedger) -> None:
    """Record late and new events, so that the command would now choose other lots and needs."""
    for recipient in ("R-1", "R-2"):
        station.need(10, recipient, urgency="high", happened_on=station.day(-7))
    station.pledge(50, {station.need(5, "R-2", urgency="high"): 5})
    count(station, "mask", station.total("stock:store") + 30)
    station.stock(7, expires_on=station.day(1), happened_on=station.day(-7), batch="late")
    slip = c.HandOut(
        recipient="R-2",
        location="store",
        happened_on=station.day(-4),
        lines=recipient_lines(4),
    )
    station(slip)
    count(station, "mask", max(0, station.total("stock:store") - 5))
    station(c.Move(source="store", target="annex", lines=mask_lines(9)))
    station.clock.advance(3)


def balances(station: StationLedger) -> list[tuple[str, str, str, int]]:
    return list(
        station.books.all(
            "SELECT account, item, lot, quantity FROM balances "
            "WHERE station = :station AND quantity <> 0 ORDER BY account, item, lot"
        )
    )


def test_each_kind_of_command_that_can_be_corrected_is_tried() -> None:
    assert set(CORRECTABLE.values()) == {name.split()[0] for name in RECORDS}


@pytest.mark.parametrize("name", RECORDS)
def test_a_correction_of_only_texts_moves_nothing(station: StationLedger, name: str) -> None:
    before(station)
    command = RECORDS[name](station)
    entry = station(command)
    afterwards(station)
    there, last = balances(station), station.entries()
    once = correct(station, entry.seq, reworded(command, "other words"))
    correct(station, once.seq, reworded(command, "again other words"))
    assert balances(station) == there
    assert not any(
        station.books.body(seq).transfers for seq in range(last + 1, station.entries() + 1)
    )
    verify(station.ledger.store)


@pytest.mark.parametrize("name", RECORDS)
def test_a_correction_that_runs_the_rule_again_chooses_the_same_goods_and_needs(
    station: StationLedger, name: str
) -> None:
    """The mark `or_earlier` changes no goods, but it is not a text, so the rule runs again."""
    before(station)
    command = RECORDS[name](station)
    entry = station(command)
    afterwards(station)
    there = balances(station)
    marked = msgspec.structs.replace(reworded(command, "other words"), or_earlier=True)
    correct(station, entry.seq, marked)
    assert balances(station) == there
    verify(station.ledger.store)


def one_more(command: Any) -> Any:
    """Return the command with one more of its first line; None if it has no quantities."""
    if isinstance(command, c.NoteNeed):
        return msgspec.structs.replace(command, quantity=command.quantity + 1)
    name = "consumed" if isinstance(command, c.Convert) else "lines"
    lines = getattr(command, name, [])
    if not lines or not isinstance(lines[0], c.GoodsLine):
        return None
    first = msgspec.structs.replace(lines[0], quantity=lines[0].quantity + 1)
    return msgspec.structs.replace(command, **{name: [first, *lines[1:]]})


@pytest.mark.parametrize("name", RECORDS)
def test_a_correction_to_one_more_changes_each_balance_by_one_at_most(
    station: StationLedger, name: str
) -> None:
    before(station)
    command = RECORDS[name](station)
    entry = station(command)
    afterwards(station)
    corrected = one_more(reworded(command, "one more"))
    if corrected is None:
        return
    there = Counter({tuple(key): quantity for *key, quantity in balances(station)})
    correct(station, entry.seq, corrected)
    now = Counter({tuple(key): quantity for *key, quantity in balances(station)})
    changes = {key: now[key] - there[key] for key in {*now, *there} if now[key] != there[key]}
    one = 10 if name == "RecordArrival" else 1
    assert {abs(change) for change in changes.values()} == {one}, changes
    assert len(changes) <= 6, changes
    verify(station.ledger.store)


# --- gifts that settled the surplus of a count ---------------------------------------------------


def settled_gift(station: StationLedger, quantity: int = 7) -> tuple[int, str, list[str]]:
    """Settle a surplus of two lots as one line of a gift. Return entry, donation and lots."""
    lots = []
    for counted, batch in ((5, "A"), (12, "B")):
        sheet = str(station(c.OpenCountSheet(location="store")).document)
        line = c.CountLine(item="soap", counted=counted, batch=batch)
        lots.append(f"l_lx_{station(c.CountStock(sheet=sheet, lines=[line])).seq}_1")
    settled = station(
        c.Settle(
            place="store",
            by="donor",
            party="D-1",
            handled_by="陈某",
            reason="the donor called",
            lines=[c.LotLine(item="soap", quantity=quantity)],
        )
    )
    return settled.seq, str(settled.document), lots


def gift_lines(station: StationLedger, donation: str) -> list[tuple[int, str, int]]:
    seq = station.books.latest_seq(ArrivalLine, arrival=donation)
    rows = station.books.rows_of_entry(ArrivalLine, seq or 0, arrival=donation)
    return [(row.line, row.lot, row.quantity) for row in rows]


def test_a_settled_line_of_two_lots_keeps_them_when_only_texts_change(
    station: StationLedger,
) -> None:
    entry, donation, (a, b) = settled_gift(station)
    there, lines = balances(station), gift_lines(station, donation)
    assert lines == [(1, a, 5), (2, b, 2)]
    gift = station.donation(7, "soap")
    for words in ("王某", "张某"):
        entry = correct(station, entry, reworded(gift, words)).seq
        assert balances(station) == there
        assert gift_lines(station, donation) == lines
    batches = [station.books.latest_row(Lot, lot=lot) for lot in (a, b)]
    assert [row and row.batch for row in batches] == ["A", "B"]
    verify(station.ledger.store)


def test_a_settled_gift_that_was_smaller_leaves_the_rest_unexplained(
    station: StationLedger,
) -> None:
    entry, donation, (a, b) = settled_gift(station)
    smaller = correct(station, entry, station.donation(4, "soap"))
    assert gift_lines(station, donation) == [(1, a, 4)]
    assert station.balance("unexplained:store", "soap", a) == -1
    assert station.balance("unexplained:store", "soap", b) == -7
    correct(station, smaller.seq, station.donation(12, "soap"))
    assert station.total("unexplained:store", "soap") == 0
    assert station.total("stock:store", "soap") == 12
    verify(station.ledger.store)


def test_a_settled_gift_cannot_be_corrected_to_another_location(station: StationLedger) -> None:
    entry, _, _ = settled_gift(station)
    there = balances(station)
    elsewhere = station.donation(7, "soap", location="annex")
    with pytest.raises(InvalidField, match=r"a count found this gift .* in Store A") as caught:
        correct(station, entry, elsewhere)
    assert caught.value.faults[0].pointer == "/command/location"
    quarantined = station.donation(7, "soap", quarantine="ward")
    with pytest.raises(InvalidField, match="a count found this gift") as caught:
        correct(station, entry, quarantined)
    assert caught.value.faults[0].pointer == "/command/lines/0/quarantine"
    assert balances(station) == there
