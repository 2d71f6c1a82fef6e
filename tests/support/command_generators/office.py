"""Commands without goods: receipts, periods, activities, and forgetting people."""

from __future__ import annotations

from datetime import timedelta

from supplies.domain import commands as c
from support.command_generators.base import GeneratorBase


class OfficeCommands(GeneratorBase):
    """Methods that draw commands without goods."""

    def issue_receipt(self) -> c.Command:
        donations = self.model.donations()
        donor = self.pick({row.party for row in donations.values()})
        own = sorted(name for name, row in donations.items() if row.party == donor)
        return c.IssueReceipt(donations=self.random.sample(own, 12))

    def deal_with_receipt(self) -> c.Command:
        number = self.pick(self.model.receipts())
        return self.choose(
            c.VoidReceipt(number=number, reason="r"),
            c.ReplaceReceipt(number=number, reason="r"),
            c.ReprintReceipt(number=number),
        )

    def close_or_reopen(self) -> c.Command:
        day = self.clock.day - timedelta(days=self.number(0, 4))
        return self.choose(c.ClosePeriod(through=day), c.ReopenPeriod(day=day, reason="r"))

    def record_activity(self) -> c.Command:
        return c.RecordActivity(
            kind=self.choose("visit", "call"), count=self.quantity_up_to(9), happened_on=self.day()
        )

    def merge(self) -> c.Command:
        if self.coin():
            code, into = self.pick(self.codes.donors), self.pick(self.codes.donors)
            return c.MergeCodes(kind="donor", code=code, into=into, reason="r")
        code, into = self.pick(self.codes.recipients), self.pick(self.codes.recipients)
        return c.MergeCodes(kind="recipient", code=code, into=into, reason="r")

    def divide(self) -> c.Command:
        return c.Reverse(entry=self.pick(self.merged()), reason="r")

    def merged(self) -> list[int]:
        """Return the numbers of the entries that merged codes, or separated them again."""
        return [body.seq for body in self.model.bodies if body.kind == "codes_merged"]

    def forget(self) -> c.Command:
        if self.once_in(3):
            return c.ForgetText(entry=self.number(1, len(self.model.bodies) or 1))
        person = self.pick(self.codes.forgettable)
        if person in self.codes.donors:
            return c.ForgetDonor(donor=person)
        return c.ForgetRecipient(recipient=person)
