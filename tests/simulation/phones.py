"""Simulated phones of delivery teams, over weeks, against a model of what must be in the books.

Each phone has a queue and a clock of its own. Outcomes of stops and hand-outs at counters are
delayed, sent in any order, sent again after their answers were lost or the service was killed, and
taken over from text. Meanwhile deliveries are given to other teams and closed, stops are moved to
other teams, dispatches are undone, and households fetch their goods at the counter. Goods and
counters are taken away from teams, conflicts are decided and decided anew, and phones are revoked.
The service's rules are used: who may report what and when, and how clocks are corrected. A seed
gives the same run again.
"""

from __future__ import annotations

import argparse
import sys
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import get_args

from support.engines import ENGINES, RUNNING
from support.outcomes import latest_decision

from simulation.fault_injection import ProcessStopped
from simulation.phone_model import QUANTITY, Report, SimulatedPhone, StopModel
from simulation.storage import open_connection
from supplies.access import phones
from supplies.access.access_context import AccessContext
from supplies.access.phone_reports import correct_clock, may_report, offset_of_text
from supplies.access.phones import Invitation
from supplies.books.reader import Books
from supplies.domain import commands as c
from supplies.domain.catalogue_records import Donor, Item, Location, Recipient, Station, Team
from supplies.errors import AlreadyDone, InvalidField, NotEnough
from supplies.ledger.ledger import Ledger
from supplies.ledger.recorded import Recorded
from supplies.views.deliveries import get_delivery
from supplies.views.entries import get_entry, list_conflicts

TEAMS = ("T-1", "T-2", "T-3")

COUNTERS = ("hall", "gate")

CHECKED_EVERY = 100
"""Number of steps between two comparisons with the model."""

OFFSETS = (timedelta(), timedelta(seconds=40), timedelta(days=1), -timedelta(days=1))
"""How far the station's clock is ahead of a phone's."""

OUTCOMES: tuple[c.Outcome, ...] = ("handed_over", "handed_over", "not_at_home", "refused", "lost")

REFUSALS = (NotEnough, AlreadyDone, InvalidField)
"""Errors with which a decision on a conflict may be refused."""


