"""A station in a simulation: what was asked of it and answered, and the model of its books."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec
from support.command_generators import Asks, Dice
from support.oracle import Foreseen, Foresight
from support.reference_model import PlainBooks

from simulation.clock import Time
from simulation.fragile import Stopped
from simulation.people import CAST, USERS, wish
from simulation.places import Door, Place, open_door
from simulation.trace import Trace
from supplies.domain import commands as c
from supplies.domain.entries import Body
from supplies.domain.entry_rows import Conflict, Erasure
from supplies.errors import AlreadyDone, IdempotencyConflict, StoreError, SuppliesError
from supplies.ledger.recorded import Recorded
from supplies.ledger.writer import CheckedRequest, Request, shipment_command_id

Answer = Recorded | SuppliesError | Stopped


@dataclass
class Asked:
    """A command that somebody gave, with the id that it keeps however often it is sent."""

    id: str
    by: str
    command: c.Command

    @property
    def request(self) -> Request:
        return Request(command=self.command, by=self.by, id=self.id)


class Office:
    """One station: its doors, what was asked of it, and what is known of its books.

    recorded: the requests that the books hold, by id. given: the command of each entry that began
    one. post: what was not acknowledged, or is still on its way. order: what both stations
    recorded, as it came. start_again: how everybody comes back after something stopped.
    """

    def __init__(
        self,
        code: str,
        place: Place,
        clock: Time,
        trace: Trace,
        order: list[tuple[str, str]],
        tally: Counter[str],
        start_again: Callable[[], None],
    ) -> None:
        self.code, self.place, self.clock, self.trace = code, place, clock, trace
        self.order, self.tally, self.start_again = order, tally, start_again
        self.doors: dict[int, Door] = {}
        self.plain = PlainBooks(self.door().ledger.books)
        self.foresight = Foresight(self.plain, clock)
        self.recorded: dict[str, tuple[Asked, Recorded]] = {}
        self.given: dict[int, c.Command] = {}
        self.post: list[Asked] = []
        self.elsewhere: PlainBooks | None = None
        self.together = False

    # --- doors -----------------------------------------------------------------------------------

    def door(self, number: int = 0) -> Door:
        """A ledger on a connection of its own; opened when it is first used."""
        if number not in self.doors:
            self.doors[number] = open_door(self.place.url, self.code, self.clock)
        return self.doors[number]

    def leave_all(self) -> None:
        """Close the doors; each is opened anew when it is next used."""
        while self.doors:
            self.doors.popitem()[1].ledger.close()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """The model reads these books as they stand at one moment."""
        with self.door().ledger.reading() as books:
            self.plain.books = books
            yield

    # --- asking ----------------------------------------------------------------------------------

    def asks(self, dice: Dice) -> Asks:
        """What may be asked, as the books stand."""
        return Asks(dice, self.plain, self.clock, self.given, CAST, self.elsewhere, self.together)

    def ask(self, dice: Dice) -> Asked:
        """Somebody has a wish."""
        return self.asked(dice, wish(self.asks(dice), dice))

    def asked(self, dice: Dice, command: c.Command) -> Asked:
        """A request for a command, under a new id or the one that such a command has of its own."""
        return Asked(shipment_command_id(command) or dice.uuid(), dice.of(USERS), command)

    # --- giving ----------------------------------------------------------------------------------

    def give(
        self,
        asked: Asked,
        number: int = 0,
        strikes: dict[int, Callable[[], None]] | None = None,
    ) -> Answer:
        """Give a command by a door and see that the answer is right; what has happened by then."""
        foreseen = None if asked.id in self.recorded else self.foresight.of(asked.command)
        door = self.door(number)
        with door.store.striking(strikes or {}):
            answer = send(door, asked)
        self.settle([(asked, answer, foreseen)])
        return answer

    def settle(self, answers: list[tuple[Asked, Answer, Foreseen | None]]) -> None:
        """Hold what was answered against what the books say now."""
        if any(isinstance(answer, Stopped) for _, answer, _ in answers):
            self.start_again()
        before = {asked.id for asked, *_ in answers if asked.id in self.recorded}
        new = self.absorb([asked for asked, *_ in answers])
        for asked, answer, foreseen in answers:
            self.trace.line(self.code, asked.by, asked.command, answer)
            if isinstance(answer, Recorded):
                bodies = [] if answer.repeated else new.pop(asked.id, [])
                self._recorded(asked, answer, bodies, foreseen)
            elif isinstance(answer, StoreError | Stopped):
                self.tally["unanswered"] += 1
                self.post.append(asked)
            else:
                self._refused(asked, answer, foreseen, before=asked.id in before)
        for id_ in new:
            untold = self.recorded[id_][0] in self.post
            assert untold, f"{self.recorded[id_]} was recorded, and another answer was given"

    def absorb(self, sent: Iterable[Asked] = ()) -> dict[str, list[Body]]:
        """Read what was recorded since, by request: whole, once, and of what was just sent."""
        if not self.place.readable:
            return {}
        with self.reading():
            found = self.plain.absorb()
        recorded: list[tuple[Asked, list[Body]]] = []
        for body in found:
            if body.part == 0:
                assert body.id not in self.recorded, f"request {body.id} was recorded twice"
                recorded.append((_whose(body, sent), []))
            _, bodies = recorded[-1]
            assert body.part == len(bodies), f"entry {body.seq}: a part is missing"
            bodies.append(body)
        for asked, bodies in recorded:
            self._enter(asked, bodies)
        return {asked.id: bodies for asked, bodies in recorded}

    def _enter(self, asked: Asked, bodies: list[Body]) -> None:
        head = bodies[0]
        because = [row.because for row in head.rows if isinstance(row, Conflict)]
        self.recorded[asked.id] = (
            asked,
            Recorded(
                seq=head.seq,
                last=bodies[-1].seq,
                id=head.id,
                document=head.document,
                conflict=because[0] if because else None,
            ),
        )
        self.order.append((self.code, asked.id))
        if not because:
            self.given[head.seq] = asked.command
        self.tally[type(asked.command).__name__] += 1
        self.tally["conflicts"] += bool(because)
        self.trace.entries(self.code, self.plain.chain[head.seq - 1 : bodies[-1].seq])

    # --- what is right ---------------------------------------------------------------------------

    def _recorded(
        self, asked: Asked, answer: Recorded, new: list[Body], foreseen: Foreseen | None
    ) -> None:
        """A first answer tells of its own entries, a repeat of those of the first time."""
        assert answer.id in self.recorded, f"{answer} was acknowledged and is not in the books"
        first, known = self.recorded[answer.id]
        assert answer == msgspec.structs.replace(known, repeated=answer.repeated)
        assert answer.repeated or new, f"{asked.command} was recorded before, and answered anew"
        if foreseen is not None:
            foreseen.recorded(answer, new)
        if answer.id != asked.id:
            # The stop had this outcome already: whoever says it again is told so.
            assert isinstance(asked.command, c.ReportOutcome)
        elif asked.command != first.command:
            assert self.erased(asked.id), "another command was answered as the first"
        self.tally["repeated" if answer.repeated else "recorded"] += 1

    def _refused(
        self, asked: Asked, refusal: SuppliesError, foreseen: Foreseen | None, *, before: bool
    ) -> None:
        """What was recorded before is never refused; everything else with good reason."""
        if before:
            first, _ = self.recorded[asked.id]
            assert asked.command != first.command, f"refused, though it was recorded: {refusal}"
            assert isinstance(refusal, IdempotencyConflict | AlreadyDone), refusal
        elif foreseen is not None:
            foreseen.refused(refusal)
        self.tally[f"refused: {refusal.slug}"] += 1

    def erased(self, id_: str) -> bool:
        """Whether a request's texts were forgotten, so that nothing can be compared with it."""
        erased = {row.digest for _, row in self.plain.stated[Erasure]}
        return self.plain.bodies[self.recorded[id_][1].seq - 1].texts in erased


def _whose(body: Body, sent: Iterable[Asked]) -> Asked:
    """Which request an entry answers: a shipment's own id may come with several commands."""
    mine = [asked for asked in sent if (asked.id, asked.by) == (body.id, body.recorded_by)]
    assert mine, f"entry {body.seq} was asked for by nobody"
    same = (asked for asked in mine if CheckedRequest.of(asked.request).digest == body.request)
    return next(same, mine[0])


def send(door: Door, asked: Asked) -> Answer:
    """Give a command; a refusal, or the end of the process, is an answer too."""
    try:
        return door.ledger.record(asked.command, by=asked.by, id=asked.id)
    except (SuppliesError, Stopped) as answer:
        return answer


class Sending(threading.Thread):
    """A command that is given beside another, and waits where it must."""

    def __init__(self, door: Door, asked: Asked) -> None:
        super().__init__(name="beside")
        self.door, self.asked = door, asked
        self._answer: Answer | None = None

    def run(self) -> None:
        self._answer = send(self.door, self.asked)

    @property
    def told(self) -> Answer:
        """What was answered in the end."""
        assert self._answer is not None, "the second writer ended without an answer"
        return self._answer
