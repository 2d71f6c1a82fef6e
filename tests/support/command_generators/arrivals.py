"""Commands about needs, pledges and arrivals."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from supplies.domain import commands as c
from supplies.domain.money import Value
from support.command_generators.base import GeneratorBase


class ArrivalCommands(GeneratorBase):
    """Methods that draw needs, pledges and arrivals."""

    # --- needs and pledges -----------------------------------------------------------------------

    def note_need(self) -> c.Command:
        item = self.pick(self.codes.items)
        return c.NoteNeed(
            recipient=self.pick(self.codes.recipients),
            **self.packed(item, self.quantity_up_to(30)),
            urgency=self.choose("low", "normal", "high"),
            happened_on=self.day(),
        )

    def end_need(self) -> c.Command:
        return c.EndNeed(
            need=self.pick(self.model.needs()),
            reason=self.choose("withdrawn", "moved"),
            goods=self.choose("keep", "release"),
            happened_on=self.day(),
        )

    def make_pledge(self) -> c.Command:
        lines = []
        for item in self.choose(["mask"], ["mask"], ["soap"], ["mask", "soap"]):
            claims: dict[str, int] = {}
            for _ in range(self.number(0, 3)):
                open_ = [n for n in self.model.needs(item) if self.model.total(f"needed:{n}")]
                if open_:
                    need = self.pick(open_)
                    claims[need] = self.quantity_up_to(self.model.total(f"needed:{need}"))
            free = self.choose(0, 0, 5, 20)
            quantity = max(1, sum(claims.values()) + free)
            lines.append(
                c.PledgeLine(
                    item=item,
                    quantity=quantity,
                    claims=[c.Claim(need=need, quantity=n) for need, n in claims.items()],
                )
            )
        return c.MakePledge(
            donor=self.pick(self.codes.donors),
            lines=lines,
            campaign=self.campaign(lines),
            happened_on=self.day(),
            note="n",
        )

    def claim_needs(self) -> c.Command:
        """Return new claims for an earlier pledge, and sometimes dropped claims."""
        pledge = self.pick(self.model.pledges())
        claimed = {
            key[0].rsplit(":", 1)[1]: quantity
            for key, quantity in self.model.nonzero_balances(f"pledged:{pledge}:").items()
        }
        drop: dict[str, int] = {}
        if claimed and self.coin():
            need = self.pick(claimed)
            drop[need] = self.quantity_up_to(claimed[need])
        claims: dict[str, int] = {}
        for line in self.model.pledge_lines()[pledge]:
            open_ = [n for n in self.model.needs(line.item) if self.model.total(f"needed:{n}")]
            if open_:
                need = self.pick(open_)
                free = self.model.total(f"pledged:{pledge}", line.item)
                claims[need] = self.quantity_up_to(min(free, self.model.total(f"needed:{need}")))
        return c.ClaimNeeds(
            pledge=pledge,
            claims=[c.Claim(need=need, quantity=quantity) for need, quantity in claims.items()],
            drop=[c.Claim(need=need, quantity=quantity) for need, quantity in drop.items()],
            happened_on=self.day(),
        )

    def drop_pledge(self) -> c.Command:
        pledge = self.pick(self.model.pledges())
        lines = []
        for line in self.model.pledge_lines()[pledge]:
            claims = {
                key[0].rsplit(":", 1)[1]: n
                for key, n in self.model.nonzero_balances(f"pledged:{pledge}:").items()
                if key[1] == line.item
            }
            outstanding = sum(claims.values()) + self.model.total(f"pledged:{pledge}", line.item)
            if outstanding and self.coin():
                quantity = self.quantity_up_to(outstanding)
                drop = None
                if claims and self.coin():
                    need = self.pick(claims)
                    drop = [c.Claim(need=need, quantity=min(quantity, claims[need]))]
                lines.append(c.DroppedLine(line=line.line, quantity=quantity, drop=drop))
        kind = self.choose(c.CancelPledge, c.LapsePledge)
        return kind(pledge=pledge, reason="r", lines=lines or None, happened_on=self.day())

    # --- arrivals --------------------------------------------------------------------------------

    def record_donation(self) -> c.Command:
        pledges = self.model.pledges()
        lines = []
        donor: str | None = self.choose(*self.codes.donors, None)
        for _ in range(self.choose(1, 1, 2, 3)):
            pledge, item, outstanding = None, self.pick(self.codes.items), 20
            own = [
                name
                for name, row in pledges.items()
                if row.donor == donor or (donor is not None and not lines)
            ]
            if own and not self.once_in(4):
                pledge = self.pick(own)
                donor = pledges[pledge].donor
                stated = self.model.pledge_lines()[pledge]
                if stated:
                    item = self.pick([line.item for line in stated])
                outstanding = self.model.total(f"pledged:{pledge}", item)
                outstanding += self.model.total(f"pledged:{pledge}:", item)
                outstanding += self.choose(0, 0, 5)
            recipient = self.choose(None, None, None, *self.codes.recipients[:3])
            lines.append(
                c.DonationLine(
                    **self.packed(item, self.quantity_up_to(outstanding)),
                    pledge=pledge,
                    recipient=recipient,
                    need=self.named_need(item, recipient),
                    **self.arriving_expiry(),
                    value=self.choose(None, Value(minor=500, currency="CNY", evidence="invoice")),
                )
            )
        return c.RecordDonation(
            donor=donor,
            location=self.place(),
            handled_by="x",
            lines=lines,
            happened_on=self.day(),
            keep_pledges=self.once_in(3),
            campaign=self.campaign(lines),
        )

    def campaign(self, lines: Sequence[c.GoodsLine]) -> str | None:
        """Return the campaign for about one of three commands, without a further draw."""
        return None if lines[0].quantity % 3 else self.codes.campaign

    def arrival_lines(self) -> list[c.ArrivalLine]:
        return [
            c.ArrivalLine(
                **self.packed(self.pick(self.codes.items), self.quantity_up_to(40)),
                **self.arriving_expiry(),
                batch=self.choose(None, "B1"),
            )
            for _ in range(self.choose(1, 1, 2))
        ]

    def open_stock(self) -> c.Command:
        return c.OpenStock(
            location=self.place(), lines=self.arrival_lines(), happened_on=self.day()
        )

    def record_arrival(self) -> c.Command:
        arrival = c.RecordArrival(
            origin=self.choose("bought", "made", "borrowed"),
            party=self.choose("X-1", "X-2"),
            location=self.place(),
            lines=self.arrival_lines(),
            happened_on=self.day(),
        )
        if arrival.origin == "borrowed":
            return arrival
        return msgspec.structs.replace(arrival, campaign=self.campaign(arrival.lines))
