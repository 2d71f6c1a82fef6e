"""Simulated phones of delivery teams, over weeks, against a model of what must be in the books.

Each phone has a queue and a clock of its own. Outcomes of stops and hand-outs at counters are
delayed, sent in any order, sent again after their answers were lost or the service was killed, and
taken over from text. Meanwhile deliveries are given to other teams and closed, goods and counters
are taken away from teams, conflicts are decided and decided anew, and phones are revoked. The
service's rules are used: who may report what and when, and how clocks are corrected. A seed gives
the same run again.
"""

from __future__ import annotations

import argparse
import json
import sys
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Literal

from support.engines import ENGINES, RUNNING
from support.outcomes import latest_decision

from simulation.fault_injection import ProcessStopped
from simulation.storage import open_connection
from supplies.access import phones
from supplies.access.access_context import AccessContext
from supplies.access.phone_reports import correct_clock, may_report, offset_of_text
from supplies.access.phones import Invitation
from supplies.domain import commands as c
from supplies.domain.catalogue_records import Donor, Item, Location, Recipient, Station, Team
from supplies.errors import NotEnough
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


@dataclass
class Report:
    """A tap on a phone: the exact command, and its key.

    Attributes:
        answers: Numbers of the entries that the answers named. All must be equal.
        agreed: Whether the first answer was an entry of another report.
        arrived: Whether it is in the books, also if its answer was lost.
        conflict: Number of the entry that recorded it as a conflict; None if there is none.
        decided: How this conflict was decided last; None if it was not.
    """

    key: str
    command: c.ReportOutcome | c.ReportHandOut
    happened_at: datetime
    answers: list[int] = field(default_factory=list)
    agreed: bool = False
    arrived: bool = False
    conflict: int | None = None
    decided: c.Resolved | None = None

    @property
    def is_booked(self) -> bool:
        """Whether a hand-out counts in the books."""
        decided = self.decided not in (None, "keep")
        return self.arrived and (self.conflict is None or decided)


@dataclass
class SimulatedPhone:
    """A phone with its unsent reports, and its secret."""

    id: str
    team: str
    secret: str
    offset: timedelta
    queue: list[Report] = field(default_factory=list)


@dataclass
class StopModel:
    """What the model knows of a stop: the outcome in the books, and all reports of it.

    Attributes:
        first: The outcome that arrived first, or the one that a decision put in its place.
        decided: Number of the conflict that was decided for its report; None if there was none.
    """

    delivery: str
    allocation: str
    first: c.Outcome | None = None
    decided: int | None = None
    reports: list[Report] = field(default_factory=list)


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
        self.stops: dict[tuple[str, str], StopModel] = {}
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
            + [self.decide, self.decide, self.decide_otherwise]
        )
        step = self.random.choice(steps)
        if step():
            self.done[step.__name__] += 1

    def dispatch(self) -> bool:
        """Send a team out with some stops."""
        if len(self.open) > 4:
            return False
        allocations = []
        for _ in range(self.random.randint(1, 3)):
            donation = c.RecordDonation(
                donor="D-1",
                location="store",
                handled_by="desk",
                lines=[c.DonationLine(item="mask", quantity=5)],
            )
            self.ledger.record(donation, by="desk")
            lines = [c.LotLine(item="mask", quantity=5)]
            made = c.Allocate(recipient="R-1", location="store", lines=lines)
            allocations.append(str(self.ledger.record(made, by="desk").document))
        team = self.random.choice(TEAMS)
        command = c.Dispatch(team=team, allocations=allocations)
        delivery = str(self.ledger.record(command, by="desk").document)
        self.open.add(delivery)
        self.team[delivery], self.teams[delivery] = team, {team}
        for allocation in allocations:
            self.stops[delivery, allocation] = StopModel(delivery, allocation)
        return True

    def tap(self) -> bool:
        """Record an outcome on a phone whose team has or had the delivery. Nothing is sent."""
        phone = self.random.choice(self.phones)
        reportable = [
            stop for stop in self.stops.values() if phone.team in self.teams[stop.delivery]
        ]
        if not reportable:
            return False
        stop = self.random.choice(reportable[-8:])
        command = c.ReportOutcome(
            delivery=stop.delivery,
            allocation=stop.allocation,
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
            if all(stop.first for stop in self.stops.values() if stop.delivery == delivery)
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
        if conflict.document.startswith("q_"):
            ways: tuple[c.Resolved, ...] = ("keep", "correct", "unexplained")
            return self._decide_hand_out(conflict.seq, self.random.choice(ways))
        stated = json.loads(bytes(conflict.stated))
        way: Literal["keep", "correct"] = self.random.choice(("keep", "correct"))
        decision = c.ResolveConflict(conflict=conflict.seq, by=way, reason="asked the household")
        stop = self.stops[stated["delivery"], stated["allocation"]]
        try:
            self.ledger.record(decision, by="desk")
        except NotEnough:
            # The goods that came back were free, and others got them.
            assert (way, stop.first) == ("correct", "refused")
            return False
        if way == "correct":
            stop.first, stop.decided = stated["outcome"], conflict.seq
        return True

    def decide_otherwise(self) -> bool:
        """Resolve the conflict of a hand-out once more, in the other direction."""
        decided = [one for one in self.hand_outs.values() if one.decided is not None]
        if not decided:
            return False
        report = self.random.choice(decided)
        ways: tuple[c.Resolved, ...] = ("correct", "unexplained")
        other = self.random.choice(ways) if report.decided == "keep" else "keep"
        return self._decide_hand_out(int(report.conflict or 0), other)

    def _decide_hand_out(self, conflict: int, way: c.Resolved) -> bool:
        (report,) = (one for one in self.hand_outs.values() if one.conflict == conflict)
        with self.ledger.reading() as books:
            replaces = latest_decision(books, conflict)
        decision = c.ResolveConflict(
            conflict=conflict, replaces=replaces, by=way, reason="asked the team"
        )
        try:
            self.ledger.record(decision, by="desk")
        except NotEnough:
            assert way == "correct"
            return False
        report.decided = way
        return True

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
        assert (recorded.conflict is None) == (stop.first in (None, command.outcome))
        stop.first = stop.first or command.outcome

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
            for stop in self.stops.values():
                (shown,) = [
                    one
                    for one in get_delivery(books, stop.delivery).stops
                    if one.allocation == stop.allocation
                ]
                assert shown.outcome == stop.first
                for line in shown.lines:
                    accounted = line.received + line.brought_back + line.lost
                    assert accounted == (line.loaded if stop.first else 0)
                    assert line.in_transit == line.loaded - accounted
                for report in stop.reports:
                    assert len(set(report.answers)) <= 1
                self._check_day(stop, shown.reported_in)
        self.ledger.verify()

    def _check_day(self, stop: StopModel, reported_in: int | None) -> None:
        """Check that the outcome has the day on which the phone was tapped, at the station."""
        first = [
            report
            for report in stop.reports
            if {reported_in, stop.decided}.intersection(report.answers)
        ]
        if not first:
            return
        days = {(report.happened_at + timedelta(hours=8)).date() for report in first}
        with self.ledger.reading() as books:
            assert get_entry(books, int(reported_in or 0)).happened_on in days

    def finish(self) -> None:
        """Let every phone send what it has, so that nothing is left unsent."""
        for phone in self.phones:
            for report in phone.queue:
                while not self._arrive(phone, report, phone.offset):
                    pass
            phone.queue.clear()
        assert all(report.answers for report in self.hand_outs.values())
        for stop in self.stops.values():
            assert all(report.answers for report in stop.reports)


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
