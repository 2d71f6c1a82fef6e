"""Commands about stock."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from supplies.domain import commands as c
from supplies.domain.entry_rows import Lot, Withdrawal
from support.command_generators.base import GeneratorBase


class StockCommands(GeneratorBase):
    """Methods that draw moves, counts, own use, loans, losses, repacking and hand-outs."""

    def move(self) -> c.Command:
        source = self.shelf()
        return c.Move(
            source=source,
            target=self.pick([place for place in self.codes.places if place != source]),
            lines=self.lot_lines(f"stock:{source}"),
            happened_on=self.day(),
        )

    def quarantine_batch(self) -> c.Command:
        lots = list(self.model.latest(Lot, "lot").values())
        lot = self.pick([lot for lot in lots if lot.batch is not None] or lots)
        return c.QuarantineBatch(
            item=lot.item,
            batch=lot.batch or "B1",
            target=self.codes.quarantine,
            happened_on=self.day(),
        )

    def open_count_sheet(self) -> c.Command:
        return c.OpenCountSheet(location=self.shelf(), happened_on=self.day(often=self.coin()))

    def count_stock(self) -> c.Command:
        sheets = self.model.open_sheets()
        sheet = self.pick(sheets)
        place = sheets[sheet].location
        lines: dict[str, c.CountLine] = {}
        for item in self.choose(["mask"], ["soap"], ["mask", "soap"]):
            expected = self.model.total(f"stock:{place}", item) + sum(
                n
                for (account, what, _), n in self.model.nonzero_balances("allocated:").items()
                if account.endswith(f":{place}") and what == item
            )
            amiss = self.choose(0, 0, 1, -1, 3, -3, -expected, -30)
            lot = None
            lots = [
                key[2] for key in self.model.nonzero_balances(f"stock:{place}") if key[1] == item
            ]
            if lots and self.coin():
                lot = self.pick(lots)
                expected = self.model.balances[f"stock:{place}", item, lot]
            named = {} if lot else self.choose({}, {}, {"batch": "B1", **self.expiry()})
            counted = max(0, expected + amiss)
            lines[item] = c.CountLine(item=item, lot=lot, counted=counted, **named)
        day = self.model.opened_on(sheet) if self.coin() else self.day()
        return c.CountStock(sheet=sheet, lines=list(lines.values()), happened_on=day)

    def issue_goods(self) -> c.Command:
        place = self.shelf()
        return c.IssueGoods(
            purpose=self.choose("gate-1", "notices"),
            location=place,
            lines=self.lot_lines(f"stock:{place}"),
            happened_on=self.day(),
        )

    def lend_goods(self) -> c.Command:
        place = self.shelf()
        return c.LendGoods(
            borrower=self.choose("B-1", "B-2"),
            location=place,
            lines=self.lot_lines(f"stock:{place}"),
            happened_on=self.day(),
        )

    def bring_back(self, kind: str) -> dict[str, Any]:
        name = self.pick(self.model.withdrawals(kind))
        account = self.model.latest(Withdrawal, "withdrawal")[name].account
        return {
            "lines": self.lot_lines(account),
            "location": self.choose(None, None, "annex"),
            "happened_on": self.day(),
            "name": name,
        }

    def return_issue(self) -> c.Command:
        back = self.bring_back("used:")
        return c.ReturnIssue(issue=back.pop("name"), **back)

    def return_loan(self) -> c.Command:
        back = self.bring_back("lent:")
        return c.ReturnLoan(loan=back.pop("name"), **back)

    def write_off(self) -> c.Command:
        place = self.shelf()
        return c.WriteOff(
            reason=self.choose("damaged", "expired"),
            location=place,
            lines=self.lot_lines(f"stock:{place}"),
            happened_on=self.day(),
        )

    def find_again(self) -> c.Command:
        lost = [key[0].partition(":")[2] for key in self.model.nonzero_balances("lost:")]
        reason = self.pick(lost or ["damaged", "expired"])
        return c.FindAgain(
            reason=reason,
            location=self.place(),
            lines=self.lot_lines(f"lost:{reason}"),
            happened_on=self.day(),
        )

    def take_back(self) -> c.Command:
        glad = [key[0].partition(":")[2] for key in self.model.nonzero_balances("received:")]
        recipient = self.pick(glad or self.codes.recipients)
        return c.TakeBack(
            recipient=recipient,
            location=self.place(),
            lines=self.recipient_lines(f"received:{recipient}", recipient),
            reason="r",
            happened_on=self.day(),
        )

    def return_goods(self) -> c.Command:
        place = self.shelf()
        return c.ReturnGoods(
            location=place,
            lines=self.lot_lines(f"stock:{place}"),
            reason="r",
            happened_on=self.day(),
        )

    def hand_out(self) -> c.Command:
        place, recipient = self.shelf(), self.pick(self.codes.recipients)
        return c.HandOut(
            recipient=recipient,
            location=place,
            lines=self.recipient_lines(f"stock:{place}", recipient),
            headcount=95 if recipient in self.codes.groups else None,
            happened_on=self.day(),
        )

    def report_hand_out(self) -> c.Command:
        """Return a hand-out that a team reports, often at another place than its counter."""
        place, recipient = self.shelf(), self.pick(self.codes.recipients)
        moment = self.clock() + timedelta(hours=self.choose(-1, -1, -30, -2000, 30))
        is_timed = self.coin()
        return c.ReportHandOut(
            team=self.pick(self.codes.teams),
            recipient=recipient,
            location=place,
            lines=[
                c.RecipientLine(
                    item=line.item,
                    quantity=line.quantity,
                    pack=line.pack,
                    pack_size=line.pack_size,
                )
                for line in self.lot_lines(f"stock:{place}")
            ],
            headcount=95 if recipient in self.codes.groups else None,
            happened_at=moment if is_timed else None,
            phone_time=moment if is_timed else None,
            happened_on=None if is_timed else self.day(),
        )

    def convert(self) -> c.Command:
        place = self.shelf()
        consumed = self.lot_lines(f"stock:{place}")
        return c.Convert(
            location=place,
            consumed=consumed,
            produced=[self.product(consumed) for _ in range(self.choose(1, 1, 2))],
            spilled=self.lot_lines(f"stock:{place}")[: self.number(0, 1)],
            happened_on=self.day(),
        )

    def product(self, consumed: list[c.LotLine]) -> c.ConvertedLine:
        """Return a product. Some fulfil a pledge, usually of the donor of a consumed lot."""
        lots = self.model.latest(Lot, "lot")
        origins = {lots[line.lot].origin for line in consumed if line.lot in lots}
        pledges = self.model.pledges()
        own = [name for name, row in pledges.items() if f"donor:{row.donor}" in origins]
        pledge = None
        items = list(self.codes.items)
        if pledges and self.once_in(2 if own else 20):
            pledge = self.pick(own or pledges)
            items = [line.item for line in self.model.pledge_lines()[pledge]] or items
        return c.ConvertedLine(
            item=self.pick(items),
            quantity=self.quantity_up_to(20),
            **self.expiry(),
            expiry_reason=self.choose(None, None, "r"),
            pledge=pledge,
        )

    def describe_lot(self) -> c.Command:
        lots = self.model.latest(Lot, "lot")
        found = [lot for lot, row in lots.items() if row.origin.startswith("unexplained:")]
        return c.DescribeLot(
            lot=self.pick(found or lots),
            batch=self.choose(None, "B2"),
            **self.expiry(),
            reason="r",
        )

    def settle(self) -> c.Command:
        unexplained = self.model.nonzero_balances("unexplained:")
        if not unexplained:
            unexplained = {("unexplained:store", "mask", ""): -1}
        key = self.pick(unexplained)
        (account, item, lot), balance = key, unexplained[key]
        origins = ("opening", "donor", "bought", "made", "borrowed")
        return c.Settle(
            place=account.partition(":")[2],
            by="lost" if balance > 0 else self.choose(*origins),
            party=self.choose(None, "D-1"),
            lines=[
                c.LotLine(
                    item=item,
                    quantity=self.quantity_up_to(abs(balance)),
                    lot=self.choose(None, lot or None),
                )
            ],
            handled_by=self.choose("x", "x", None),
            reason="r",
            happened_on=self.day(),
        )
