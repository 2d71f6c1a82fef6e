"""What is set aside, carried to the doors, and what happened there."""

from __future__ import annotations

from supplies.domain import commands as c
from supplies.domain.entry_rows import Need, Stop
from support.command_generators.drawing import Drawing, units


class Teams(Drawing):
    """Allocations and deliveries."""

    def allocate(self) -> c.Command:
        place = self.shelf()
        recipient = self.pick(self.cast.recipients)
        needs = {
            name: need
            for name, need in self.plain.latest(Need, "need").items()
            if self.plain.total(f"needed:{name}") or self.plain.total(f"claimed:{name}:")
        }
        lines = []
        for line in self.lot_lines(f"stock:{place}"):
            need = None
            fitting = [n for n, row in needs.items() if row.item == line.item]
            if fitting and not self.once_in(4):
                need = self.pick(fitting)
                recipient = needs[need].recipient if not lines else recipient
            quantity = units(line)
            lots = None if line.lot is None else [c.LotPart(lot=line.lot, quantity=quantity)]
            lines.append(
                c.AllocationLine(
                    item=line.item,
                    quantity=quantity,
                    need=need,
                    lots=lots,
                    allow_expired=line.allow_expired,
                )
            )
        return c.Allocate(recipient=recipient, location=place, lines=lines, happened_on=self.day())

    def set_aside(self) -> list[str]:
        return [key[0].split(":")[1] for key in self.plain.held("allocated:")]

    def release(self) -> c.Command:
        allocation = self.pick(self.set_aside() or self.plain.allocations())
        lines = None
        there = self.plain.total(f"allocated:{allocation}:")
        if there and self.coin():
            lines = [c.ReleasedLine(line=1, quantity=self.some(there))]
        return c.Release(allocation=allocation, reason="r", lines=lines, happened_on=self.day())

    def dispatch(self) -> c.Command:
        names = sorted(set(self.set_aside())) or sorted(self.plain.allocations())
        return c.Dispatch(
            team=self.pick(self.cast.teams),
            allocations=self.chance.some_of(names, 4),
            allow_expired=not self.once_in(5),
            happened_on=self.day(),
        )

    def reassign(self) -> c.Command:
        return c.ReassignDelivery(
            delivery=self.pick(self.plain.open_deliveries()), team=self.pick(self.cast.teams)
        )

    def close_delivery(self) -> c.Command:
        return c.CloseDelivery(delivery=self.pick(self.plain.open_deliveries()))

    def report_outcome(self) -> c.Command:
        stops = self.plain.stops()
        waiting = [s for s in stops if self.plain.total(f"in_transit:{s.delivery}:{s.allocation}")]
        stop = self.chance.of(waiting if waiting and not self.once_in(5) else stops)
        outcome = self.of(
            "handed_over", "handed_over", "partly", "partly", "refused", "not_at_home", "lost"
        )
        return c.ReportOutcome(
            delivery=stop.delivery,
            allocation=stop.allocation,
            outcome=outcome,
            lines=self.outcome_lines(stop) if outcome == "partly" else None,
            happened_on=self.day(),
        )

    def outcome_lines(self, stop: Stop) -> list[c.OutcomeLine]:
        """What became of each line; now and then more than was taken along."""
        lines = []
        for load in self.plain.loaded(stop):
            received = self.number(0, load.loaded)
            lost = self.number(0, load.loaded - received)
            lines.append(
                c.OutcomeLine(
                    line=load.line,
                    received=received + self.of(0, 0, 0, 0, 0, 0, 1),
                    lost=lost,
                    brought_back=load.loaded - received - lost,
                    to=self.of("allocated", "stock"),
                    location=self.of(None, None, "annex"),
                )
            )
        return lines

    def resolve_conflict(self) -> c.Command:
        return c.ResolveConflict(
            conflict=self.pick(self.plain.open_conflicts()),
            by=self.of("correct", "unexplained"),
            reason="r",
        )
