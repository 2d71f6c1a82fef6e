"""Every kind of command names all of its faults in one answer, each with its JSON pointer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pytest
from support.ledger_fixture import StationLedger

from supplies.domain import commands as c
from supplies.errors import AlreadyDone, InvalidField, SuppliesError
from supplies.ledger.rules import RULES


@dataclass
class World:
    """Books with one document of each kind that a command can name.

    Attributes:
        closed, future: Days on which nothing can be planned.
        gifts: Two gifts of different donors, the second of a lot of soap.
    """

    closed: date
    future: date
    gifts: list[str]
    first_entry: int
    soap: str
    pledge: str
    need: str
    allocation: str
    delivery: str
    loaded: str
    loan: str
    issue: str
    sheet: str
    receipt: str


@pytest.fixture
def world(station: StationLedger) -> World:
    first = station.give(50)
    second = station.give(3, item="soap", donor="D-2")
    number = station.books.value("SELECT min(number) FROM receipts WHERE station = :station")
    line = c.LotLine(item="mask", quantity=5)
    loan = station(c.LendGoods(borrower="B-1", location="store", lines=[line])).document
    issue = station(c.IssueGoods(purpose="own", location="store", lines=[line])).document
    loaded = station.allocate(5)
    delivery = station.dispatch(loaded)
    made = World(
        closed=station.day(-1),
        future=station.day(1),
        gifts=[str(first.document), str(second.document)],
        first_entry=first.seq,
        soap=f"l_lx_{second.seq}_1",
        pledge=station.pledge(5, item="mask"),
        need=station.need(4),
        allocation=station.allocate(2),
        delivery=delivery,
        loaded=loaded,
        loan=str(loan),
        issue=str(issue),
        sheet=str(station(c.OpenCountSheet(location="annex")).document),
        receipt=str(number),
    )
    station(c.ClosePeriod(through=made.closed))
    return made


Case = Callable[[World], tuple[c.Command, str]]
"""Returns a command with several faults, and the pointers to them, separated by spaces.

