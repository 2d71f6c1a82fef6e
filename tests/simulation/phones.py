"""Simulated phones of delivery teams, over weeks, against a model of what must be in the books.

Each phone has a queue and a clock of its own. Reports are delayed, sent in any order, sent again
after their answers were lost, and taken over from text. Meanwhile deliveries are given to other
teams and closed, conflicts are decided, and phones are revoked. The service's rules are used: who
may report what and when, and how clocks are corrected. A seed gives the same run again.
"""

from __future__ import annotations

import argparse
import json
import sys
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Literal

from support.engines import ENGINES, RUNNING

from supplies.access import phones
from supplies.access.access_context import AccessContext
from supplies.access.phone_reports import correct_clock, may_report, offset_of_text
from supplies.access.phones import Invitation
from supplies.domain import commands as c
from supplies.domain.catalogue_records import Donor, Item, Location, Recipient, Station, Team
from supplies.errors import NotEnough
from supplies.ledger.ledger import Ledger
from supplies.views.deliveries import get_delivery
from supplies.views.entries import get_entry, list_conflicts

TEAMS = ("T-1", "T-2", "T-3")

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
    """

    key: str
    command: c.ReportOutcome
    happened_at: datetime
    answers: list[int] = field(default_factory=list)
    agreed: bool = False


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
        ledger: Books with items, recipients and the teams of `TEAMS`.
        clock: The clock of the ledger, as a list with one time that steps move.
    """

    def __init__(self, ledger: Ledger, clock: list[datetime], seed: int) -> None:
        self.ledger, self.clock, self.random = ledger, clock, Random(seed)
        self.phones: list[SimulatedPhone] = []
        self.stops: dict[tuple[str, str], StopModel] = {}
        self.teams: dict[str, set[str]] = {}
        self.team: dict[str, str] = {}
        self.open: set[str] = set()
        self.done = Counter[str]()
        for team in TEAMS:
            for _ in range(3):
                self._join(team)

    # --- steps -------------------------------------------------------------------------------

    def step(self) -> None:
        """Let a random time pass, and let one thing happen."""
        self.clock[0] += timedelta(minutes=self.random.randint(1, 90))
        steps = (
            [self.dispatch] * 2
            + [self.tap] * 8
            + [self.send] * 6
            + [self.lose_answer] * 2
            + [self.reassign, self.close, self.close, self.revoke_and_rescue, self.decide]
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
        """Send the queue of a phone in any order, and empty it."""
        phone = self.random.choice(self.phones)
        for report in self.random.sample(phone.queue, len(phone.queue)):
            self._arrive(phone, report, phone.offset)
        sent, phone.queue = bool(phone.queue), []
        return sent

    def lose_answer(self) -> bool:
        """Let a report arrive without its answer. It stays in the queue, and is sent again."""
        phone = self.random.choice(self.phones)
        if not phone.queue:
            return False
        self._arrive(phone, self.random.choice(phone.queue), phone.offset)
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

    def close(self) -> bool:
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
            self._arrive(phone, report, offset)
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

    def _arrive(self, phone: SimulatedPhone, report: Report, offset: timedelta) -> None:
        """Record a report as the service does, also if it arrived before."""
        delivery, allocation = report.command.delivery, report.command.allocation
        if report.agreed:  # The service stores the answer under the key of the report.
            return
        with self.ledger.reading() as books:
            assert may_report(books, phone.team, delivery)
        command = correct_clock(report.command, offset)
        recorded = self.ledger.record(command, by=phones.CALLER_PREFIX + phone.id, id=report.key)
        report.agreed = recorded.repeated and not report.answers
        report.answers.append(recorded.seq)
        stop = self.stops[delivery, allocation]
        agrees = stop.first in (None, command.outcome)
        if len(report.answers) == 1:  # A repeat gets the first answer, also after a decision.
            assert (recorded.conflict is None) == agrees, recorded.conflict
        stop.first = stop.first or command.outcome

    # --- invariants --------------------------------------------------------------------------

    def check(self) -> None:
        """Check that no report was lost or counted twice, and that no goods were."""
        with self.ledger.reading() as books:
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
                self._arrive(phone, report, phone.offset)
            phone.queue.clear()
        for stop in self.stops.values():
            assert all(report.answers for report in stop.reports)


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
            Donor(code="D-1", name="donor"),
            Recipient(code="R-1", name="household"),
            Location(code="store", name="Store"),
            *(Team(code=team, name=team) for team in TEAMS),
        )
        simulation = PhoneSimulation(ledger, clock, seed)
        for number in range(1, steps + 1):
            simulation.step()
            if number % CHECKED_EVERY == 0:
                simulation.check()
        simulation.finish()
        simulation.check()
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
