"""Books with an entry of nearly every kind, so that no table of the ledger is empty."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec

from supplies.domain import commands as c
from supplies.domain.catalogue_records import (
    Campaign,
    Donor,
    Item,
    Location,
    Recipient,
    Station,
    Team,
)
from supplies.domain.money import Value
from supplies.ledger.ledger import Ledger
from supplies.ledger.recorded import Recorded
from supplies.storage.store import Row
from support.photos import jpeg
from support.shipping import citation


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = datetime(2020, 2, 3, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now


class RecordingStation:
    """A ledger with short methods for recording commands."""

    def __init__(self, url: str) -> None:
        self.clock = Clock()
        self.ledger = Ledger.open(url, station="lx", clock=self.clock)
        self.ledger.register(
            Station(code="lx", name="Longxue"),
            Item(code="mask", name="mask", packs={"box50": 50}),
            Item(code="gel", name="gel", unit="bottle"),
            Donor(code="wang", name="Wang", phone="13800000000"),
            Donor(code="li", name="Li"),
            Donor(code="wang2", name="Wang"),
            Recipient(code="h1", name="House 1"),
            Recipient(code="h2", name="House 2"),
            Recipient(code="h3", name="House 3"),
            Recipient(code="h4", name="House 1"),
            Recipient(code="g1", name="newcomers", kind="group"),
            Location(code="a", name="Store A"),
            Campaign(code="appeal", name="Appeal"),
            Location(code="b", name="Store B"),
            Team(code="t1", name="Team 1"),
            Team(code="t2", name="Team 2", counter="a"),
        )

    def record(self, command: c.Command) -> Recorded:
        return self.ledger.record(command, by="w1")

    def record_document(self, command: c.Command) -> str:
        document = self.record(command).document
        assert document is not None
        return document


def book_needs_and_pledges(station: RecordingStation) -> tuple[str, str, str]:
    """Record two needs of h1 and h2, and a pledge that claims the first."""
    need = station.record_document(
        c.NoteNeed(recipient="h1", item="mask", quantity=20, note="asks by phone")
    )
    other = station.record_document(
        c.NoteNeed(
            recipient="h2",
            item="gel",
            quantity=4,
            urgency="high",
            needed_by=date(2020, 2, 9),
            or_earlier=True,
        )
    )
    pledge = station.record_document(
        c.MakePledge(
            donor="wang",
            due_on=date(2020, 3, 1),
            campaign="appeal",
            lines=[
                c.PledgeLine(
                    item="mask",
                    quantity=2,
                    pack="box50",
                    claims=[c.Claim(need=need, quantity=10)],
                )
            ],
        )
    )
    ended = station.record_document(c.NoteNeed(recipient="h3", item="gel", quantity=2))
    station.record(c.EndNeed(need=ended, reason="moved"))
    return need, other, pledge


def book_goods(station: RecordingStation, pledge: str) -> None:
    """Record donations with and without a pledge, one corrected and one for several recipients."""
    station.record(
        c.RecordDonation(
            donor="wang",
            location="a",
            handled_by="Zhang",
            wish="for the elderly",
            campaign="appeal",
            lines=[
                c.DonationLine(
                    item="mask",
                    quantity=60,
                    pledge=pledge,
                    batch="B1",
                    expires_month="2021-01",
                    value=Value(minor=900, currency="CNY", evidence="invoice 1"),
                ),
                c.DonationLine(item="gel", quantity=9, recipient="h2"),
            ],
        )
    )
    second = station.record(
        c.RecordDonation(
            location="a", handled_by="Zhang", lines=[c.DonationLine(item="gel", quantity=30)]
        )
    )
    station.record(
        c.Correct(
            entry=second.seq,
            reason="counted wrongly",
            command=c.RecordDonation(
                location="a", handled_by="Zhang", lines=[c.DonationLine(item="gel", quantity=25)]
            ),
        )
    )
    station.record(c.OpenStock(location="b", lines=[c.ArrivalLine(item="mask", quantity=40)]))


def book_deliveries(station: RecordingStation) -> None:
    """Record a delivery with a partial outcome, a refusal, and a conflict with its resolution."""
    line = c.AllocationLine(item="mask", quantity=10)
    own = station.record_document(c.Allocate(recipient="h1", location="a", lines=[line]))
    other = station.record_document(c.Allocate(recipient="h3", location="a", lines=[line]))
    delivery = station.record_document(c.Dispatch(team="t1", allocations=[own, other]))
    station.record(c.ReassignDelivery(delivery=delivery, team="t2"))
    station.record(
        c.ReportOutcome(
            delivery=delivery,
            allocation=own,
            outcome="partly",
            happened_at=station.clock.now,
            lines=[c.OutcomeLine(line=1, received=7, brought_back=2, lost=1)],
            received_by="self",
            proof="signature",
            note="opened by the daughter",
            signature=[[(10, 20), (30, 40)]],
            code="000000",
            why="not_ready",
            next_attempt=date(2020, 2, 4),
            time_window="after six",
            phone_time=station.clock.now,
        )
    )
    station.record(c.AddStopPhoto(delivery=delivery, allocation=own, photo=jpeg()))
    station.record(
        c.ConfirmHandOver(
            delivery=delivery, allocation=own, way="paper", confirmed_by="self", note="in the file"
        )
    )
    refused = c.ReportOutcome(
        delivery=delivery, allocation=other, outcome="refused", why="wrong_goods"
    )
    station.record(refused)
    contradicted = station.record(
        c.ReportOutcome(delivery=delivery, allocation=other, outcome="handed_over")
    )
    assert contradicted.conflict is not None
    station.record(
        c.ResolveConflict(conflict=contradicted.seq, by="correct", reason="the team is right")
    )
    mistaken = station.record(c.ReportOutcome(delivery=delivery, allocation=other, outcome="lost"))
    station.record(
        c.ResolveConflict(conflict=mistaken.seq, by="keep", reason="it was another household")
    )
    station.record(c.CloseDelivery(delivery=delivery))
    book_changed_plans(station)


def book_changed_plans(station: RecordingStation) -> None:
    """Record a stop that moves to another delivery, and a dispatch that is undone."""
    line = c.AllocationLine(item="mask", quantity=1)
    stop = station.record_document(c.Allocate(recipient="h1", location="a", lines=[line]))
    first = station.record_document(c.Dispatch(team="t1", allocations=[stop]))
    second = station.record_document(
        c.MoveStops(delivery=first, allocations=[stop], team="t2", note="the other way round")
    )
    station.record(c.UndoDispatch(delivery=second, reason="no car"))
    station.record(
        c.CollectAllocation(allocation=stop, received_by="self", note="came by in the evening")
    )


def book_stock(station: RecordingStation) -> None:
    """Record stock that is moved, issued, lent, repacked, handed out and counted."""
    gel = [c.LotLine(item="gel", quantity=3)]
    station.record(c.Move(source="a", target="b", lines=gel))
    issue = station.record_document(c.IssueGoods(purpose="gate", location="b", lines=gel))
    station.record(c.ReturnIssue(issue=issue, lines=[c.LotLine(item="gel", quantity=1)]))
    station.record(c.LendGoods(borrower="x", location="a", lines=gel, due_on=date(2020, 4, 1)))
    station.record(
        c.Convert(
            location="a",
            consumed=[c.LotLine(item="gel", quantity=1)],
            produced=[
                c.ConvertedLine(item="gel", quantity=2, batch="small"),
                c.ConvertedLine(item="gel", quantity=1, expires_month="2020-08"),
            ],
        )
    )
    station.record(
        c.HandOut(recipient="h2", location="a", lines=[c.LotLine(item="gel", quantity=1)])
    )
    station.record(c.HandOut(recipient="g1", location="a", lines=gel, headcount=3))
    book_counter(station)
    sheet = station.record_document(c.OpenCountSheet(location="b"))
    station.record(c.CountStock(sheet=sheet, lines=[c.CountLine(item="mask", counted=38)]))
    station.record(
        c.Settle(place="b", by="lost", lines=[c.LotLine(item="mask", quantity=2)], reason="mice")
    )
    left = [c.LotLine(item="mask", quantity=1)]
    yesterday = date(2020, 2, 4)
    station.record(c.WriteOff(reason="damaged", location="b", lines=left, happened_on=yesterday))
    station.record(c.RecordActivity(kind="visit", count=6, who="Zhang and Li"))


def book_counter(station: RecordingStation) -> None:
    """Record a hand-out at a counter, and another that is a conflict and is resolved twice."""
    report = c.ReportHandOut(
        team="t2",
        recipient="h2",
        location="a",
        lines=[c.RecipientLine(item="gel", quantity=1)],
        happened_at=station.clock.now,
        phone_time=station.clock.now,
        note="came with her sister",
    )
    station.record(report)
    contradicted = station.record(msgspec.structs.replace(report, location="b"))
    assert contradicted.conflict is not None
    ways: tuple[c.Resolved, ...] = ("unexplained", "keep")
    decided = None
    for by in ways:
        decision = c.ResolveConflict(
            conflict=contradicted.seq, replaces=decided, by=by, reason="asked them"
        )
        decided = station.record(decision).seq


def book_opened_goods(station: RecordingStation) -> None:
    """Record goods that are opened and fulfil a pledge, which promised less."""
    lines = [c.PledgeLine(item="gel", quantity=4)]
    pledge = station.record_document(c.MakePledge(donor="wang", lines=lines))
    given = station.record(
        c.RecordDonation(
            donor="wang",
            location="b",
            handled_by="Zhang",
            lines=[c.DonationLine(item="gel", quantity=2)],
        )
    )
    lot = f"l_lx_{given.seq}_1"
    station.record(
        c.Convert(
            location="b",
            consumed=[c.LotLine(item="gel", quantity=2, lot=lot)],
            produced=[c.ConvertedLine(item="gel", quantity=5, pledge=pledge)],
        )
    )


def book_shipments(station: RecordingStation, elsewhere: str) -> None:
    """Record goods sent to and from station hp, whose books are in another database."""
    with Ledger.open(elsewhere, station="hp", clock=station.clock, new_station=True) as other:
        other.register(
            Station(code="hp", name="Huangpu", series="HP"),
            Item(code="mask", name="mask"),
            Location(code="d", name="Depot"),
        )
        own, receiver = station.ledger, other
        lines = [c.LotLine(item="mask", quantity=3)]
        out = station.record_document(c.SendShipment(station="hp", location="a", lines=lines))
        receiver.record(
            c.ReceiveShipment(
                shipment=out,
                location="d",
                sent=citation(own, out),
                lines=[c.ArrivedLine(line=1, arrived=2)],
            ),
            by="w2",
        )
        back = c.SendShipment(
            station="lx", location="d", lines=[c.LotLine(item="mask", quantity=1)]
        )
        name = str(receiver.record(back, by="w2").document)
        station.record(
            c.ReceiveShipment(shipment=name, location="a", sent=citation(receiver, name))
        )
        station.record(c.AcknowledgeShipment(shipment=out, received=citation(receiver, out)))


def book_everything(station: RecordingStation, elsewhere: str) -> None:
    """Record an entry of nearly every kind, so that no table is empty."""
    _, _, pledge = book_needs_and_pledges(station)
    book_goods(station, pledge)
    book_deliveries(station)
    station.clock.now += timedelta(days=2)
    book_stock(station)
    book_shipments(station, elsewhere)
    # Booked on an earlier day, so that the balances of later days change too.
    station.record(
        c.WriteOff(
            reason="damaged",
            location="a",
            lines=[c.LotLine(item="mask", quantity=1)],
            happened_on=date(2020, 2, 4),
        )
    )
    third = station.record_document(
        c.RecordDonation(
            donor="li",
            location="a",
            handled_by="Zhang",
            lines=[c.DonationLine(item="mask", quantity=5)],
        )
    )
    fourth = station.record_document(
        c.RecordDonation(
            donor="li",
            location="a",
            handled_by="Zhang",
            lines=[c.DonationLine(item="mask", quantity=6)],
        )
    )
    station.record(c.IssueReceipt(donations=[third, fourth]))
    station.record(c.ReprintReceipt(number="JZ-2020-000001"))
    station.record(c.ForgetDonor(donor="li"))
    visit = station.record(c.RecordActivity(kind="visit", count=1, who="Chen"))
    station.record(c.ForgetText(entry=visit.seq))
    book_opened_goods(station)
    station.record(c.MergeCodes(kind="recipient", code="h4", into="h1", reason="registered twice"))
    again = c.MergeCodes(kind="donor", code="wang2", into="wang", reason="registered twice")
    merged = station.record(again)
    station.record(c.Reverse(entry=merged.seq, reason="two people"))
    station.record(again)
    station.record(c.ClosePeriod(through=date(2020, 2, 4)))
    station.record(c.ReopenPeriod(day=date(2020, 2, 4), reason="one more"))
    station.record(c.ClosePeriod(through=date(2020, 2, 4)))
    late = c.RecordDonation(
        location="a",
        handled_by="Zhang",
        lines=[c.DonationLine(item="mask", quantity=1)],
        happened_on=date(2020, 2, 3),
    )
    station.record(late)


def record_the_rest(station: RecordingStation) -> None:
    """Record the commands that `book_everything` leaves out, and corrections."""
    record, document = station.record, station.record_document
    masks = [c.LotLine(item="mask", quantity=1)]
    goods = [c.ArrivalLine(item=item, quantity=100) for item in ("mask", "gel")]
    record(c.OpenStock(location="a", lines=goods))
    need = document(c.NoteNeed(recipient="h1", item="mask", quantity=5))
    pledge = document(
        c.MakePledge(
            donor="wang",
            lines=[c.PledgeLine(item="mask", quantity=9)],
            due_on=date(2020, 2, 9),
        )
    )
    record(c.ClaimNeeds(pledge=pledge, claims=[c.Claim(need=need, quantity=3)]))
    given = c.DonationLine(item="mask", quantity=2, pledge=pledge)
    record(c.RecordDonation(donor="wang", location="a", handled_by="Zhang", lines=[given]))
    dropped = [c.DroppedLine(line=1, quantity=2)]
    record(c.CancelPledge(pledge=pledge, lines=dropped, reason="made up"))
    record(c.LapsePledge(pledge=pledge, reason="made up"))
    allocation = document(
        c.Allocate(recipient="h2", location="a", lines=[c.AllocationLine(item="gel", quantity=2)])
    )
    record(c.Release(allocation=allocation, reason="made up"))
    record(c.FindAgain(reason="damaged", location="a", lines=masks))
    loan = document(c.LendGoods(borrower="x", location="a", lines=masks))
    record(c.ReturnLoan(loan=loan, lines=masks))
    given_out = [c.RecipientLine(item="mask", quantity=2)]
    record(c.HandOut(recipient="h1", location="a", lines=given_out))
    taken = [c.RecipientLine(item="mask", quantity=1)]
    record(c.TakeBack(recipient="h1", location="a", lines=taken, reason="made up"))
    (lot,) = ask(station, "SELECT lot FROM shipment_arrivals WHERE station = 'lx'")
    record(c.DescribeLot(lot=lot, batch="B2", reason="made up"))
    (lot,) = ask(station, f"SELECT lot FROM arrival_lines WHERE seq = {donation(station, 5)}")
    returned = [c.LotLine(item="mask", quantity=1, lot=lot)]
    record(c.ReturnGoods(location="a", lines=returned, reason="made up"))
    record(c.ReplaceReceipt(number=receipt_of(station, donation(station, 6)), reason="made up"))
    station.ledger.register(Location(code="q", name="Quarantine", quarantine=True))
    record(c.QuarantineBatch(item="mask", batch="B1", target="q"))
    record(c.VoidReceipt(number=receipt_of(station, donation(station, 7)), reason="made up"))
    record(c.Reverse(entry=donation(station, 8), reason="made up"))


def donation(station: RecordingStation, quantity: int) -> int:
    given = [c.DonationLine(item="mask", quantity=quantity)]
    command = c.RecordDonation(donor="wang", location="a", handled_by="Zhang", lines=given)
    return station.record(command).seq


def receipt_of(station: RecordingStation, entry: int) -> str:
    (number,) = ask(station, f"SELECT number FROM receipts WHERE seq = {entry + 1}")
    assert isinstance(number, str)
    return number


def ask(station: RecordingStation, sql: str) -> Row:
    """Return the first row of a query that a test makes. The query is not traced."""
    store = station.ledger.store
    row = type(store).one(store, sql)
    assert row is not None
    return row
