"""The kinds of steps in a simulation and their weights.

A step has its own random generator, made from the seed and its number, and depends only on the
current state. So any step can be left out and the rest still run.
"""

from __future__ import annotations

from collections.abc import Callable

from support.command_generators import SeededRandom

from simulation.fault_injection import ProcessStopped
from simulation.killed_writer import run_killed_writer
from simulation.station import Answer, ConcurrentRequest, SimulatedStation, UserRequest, send
from simulation.world import CONNECTIONS, World
from supplies.domain import commands as c
from supplies.errors import StoreError, SuppliesError
from supplies.ledger.recorded import Recorded

INJECTION_POINTS = 30
"""Number of points at which a fault may be injected.

A command with fewer points may pass without a fault.
"""

MAX_PENDING = 30
"""Maximum number of waiting requests. If there are more, some are delivered."""


class Step:
    """One step of the simulation: a user acts at one of the stations, or a fault occurs there."""

    def __init__(self, world: World, random: SeededRandom, salts: str) -> None:
        self.world, self.random, self.salts = world, random, salts
        self.station: SimulatedStation = random.choose(
            [world.stations[0]] * 3 + [world.stations[1]]
        )

    def run(self, *, faults: bool) -> None:
        """Draw the kind of step and run it."""
        self.world.clock.tick()
        self._advance_outage()
        kind = self.random.choose(ALL_STEPS if faults else STEPS_WITHOUT_FAULTS)
        if kind in FAULT_STEPS:
            self.world.end_outage()
        kind(self)

    def _advance_outage(self) -> None:
        self.world.outage_steps_left -= 1
        if self.world.outage_steps_left <= 0:
            self.world.end_outage()

    def connection(self) -> int:
        return self.random.choose([0, 0, 0, 1])

    def draw_request(self) -> UserRequest:
        return self.station.draw_request(self.random)

    # --- users -----------------------------------------------------------------------------------

    def a_request_is_submitted(self) -> None:
        self.station.submit(self.draw_request(), self.connection())

    def a_recorded_request_is_repeated(self) -> None:
        """The same id with the same command gives the first answer again."""
        recorded = sorted(self.station.recorded)
        if recorded:
            request, _ = self.station.recorded[self.random.choose(recorded)]
            self.station.submit(request, self.connection())

    def a_used_id_is_sent_with_another_command(self) -> None:
        """The command is refused, and the first answer stays the same."""
        recorded = sorted(self.station.recorded)
        if recorded:
            id_ = self.random.choose(recorded)
            other = UserRequest(id_, "li", c.RecordActivity(kind="other", count=77))
            self.station.submit(other, self.connection())

    def a_request_is_delayed(self) -> None:
        """The request is sent now and arrives later."""
        self.station.pending.append(self.draw_request())

    def a_delayed_request_arrives(self) -> None:
        """One of the pending requests arrives. It may arrive a second time later."""
        pending = self.station.pending
        for _ in range(max(1, len(pending) - MAX_PENDING)):
            if pending:
                request = pending.pop(self.random.number(0, len(pending) - 1))
                self.station.submit(request, self.connection())
                if self.random.number(0, 2) == 0:
                    pending.append(request)

    def several_requests_share_a_commit(self) -> None:
        """Each of them is recorded or refused by itself."""
        group = [self.draw_request() for _ in range(self.random.number(2, 5))]
        if self.station.recorded and self.random.number(0, 2) == 0:
            group.append(
                self.station.recorded[self.random.choose(sorted(self.station.recorded))][0]
            )
        if self.random.number(0, 2) == 0:
            bad = self.station.new_request(self.random, c.RecordActivity(kind="visit", count=0))
            group.insert(self.random.number(0, len(group)), bad)
        self._submit_group(group, {})

    def _submit_group(
        self, group: list[UserRequest], injected: dict[int, Callable[[], None]]
    ) -> None:
        connection = self.station.connection(self.connection())
        try:
            with connection.store.injecting(injected):
                answers = connection.ledger.record_many(
                    [request.ledger_request for request in group]
                )
        except (StoreError, ProcessStopped) as failure:
            answers = [failure] * len(group)
        self.station.check_answers(
            [(a, answer, None) for a, answer in zip(group, answers, strict=True)]
        )
        recorded = [answer for answer in answers if isinstance(answer, Recorded)]
        new = [answer.seq for answer in recorded if not answer.repeated]
        assert new == sorted(new), "what comes at once is recorded in its order"

    # --- races -----------------------------------------------------------------------------------

    def two_commands_run_at_once(self) -> None:
        """A second command starts while the first is in its transaction, and has to wait."""
        first = self.draw_request()
        second = self._rival(first)
        concurrent = ConcurrentRequest(self.station.connection(1), second)
        injected = {self.random.number(1, INJECTION_POINTS): concurrent.start}
        if self.world.end_current_outage is None and self.random.number(0, 4) == 0:
            injected[self.random.number(1, INJECTION_POINTS)] = _stop_process
        answer = self._submit_concurrently(first, injected, concurrent)
        self.station.check_answers([(first, answer, None), (second, concurrent.answer, None)])
        if self.world.end_current_outage is None and isinstance(concurrent.answer, SuppliesError):
            self._check_refused_alone(second, concurrent.answer)

    def _submit_concurrently(
        self,
        first: UserRequest,
        injected: dict[int, Callable[[], None]],
        concurrent: ConcurrentRequest,
    ) -> Answer:
        """Record a command, and start another one inside it.

        If the point of the start is not reached, the other command runs afterwards.
        """
        connection = self.station.connection(0)
        with connection.store.injecting(injected):
            answer = send(connection, first)
        if concurrent.ident is None:
            concurrent.start()
        concurrent.join()
        return answer

    def _rival(self, first: UserRequest) -> UserRequest:
        """Return another request for the same goods, the same request, or any other request."""
        same = self.station.new_request(self.random, first.command)
        return self.random.choose([same, same, first, self.draw_request()])

    def _check_refused_alone(self, request: UserRequest, refusal: SuppliesError) -> None:
        """Check that a command refused beside another is refused alone with the same message."""
        again = self.station.submit(request)
        assert str(again) == str(refusal), f"beside another: {refusal}; alone: {again}"

    def two_stations_write_at_once(self) -> None:
        """Neither station reads what the other is writing. On PostgreSQL neither waits."""
        (other,) = (station for station in self.world.stations if station is not self.station)
        first, second = self.draw_request(), other.draw_request(self.random)
        concurrent = ConcurrentRequest(other.connection(), second)
        answer = self._submit_concurrently(
            first, {self.random.number(1, INJECTION_POINTS): concurrent.start}, concurrent
        )
        self.station.check_answers([(first, answer, None)])
        other.check_answers([(second, concurrent.answer, None)])

    def a_reader_runs_during_a_command(self) -> None:
        """The reader does not see entries before they are committed."""
        committed = len(self.station.model.bodies)
        writer, reader = self.station.connection(0).store, self.station.connection(1).ledger

        def look() -> None:
            with reader.reading() as books:
                seen = books.last_entry().seq
            assert seen == committed or writer.durable, (
                f"entry {seen} was seen before it was recorded"
            )

        self.station.submit(self.draw_request(), 0, {self.random.number(1, INJECTION_POINTS): look})

    def a_pack_is_redefined(self) -> None:
        """An item is amended. Recorded lines keep the size that their pack had."""
        if self.world.end_current_outage is None:
            self.station.redefine_pack(self.random)

    # --- time ------------------------------------------------------------------------------------

    def a_day_passes(self) -> None:
        self.world.clock.advance()

    def the_clock_is_set(self) -> None:
        """The clock is set by some days forwards or back, or by some minutes back."""
        days = self.random.choose([0, 0, 1, 2, 5, 12, -1, -1, -2, -3])
        if days:
            self.world.clock.advance(days)
        else:
            self.world.clock.step_back(self.random.number(1, 60))
        self.world.trace.event(f"the clock says {self.world.clock()}")

    # --- faults ----------------------------------------------------------------------------------

    def the_machine_stops(self) -> None:
        """The machine stops in the middle of a command or of a group."""
        storage = self.station.storage

        def stop() -> None:
            storage.stop()
            raise ProcessStopped

        self._submit_with_fault("the machine stops", stop)

    def a_command_is_interrupted(self) -> None:
        """The disk is full or the connection ends in the middle of a command."""
        storage, connections = (
            self.station.storage,
            [self.station.connection(number) for number in CONNECTIONS],
        )
        self._submit_with_fault("it is interrupted", lambda: storage.interrupt(connections))
        storage.recover(connections)

    def _submit_with_fault(self, what: str, fault: Callable[[], None]) -> None:
        """Inject a fault into a command or a group. Requests without an answer become pending."""

        def happens() -> None:
            self.world.trace.event(what)
            self.world.tally[what] += 1
            fault()

        injected = {self.random.number(1, INJECTION_POINTS): happens}
        if self.random.number(0, 2) == 0:
            self._submit_group([self.draw_request() for _ in range(3)], injected)
        else:
            self.station.submit(self.draw_request(), self.connection(), injected)

    def the_writer_is_killed(self) -> None:
        """A process is killed (`kill -9`) in the middle of the last of some commands."""
        requests = [self.draw_request() for _ in range(self.random.number(1, 3))]
        acknowledged, killed = run_killed_writer(
            self.station.storage.url,
            self.station.code,
            self.world.clock(),
            self.salts,
            requests,
            self.random.number(1, INJECTION_POINTS),
        )
        self.world.trace.event(
            "a writer is killed" if killed else "a writer was not killed in time"
        )
        self.world.tally["a writer is killed"] += killed
        self.station.read_new_entries(requests)
        for id_ in acknowledged:
            assert id_ in self.station.recorded, f"{id_} was acknowledged and is lost"
        self.station.pending += requests

    def an_outage_begins(self) -> None:
        self.world.begin_outage(self.random, self.station.storage)


