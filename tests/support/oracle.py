"""What a plain model can say of a command before it is given, and of its entries afterwards."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from supplies.domain import commands as c
from supplies.domain.entries import Body
from supplies.domain.entry_rows import Allocation, Forgetting
from supplies.errors import StoreError, SuppliesError
from supplies.ledger.journal import FACTS
from supplies.ledger.recorded import Recorded
from support.command_generators.drawing import units
from support.ledger_fixture import Clock
from support.reference_model import PlainBooks

RECEIPTS = (c.IssueReceipt, c.ReplaceReceipt, c.VoidReceipt, c.ReprintReceipt)


class Foresight:
    """Which commands must be refused, which must not, and what one that was recorded moved."""

    def __init__(self, plain: PlainBooks, clock: Clock) -> None:
        self.plain, self.clock = plain, clock

    def of(self, command: c.Command) -> Foreseen:
        """What is known of a command before it is given."""
        return Foreseen(self, command, self.hopeless(command), self.sure(command))

    # --- before ----------------------------------------------------------------------------------

    def hopeless(self, command: c.Command) -> str | None:
        """Why this command must be refused, as far as a plain model can tell."""
        day = command.happened_on or self.clock.day
        if day > self.clock.day:
            return "it is in the future"
        closed = self.plain.closed_through()
        if (
            closed is not None
            and day <= closed
            and not isinstance(command, (*FACTS, c.Correct, c.Reverse))
        ):
            plan = not isinstance(command, c.ClosePeriod | c.ReopenPeriod | c.ResolveConflict)
            if plan and not isinstance(command, RECEIPTS):
                return "the day is closed"
        asked: dict[str, int] = {}
        named = (getattr(command, name, None) for name in ("lines", "consumed", "spilled"))
        for line in [line for lines in named for line in lines or []]:
            if isinstance(line, c.GoodsLine):
                asked[line.item] = asked.get(line.item, 0) + units(line)
        for source in sources(command):
            for item, quantity in asked.items():
                there = self.plain.total(source, item)
                if quantity > there:
                    return f"only {there} of {quantity} {item} stand in {source}"
        return None

    def sure(self, command: c.Command) -> bool:
        """Whether there is no ground to refuse this command, as far as a plain model can tell."""
        today, closed = self.clock.day, self.plain.closed_through()
        forgotten = {row.party.partition(":")[2] for _, row in self.plain.stated[Forgetting]}
        people = [getattr(command, name, None) for name in ("recipient", "donor")]
        lines = getattr(command, "lines", None) or []
        people += [getattr(line, "recipient", None) for line in lines]
        if forgotten.intersection(people):
            return False
        if isinstance(command, c.RecordDonation | c.RecordArrival):
            day = command.happened_on or today
            return day <= today and all(
                getattr(line, "pledge", None) is None
                and (line.expires_on is None or line.expires_on >= day)
                and (getattr(line, "recipient", None) is None or command.location != "ward")
                for line in command.lines
            )
        first_open = date.min if closed is None else closed + timedelta(days=1)
        last = max((body.booked_on for body in self.plain.bodies), default=today)
        if command.happened_on not in (None, today) or max(last, first_open) > today:
            return False
        return self.is_there(command, lines)

    def is_there(self, command: c.Command, lines: list[Any]) -> bool:
        """Whether what a command of today takes is there, whatever its lots."""
        match command:
            case c.NoteNeed():
                return True
            case c.Dispatch():
                return command.allow_expired and all(
                    self.plain.total(f"allocated:{a}:") for a in command.allocations
                )
            case c.Release():
                return not lines and self.plain.total(f"allocated:{command.allocation}:") > 0
            case c.ReportOutcome():
                team = f"in_transit:{command.delivery}:{command.allocation}"
                return not lines and self.plain.total(team) > 0
            case c.Convert() | c.ReturnGoods():
                return False
            case c.Allocate() if len(lines) > 1 or lines[0].need is not None:
                return False
        taken_from = sources(command)
        named = (getattr(line, name, None) for line in lines for name in ("lot", "lots"))
        if not taken_from or any(lot is not None for lot in named):
            return False
        if isinstance(command, c.Allocate | c.HandOut | c.IssueGoods | c.LendGoods) and (
            command.location == "ward" or not all(line.allow_expired for line in lines)
        ):
            return False
        return self.hopeless(command) is None

    # --- afterwards ------------------------------------------------------------------------------

    def expect(self, command: c.Command, done: Recorded, new: list[Any]) -> None:
        """What a plain model can say of the goods that this command moved."""
        moved: dict[tuple[str, str], int] = {}
        for body in new:
            for source, target, item, lot, quantity in body.transfers:
                for account, sign in ((source, -1), (target, 1)):
                    name = account.partition(":")[0] + ("" if lot else "·")
                    moved[name, item] = moved.get((name, item), 0) + sign * quantity
        lines: dict[str, int] = {}
        for line in getattr(command, "lines", None) or []:
            if isinstance(line, c.GoodsLine):
                lines[line.item] = lines.get(line.item, 0) + units(line)

        def went(source: str, target: str, *, held: str = "") -> None:
            for item, quantity in lines.items():
                out, into = moved.get((source, item), 0), moved.get((target, item), 0)
                into += moved.get((held, item), 0)
                assert (out, into) == (-quantity, quantity), (command, moved)

        match command:
            case c.NoteNeed():
                assert moved["needed·", command.item] == units(command)
            case c.MakePledge():
                went("donor·", "pledged·")
            case c.RecordDonation():
                went("donor", "stock", held="allocated")
            case c.OpenStock():
                went("opening", "stock")
            case c.RecordArrival():
                went(command.origin, "stock")
            case c.Allocate():
                went("stock", "allocated")
            case c.IssueGoods():
                went("stock", "used")
            case c.ReturnIssue():
                went("used", "stock")
            case c.WriteOff():
                went("stock", "lost")
            case c.FindAgain():
                went("lost", "stock")
            case c.TakeBack():
                went("received", "stock")
            case c.ReturnGoods():
                went("stock", "returned", held="borrowed")
            case c.LendGoods():
                went("stock", "lent")
            case c.ReturnLoan():
                went("lent", "stock")
            case c.HandOut():
                went("stock", "received")
            case c.Dispatch():
                for name in command.allocations:
                    assert self.plain.total(f"allocated:{name}:") == 0
            case c.ReportOutcome():
                if done.conflict is None:
                    team = f"in_transit:{command.delivery}:{command.allocation}"
                    assert self.plain.total(team) == 0
            case c.CountStock():
                if done.conflict is None:
                    self.counted(command, new)
            case c.CloseDelivery():
                assert not self.plain.held(f"in_transit:{command.delivery}:")
            case c.ClosePeriod():
                assert self.plain.closed_through() == command.through
            case c.Correct() | c.Reverse():
                self.only_on_its_day(command, new)
            case _:
                pass

    def counted(self, command: c.CountStock, new: list[Any]) -> None:
        """Unexplained moves by exactly what the count found amiss."""
        for row in new[0].rows:
            if hasattr(row, "counted"):
                amiss = sum(
                    t.quantity * (1 if t.source.startswith("unexplained:") else -1)
                    for t in new[0].transfers
                    if t.item == row.item
                    and row.lot in ("", t.lot)
                    and "unexplained" in t.source + t.target
                )
                assert amiss == row.counted - row.expected

    def only_on_its_day(self, command: c.Correct | c.Reverse, new: list[Any]) -> None:
        """The goods a command and its corrections moved net out on every day but its own."""
        bodies = {body.seq: body for body in self.plain.bodies}
        head = next(body for body in new if body.part == 0)
        chain, seq = [], head.seq
        while seq is not None:
            at = seq
            while at in bodies and (at == seq or bodies[at].part > 0):
                chain.append(bodies[at])
                at += 1
            seq = bodies[seq].supersedes
        own = {row.allocation for body in chain for row in body.rows if isinstance(row, Allocation)}
        released = [b for b in bodies.values() if b.kind == "released" and b.document in own]
        chain += released
        days: dict[tuple[date, tuple[str, str, str]], int] = {}
        closed = self.plain.closed_through()

        def open_day(day: date) -> date:
            return day if closed is None or day > closed else closed + timedelta(days=1)

        for body in chain:
            day = open_day(body.booked_on)
            for source, target, item, lot, quantity in body.transfers:
                if not lot:
                    continue  # needs keep step with goods that moved on other days
                for account, sign in ((source, -1), (target, 1)):
                    key = day, (account, item, lot)
                    days[key] = days.get(key, 0) + sign * quantity
        left = {day for (day, _), quantity in days.items() if quantity}
        if isinstance(command, c.Reverse):
            assert not left, (command, days)
        else:
            left -= {open_day(body.booked_on) for body in released}
            assert len(left) <= 1, (command, {k: n for k, n in days.items() if n})


def sources(command: c.Command) -> list[str]:
    """The accounts that a command takes its lines from."""
    match command:
        case c.Move():
            return [f"stock:{command.source}"]
        case (
            c.Allocate()
            | c.IssueGoods()
            | c.WriteOff()
            | c.ReturnGoods()
            | c.LendGoods()
            | c.HandOut()
            | c.Convert()
        ):
            return [f"stock:{command.location}"]
        case c.FindAgain():
            return [f"lost:{command.reason}"]
        case c.TakeBack():
            return [f"received:{command.recipient}"]
        case _:
            return []


class Foreseen:
    """What was known of a command before it was given, to be held against what became of it."""

    def __init__(
        self, foresight: Foresight, command: c.Command, hopeless: str | None, sure: bool
    ) -> None:
        self.foresight, self.command, self.hopeless, self.sure = (
            foresight,
            command,
            hopeless,
            sure,
        )

    def refused(self, refusal: SuppliesError) -> None:
        """A refusal says why in words of its own, and there was a ground for it."""
        assert not self.sure, f"{self.command} was refused: {refusal}"
        assert not isinstance(refusal, StoreError), refusal
        assert str(refusal).strip()
        assert type(refusal) is not SuppliesError

    def recorded(self, done: Recorded, new: list[Body]) -> None:
        """An answer tells of the entries that are new, and they say what the command asked."""
        assert self.hopeless is None or done.conflict is not None, f"recorded, yet {self.hopeless}"
        if done.repeated:
            assert not new
            return
        assert (new[0].seq, new[-1].seq, new[0].id) == (done.seq, done.last, done.id)
        assert [body.part for body in new] == list(range(len(new)))
        if done.conflict is not None:
            assert not self.sure, f"{self.command} became a conflict: {done.conflict}"
            assert isinstance(self.command, c.ReportOutcome | c.CountStock)
            assert done.conflict.strip()
            assert not any(body.transfers for body in new)
        self.foresight.expect(self.command, done, new)
