"""An oracle: it predicts from the reference model whether a command must be refused or recorded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import msgspec

from supplies.books.stock_counts import COUNTED, RECOUNTED
from supplies.domain import commands as c
from supplies.domain.entries import Body
from supplies.domain.entry_rows import (
    Allocation,
    ArrivalCampaign,
    Conflict,
    Erasure,
    Forgetting,
    LaterResolution,
    Lot,
    Need,
    OutcomeLine,
    PledgeCampaign,
    StopOutcome,
)
from supplies.errors import StoreError, SuppliesError
from supplies.ledger.journal import FACTS
from supplies.ledger.recorded import Recorded
from support.ledger_fixture import Clock
from support.reference_model import ReferenceModel
from support.rewording import corrects_only_words

RECEIPTS = (c.IssueReceipt, c.ReplaceReceipt, c.VoidReceipt, c.ReprintReceipt)


class Oracle:
    """Predictions of refusals, and checks of the transfers of recorded commands."""

    def __init__(
        self, model: ReferenceModel, clock: Clock, commands: Mapping[int, c.Command]
    ) -> None:
        """Create an oracle.

        Args:
            commands: The recorded commands by the number of their first entry.
        """
        self.model, self.clock, self.commands = model, clock, commands

    def predict(self, command: c.Command) -> Prediction:
        """Predict whether the ledger refuses a command, and why."""
        rewords = isinstance(command, c.Correct) and self.reworded_entry(command) is not None
        return Prediction(
            self,
            command,
            self.reason_to_refuse(command),
            self.must_succeed(command),
            rewords=rewords,
        )

    # --- predictions ------------------------------------------------------------------------------

    def reason_to_refuse(self, command: c.Command) -> str | None:
        """Return why this command must be refused, or None if the model knows no reason."""
        day = command.happened_on or self.clock.day
        if day > self.clock.day:
            return "the day is in the future"
        closed = self.model.closed_through()
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
                asked[line.item] = asked.get(line.item, 0) + self.model.base_units(line)
        for source in sources(command):
            for item, quantity in asked.items():
                available = self.model.total(source, item)
                if day < self.clock.day:
                    # What a count missed may have left before it.
                    available += self.missed_by_counts(source, item)
                if quantity > available:
                    return f"only {available} of {quantity} {item} are in {source}"
        return None

    def missed_by_counts(self, source: str, item: str) -> int:
        """Return how much of an item the counts of a location did not find."""
        kind, _, location = source.partition(":")
        if kind != "stock":
            return 0
        place = f"unexplained:{location}"
        balances = self.model.nonzero_balances(place)
        return sum(n for key, n in balances.items() if key[:2] == (place, item) and n > 0)

    def must_succeed(self, command: c.Command) -> bool:
        """Return whether the model excludes every reason to refuse this command."""
        if isinstance(command, c.Correct):
            body = self.reworded_entry(command)
            return body is not None and not self.is_about_forgotten(body)
        if isinstance(command, c.ResolveConflict):
            is_certain = command.by == "keep" or (
                command.by == "unexplained"
                and isinstance(self.reported(command.conflict), c.ReportHandOut)
            )
            waits = command.conflict in self.model.open_conflicts()
            return waits and is_certain and self.reason_to_refuse(command) is None
        if isinstance(command, c.ReportHandOut):
            return False
        today, closed = self.clock.day, self.model.closed_through()
        forgotten = {row.party.partition(":")[2] for _, row in self.model.rows[Forgetting]}
        people = [getattr(command, name, None) for name in ("recipient", "donor")]
        lines = getattr(command, "lines", None) or []
        people += [getattr(line, "recipient", None) for line in lines]
        needs = self.model.latest(Need, "need")
        for line in lines:
            if getattr(line, "need", None):
                need = needs[line.need]
                people.append(need.recipient)
                # A correction may have changed the item or the recipient of the need.
                if need.item != line.item:
                    return False
                if getattr(line, "recipient", None) not in (None, need.recipient):
                    return False
        if forgotten.intersection(people):
            return False
        if isinstance(command, c.RecordDonation | c.RecordArrival):
            day = command.happened_on or today
            return day <= today and all(
                getattr(line, "pledge", None) is None
                and (
                    line.expires_on is None
                    or line.expires_on >= day
                    or "ward" in (command.location, line.quarantine)
                    or line.write_off is not None
                )
                and (
                    not _is_earmarked(line)
                    or (
                        "ward" not in (command.location, line.quarantine)
                        and line.write_off is None
                        and (line.expires_on is None or line.expires_on >= day)
                    )
                )
                for line in command.lines
            )
        first_open = date.min if closed is None else closed + timedelta(days=1)
        last = max((body.booked_on for body in self.model.bodies), default=today)
        if command.happened_on not in (None, today) or max(last, first_open) > today:
            return False
        return self.is_available(command, lines)

    def reworded_entry(self, command: c.Correct) -> Body | None:
        """Return the entry of which a correction changes only free texts, or None.

        Return None too if the texts were erased, because the books cannot compare them then.
        """
        if command.entry > len(self.model.bodies) or command.entry in self.model.superseded:
            return None
        body = self.model.bodies[command.entry - 1]
        erased = {row.digest for _, row in self.model.rows[Erasure]}
        if body.texts in erased or not corrects_only_words(
            self.commands.get(command.entry), body, command
        ):
            return None
        return body

    def is_about_forgotten(self, body: Body) -> bool:
        return body.about in {row.party for _, row in self.model.rows[Forgetting]}

    def is_available(self, command: c.Command, lines: list[Any]) -> bool:
        """Return whether the goods that a command dated today takes are available, in any lots."""
        match command:
            case c.NoteNeed():
                return True
            case c.Dispatch():
                return (
                    command.allow_expired
                    and not command.parts
                    and all(self.model.total(f"allocated:{a}:") for a in command.allocations)
                )
            case c.Release():
                return not lines and self.model.total(f"allocated:{command.allocation}:") > 0
            case c.ReportOutcome():
                return not lines and self.model.total(self.team_of(command)) > 0
            case c.UndoDispatch(delivery=delivery, allocations=stops):
                waiting = self.model.waiting(delivery)
                return bool(waiting) and set(stops or ()) <= set(waiting)
            case c.MoveStops(delivery=delivery, team=team):
                waiting = self.model.waiting(delivery)
                return team is not None and set(command.allocations) <= set(waiting)
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
        if isinstance(command, c.Move | c.WriteOff) and not all(
            line.allow_expired for line in lines
        ):
            return False
        return self.reason_to_refuse(command) is None

    def reported(self, conflict: int) -> c.ReportOutcome | c.ReportHandOut | c.CountStock:
        """Return the command that a conflict stores, without its texts."""
        stated = next(r.stated for n, r in self.model.rows[Conflict] if n == conflict)
        return msgspec.json.decode(stated, type=c.ReportOutcome | c.ReportHandOut | c.CountStock)

    # --- checks ----------------------------------------------------------------------------------

    def check_expiry(self, command: c.Command, new: list[Any]) -> None:
        """Check that no expired lot was taken unless the command asked for it.

        A correction may take again the expired lots that the corrected command took.
        """
        day = command.happened_on or self.clock.day
        if isinstance(command, c.Correct):
            corrected = self.model.bodies[command.entry - 1]
            day = command.command.happened_on or command.happened_on or corrected.happened_on
            command = command.command
        elif isinstance(command, c.ReportHandOut):
            day = new[0].happened_on
        about_expired = (isinstance(command, c.Move) and command.target == "ward") or (
            isinstance(command, c.WriteOff) and command.reason == "expired"
        )
        source_accounts = sources(command)
        if not source_accounts or not source_accounts[0].startswith("stock:") or about_expired:
            return
        lines = [
            line
            for name in ("lines", "consumed", "spilled")
            for line in getattr(command, name, None) or []
        ]
        asked = (
            line.allow_expired or getattr(line, "lot", None) or getattr(line, "lots", None)
            for line in lines
        )
        if any(asked):
            return
        lots = self.model.latest(Lot, "lot")
        taken: Counter[str] = Counter()
        for body in new:
            for transfer in body.transfers if body.kind != RECOUNTED else ():
                taken[transfer.lot] += transfer.quantity * (
                    (transfer.source == source_accounts[0])
                    - (transfer.target == source_accounts[0])
                )
        for lot, quantity in taken.items():
            expires_on = lots[lot].expires_on if lot else None
            assert quantity <= 0 or expires_on is None or expires_on >= day, (command, lot)

    def check_transfers(
        self, command: c.Command, done: Recorded, new: list[Any], *, rewords: bool
    ) -> None:
        """Check the goods that this command moved, as far as the model can tell.

        Args:
            rewords: Whether the command corrects only free texts.
        """
        moved: dict[tuple[str, str], int] = {}
        for body in new:
            if body.kind == RECOUNTED:
                continue
            for source, target, item, lot, quantity in body.transfers:
                for account, sign in ((source, -1), (target, 1)):
                    name = account.partition(":")[0] + ("" if lot else "·")
                    moved[name, item] = moved.get((name, item), 0) + sign * quantity
        lines: dict[str, int] = {}
        for line in getattr(command, "lines", None) or []:
            if isinstance(line, c.GoodsLine):
                lines[line.item] = lines.get(line.item, 0) + self.model.base_units(line)

        self.check_expiry(command, new)

        def check_moved(source: str, target: str, *, also: str = "") -> None:
            for item, quantity in lines.items():
                out, into = moved.get((source, item), 0), moved.get((target, item), 0)
                into += sum(moved.get((name, item), 0) for name in also.split())
                assert (out, into) == (-quantity, quantity), (command, moved)

        match command:
            case c.NoteNeed():
                assert moved["needed·", command.item] == self.model.base_units(command)
            case c.MakePledge():
                self.check_campaign(command, new)
                check_moved("donor·", "pledged·")
            case c.RecordDonation():
                self.check_campaign(command, new)
                check_moved("donor", "stock", also="allocated lost")
            case c.OpenStock():
                check_moved("opening", "stock", also="lost")
            case c.RecordArrival():
                self.check_campaign(command, new)
                check_moved(command.origin, "stock", also="lost")
            case c.QuarantineBatch():
                self.check_quarantine(command, new)
            case c.Allocate():
                check_moved("stock", "allocated")
            case c.IssueGoods():
                check_moved("stock", "used")
            case c.ReturnIssue():
                check_moved("used", "stock")
            case c.WriteOff():
                check_moved("stock", "lost")
            case c.FindAgain():
                check_moved("lost", "stock")
            case c.TakeBack():
                check_moved("received", "stock")
            case c.ReturnGoods():
                check_moved("stock", "returned", also="borrowed")
            case c.LendGoods():
                check_moved("stock", "lent")
            case c.ReturnLoan():
                check_moved("lent", "stock")
            case c.HandOut() if done.conflict is None:
                check_moved("stock", "received")
            case c.Dispatch():
                parts = {part.allocation for part in command.parts or ()}
                for name in command.allocations:
                    assert name in parts or self.model.total(f"allocated:{name}:") == 0
            case c.CollectAllocation():
                if command.lines is None:
                    assert self.model.total(f"allocated:{command.allocation}:") == 0
                total = sum(n for (kind, _), n in moved.items() if kind == "received")
                assert total == -sum(n for (kind, _), n in moved.items() if kind == "allocated") > 0
            case c.ReportOutcome():
                if done.conflict is None:
                    assert self.model.total(self.team_of(command)) == 0
            case c.UndoDispatch():
                for name in command.allocations or ():
                    assert self.model.total(f"in_transit:{command.delivery}:{name}") == 0
                self.check_only_carried(new, "in_transit allocated")
            case c.MoveStops():
                for name in command.allocations:
                    assert self.model.total(f"in_transit:{done.document}:{name}") > 0
                self.check_only_carried(new, "in_transit")
            case c.CountStock():
                if done.conflict is None:
                    self.check_count(command, new)
            case c.ResolveConflict():
                self.check_resolution(command, new)
            case c.CloseDelivery():
                assert not self.model.nonzero_balances(f"in_transit:{command.delivery}:")
            case c.ClosePeriod():
                assert self.model.closed_through() == command.through
            case c.Correct() | c.Reverse():
                if rewords:
                    moving = [body for body in new if body.transfers]
                    assert not moving, (command, "only texts change, yet goods or needs move")
                else:
                    self.check_days(command, new)
            case _:
                pass

    def check_resolution(self, command: c.ResolveConflict, new: list[Body]) -> None:
        """Check that a conflict is resolved, and that its outcome is booked if it was right."""
        assert self.model.resolved_conflicts()[command.conflict] == command.by
        is_later = any(isinstance(row, LaterResolution) for body in new for row in body.rows)
        fact = self.reported(command.conflict)
        outcomes = [
            row.outcome for body in new for row in body.rows if isinstance(row, StopOutcome)
        ]
        if isinstance(fact, c.ReportHandOut):
            self.check_decided_hand_out(command, fact, new, is_later=is_later)
        elif command.by == "keep":
            assert bool(outcomes) == is_later
            assert is_later or not any(body.transfers for body in new)
        else:
            is_outcome = isinstance(fact, c.ReportOutcome)
            assert outcomes[-1:] == ([fact.outcome] if isinstance(fact, c.ReportOutcome) else [])
            if command.by == "unexplained" and is_outcome and outcomes:
                self.check_booked_as_stated(new)

    def check_decided_hand_out(
        self,
        command: c.ResolveConflict,
        fact: c.ReportHandOut,
        new: list[Body],
        *,
        is_later: bool,
    ) -> None:
        """Check that a resolution moves exactly the reported goods to the recipient, or back."""
        moved: Counter[str] = Counter()
        for body in new:
            for transfer in body.transfers:
                for name, sign in ((transfer.source, -1), (transfer.target, 1)):
                    if name.startswith("received:"):
                        moved[transfer.item] += sign * transfer.quantity
        stated: Counter[str] = Counter()
        for line in fact.lines:
            stated[line.item] += self.model.base_units(line)
        if command.by != "keep":
            assert moved == stated, (command, moved, stated)
        elif is_later:
            assert {*moved} == {*stated}
            assert all(quantity < 0 for quantity in moved.values())
        else:
            assert not any(body.transfers for body in new)

    def check_booked_as_stated(self, new: list[Body]) -> None:
        """Check that a resolved conflict moved what its outcome adds to `received` and `lost`.

        If a line has a smaller quantity than before, only goods that are still there can be taken
        away.
        """
        stated = [row for body in new for row in body.rows if isinstance(row, OutcomeLine)]
        stop, seqs = stated[0].allocation, {body.seq for body in new}
        earlier = [
            (seq, row)
            for seq, row in self.model.rows[OutcomeLine]
            if (row.delivery, row.allocation) == (stated[0].delivery, stop) and seq not in seqs
        ]
        last = max((seq for seq, _ in earlier), default=0)
        before = {row.line: row for seq, row in earlier if seq == last}
        for kind in ("received", "lost"):
            changes = [
                getattr(row, kind) - (getattr(before[row.line], kind) if row.line in before else 0)
                for row in stated
            ]
            moved = sum(
                transfer.quantity * (name.startswith(f"{kind}:") * sign)
                for body in new
                for transfer in body.transfers
                for name, sign in ((transfer.source, -1), (transfer.target, 1))
            )
            more = sum(change for change in changes if change > 0)
            assert sum(changes) <= moved <= more, (kind, stop, changes, moved)

    def team_of(self, command: c.ReportOutcome) -> str:
        """Return the account of the team that has the goods of a stop."""
        delivery = self.model.present_delivery(command.delivery, command.allocation)
        return f"in_transit:{delivery}:{command.allocation}"

    def check_only_carried(self, new: list[Any], kinds: str) -> None:
        """Check that goods moved between accounts of these kinds only, and no need changed.

        Entries that change the difference of a later stock count are left out.
        """
        for body in new:
            for transfer in body.transfers if body.kind != "stock_recounted" else ():
                assert transfer.lot, transfer
                assert {each.partition(":")[0] for each in transfer[:2]} <= set(kinds.split())

    def check_campaign(
        self, command: c.MakePledge | c.RecordDonation | c.RecordArrival, new: list[Any]
    ) -> None:
        """Check that the entries of an arrival or pledge state its campaign, and no other.

        A donation that names no campaign has the one that all of its pledges are for, if any.
        """
        kinds = (ArrivalCampaign, PledgeCampaign)
        rows = [row for body in new for row in body.rows if isinstance(row, kinds)]
        stated = [row.campaign for row in rows]
        campaign = command.campaign
        if campaign is None and isinstance(command, c.RecordDonation):
            of_pledges = self.model.pledge_campaigns()
            kept = {
                transfer[0].split(":")[1]
                for body in new
                for transfer in body.transfers
                if transfer[0].startswith("pledged:") and transfer[1].startswith("donor:")
            }
            campaigns = {of_pledges.get(pledge) for pledge in kept}
            campaign = campaigns.pop() if len(campaigns) == 1 else None
        assert stated == ([] if campaign is None else [campaign]), (command, rows)

    def check_quarantine(self, command: c.QuarantineBatch, new: list[Any]) -> None:
        """Check that goods moved into the quarantine only, and that none stay outside of it."""
        moved = [t for body in new if body.kind == "goods_moved" for t in body.transfers]
        assert moved
        assert {t.target for t in moved} == {f"stock:{command.target}"}
        if command.happened_on in (None, self.clock.day):
            lots = self.model.latest(Lot, "lot")
            left = [
                key
                for key in self.model.nonzero_balances("stock:")
                if key[0] != f"stock:{command.target}"
                and (lots[key[2]].item, lots[key[2]].batch) == (command.item, command.batch)
            ]
            assert not left, (command, left)

    def check_count(self, command: c.CountStock, new: list[Any]) -> None:
        """Check that the unexplained quantity is the difference that the count found."""
        for row in new[0].rows:
            if hasattr(row, "counted"):
                amiss = sum(
                    t.quantity * (1 if t.source.startswith("unexplained:") else -1)
                    for body in new
                    if body.kind == COUNTED
                    for t in body.transfers
                    if t.item == row.item
                    and row.lot in ("", t.lot)
                    and "unexplained" in t.source + t.target
                )
                assert amiss == row.counted - row.expected

    def check_days(self, command: c.Correct | c.Reverse, new: list[Any]) -> None:
        """Check that a command and its corrections cancel out on every day except its own."""
        bodies = {body.seq: body for body in self.model.bodies}
        first = next(body for body in new if body.part == 0)
        chain, seq = [], first.seq
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
        closed = self.model.closed_through()

        def open_day(day: date) -> date:
            return day if closed is None or day > closed else closed + timedelta(days=1)

        for body in chain:
            if body.kind == RECOUNTED:
                continue
            day = open_day(body.booked_on)
            for source, target, item, lot, quantity in body.transfers:
                if not lot:
                    continue  # transfers of needs may follow goods that moved on other days
                for account, sign in ((source, -1), (target, 1)):
                    key = day, (account, item, lot)
                    days[key] = days.get(key, 0) + sign * quantity
        left = {day for (day, _), quantity in days.items() if quantity}
        if isinstance(command, c.Reverse):
            assert not left, (command, days)
        else:
            left -= {open_day(body.booked_on) for body in released}
            # An allocation for a need that a pledge claimed later stays on its own day.
            left -= {day for day in left if _only_allocates(day, days, own)}
            assert len(left) <= 1, (command, {k: n for k, n in days.items() if n})


def _only_allocates(
    day: date, days: dict[tuple[date, tuple[str, str, str]], int], own: set[str]
) -> bool:
    """Return whether the remaining changes of a day only move stock into the allocations `own`."""
    changes = {
        account for (at, (account, _, _)), quantity in days.items() if at == day and quantity
    }
    allocated = {a for a in changes if a.startswith("allocated:") and a.split(":")[1] in own}
    stock = {a for a in changes if a.startswith("stock:")}
    return bool(allocated) and allocated | stock == changes


def _is_earmarked(line: Any) -> bool:
    return any(getattr(line, name, None) is not None for name in ("recipient", "need"))


def sources(command: c.Command) -> list[str]:
    """Return the accounts from which a command takes its lines."""
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


class Prediction:
    """What was known about a command before it was recorded."""

    def __init__(
        self,
        oracle: Oracle,
        command: c.Command,
        must_refuse: str | None,
        must_succeed: bool,
        *,
        rewords: bool,
    ) -> None:
        self.oracle, self.command, self.must_refuse, self.must_succeed, self.rewords = (
            oracle,
            command,
            must_refuse,
            must_succeed,
            rewords,
        )

    def check_refused(self, refusal: SuppliesError) -> None:
        """Check that a refusal was expected or possible, and has a type and a message."""
        if isinstance(self.command, c.ReportHandOut):
            assert self.must_refuse == "the day is in the future", "a fact was refused"
        assert not self.must_succeed, f"{self.command} was refused: {refusal}"
        assert not isinstance(refusal, StoreError), refusal
        assert str(refusal).strip()
        assert type(refusal) is not SuppliesError

    def check_recorded(self, done: Recorded, new: list[Body]) -> None:
        """Check that the answer describes the new entries, and that they do what was requested."""
        # A late entry may bring back goods that a later count had missed.
        assert self.must_refuse is None or done.conflict is not None or done.recounted, (
            f"recorded, yet {self.must_refuse}"
        )
        if done.repeated:
            assert not new
            return
        assert (new[0].seq, new[-1].seq, new[0].id) == (done.seq, done.last, done.id)
        assert [body.part for body in new] == list(range(len(new)))
        if done.conflict is not None:
            assert not self.must_succeed, f"{self.command} became a conflict: {done.conflict}"
            assert isinstance(self.command, c.ReportOutcome | c.ReportHandOut | c.CountStock)
            assert done.conflict.strip()
            assert not any(body.transfers for body in new)
        self.oracle.check_transfers(self.command, done, new, rewords=self.rewords)
