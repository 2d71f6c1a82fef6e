"""What is lacking, promised and given."""

from __future__ import annotations

from supplies.domain import commands as c
from support.command_generators.drawing import Drawing


class Gifts(Drawing):
    """Needs, pledges, and all that arrives."""

    # --- needs and pledges -----------------------------------------------------------------------

    def note_need(self) -> c.Command:
        item = self.pick(self.cast.items)
        return c.NoteNeed(
            recipient=self.pick(self.cast.recipients),
            **self.packed(item, self.some(30)),
            urgency=self.of("low", "normal", "high"),
            happened_on=self.day(),
        )

    def end_need(self) -> c.Command:
        return c.EndNeed(
            need=self.pick(self.plain.needs()),
            reason=self.of("withdrawn", "moved"),
            happened_on=self.day(),
        )

    def make_pledge(self) -> c.Command:
        lines = []
        for item in self.of(["mask"], ["mask"], ["soap"], ["mask", "soap"]):
            claims: dict[str, int] = {}
            for _ in range(self.number(0, 3)):
                open_ = [n for n in self.plain.needs(item) if self.plain.total(f"needed:{n}")]
                if open_:
                    need = self.pick(open_)
                    claims[need] = self.some(self.plain.total(f"needed:{need}"))
            free = self.of(0, 0, 5, 20)
            quantity = max(1, sum(claims.values()) + free)
            lines.append(
                c.PledgeLine(
                    item=item,
                    quantity=quantity,
                    claims=[c.Claim(need=need, quantity=n) for need, n in claims.items()],
                )
            )
        return c.MakePledge(
            donor=self.pick(self.cast.donors), lines=lines, happened_on=self.day(), note="n"
        )

    def drop_pledge(self) -> c.Command:
        pledge = self.pick(self.plain.pledges())
        lines = []
        for line in self.plain.pledge_lines()[pledge]:
            claims = {
                key[0].rsplit(":", 1)[1]: n
                for key, n in self.plain.held(f"pledged:{pledge}:").items()
                if key[1] == line.item
            }
            there = sum(claims.values()) + self.plain.total(f"pledged:{pledge}", line.item)
            if there and self.coin():
                quantity = self.some(there)
                drop = None
                if claims and self.coin():
                    need = self.pick(claims)
                    drop = [c.Claim(need=need, quantity=min(quantity, claims[need]))]
                lines.append(c.DroppedLine(line=line.line, quantity=quantity, drop=drop))
        kind = self.of(c.CancelPledge, c.LapsePledge)
        return kind(pledge=pledge, reason="r", lines=lines or None, happened_on=self.day())

    # --- arrivals --------------------------------------------------------------------------------

    def record_donation(self) -> c.Command:
        pledges = self.plain.pledges()
        lines = []
        donor: str | None = self.of(*self.cast.donors, None)
        for _ in range(self.of(1, 1, 2, 3)):
            pledge, item, there = None, self.pick(self.cast.items), 20
            mine = [
                name
                for name, row in pledges.items()
                if row.donor == donor or (donor is not None and not lines)
            ]
            if mine and not self.once_in(4):
                pledge = self.pick(mine)
                donor = pledges[pledge].donor
                stated = self.plain.pledge_lines()[pledge]
                if stated:
                    item = self.pick([line.item for line in stated])
                there = self.plain.total(f"pledged:{pledge}", item)
                there += self.plain.total(f"pledged:{pledge}:", item)
                there += self.of(0, 0, 5)
            lines.append(
                c.DonationLine(
                    **self.packed(item, self.some(there)),
                    pledge=pledge,
                    recipient=self.of(None, None, None, *self.cast.recipients[:3]),
                    expires_on=self.expiry(),
                    value=self.of(None, c.Value(minor=500, currency="CNY", evidence="invoice")),
                )
            )
        return c.RecordDonation(
            donor=donor,
            location=self.place(),
            handled_by="x",
            lines=lines,
            happened_on=self.day(),
        )

    def arrival_lines(self) -> list[c.ArrivalLine]:
        return [
            c.ArrivalLine(
                **self.packed(self.pick(self.cast.items), self.some(40)),
                expires_on=self.expiry(),
                batch=self.of(None, "B1"),
            )
            for _ in range(self.of(1, 1, 2))
        ]

    def open_stock(self) -> c.Command:
        return c.OpenStock(
            location=self.place(), lines=self.arrival_lines(), happened_on=self.day()
        )

    def record_arrival(self) -> c.Command:
        return c.RecordArrival(
            origin=self.of("bought", "made", "borrowed"),
            party=self.of("X-1", "X-2"),
            location=self.place(),
            lines=self.arrival_lines(),
            happened_on=self.day(),
        )
