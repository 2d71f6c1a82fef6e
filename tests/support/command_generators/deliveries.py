"""Commands about allocations and deliveries."""

from __future__ import annotations

from supplies.domain import commands as c
from supplies.domain.entry_rows import Need, Stop
from support.command_generators.base import GeneratorBase
from support.photos import jpeg


class DeliveryCommands(GeneratorBase):
    """Methods that draw allocations, deliveries and their outcomes."""

    def allocate(self) -> c.Command:
        place = self.shelf()
        recipient = self.pick(self.codes.recipients)
        needs = {
            name: need
            for name, need in self.model.latest(Need, "need").items()
            if self.model.total(f"needed:{name}") or self.model.total(f"claimed:{name}:")
        }
        lines = []
        for line in self.lot_lines(f"stock:{place}"):
            need = None
            fitting = [n for n, row in needs.items() if row.item == line.item]
            if fitting and not self.once_in(4):
                need = self.pick(fitting)
                recipient = needs[need].recipient if not lines else recipient
            quantity = self.model.base_units(line)
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

    def allocated(self) -> list[str]:
        return [key[0].split(":")[1] for key in self.model.nonzero_balances("allocated:")]

    def release(self) -> c.Command:
        allocation = self.pick(self.allocated() or self.model.allocations())
        lines = None
        allocated = self.model.total(f"allocated:{allocation}:")
        if allocated and self.coin():
            lines = [c.ReleasedLine(line=1, quantity=self.quantity_up_to(allocated))]
        return c.Release(allocation=allocation, reason="r", lines=lines, happened_on=self.day())

    def allocation_parts(self, allocation: str) -> list[c.AllocationPart]:
        """Return a line of an allocation with a quantity, which is only rarely too large."""
        allocated = self.model.total(f"allocated:{allocation}:")
        return [c.AllocationPart(line=1, quantity=self.quantity_up_to(allocated))]

    def collect_allocation(self) -> c.Command:
        allocation = self.pick(self.allocated() or self.model.allocations())
        return c.CollectAllocation(
            allocation=allocation,
            lines=self.allocation_parts(allocation) if self.coin() else None,
            allow_expired=not self.once_in(5),
            received_by=self.choose(None, "self", "family"),
            happened_on=self.day(),
        )

    def dispatch(self) -> c.Command:
        names = sorted(set(self.allocated())) or sorted(self.model.allocations())
        chosen = self.random.sample(names, 4)
        parts = None
        if self.once_in(4):
            lines = self.allocation_parts(chosen[0])
            parts = [c.DispatchPart(allocation=chosen[0], lines=lines)]
        return c.Dispatch(
            team=self.pick(self.codes.teams),
            allocations=chosen,
            parts=parts,
            allow_expired=not self.once_in(5),
            happened_on=self.day(),
        )

    def reassign(self) -> c.Command:
        return c.ReassignDelivery(
            delivery=self.pick(self.model.open_deliveries()), team=self.pick(self.codes.teams)
        )

    def stops_to_change(self, delivery: str) -> list[str]:
        """Return stops of a delivery. A few have an outcome, or belong to another delivery."""
        waiting = self.model.waiting(delivery)
        if self.once_in(10) or not waiting:
            waiting = sorted(self.model.allocations())
        return self.random.sample(waiting, 3)

    def undo_dispatch(self) -> c.Command:
        delivery = self.pick(self.model.open_deliveries())
        stops = self.stops_to_change(delivery) if self.coin() else None
        return c.UndoDispatch(
            delivery=delivery, allocations=stops, reason="r", happened_on=self.day()
        )

    def move_stops(self) -> c.Command:
        delivery = self.pick(self.model.open_deliveries())
        team, to = self.pick(self.codes.teams), self.pick(self.model.open_deliveries())
        return c.MoveStops(
            delivery=delivery,
            allocations=self.stops_to_change(delivery),
            happened_on=self.day(),
            **({"team": team} if self.coin() else {"to_delivery": to}),
        )

    def close_delivery(self) -> c.Command:
        return c.CloseDelivery(delivery=self.pick(self.model.open_deliveries()))

    def report_outcome(self) -> c.Command:
        stops = self.model.stops()
        waiting = [s for s in stops if self.model.total(f"in_transit:{s.delivery}:{s.allocation}")]
        stop = self.random.choose(waiting if waiting and not self.once_in(5) else stops)
        outcome = self.choose(
            "handed_over", "handed_over", "partly", "partly", "refused", "not_at_home", "lost"
        )
        return c.ReportOutcome(
            delivery=stop.delivery,
            allocation=stop.allocation,
            outcome=outcome,
            lines=self.outcome_lines(stop) if outcome == "partly" else None,
            happened_on=self.day(),
            signature=self.choose(None, None, [[(10, 20), (30, 40)]]),
            code=self.choose(None, None, "000000"),
            why=self.choose(None, "moved") if outcome == "not_at_home" else None,
            time_window=self.choose(None, None, "after six"),
        )

    def add_photo(self) -> c.Command:
        stop = self.pick(self.model.stops())
        return c.AddStopPhoto(
            delivery=stop.delivery,
            allocation=stop.allocation,
            photo=jpeg(),
            happened_on=self.day(),
        )

    def confirm_hand_over(self) -> c.Command:
        stop = self.pick(self.model.stops())
        way = self.choose("telephone", "paper", "visit", "withdrawn")
        return c.ConfirmHandOver(
            delivery=stop.delivery,
            allocation=stop.allocation,
            way=way,
            confirmed_by=None if way == "withdrawn" else "self",
            note=self.choose(None, "said on the telephone"),
            happened_on=self.day(),
        )

    def outcome_lines(self, stop: Stop) -> list[c.OutcomeLine]:
        """Return the outcome of each line. Sometimes it is more than was loaded."""
        lines = []
        for load in self.model.loaded(stop):
            received = self.number(0, load.loaded)
            lost = self.number(0, load.loaded - received)
            lines.append(
                c.OutcomeLine(
                    line=load.line,
                    received=received + self.choose(0, 0, 0, 0, 0, 0, 1),
                    lost=lost,
                    brought_back=load.loaded - received - lost,
                    to=self.choose("allocated", "stock"),
                    location=self.choose(None, None, "annex"),
                )
            )
        return lines

    def resolve_conflict(self) -> c.Command:
        resolved = self.model.decisions()
        waiting = self.model.open_conflicts() or list(resolved)
        conflict = self.pick(list(resolved) if resolved and self.once_in(4) else waiting)
        return c.ResolveConflict(
            conflict=conflict,
            replaces=self.choose(None, *[resolved.get(conflict)] * 4),
            by=self.choose("correct", "unexplained", "keep"),
            reason="r",
            happened_on=self.choose(None, self.day()),
        )