`*` is the pointer to the whole command.
"""

LONG = "x" * 2001

EXPIRED = date(2020, 1, 1)


def goods(item: str = "mask", quantity: int = 1, lot: str | None = None) -> c.LotLine:
    return c.LotLine(item=item, quantity=quantity, lot=lot)


def to_recipient(item: str = "mask", quantity: int = 1, need: str | None = None) -> c.RecipientLine:
    return c.RecipientLine(item=item, quantity=quantity, need=need)


CASES: dict[type[c.Command], Case] = {
    c.NoteNeed: lambda w: (
        c.NoteNeed(
            recipient="R-9", item="x", quantity=0, happened_on=w.future, note=LONG, pack="crate"
        ),
        "/recipient /item /quantity /happened_on /note",
    ),
    c.EndNeed: lambda w: (
        c.EndNeed(need="n_99", reason="tired", happened_on=w.closed),  # type: ignore[arg-type]  # a wrong reason
        "* /reason",
    ),
    c.MakePledge: lambda w: (
        c.MakePledge(
            donor="D-9",
            due_on=date(2020, 1, 2),
            happened_on=w.closed,
            note=LONG,
            lines=[
                c.PledgeLine(item="x", quantity=1),
                c.PledgeLine(item="mask", quantity=5, claims=[c.Claim(need="n_99", quantity=1)]),
                c.PledgeLine(item="mask", quantity=1, pack="crate"),
                c.PledgeLine(item="soap", quantity=0),
                c.PledgeLine(item="rice", quantity=9, claims=[c.Claim(need=w.need, quantity=1)]),
            ],
        ),
        (
            "/donor /due_on /happened_on /note /lines/0/item /lines/1/claims/0/need /lines/2/item "
            "/lines/3/quantity /lines/4/claims/0/need"
        ),
    ),
    c.ClaimNeeds: lambda w: (
        c.ClaimNeeds(
            pledge=w.pledge,
            claims=[
                c.Claim(need="n_99", quantity=1),
                c.Claim(need=w.need, quantity=9),
                c.Claim(need=w.need, quantity=1),
                c.Claim(need=w.need, quantity=0),
            ],
            drop=[c.Claim(need="n_98", quantity=1), c.Claim(need=w.need, quantity=1)],
            happened_on=w.closed,
            note=LONG,
        ),
        (
            "/claims/0/need /claims/1/quantity /claims/2/need /claims/3/quantity /drop/0/need "
            "/drop/1/quantity /happened_on /note /claims/3/need"
        ),
    ),
    c.CancelPledge: lambda w: (
        c.CancelPledge(
            pledge=w.pledge,
            reason=" ",
            happened_on=w.closed,
            lines=[
                c.DroppedLine(line=7, quantity=1),
                c.DroppedLine(line=1, quantity=99),
                c.DroppedLine(line=1, quantity=2, drop=[c.Claim(need="n_99", quantity=1)]),
            ],
        ),
        "/reason /happened_on /lines/0/line /lines/1/quantity /lines/2/drop/0/need",
    ),
    c.LapsePledge: lambda w: (
        c.LapsePledge(
            pledge=w.pledge,
            reason="",
            happened_on=w.future,
            lines=[c.DroppedLine(line=7, quantity=1), c.DroppedLine(line=1, quantity=99)],
        ),
        "/reason /happened_on /lines/0/line /lines/1/quantity",
    ),
    c.RecordDonation: lambda w: (
        c.RecordDonation(
            donor="D-9",
            location="nowhere",
            handled_by="\u200b",
            happened_on=w.future,
            lines=[
                c.DonationLine(item="x", quantity=1, recipient="R-9"),
                c.DonationLine(item="mask", quantity=0, pack="crate"),
                c.DonationLine(item="mask", quantity=1, pledge="p_99", need="n_99"),
                c.DonationLine(item="mask", quantity=1, expires_month="2019-01"),
                c.DonationLine(item="mask", quantity=1, quarantine="store", write_off="not ok"),
            ],
        ),
        (
            "/donor /location /handled_by /happened_on /lines/0/item /lines/0/for "
            "/lines/1/quantity /lines/1/pack /lines/2/pledge /lines/2/need /lines/3/expires_month "
            "/lines/4/quarantine /lines/4/write_off"
        ),
    ),
    c.OpenStock: lambda w: (
        c.OpenStock(
            location="nowhere",
            happened_on=w.closed,
            note=LONG,
            lines=[
                c.ArrivalLine(item="x", quantity=1),
                c.ArrivalLine(item="mask", quantity=1, pack="crate", expires_on=EXPIRED),
            ],
        ),
        "/location /happened_on /note /lines/0/item /lines/1/pack /lines/1/expires_on",
    ),
    c.RecordArrival: lambda w: (
        c.RecordArrival(
            origin="found",  # type: ignore[arg-type]  # a wrong origin
            party="a shop",
            location="nowhere",
            happened_on=w.future,
            lines=[
                c.ArrivalLine(item="x", quantity=1),
                c.ArrivalLine(item="mask", quantity=-1, quarantine="nowhere"),
            ],
        ),
        "/origin /party /location /happened_on /lines/0/item /lines/1/quantity /lines/1/quarantine",
    ),
    c.Allocate: lambda w: (
        c.Allocate(
            recipient="R-9",
            location="store",
            happened_on=w.closed,
            note=LONG,
            lines=[
                c.AllocationLine(item="x", quantity=1),
                c.AllocationLine(item="mask", quantity=99),
                c.AllocationLine(item="mask", quantity=1, need="n_99"),
                c.AllocationLine(item="soap", quantity=9, lots=[c.LotPart(lot=w.soap, quantity=3)]),
                c.AllocationLine(item="rice", quantity=1),
            ],
        ),
        (
            "/recipient /happened_on /note /lines/0/item /lines/1/quantity /lines/2/need "
            "/lines/3/lots /lines/4/quantity /lines/3/quantity"
        ),
    ),
    c.Release: lambda w: (
        c.Release(
            allocation=w.allocation,
            reason=" ",
            happened_on=w.closed,
            lines=[c.ReleasedLine(line=7, quantity=1), c.ReleasedLine(line=1, quantity=99)],
        ),
        "/reason /happened_on /lines/0/line /lines/1/quantity",
    ),
    c.CollectAllocation: lambda w: (
        c.CollectAllocation(
            allocation=w.allocation,
            happened_on=w.closed,
            note=LONG,
            lines=[
                c.AllocationPart(line=7, quantity=1),
                c.AllocationPart(line=1, quantity=99),
            ],
        ),
        "/note /happened_on /lines/0/line /lines/1/quantity",
    ),
    c.Dispatch: lambda w: (
        c.Dispatch(
            team="T-9",
            allocations=["a_99", w.loaded, w.allocation, w.allocation],
            happened_on=w.closed,
            note=LONG,
        ),
        "/team /allocations/0 /allocations/1 /allocations/3 /happened_on /note",
    ),
    c.ReportOutcome: lambda w: (
        c.ReportOutcome(
            delivery=w.delivery,
            allocation=w.loaded,
            outcome="partly",
            note=LONG,
            happened_on=w.future,
            lines=[
                c.OutcomeLine(line=7, received=1),
                c.OutcomeLine(line=1, received=2, brought_back=1, location="nowhere"),
            ],
        ),
        "/note /happened_on /lines/0/line /lines/1 /lines/1/location",
    ),
    c.AddStopPhoto: lambda w: (
        c.AddStopPhoto(
            delivery=w.delivery, allocation=w.loaded, photo=b"no photo", happened_on=w.future
        ),
        "/photo /happened_on",
    ),
    c.ConfirmHandOver: lambda w: (
        c.ConfirmHandOver(
            delivery=w.delivery, allocation=w.loaded, way="telephone", happened_on=w.future
        ),
        "/allocation /happened_on",
    ),
    c.CloseDelivery: lambda w: (
        c.CloseDelivery(delivery=w.delivery, happened_on=w.future),
        "/happened_on *",
    ),
    c.ReassignDelivery: lambda w: (
        c.ReassignDelivery(delivery=w.delivery, team="T-9", happened_on=w.closed),
        "/team /happened_on",
    ),
    c.UndoDispatch: lambda w: (
        c.UndoDispatch(
            delivery=w.delivery,
            allocations=["a_99", w.loaded, w.loaded],
            reason=" ",
            happened_on=w.closed,
        ),
        "/allocations/0 /allocations/2 /happened_on /reason",
    ),
    c.MoveStops: lambda w: (
        c.MoveStops(
            delivery=w.delivery,
            allocations=[w.loaded, w.allocation],
            team="T-9",
            happened_on=w.closed,
            note=LONG,
        ),
        "/team /allocations/1 /happened_on /note",
    ),
    c.ResolveConflict: lambda w: (
        c.ResolveConflict(conflict=99, by="chance", reason=" ", happened_on=w.future),  # type: ignore[arg-type]  # a wrong way
        "/by /reason /happened_on *",
    ),
    c.Move: lambda w: (
        c.Move(
            source="store",
            target="store",
            happened_on=w.closed,
            note=LONG,
            lines=[goods("x"), goods("mask", 99), goods("soap", 1, "l_x"), goods("rice")],
        ),
        "/to /happened_on /note /lines/0/item /lines/1/quantity /lines/2/lot /lines/3/quantity",
    ),
    c.QuarantineBatch: lambda w: (
        c.QuarantineBatch(item="mask", batch="B", target="store", happened_on=w.closed, note=LONG),
        "/batch /to /happened_on /note",
    ),
    c.OpenCountSheet: lambda w: (
        c.OpenCountSheet(location="nowhere", happened_on=w.closed, note=LONG),
        "/location /happened_on /note",
    ),
    c.CountStock: lambda w: (
        c.CountStock(
            sheet=w.sheet,
            happened_on=w.future,
            note=LONG,
            lines=[
                c.CountLine(item="x", counted=1),
                c.CountLine(item="mask", counted=1, lot="l_x"),
                c.CountLine(item="soap", counted=1, lot=w.soap, batch="B"),
                c.CountLine(item="rice", counted=-1),
            ],
        ),
        "/happened_on /note /lines/0/item /lines/1/lot /lines/2/batch /lines/3/counted",
    ),
    c.IssueGoods: lambda w: (
        c.IssueGoods(
            purpose="our own",
            location="ward",
            happened_on=w.closed,
            lines=[goods("x"), goods("soap", 9, "l_x")],
        ),
        "/purpose /location /happened_on /lines/0/item /lines/1/lot",
    ),
    c.ReturnIssue: lambda w: (
        c.ReturnIssue(
            issue=w.issue,
            location="nowhere",
            happened_on=w.closed,
            lines=[goods("x"), goods("mask", 99), goods("soap", 0)],
        ),
        "/location /happened_on /lines/0/item /lines/1/quantity /lines/2/quantity",
    ),
    c.WriteOff: lambda w: (
        c.WriteOff(
            reason="it broke",
            location="store",
            happened_on=w.closed,
            lines=[goods("x"), goods("mask", 99), goods("soap", 1, "l_x")],
        ),
        "/reason /happened_on /lines/0/item /lines/1/quantity /lines/2/lot",
    ),
    c.FindAgain: lambda w: (
        c.FindAgain(
            reason="damaged",
            location="nowhere",
            happened_on=w.closed,
            lines=[goods("x"), goods("mask", 1), goods("soap", 1, "l_x")],
        ),
        "/location /happened_on /lines/0/item /lines/1/quantity /lines/2/lot /lines/2/quantity",
    ),
    c.TakeBack: lambda w: (
        c.TakeBack(
            recipient="R-1",
            location="nowhere",
            reason=" ",
            happened_on=w.closed,
            lines=[to_recipient("x"), to_recipient("mask", 99), to_recipient("mask", 0, "n_99")],
        ),
        (
            "/location /reason /happened_on /lines/0/item /lines/1/quantity /lines/2/quantity "
            "/lines/2/need"
        ),
    ),
    c.ReturnGoods: lambda w: (
        c.ReturnGoods(
            location="store",
            reason=" ",
            happened_on=w.closed,
            lines=[goods("x"), goods("mask", 99), goods("soap", 1, "l_x")],
        ),
        "/reason /happened_on /lines/0/item /lines/1/quantity /lines/2/lot",
    ),
    c.LendGoods: lambda w: (
        c.LendGoods(
            borrower="a neighbour",
            location="nowhere",
            happened_on=w.closed,
            lines=[goods("x"), goods("soap", 1, "l_x")],
        ),
        "/borrower /location /happened_on /lines/0/item /lines/1/lot",
    ),
    c.ReturnLoan: lambda w: (
        c.ReturnLoan(
            loan=w.loan,
            location="nowhere",
            happened_on=w.closed,
            lines=[goods("x"), goods("mask", 99), goods("soap", 0)],
        ),
        "/location /happened_on /lines/0/item /lines/1/quantity /lines/2/quantity",
    ),
    c.HandOut: lambda w: (
        c.HandOut(
            recipient="R-1",
            location="store",
            headcount=3,
            happened_on=w.closed,
            lines=[
                to_recipient("x"),
                to_recipient("mask", 99),
                to_recipient("mask", 1, "n_99"),
                to_recipient("rice", 1),
            ],
        ),
        "/headcount /happened_on /lines/0/item /lines/1/quantity /lines/2/need /lines/3/quantity",
    ),
    c.ReportHandOut: lambda w: (
        c.ReportHandOut(
            team="T-9",
            recipient="R-9",
            location="nowhere",
            happened_on=w.future,
            lines=[to_recipient("x"), to_recipient("mask", 0)],
        ),
        "/team /recipient /location /happened_on /lines/0/item /lines/1/quantity",
    ),
    c.Convert: lambda w: (
        c.Convert(
            location="store",
            happened_on=w.closed,
            consumed=[goods("x"), goods("mask", 99), goods("mask", 1)],
            produced=[
                c.ConvertedLine(item="y", quantity=1),
                c.ConvertedLine(item="soap", quantity=1, pledge="p_99"),
                c.ConvertedLine(item="soap", quantity=0),
            ],
            spilled=[goods("rice"), goods("soap", 1, "l_x")],
        ),
        (
            "/happened_on /consumed/0/item /consumed/1/quantity /produced/0/item "
            "/produced/1/pledge /produced/2/quantity /spilled/0/quantity /spilled/1/lot"
        ),
    ),
    c.Settle: lambda w: (
        c.Settle(
            place="store",
            by="donor",
            party="D-9",
            reason=" ",
            lines=[goods("x"), goods("mask", 0)],
        ),
        "/place /party /handled_by /reason /lines/0/item /lines/1/quantity",
    ),
    c.DescribeLot: lambda w: (
        c.DescribeLot(lot="l_x", batch="B" * 200, happened_on=w.future, reason=" "),
        "/batch /happened_on /reason *",
    ),
    c.SendShipment: lambda w: (
        c.SendShipment(
            station="lx",
            location="store",
            happened_on=w.closed,
            note=LONG,
            lines=[goods("x"), goods("mask", 99), goods("soap", 1, "l_x")],
        ),
        "/to /happened_on /note /lines/0/item /lines/1/quantity /lines/2/lot",
    ),
    c.ReceiveShipment: lambda w: (
        c.ReceiveShipment(
            shipment="t_hp_1",
            location="nowhere",
            happened_on=w.future,
            note=LONG,
            lines=[c.ArrivedLine(line=1, arrived=-1, item="x")],
        ),
        "/location /happened_on /note /lines/0/arrived /lines/0/item /sent",
    ),
    c.AcknowledgeShipment: lambda w: (
        c.AcknowledgeShipment(
            shipment="t_lx_1",
            happened_on=w.future,
            received=c.CitedEntry(previous="x", body=b"", hash="y"),
        ),
        "/received/previous /received/hash /happened_on *",
    ),
    c.IssueReceipt: lambda w: (
        c.IssueReceipt(
            donations=["d_99", w.gifts[0], w.gifts[1], w.gifts[0]], happened_on=w.future
        ),
        "/donations/0 /donations/2 /donations/3 /happened_on",
    ),
    c.VoidReceipt: lambda w: (
        c.VoidReceipt(number="LX-2020-999999", reason=" ", happened_on=w.future),
        "/reason /happened_on *",
    ),
    c.ReplaceReceipt: lambda w: (
        c.ReplaceReceipt(number="LX-2020-999999", reason=" ", happened_on=w.future),
        "/reason /happened_on *",
    ),
    c.ReprintReceipt: lambda w: (
        c.ReprintReceipt(number="LX-2020-999999", happened_on=w.future),
        "/happened_on *",
    ),
    c.ClosePeriod: lambda w: (
        c.ClosePeriod(through=w.future, happened_on=w.future),
        "/happened_on /through",
    ),
    c.ReopenPeriod: lambda w: (
        c.ReopenPeriod(day=w.future, reason=" ", happened_on=w.future),
        "/reason /happened_on /from",
    ),
    c.RecordActivity: lambda w: (
        c.RecordActivity(kind="a visit", count=0, who=LONG, happened_on=w.closed),
        "/kind /count /who /happened_on",
    ),
    c.MergeCodes: lambda w: (
        c.MergeCodes(kind="donor", code="D-9", into="D 9", reason=" ", happened_on=w.future),
        "/happened_on /code /into /reason",
    ),
    c.ForgetDonor: lambda w: (
        c.ForgetDonor(donor="D-9", happened_on=w.future),
        "/happened_on /donor",
    ),
    c.ForgetRecipient: lambda w: (
        c.ForgetRecipient(recipient="R-9", happened_on=w.future),
        "/happened_on /recipient",
    ),
    c.ForgetText: lambda w: (
        c.ForgetText(entry=w.first_entry + 10_000, happened_on=w.future),
        "/happened_on *",
    ),
    c.Reverse: lambda w: (
        c.Reverse(entry=w.first_entry + 10_000, reason=" ", happened_on=w.future),
        "/reason /happened_on *",
    ),
    c.Correct: lambda w: (
        c.Correct(
            entry=w.first_entry,
            reason=" ",
            happened_on=w.future,
            command=c.RecordDonation(
                donor="D-9",
                location="nowhere",
                handled_by="",
                lines=[
                    c.DonationLine(item="x", quantity=1),
                    c.DonationLine(item="mask", quantity=0, pledge="p_99"),
                ],
            ),
        ),
        (
            "/reason /happened_on /command/donor /command/location /command/handled_by "
            "/command/lines/0/item /command/lines/1/quantity /command/lines/1/pledge"
        ),
    ),
}


def test_every_kind_of_command_has_a_case() -> None:
    assert set(CASES) == set(RULES)


@pytest.mark.parametrize("kind", CASES, ids=lambda kind: kind.__name__)
def test_all_faults_of_a_command_are_named_in_one_answer(
    station: StationLedger, world: World, kind: type[c.Command]
) -> None:
    command, expected = CASES[kind](world)
    before = station.entries()
    with pytest.raises(SuppliesError) as refusal:
        station(command)
    assert station.entries() == before
    found = [fault.pointer or "*" for fault in refusal.value.faults]
    assert sorted(found) == sorted(expected.split())


def test_a_fault_of_the_entry_to_correct_leads_to_no_false_fault(
    station: StationLedger,
) -> None:
    need = station(c.NoteNeed(recipient="R-1", item="mask", quantity=3))
    right = c.NoteNeed(recipient="R-1", item="mask", quantity=4)
    station(c.Correct(entry=need.seq, reason="again", command=right))
    for command in (
        c.Reverse(entry=need.seq, reason="again"),
        c.Correct(entry=need.seq, reason="again", command=right),
    ):
        with pytest.raises(AlreadyDone) as refusal:
            station(command)
        assert [fault.pointer for fault in refusal.value.faults] == ["/entry"]


def test_an_unknown_need_is_named_beside_a_shortage(station: StationLedger) -> None:
    station.stock(50)
    line = c.RecipientLine(item="mask", quantity=50_000, need="n_99")
    for command in (
        c.HandOut(recipient="R-1", location="store", lines=[line]),
        c.HandOut(recipient="R-1", location="nowhere", lines=[line]),
        c.TakeBack(recipient="R-9", location="store", reason="spare", lines=[line]),
        c.TakeBack(recipient="R-1", location="store", reason="spare", lines=[line]),
    ):
        with pytest.raises(SuppliesError) as refusal:
            station(command)
        assert "/lines/0/need" in [fault.pointer for fault in refusal.value.faults], command


def test_lots_in_a_line_that_is_left_out_are_left_out_with_it(station: StationLedger) -> None:
    lots = [{"lot": "l_x", "quantity": "many"}, {"lot": "l_y", "quantity": 4.0}]
    fields = {
        "recipient": "R-1",
        "location": "nowhere",
        "lines": [
            {"item": "mask", "quantity": 0},
            {"item": "x", "quantity": 9.0, "lots": lots, "need": "n_99"},
        ],
    }
    error = station.ledger.with_all_faults(InvalidField.at("/x", "wrong"), c.Allocate, fields)
    assert {fault.pointer for fault in error.faults} == {
        "/x",
        "/lines/0/quantity",
        "/lines/1/lots/0/quantity",
        "/lines/1/lots/0/lot",
        "/lines/1/lots/1/lot",
        "/location",
        "/lines/1/item",
        "/lines/1/need",
    }


def test_unknown_lots_are_named_beside_quantities_that_do_not_add_up(
    station: StationLedger,
) -> None:
    station.stock(50)
    parts = [c.LotPart(lot="l_x", quantity=4), c.LotPart(lot="l_y", quantity=2)]
    line = c.AllocationLine(item="mask", quantity=5, lots=parts)
    with pytest.raises(InvalidField) as refusal:
        station(c.Allocate(recipient="R-1", location="store", lines=[line]))
    pointers = {fault.pointer for fault in refusal.value.faults}
    assert {"/lines/0/lots/0/lot", "/lines/0/lots/1/lot"} < pointers
