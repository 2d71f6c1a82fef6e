"""A command as it should have been, or as if it had never been."""

from __future__ import annotations

from typing import Any

import msgspec

from supplies.domain import commands as c
from supplies.ledger.rules.command_history import CORRECTABLE
from support.command_generators.gifts import Gifts
from support.command_generators.papers import Papers
from support.command_generators.shelf import Shelf
from support.command_generators.teams import Teams


class Mending(Gifts, Teams, Shelf, Papers):
    """Corrections and reversals of what was recorded."""

    def correctable(self) -> list[int]:
        """Entries that hold and were made by a command that can be corrected."""
        return [
            body.seq
            for body in self.plain.bodies
            if body.part == 0
            and body.kind in CORRECTABLE
            and body.seq not in self.plain.superseded
            and body.seq in self.given
        ]

    def correct(self, seq: int) -> c.Correct:
        restated: Any = self.restated(seq)
        return c.Correct(entry=seq, command=restated, reason="r")

    def reverse(self, seq: int) -> c.Reverse:
        return c.Reverse(entry=seq, reason="r")

    def restated(self, seq: int) -> c.Command:
        """The command of an entry, with something changed: a figure, the day, a place, all."""
        command: Any = self.given[seq]
        if isinstance(command, c.Correct):
            command = command.command
        while isinstance(command, c.Reverse):
            command = self.given[command.entry]
            if isinstance(command, c.Correct):
                command = command.command
        if isinstance(command, c.ResolveConflict):
            return self.report_outcome()
        changes: dict[str, Any] = {}
        what = self.of("figure", "figure", "figure", "day", "both", "all")
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
        return msgspec.structs.replace(command, **changes)

    def other_figures(self, command: Any) -> dict[str, Any]:
        if isinstance(command, c.ReportOutcome):
            return {"outcome": self.of("handed_over", "refused", "not_at_home"), "lines": None}
        if isinstance(command, c.NoteNeed | c.RecordActivity):
            name = "quantity" if isinstance(command, c.NoteNeed) else "count"
            return {name: max(1, getattr(command, name) + self.number(-9, 9))}
        name = "consumed" if isinstance(command, c.Convert) else "lines"
        lines = []
        for line in getattr(command, name):
            quantity = max(1, line.quantity + self.of(0, 1, -1, 5, -5, -20))
            change: dict[str, Any] = {"quantity": quantity}
            if isinstance(line, c.PledgeLine) and quantity < sum(q.quantity for q in line.claims):
                change["claims"] = []
            if isinstance(line, c.AllocationLine) and line.lots is not None:
                change["lots"] = [c.LotPart(lot=line.lots[0].lot, quantity=quantity)]
            lines.append(msgspec.structs.replace(line, **change))
        if len(lines) > 1 and self.coin():
            lines.pop(self.number(0, len(lines) - 1))
        return {name: lines}


GENERATORS: dict[type[c.Command], Any] = {
    c.NoteNeed: Mending.note_need,
    c.MakePledge: Mending.make_pledge,
    c.RecordDonation: Mending.record_donation,
    c.OpenStock: Mending.open_stock,
    c.RecordArrival: Mending.record_arrival,
    c.Allocate: Mending.allocate,
    c.ReportOutcome: Mending.report_outcome,
    c.Move: Mending.move,
    c.IssueGoods: Mending.issue_goods,
    c.ReturnIssue: Mending.return_issue,
    c.WriteOff: Mending.write_off,
    c.FindAgain: Mending.find_again,
    c.TakeBack: Mending.take_back,
    c.ReturnGoods: Mending.return_goods,
    c.LendGoods: Mending.lend_goods,
    c.ReturnLoan: Mending.return_loan,
    c.HandOut: Mending.hand_out,
    c.Convert: Mending.convert,
    c.RecordActivity: Mending.record_activity,
}
"""How a command that can be corrected is drawn anew."""
