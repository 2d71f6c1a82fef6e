"""Corrections and reversals."""

from __future__ import annotations

from typing import Any

import msgspec

from supplies.domain import commands as c
from supplies.ledger.rules.command_history import CORRECTABLE
from support.command_generators.arrivals import ArrivalCommands
from support.command_generators.deliveries import DeliveryCommands
from support.command_generators.office import OfficeCommands
from support.command_generators.stock import StockCommands
from support.rewording import reworded


class CorrectionCommands(ArrivalCommands, DeliveryCommands, StockCommands, OfficeCommands):
    """Methods that draw corrections and reversals of recorded commands."""

    def correctable(self) -> list[int]:
        """Return the entries that can be corrected and were not corrected yet."""
        return [
            body.seq
            for body in self.model.bodies
            if body.part == 0
            and body.kind in CORRECTABLE
            and body.seq not in self.model.superseded
            and body.seq in self.commands
        ]

    def correct(self, seq: int) -> c.Correct:
        restated: Any = self.restated(seq)
        return c.Correct(entry=seq, command=restated, reason="r")

    def correct_words(self, seq: int) -> c.Correct:
        """Correct only free texts of one of the entries that `rewordable` returns."""
        command: Any = self.commands[seq]
        if isinstance(command, c.Correct):
            command = command.command
        return c.Correct(
            entry=seq, command=reworded(command, self.choose("a", "b", "c")), reason="r"
        )

    def rewordable(self) -> list[int]:
        """Return the correctable entries whose command can be repeated as it was recorded."""
        return [
            seq
            for seq in self.correctable()
            if CORRECTABLE[self.model.bodies[seq - 1].kind]
            in (
                type(self.commands[seq]).__name__,
                type(getattr(self.commands[seq], "command", None)).__name__,
            )
        ]

    def reverse(self, seq: int) -> c.Reverse:
        return c.Reverse(entry=seq, reason="r")

    def restated(self, seq: int) -> c.Command:
        """Return the command of an entry with another quantity or day, or a new command."""
        command: Any = self.commands[seq]
        if isinstance(command, c.Correct):
            command = command.command
        while isinstance(command, c.Reverse):
            command = self.commands[command.entry]
            if isinstance(command, c.Correct):
                command = command.command
        if type(command) is c.ReportHandOut:  # It is recorded, and corrected, as a hand-out.
            fields = c.HandOut.__struct_fields__
            command = c.HandOut(**{name: getattr(command, name) for name in fields})
        if isinstance(command, c.ResolveConflict):
            of_stop = self.model.bodies[seq - 1].kind == "outcome_reported"
            return self.report_outcome() if of_stop else self.hand_out()
        if isinstance(command, c.QuarantineBatch):
            return self.move()
        if isinstance(command, c.Settle) and command.by == "donor":
            return c.RecordDonation(
                donor=command.party,
                location=command.place,
                handled_by="x",
                lines=[
                    c.DonationLine(item=line.item, quantity=line.quantity, **self.expiry())
                    for line in command.lines
                ],
                happened_on=self.day(often=True),
            )
        changes: dict[str, Any] = {}
        what = self.choose("figure", "figure", "figure", "day", "both", "all", "expiry", "donor")
        if what == "all":
            fresh = GENERATORS[type(command)](self)
            keep = {
                name: getattr(command, name)
                for name in ("delivery", "allocation", "issue", "loan")
                if hasattr(command, name)
            }
            return msgspec.structs.replace(fresh, **keep)
        if what in ("figure", "both"):
            changes |= self.other_figures(command)
        if what in ("day", "both"):
            changes["happened_on"] = self.day(often=True)
        if what == "expiry":
            changes |= self.other_expiries(command)
        if what == "donor" and isinstance(command, c.RecordDonation):
            changes["donor"] = self.choose(*self.codes.donors, None)
            changes["campaign"] = None if command.campaign else self.codes.campaign
        return msgspec.structs.replace(command, **changes)

    def other_expiries(self, command: Any) -> dict[str, Any]:
        """Return other expiries, earlier or later, of goods that arrived or were repacked."""
        if not isinstance(command, c.Convert | c.RecordDonation | c.OpenStock | c.RecordArrival):
            return {}
        name = "produced" if isinstance(command, c.Convert) else "lines"
        none = {"expires_on": None, "expires_month": None}
        return {
            name: [
                msgspec.structs.replace(line, **(none | self.expiry()))
                for line in getattr(command, name)
            ]
        }

    def other_figures(self, command: Any) -> dict[str, Any]:
        if isinstance(command, c.ReportOutcome):
            return {"outcome": self.choose("handed_over", "refused", "not_at_home"), "lines": None}
        if isinstance(command, c.NoteNeed | c.RecordActivity):
            name = "quantity" if isinstance(command, c.NoteNeed) else "count"
            return {name: max(1, getattr(command, name) + self.number(-9, 9))}
        name = "consumed" if isinstance(command, c.Convert) else "lines"
        lines = []
        for line in getattr(command, name) or ():
            quantity = max(1, line.quantity + self.choose(0, 1, -1, 5, -5, -20))
            change: dict[str, Any] = {"quantity": quantity}
            if isinstance(line, c.PledgeLine) and quantity < sum(q.quantity for q in line.claims):
                change["claims"] = []
            if isinstance(line, c.AllocationLine) and line.lots is not None:
                change["lots"] = [c.LotPart(lot=line.lots[0].lot, quantity=quantity)]
            lines.append(msgspec.structs.replace(line, **change))
        if len(lines) > 1 and self.coin():
            lines.pop(self.number(0, len(lines) - 1))
        return {name: lines} if lines else {}


GENERATORS: dict[type[c.Command], Any] = {
    c.NoteNeed: CorrectionCommands.note_need,
    c.MakePledge: CorrectionCommands.make_pledge,
    c.RecordDonation: CorrectionCommands.record_donation,
    c.OpenStock: CorrectionCommands.open_stock,
    c.RecordArrival: CorrectionCommands.record_arrival,
    c.Allocate: CorrectionCommands.allocate,
    c.ReportOutcome: CorrectionCommands.report_outcome,
    c.CollectAllocation: CorrectionCommands.collect_allocation,
    c.Move: CorrectionCommands.move,
    c.IssueGoods: CorrectionCommands.issue_goods,
    c.ReturnIssue: CorrectionCommands.return_issue,
    c.WriteOff: CorrectionCommands.write_off,
    c.FindAgain: CorrectionCommands.find_again,
    c.TakeBack: CorrectionCommands.take_back,
    c.ReturnGoods: CorrectionCommands.return_goods,
    c.LendGoods: CorrectionCommands.lend_goods,
    c.ReturnLoan: CorrectionCommands.return_loan,
    c.HandOut: CorrectionCommands.hand_out,
    c.Convert: CorrectionCommands.convert,
    c.Settle: CorrectionCommands.settle,
    c.RecordActivity: CorrectionCommands.record_activity,
}
"""The generator of each command that can be corrected."""