class PhoneSimulation:
    """A station, its teams and their phones.

    Args:
        url: Books with items, recipients, counters and the teams of `TEAMS`.
        clock: The clock of the ledger, as a list with one time that steps move.
    """

    def __init__(self, url: str, clock: list[datetime], seed: int) -> None:
        self.url, self.clock, self.random = url, clock, Random(seed)
        self.connection = open_connection(url, "lx", self._now)
        self.hand_outs: dict[str, Report] = {}
        self.soap = 0
        self.phones: list[SimulatedPhone] = []
        self.stops: dict[tuple[str, str], StopModel] = {}  # also under deliveries that had them
        self.allocated = Counter[str]()  # goods set aside, by allocation
        self.used_again: set[str] = set()  # allocations that went out again or were collected
        self.collected = 0
        self.teams: dict[str, set[str]] = {}
        self.team: dict[str, str] = {}
        self.open: set[str] = set()
        self.done = Counter[str]()
        for team in TEAMS:
            for _ in range(3):
                self._join(team)

    @property
    def ledger(self) -> Ledger:
        """The ledger of the running service."""
        return self.connection.ledger

    def _now(self) -> datetime:
        return self.clock[0]

    def close(self) -> None:
        """Close the connection to the books."""
        self.ledger.close()

    # --- steps -------------------------------------------------------------------------------

    def step(self) -> None:
        """Let a random time pass, and let one thing happen."""
        self.clock[0] += timedelta(minutes=self.random.randint(1, 90))
        steps = (
            [self.dispatch] * 2
            + [self.tap] * 8
            + [self.send] * 6
            + [self.lose_answer] * 2
            + [self.hand_out] * 5
            + [self.fill_counter, self.take_goods_away, self.change_counter]
            + [self.reassign, self.close_delivery, self.close_delivery, self.revoke_and_rescue]
            + [self.move_stop, self.undo_dispatch, self.collect]
            + [self.decide, self.decide, self.decide_otherwise, self.decide_otherwise]
        )
        step = self.random.choice(steps)
        if step():
            self.done[step.__name__] += 1

    def dispatch(self) -> bool:
        """Send a team out with some stops, perhaps with goods that came back before."""
        if len(self.open) > 4:
            return False
        came_back = sorted(self.allocated.keys())
        allocations = came_back[: self.random.randint(0, 1)]
        self._use_again(*allocations)
        for _ in range(self.random.randint(1, 3)):
            donation = c.RecordDonation(
                donor="D-1",
                location="store",
                handled_by="desk",
                lines=[c.DonationLine(item="mask", quantity=QUANTITY)],
            )
            self.ledger.record(donation, by="desk")
            lines = [c.LotLine(item="mask", quantity=QUANTITY)]
            made = c.Allocate(recipient="R-1", location="store", lines=lines)
            allocations.append(str(self.ledger.record(made, by="desk").document))
        team = self.random.choice(TEAMS)
        command = c.Dispatch(team=team, allocations=allocations)
        delivery = str(self.ledger.record(command, by="desk").document)
        self._send_out(delivery, team)
        for allocation in allocations:
            self.stops[delivery, allocation] = StopModel(delivery, allocation)
        return True

    def _send_out(self, delivery: str, team: str) -> None:
        self.open.add(delivery)
        self.team[delivery], self.teams[delivery] = team, {team}

    def _use_again(self, *allocations: str) -> None:
        """Let the model know that goods that were set aside go elsewhere."""
        for allocation in allocations:
            del self.allocated[allocation]
            self.used_again.add(allocation)

    def _stops_on_the_way(self) -> list[StopModel]:
        return [
            stop
            for key, stop in self.stops.items()
            if key == stop.key and stop.delivery in self.open and stop.is_on_the_way
        ]

    def _close_if_empty(self, delivery: str) -> None:
        """Let the model know that a delivery without goods on the way is closed."""
        if all(stop.delivery != delivery for stop in self._stops_on_the_way()):
            self.open.discard(delivery)

    def move_stop(self) -> bool:
        """Move a stop to another team, or to a delivery that is under way."""
        on_the_way = self._stops_on_the_way()
        if not on_the_way:
            return False
        stop = self.random.choice(on_the_way)
        before = stop.delivery
        others = [one for one in sorted(self.open) if (one, stop.allocation) not in self.stops]
        to = self.random.choice([None, *others])
        team = None if to else self.random.choice(TEAMS)
        command = c.MoveStops(
            delivery=before, allocations=[stop.allocation], team=team, to_delivery=to
        )
        recorded = self.ledger.record(command, by="desk")
        if team is not None:
            to = str(recorded.document)
            self._send_out(to, team)
        stop.delivery, stop.since = str(to), day_at_station(self.clock[0])
        self.stops[stop.key] = stop
        self._close_if_empty(before)
        return True

    def undo_dispatch(self) -> bool:
        """Take a stop off its delivery, because the team did not start with it."""
        on_the_way = self._stops_on_the_way()
        if not on_the_way:
            return False
        stop = self.random.choice(on_the_way)
        command = c.UndoDispatch(
            delivery=stop.delivery, allocations=[stop.allocation], reason="no car"
        )
        self.ledger.record(command, by="desk")
        stop.is_taken_off, stop.since = True, day_at_station(self.clock[0])
        self.allocated[stop.allocation] += QUANTITY
        self._close_if_empty(stop.delivery)
        return True

    def collect(self) -> bool:
        """Let a household fetch goods that are set aside for it."""
        if not self.allocated:
            return False
        allocation = self.random.choice(sorted(self.allocated.keys()))
        self.ledger.record(c.CollectAllocation(allocation=allocation), by="desk")
        self.collected += self.allocated[allocation]
        self._use_again(allocation)
        return True

    def tap(self) -> bool:
        """Record an outcome on a phone whose team has or had the delivery. Nothing is sent.

        The phone may not know that the stop was moved or taken off.
        """
        phone = self.random.choice(self.phones)
        reportable = [key for key in self.stops if phone.team in self.teams[key[0]]]
        if not reportable:
            return False
        delivery, allocation = self.random.choice(reportable[-8:])
        stop = self.stops[delivery, allocation]
        command = c.ReportOutcome(
            delivery=delivery,
            allocation=allocation,
            outcome=self.random.choice(OUTCOMES),
            happened_at=self.clock[0] - phone.offset,
            received_by=self.random.choice(("self", "neighbour", None)),
        )
        report = Report(str(uuid.UUID(int=self.random.getrandbits(128))), command, self.clock[0])
        phone.queue.append(report)
        stop.reports.append(report)
        return True

    def send(self) -> bool:
        """Send the queue of a phone in any order, and keep what was not answered."""
        phone = self.random.choice(self.phones)
        sent = self.random.sample(phone.queue, len(phone.queue))
        phone.queue = [report for report in sent if not self._arrive(phone, report, phone.offset)]
        return bool(sent)

    def lose_answer(self) -> bool:
        """Let a report arrive without its answer. It stays in the queue, and is sent again."""
        phone = self.random.choice(self.phones)
        if not phone.queue:
            return False
        self._arrive(phone, self.random.choice(phone.queue), phone.offset)
        return True

    def hand_out(self) -> bool:
        """Record a hand-out on a phone, at the counter that its team had lately."""
        phone = self.random.choice(self.phones)
        command = c.ReportHandOut(
            team=phone.team,
            location=self.random.choice(COUNTERS),
            recipient="G-1",
            lines=[c.RecipientLine(item="soap", quantity=self.random.randint(1, 6))],
            headcount=9,
            happened_at=self.clock[0] - phone.offset,
        )
        report = Report(str(uuid.UUID(int=self.random.getrandbits(128))), command, self.clock[0])
        phone.queue.append(report)
        self.hand_outs[report.key] = report
        return True

    def fill_counter(self) -> bool:
        """Bring goods to a counter."""
        quantity = self.random.randint(5, 30)
        lines = [c.ArrivalLine(item="soap", quantity=quantity)]
        self.ledger.record(
            c.OpenStock(location=self.random.choice(COUNTERS), lines=lines), by="desk"
        )
        self.soap += quantity
        return True

    def take_goods_away(self) -> bool:
        """Move goods from a counter to the store, while phones may have unsent hand-outs."""
        counter = self.random.choice(COUNTERS)
        with self.ledger.reading() as books:
            free = sum(books.nonzero_balances(f"stock:{counter}", "soap").values())
        if not free:
            return False
        lines = [c.LotLine(item="soap", quantity=self.random.randint(1, free))]
        self.ledger.record(c.Move(source=counter, target="store", lines=lines), by="desk")
        return True

    def change_counter(self) -> bool:
        """Give a team another counter, or none."""
        team = self.random.choice(TEAMS)
        counter = self.random.choice((*COUNTERS, *COUNTERS, None))
        self.ledger.amend(Team(code=team, name=team, counter=counter))
        return True

    def reassign(self) -> bool:
        """Give an open delivery to another team."""
        if not self.open:
            return False
        delivery = self.random.choice(sorted(self.open))
        team = self.random.choice([one for one in TEAMS if one != self.team[delivery]])
        self.ledger.record(c.ReassignDelivery(delivery=delivery, team=team), by="desk")
        self.team[delivery] = team
        self.teams[delivery].add(team)
        return True

    def close_delivery(self) -> bool:
        """Close a delivery whose stops all have an outcome in the books."""
        ready = [
            delivery
            for delivery in sorted(self.open)
            if all(stop.delivery != delivery for stop in self._stops_on_the_way())
        ]
        if not ready:
            return False
        delivery = self.random.choice(ready)
        self.ledger.record(c.CloseDelivery(delivery=delivery), by="desk")
        self.open.remove(delivery)
        return True

    def decide(self) -> bool:
        """Resolve a conflict, for the first report or for the one that contradicts it."""
        with self.ledger.reading() as books:
            waiting = list_conflicts(books, limit=None).items
        if not waiting:
            return False
        conflict = self.random.choice(waiting)
        (report,) = (one for one in self._reports() if one.conflict == conflict.seq)
        return self._decide(report, self.random.choice(self._ways(report)))

    def decide_otherwise(self) -> bool:
        """Resolve a conflict once more, in the other direction."""
        decided = [one for one in self._reports() if one.decided is not None]
        if not decided:
            return False
        report = self.random.choice(decided)
        ways = [way for way in self._ways(report) if (way == "keep") != (report.decided == "keep")]
        return self._decide(report, self.random.choice(ways))

    def _reports(self) -> list[Report]:
        stops = [stop for key, stop in self.stops.items() if key == stop.key]
        return [*self.hand_outs.values(), *(report for stop in stops for report in stop.reports)]

    def _ways(self, report: Report) -> list[c.Resolved]:
        every = get_args(c.Resolved)
        is_hand_out = isinstance(report.command, c.ReportHandOut)
        return [way for way in every if is_hand_out or way != "unexplained"]

    def _decide(self, report: Report, way: c.Resolved) -> bool:
        conflict = int(report.conflict or 0)
        with self.ledger.reading() as books:
            replaces = latest_decision(books, conflict)
        decision = c.ResolveConflict(
            conflict=conflict, replaces=replaces, by=way, reason="asked the team"
        )
        refused: type[Exception] | None = None
        try:
            self.ledger.record(decision, by="desk")
        except REFUSALS as error:
            refused = type(error)
        if isinstance(report.command, c.ReportHandOut):
            assert refused is None or (way, refused) == ("correct", NotEnough)
        else:
            self._note_decision(report, way, refused)
        if refused is None:
            report.decided = way
        return refused is None

    def _note_decision(
        self, report: Report, way: c.Resolved, refused: type[Exception] | None
    ) -> None:
        """Let the model know how the conflict about an outcome was decided, or was not."""
        command = report.command
        assert isinstance(command, c.ReportOutcome)
        stop = self.stops[command.delivery, command.allocation]
        if way == "keep" and report.decided is None:
            assert refused is None
            return
        if way == "keep" and not stop.can_restore(report):
            assert refused is AlreadyDone
            return
        if way != "keep" and stop.is_settled:
            assert refused is InvalidField
            return
        after = stop.booked[-2] if way == "keep" else (command.outcome, report, report.conflict)
        leaves_allocation = stop.is_allocated and after[0] != "not_at_home"
        if refused:
            # The goods were free or set aside meanwhile, and others got them.
            assert refused is NotEnough
            assert stop.first == "refused" or stop.allocation in self.used_again, (
                stop,
                report,
                way,
            )
            return
        if leaves_allocation:
            self.allocated[stop.allocation] -= QUANTITY
            assert self.allocated[stop.allocation] >= 0
            self.allocated += Counter()  # drops what is zero
        elif not stop.is_allocated and after[0] == "not_at_home":
            self.allocated[stop.allocation] += QUANTITY
        stop.is_settled = stop.is_taken_off and not stop.booked
        stop.booked.append((after[0], after[1], report.conflict if way != "keep" else None))

    def revoke_and_rescue(self) -> bool:
        """Revoke a phone, and take over its queue from a text that was written some time ago."""
        phone = self.random.choice(self.phones)
        written_at = self.clock[0] - phone.offset
        self.clock[0] += timedelta(hours=self.random.randint(0, 30))
        with self.ledger.admin_transaction() as books:
            access = AccessContext(books, self.clock[0])
            phones.revoke(access, phone.id)
            assert phones.authenticate(access, phone.secret) is None
            known = phones.get(access, phone.id).clock_offset_seconds
        offset = offset_of_text(written_at, known, self.clock[0])
        for report in phone.queue:
            while not self._arrive(phone, report, offset):  # The desk tries until it has answers.
                pass
        self.phones.remove(phone)
        self._join(phone.team)
        return True

    # --- what the service does ---------------------------------------------------------------

    def _join(self, team: str) -> None:
        offset = self.random.choice(OFFSETS)
        with self.ledger.admin_transaction() as books:
            access = AccessContext(books, self.clock[0])
            phone, secret = phones.join(access, Invitation(team, "link.test"), label="phone")
            phones.record_status(
                access,
                phone.id,
                unsent=0,
                oldest_unsent_at=None,
                version="1",
                clock_offset=offset,
            )
        self.phones.append(SimulatedPhone(phone.id, team, secret, offset))

    def _arrive(self, phone: SimulatedPhone, report: Report, offset: timedelta) -> bool:
        """Record a report as the service does, also if it arrived before.

        Return whether there is an answer. There is none if the service was killed.
        """
        if report.agreed:  # The service stores the answer under the key of the report.
            return True
        if isinstance(report.command, c.ReportOutcome):
            with self.ledger.reading() as books:
                assert may_report(books, phone.team, report.command.delivery)
        by, command = phones.CALLER_PREFIX + phone.id, correct_clock(report.command, offset)
        try:
            with self.connection.store.injecting(self._kills()):
                recorded = self.ledger.record(command, by=by, id=report.key)
        except ProcessStopped:
            self._restart()
            with self.ledger.reading() as books:
                seq = books.value(
                    "SELECT seq FROM entries WHERE station = :station AND id = :id", id=report.key
                )
            if seq is not None:
                self._note(report, self.ledger.recorded(seq))
            return False
        report.agreed = recorded.id != report.key
        report.answers.append(recorded.seq)
        self._note(report, recorded)
        return True

    def _kills(self) -> dict[int, Callable[[], None]]:
        """Return at which point of the next transaction the service is killed, if at all."""
        if self.random.randrange(8):
            return {}
        return {self.random.randint(1, 60): _kill}

    def _restart(self) -> None:
        self.ledger.close()
        self.connection = open_connection(self.url, "lx", self._now)
        self.done["killed"] += 1

    def _note(self, report: Report, recorded: Recorded) -> None:
        """Let the model know that a report is in the books."""
        if report.arrived:  # A repeat gets the first answer, also after a decision.
            return
        report.arrived = True
        command = report.command
        if isinstance(command, c.ReportHandOut):
            report.conflict = None if recorded.conflict is None else recorded.seq
            return
        stop = self.stops[command.delivery, command.allocation]
        expected = stop.first == command.outcome or stop.is_on_the_way
        assert (recorded.conflict is None) == expected, (stop, recorded)
        if recorded.conflict is not None and recorded.id == report.key:
            report.conflict = recorded.seq
        if stop.is_on_the_way:
            stop.booked.append((command.outcome, report, None))
            if command.outcome == "not_at_home":
                self.allocated[stop.allocation] += QUANTITY

    # --- invariants --------------------------------------------------------------------------

    def check(self) -> None:
        """Check that no report was lost or counted twice, and that no goods were."""
        with self.ledger.reading() as books:
            booked = [
                line.quantity
                for report in self.hand_outs.values()
                if report.is_booked and isinstance(report.command, c.ReportHandOut)
                for line in report.command.lines
            ]
            received = sum(books.nonzero_balances("received:G-1", "soap").values())
            assert received == sum(booked)
            there = ("stock:", "unexplained:")
            left = sum(
                quantity
                for account in there
                for quantity in books.nonzero_balances(account, "soap").values()
            )
            assert received + left == self.soap
            for report in self.hand_outs.values():
                assert len(set(report.answers)) <= 1
            stops = [stop for key, stop in self.stops.items() if key == stop.key]
            handed_over = sum(stop.first == "handed_over" for stop in stops)
            received = sum(books.nonzero_balances("received:R-1", "mask").values())
            assert received == handed_over * QUANTITY + self.collected
            for allocation in {stop.allocation for stop in stops}:
                allocated = books.nonzero_balances(f"allocated:{allocation}:store", "mask")
                assert sum(allocated.values()) == self.allocated.get(allocation, 0)
            for stop in stops:
                self._check_stop(books, stop)
        self.ledger.verify()

    def _check_stop(self, books: Books, stop: StopModel) -> None:
        """Check the outcome of a stop, its goods, and the day on which the phone was tapped."""
        shown = {one.allocation: one for one in get_delivery(books, stop.delivery).stops}
        view = shown[stop.allocation]
        assert view.outcome == stop.first
        for line in view.lines:
            accounted = line.received + line.brought_back + line.lost
            assert accounted == (line.loaded if stop.first else 0)
            assert line.in_transit == (line.loaded if stop.is_on_the_way else 0)
        for report in stop.reports:
            assert len(set(report.answers)) <= 1
        if stop.booked:
            day = max(day_at_station(stop.booked[-1][1].happened_at), stop.since)
            assert get_entry(books, int(view.reported_in or 0)).happened_on == day

    def finish(self) -> None:
        """Let every phone send what it has, so that nothing is left unsent."""
        for phone in self.phones:
            for report in phone.queue:
                while not self._arrive(phone, report, phone.offset):
                    pass
            phone.queue.clear()
        assert all(report.answers for report in self._reports())


