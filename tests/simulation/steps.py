"""What may happen in a step of a simulation, and how likely it is.

A step decides everything by a dice of its own, made from the seed and its number, and looks only at
the world as it stands: so any step can be left out and the rest still make sense.
"""

from __future__ import annotations

from collections.abc import Callable

from support.command_generators import Dice

from simulation.fragile import Stopped
from simulation.killed import give_and_be_killed
from simulation.office import Answer, Asked, Office, Sending, send
from simulation.world import DOORS, World
from supplies.domain import commands as c
from supplies.errors import StoreError, SuppliesError
from supplies.ledger.recorded import Recorded

MOMENTS = 30
"""A command is struck at one of so many moments; where it has fewer, nothing happens."""

IN_THE_POST = 30
"""How many requests may wait before some are delivered."""


class Step:
    """One step: somebody acts at one of the stations, or something befalls it."""

    def __init__(self, world: World, dice: Dice, salts: str) -> None:
        self.world, self.dice, self.salts = world, dice, salts
        self.office: Office = dice.of([world.offices[0]] * 3 + [world.offices[1]])

    def happen(self, *, faults: bool) -> None:
        """Draw what it is, and let it happen."""
        self.world.clock.tick()
        self._trouble_passes()
        kind = self.dice.of(EVERYTHING if faults else PEACEFUL)
        if kind in FAULTS:
            self.world.end_trouble()
        kind(self)

    def _trouble_passes(self) -> None:
        self.world.steps_of_trouble -= 1
        if self.world.steps_of_trouble <= 0:
            self.world.end_trouble()

    def door(self) -> int:
        return self.dice.of([0, 0, 0, 1])

    def ask(self) -> Asked:
        return self.office.ask(self.dice)

    # --- people ----------------------------------------------------------------------------------

    def somebody_asks(self) -> None:
        self.office.give(self.ask(), self.door())

    def somebody_asks_again(self) -> None:
        """The same id with the same command answers as the first time."""
        recorded = sorted(self.office.recorded)
        if recorded:
            asked, _ = self.office.recorded[self.dice.of(recorded)]
            self.office.give(asked, self.door())

    def an_id_comes_with_another_command(self) -> None:
        """That is refused, and the first answer stands."""
        recorded = sorted(self.office.recorded)
        if recorded:
            id_ = self.dice.of(recorded)
            other = Asked(id_, "li", c.RecordActivity(kind="other", count=77))
            self.office.give(other, self.door())

    def a_request_is_sent(self) -> None:
        """It is on its way, and will come late."""
        self.office.post.append(self.ask())

    def the_post_comes(self) -> None:
        """One of the requests that wait, whichever; it may come a second time."""
        post = self.office.post
        for _ in range(max(1, len(post) - IN_THE_POST)):
            if post:
                asked = post.pop(self.dice.number(0, len(post) - 1))
                self.office.give(asked, self.door())
                if self.dice.number(0, 2) == 0:
                    post.append(asked)

    def several_come_at_once(self) -> None:
        """What waits is recorded in one commit: each its own success or refusal."""
        group = [self.ask() for _ in range(self.dice.number(2, 5))]
        if self.office.recorded and self.dice.number(0, 2) == 0:
            group.append(self.office.recorded[self.dice.of(sorted(self.office.recorded))][0])
        if self.dice.number(0, 2) == 0:
            bad = self.office.asked(self.dice, c.RecordActivity(kind="visit", count=0))
            group.insert(self.dice.number(0, len(group)), bad)
        self._together(group, {})

    def _together(self, group: list[Asked], strikes: dict[int, Callable[[], None]]) -> None:
        door = self.office.door(self.door())
        try:
            with door.store.striking(strikes):
                answers = door.ledger.record_many([asked.request for asked in group])
        except (StoreError, Stopped) as failure:
            answers = [failure] * len(group)
        self.office.settle([(a, answer, None) for a, answer in zip(group, answers, strict=True)])
        told = [answer for answer in answers if isinstance(answer, Recorded)]
        new = [answer.seq for answer in told if not answer.repeated]
        assert new == sorted(new), "what comes at once is recorded in its order"

    # --- races -----------------------------------------------------------------------------------

    def two_act_in_the_same_moment(self) -> None:
        """One gives a command while another is in the middle of one, and has to wait."""
        first = self.ask()
        second = self._rival(first)
        beside = Sending(self.office.door(1), second)
        strikes = {self.dice.number(1, MOMENTS): beside.start}
        if self.world.over is None and self.dice.number(0, 4) == 0:
            strikes[self.dice.number(1, MOMENTS)] = _end
        answer = self._beside(first, strikes, beside)
        self.office.settle([(first, answer, None), (second, beside.told, None)])
        if self.world.over is None and isinstance(beside.told, SuppliesError):
            self._refused_alone(second, beside.told)

    def _beside(
        self, first: Asked, strikes: dict[int, Callable[[], None]], beside: Sending
    ) -> Answer:
        """Give a command in which another is begun; where its moment is not reached, afterwards."""
        door = self.office.door(0)
        with door.store.striking(strikes):
            answer = send(door, first)
        if beside.ident is None:
            beside.start()
        beside.join()
        return answer

    def _rival(self, first: Asked) -> Asked:
        """Another who wants the same, sends the same request, or wants something of their own."""
        same = self.office.asked(self.dice, first.command)
        return self.dice.of([same, same, first, self.ask()])

    def _refused_alone(self, asked: Asked, refusal: SuppliesError) -> None:
        """What was refused beside another is refused alone, and in the same words."""
        again = self.office.give(asked)
        assert str(again) == str(refusal), f"beside another: {refusal}; alone: {again}"

    def two_stations_act_in_the_same_moment(self) -> None:
        """Neither looks at what the other is doing; on PostgreSQL neither waits."""
        (other,) = (office for office in self.world.offices if office is not self.office)
        first, second = self.ask(), other.ask(self.dice)
        beside = Sending(other.door(), second)
        answer = self._beside(first, {self.dice.number(1, MOMENTS): beside.start}, beside)
        self.office.settle([(first, answer, None)])
        other.settle([(second, beside.told, None)])

    def somebody_looks_meanwhile(self) -> None:
        """What is being recorded is not seen before it is."""
        there = len(self.office.plain.bodies)
        writer, reader = self.office.door(0).store, self.office.door(1).ledger

        def look() -> None:
            with reader.reading() as books:
                seen = books.head()[0]
            assert seen == there or writer.durable, f"entry {seen} was seen before it was recorded"

        self.office.give(self.ask(), 0, {self.dice.number(1, MOMENTS): look})

    # --- time ------------------------------------------------------------------------------------

    def a_day_passes(self) -> None:
        self.world.clock.advance()

    def the_clock_steps(self) -> None:
        """Somebody sets it: some days forwards or back, or some minutes back."""
        days = self.dice.of([0, 0, 1, 2, 5, 12, -1, -1, -2, -3])
        if days:
            self.world.clock.advance(days)
        else:
            self.world.clock.step_back(self.dice.number(1, 60))
        self.world.trace.event(f"the clock says {self.world.clock()}")

    # --- faults ----------------------------------------------------------------------------------

    def the_machine_stops(self) -> None:
        """In the middle of a command, or of several."""
        place = self.office.place

        def stop() -> None:
            place.stop()
            raise Stopped

        self._struck("the machine stops", stop)

    def it_is_interrupted(self) -> None:
        """The disk is full, or the connection ends, in the middle of a command."""
        place, doors = self.office.place, [self.office.door(number) for number in DOORS]
        self._struck("it is interrupted", lambda: place.interrupt(doors))
        place.recover(doors)

    def _struck(self, what: str, strike: Callable[[], None]) -> None:
        """Something happens within a command or a group; then the post brings it again."""

        def happens() -> None:
            self.world.trace.event(what)
            self.world.tally[what] += 1
            strike()

        strikes = {self.dice.number(1, MOMENTS): happens}
        if self.dice.number(0, 2) == 0:
            self._together([self.ask() for _ in range(3)], strikes)
        else:
            self.office.give(self.ask(), self.door(), strikes)

    def the_writer_is_killed(self) -> None:
        """`kill -9` of a process in the middle of the last of some commands."""
        requests = [self.ask() for _ in range(self.dice.number(1, 3))]
        acknowledged, killed = give_and_be_killed(
            self.office.place.url,
            self.office.code,
            self.world.clock(),
            self.salts,
            requests,
            self.dice.number(1, MOMENTS),
        )
        self.world.trace.event(
            "a writer is killed" if killed else "a writer was not killed in time"
        )
        self.world.tally["a writer is killed"] += killed
        self.office.absorb(requests)
        for id_ in acknowledged:
            assert id_ in self.office.recorded, f"{id_} was acknowledged and is lost"
        self.office.post += requests

    def something_is_the_matter(self) -> None:
        self.world.trouble(self.dice, self.office.place)


def _end() -> None:
    raise Stopped


Kind = Callable[[Step], None]

PEOPLE: dict[Kind, int] = {
    Step.somebody_asks: 645,
    Step.somebody_asks_again: 40,
    Step.an_id_comes_with_another_command: 20,
    Step.a_request_is_sent: 50,
    Step.the_post_comes: 60,
    Step.several_come_at_once: 30,
    Step.two_act_in_the_same_moment: 30,
    Step.two_stations_act_in_the_same_moment: 15,
    Step.somebody_looks_meanwhile: 15,
    Step.a_day_passes: 60,
    Step.the_clock_steps: 5,
}
"""What people do, and how often in a thousand steps."""

FAULTS: dict[Kind, int] = {
    Step.the_machine_stops: 8,
    Step.it_is_interrupted: 12,
    Step.the_writer_is_killed: 6,
    Step.something_is_the_matter: 6,
}
"""What goes wrong, and how often in a thousand steps."""

PEACEFUL = [kind for kind, weight in PEOPLE.items() for _ in range(weight)]
EVERYTHING = PEACEFUL + [kind for kind, weight in FAULTS.items() for _ in range(weight)]