def _stop_process() -> None:
    raise ProcessStopped


Kind = Callable[[Step], None]

USER_STEPS: dict[Kind, int] = {
    Step.a_request_is_submitted: 645,
    Step.a_recorded_request_is_repeated: 40,
    Step.a_used_id_is_sent_with_another_command: 20,
    Step.a_request_is_delayed: 50,
    Step.a_delayed_request_arrives: 60,
    Step.several_requests_share_a_commit: 30,
    Step.two_commands_run_at_once: 30,
    Step.two_stations_write_at_once: 15,
    Step.a_reader_runs_during_a_command: 15,
    Step.a_pack_is_redefined: 10,
    Step.a_day_passes: 60,
    Step.the_clock_is_set: 5,
}
"""Steps of users, with their number in a thousand steps."""

FAULT_STEPS: dict[Kind, int] = {
    Step.the_machine_stops: 8,
    Step.a_command_is_interrupted: 12,
    Step.the_writer_is_killed: 6,
    Step.an_outage_begins: 6,
}
"""Steps with faults, with their number in a thousand steps."""

STEPS_WITHOUT_FAULTS = [kind for kind, weight in USER_STEPS.items() for _ in range(weight)]
ALL_STEPS = STEPS_WITHOUT_FAULTS + [
    kind for kind, weight in FAULT_STEPS.items() for _ in range(weight)
]