def day_at_station(moment: datetime) -> date:
    """Return the day of a time in the zone of the station."""
    return (moment + timedelta(hours=8)).date()


def _kill() -> None:
    raise ProcessStopped


def simulate(url: str, seed: int, steps: int) -> Counter[str]:
    """Run steps on new books. Return how often each kind of step happened.

    Args:
        url: The path of a SQLite file, or the URL of a PostgreSQL database.
    """
    clock = [datetime(2020, 2, 5, 1, tzinfo=UTC)]
    with Ledger.open(url, station="lx", clock=lambda: clock[0]) as ledger:
        ledger.register(
            Station(code="lx", name="Longxue"),
            Item(code="mask", name="mask"),
            Item(code="soap", name="soap"),
            Donor(code="D-1", name="donor"),
            Recipient(code="R-1", name="household"),
            Recipient(code="G-1", name="newcomers", kind="group"),
            Location(code="store", name="Store"),
            *(Location(code=counter, name=counter) for counter in COUNTERS),
            *(
                Team(code=team, name=team, counter=counter)
                for team, counter in zip(TEAMS, (*COUNTERS, None), strict=True)
            ),
        )
    simulation = PhoneSimulation(url, clock, seed)
    try:
        for number in range(1, steps + 1):
            simulation.step()
            if number % CHECKED_EVERY == 0:
                simulation.check()
        simulation.finish()
        simulation.check()
    finally:
        simulation.close()
    return simulation.done


def main() -> int:
    parser = argparse.ArgumentParser(prog="simulation.phones", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=1_000)
    parser.add_argument("--engine", choices=ENGINES, default="sqlite")
    options = parser.parse_args()
    try:
        with (
            TemporaryDirectory() as folder,
            RUNNING.books(options.engine, Path(folder)) as url,
        ):
            done = simulate(url, options.seed, options.steps)
    finally:
        RUNNING.stop()
    print(
        f"phones, seed {options.seed}, {options.engine}, {options.steps} steps: "
        f"no failure found; {dict(done)}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
