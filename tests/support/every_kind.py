"""Books with an entry of nearly every kind, so that no table of the ledger is empty."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Donor, Item, Location, Recipient, Station, Team
from supplies.ledger.ledger import Ledger
from supplies.ledger.recorded import Recorded
from support.shipping import cited


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = datetime(2020, 2, 3, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now


class Scene:
    """A ledger, and one word for recording a command."""

    def __init__(self, url: str) -> None:
        self.clock = Clock()
        self.ledger = Ledger.open(url, station="lx", clock=self.clock)
        self.ledger.register(
            Station(code="lx", name="Longxue"),
            Item(code="mask", name="mask", packs={"box50": 50}),
            Item(code="gel", name="gel", unit="bottle"),
            Donor(code="wang", name="Wang", phone="13800000000"),
            Donor(code="li", name="Li"),
            Recipient(code="h1", name="House 1"),
            Recipient(code="h2", name="House 2"),
            Recipient(code="h3", name="House 3"),
            Recipient(code="g1", name="newcomers", kind="group"),
            Location(code="a", name="Store A"),
            Location(code="b", name="Store B"),
            Team(code="t1", name="Team 1"),
            Team(code="t2", name="Team 2"),
        )

    def does(self, command: c.Command) -> Recorded:
        return self.ledger.record(command, by="w1")

    def begins(self, command: c.Command) -> str:
        document = self.does(command).document
        assert document is not None
        return document


def book_needs_and_pledges(scene: Scene) -> tuple[str, str, str]:
    """Two needs of h1 and h2 and a pledge that claims the first."""
    need = scene.begins(c.NoteNeed(recipient="h1", item="mask", quantity=20, note="asks by phone"))
    other = scene.begins(
        c.NoteNeed(
            recipient="h2", item="gel", quantity=4, urgency="high", needed_by=date(2020, 2, 9)
        )
    )
    pledge = scene.begins(
        c.MakePledge(
            donor="wang",
            due_on=date(2020, 3, 1),
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
    ended = scene.begins(c.NoteNeed(recipient="h3", item="gel", quantity=2))
    scene.does(c.EndNeed(need=ended, reason="moved"))
    return need, other, pledge


def book_goods(scene: Scene, pledge: str) -> None:
    """Donations on the pledge and beside it, one corrected and one for several at once."""
    scene.does(
        c.RecordDonation(
            donor="wang",
            location="a",
            handled_by="Zhang",
            wish="for the elderly",
            lines=[
                c.DonationLine(
                    item="mask",
                    quantity=60,
                    pledge=pledge,
                    batch="B1",
                    expires_on=date(2021, 1, 1),
                    value=c.Value(minor=900, currency="CNY", evidence="invoice 1"),
                ),
                c.DonationLine(item="gel", quantity=9, recipient="h2"),
            ],
        )
    )
    second = scene.does(
        c.RecordDonation(
            location="a", handled_by="Zhang", lines=[c.DonationLine(item="gel", quantity=30)]
        )
    )
    scene.does(
        c.Correct(
            entry=second.seq,
            reason="counted wrongly",
            command=c.RecordDonation(
                location="a", handled_by="Zhang", lines=[c.DonationLine(item="gel", quantity=25)]
            ),
        )
    )
    scene.does(c.OpenStock(location="b", lines=[c.ArrivalLine(item="mask", quantity=40)]))


def book_deliveries(scene: Scene) -> None:
    """A delivery with a partial outcome, a refusal, a conflict and its resolution."""
    line = c.AllocationLine(item="mask", quantity=10)
    mine = scene.begins(c.Allocate(recipient="h1", location="a", lines=[line]))
    theirs = scene.begins(c.Allocate(recipient="h3", location="a", lines=[line]))
    delivery = scene.begins(c.Dispatch(team="t1", allocations=[mine, theirs]))
    scene.does(c.ReassignDelivery(delivery=delivery, team="t2"))
    scene.does(
        c.ReportOutcome(
            delivery=delivery,
            allocation=mine,
            outcome="partly",
            happened_at=datetime(2020, 2, 3, 1, tzinfo=UTC),
            lines=[c.OutcomeLine(line=1, received=7, brought_back=2, lost=1)],
            received_by="self",
            proof="signature",
            note="opened by the daughter",
        )
    )
    scene.does(c.ReportOutcome(delivery=delivery, allocation=theirs, outcome="refused"))
    contradicted = scene.does(
        c.ReportOutcome(delivery=delivery, allocation=theirs, outcome="handed_over")
    )
    assert contradicted.conflict is not None
    scene.does(
        c.ResolveConflict(conflict=contradicted.seq, by="correct", reason="the team is right")
    )
    scene.does(c.CloseDelivery(delivery=delivery))


def book_stock(scene: Scene) -> None:
    """Stock moved, drawn, lent, repacked, handed out, counted."""
    gel = [c.LotLine(item="gel", quantity=3)]
    scene.does(c.Move(source="a", target="b", lines=gel))
    issue = scene.begins(c.IssueGoods(purpose="gate", location="b", lines=gel))
    scene.does(c.ReturnIssue(issue=issue, lines=[c.LotLine(item="gel", quantity=1)]))
    scene.does(c.LendGoods(borrower="x", location="a", lines=gel, due_on=date(2020, 4, 1)))
    scene.does(
        c.Convert(
            location="a",
            consumed=[c.LotLine(item="gel", quantity=1)],
            produced=[c.ConvertedLine(item="gel", quantity=2, batch="small")],
        )
    )
    scene.does(c.HandOut(recipient="h2", location="a", lines=[c.LotLine(item="gel", quantity=1)]))
    scene.does(c.HandOut(recipient="g1", location="a", lines=gel, headcount=3))
    sheet = scene.begins(c.OpenCountSheet(location="b"))
    scene.does(c.CountStock(sheet=sheet, lines=[c.CountLine(item="mask", counted=38)]))
    scene.does(
        c.Settle(place="b", by="lost", lines=[c.LotLine(item="mask", quantity=2)], reason="mice")
    )
    left = [c.LotLine(item="mask", quantity=1)]
    yesterday = date(2020, 2, 4)
    scene.does(c.WriteOff(reason="damaged", location="b", lines=left, happened_on=yesterday))
    scene.does(c.RecordActivity(kind="visit", count=6, who="Zhang and Li"))


def book_shipments(scene: Scene, elsewhere: str) -> None:
    """Goods sent to station hp, whose books are elsewhere, and others that came from there."""
    with Ledger.open(elsewhere, station="hp", clock=scene.clock) as other:
        other.register(
            Station(code="hp", name="Huangpu", series="HP"),
            Item(code="mask", name="mask"),
            Location(code="d", name="Depot"),
        )
        mine, theirs = scene.ledger, other
        lines = [c.LotLine(item="mask", quantity=3)]
        out = scene.begins(c.SendShipment(station="hp", location="a", lines=lines))
        theirs.record(
            c.ReceiveShipment(
                shipment=out,
                location="d",
                sent=cited(mine, out),
                lines=[c.ArrivedLine(line=1, arrived=2)],
            ),
            by="w2",
        )
        back = c.SendShipment(
            station="lx", location="d", lines=[c.LotLine(item="mask", quantity=1)]
        )
        name = str(theirs.record(back, by="w2").document)
        scene.does(c.ReceiveShipment(shipment=name, location="a", sent=cited(theirs, name)))
        scene.does(c.AcknowledgeShipment(shipment=out, received=cited(theirs, out)))


def book_everything(scene: Scene, elsewhere: str) -> None:
    """An entry of nearly every kind, so that no table is empty."""
    _, _, pledge = book_needs_and_pledges(scene)
    book_goods(scene, pledge)
    book_deliveries(scene)
    scene.clock.now += timedelta(days=2)
    book_stock(scene)
    book_shipments(scene, elsewhere)
    # Booked on a day before the latest: the days since move as well.
    scene.does(
        c.WriteOff(
            reason="damaged",
            location="a",
            lines=[c.LotLine(item="mask", quantity=1)],
            happened_on=date(2020, 2, 4),
        )
    )
    third = scene.begins(
        c.RecordDonation(
            donor="li",
            location="a",
            handled_by="Zhang",
            lines=[c.DonationLine(item="mask", quantity=5)],
        )
    )
    fourth = scene.begins(
        c.RecordDonation(
            donor="li",
            location="a",
            handled_by="Zhang",
            lines=[c.DonationLine(item="mask", quantity=6)],
        )
    )
    scene.does(c.IssueReceipt(donations=[third, fourth]))
    scene.does(c.ReprintReceipt(number="JZ-2020-000001"))
    scene.does(c.ForgetDonor(donor="li"))
    scene.does(c.ClosePeriod(through=date(2020, 2, 4)))
    scene.does(c.ReopenPeriod(day=date(2020, 2, 4), reason="one more"))
    scene.does(c.ClosePeriod(through=date(2020, 2, 4)))
    late = c.RecordDonation(
        location="a",
        handled_by="Zhang",
        lines=[c.DonationLine(item="mask", quantity=1)],
        happened_on=date(2020, 2, 3),
    )
    scene.does(late)
