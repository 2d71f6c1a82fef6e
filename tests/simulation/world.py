"""Some weeks at two stations: their books, their clock, and what befalls them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from pathlib import Path

from support.command_generators import Dice
from support.engines import Engines

from simulation import laws
from simulation.alone import recorded_alone
from simulation.clock import Time
from simulation.office import Office
from simulation.people import STATIONS, register_all
from simulation.places import Database, File, Place
from simulation.trace import Trace
from supplies.ledger.ledger import Ledger

FIRST_DAY = date(2019, 12, 1)
"""Books begin on this day or some weeks later, so that some go over the end of a year."""

DOORS = (0, 1)
"""Each station's books have two, for those who act in the same moment."""


class World:
    """Two stations, in one database or in two.

    order: what was recorded, station and id, as it came. over: how the present trouble ends, which
    it does after so many `steps_of_trouble`; None: all is well.
    """

    def __init__(
        self,
        dice: Dice,
        engine: str,
        engines: Engines,
        folder: Path,
        trace: Trace,
        tally: Counter[str],
    ) -> None:
        self._closing = ExitStack()
        self.folder, self.trace, self.tally = folder, trace, tally
        self.clock = Time(FIRST_DAY + timedelta(days=dice.number(0, 70)))
        self.order: list[tuple[str, str]] = []
        self.over: Callable[[], None] | None = None
        self.steps_of_trouble = 0
        together = dice.of([True, True, False])
        place = self._place(engine, engines, "here")
        other = place if together else self._place(engine, engines, "there")
        here, there = self.offices = [
            self._office(code, where) for code, where in zip(STATIONS, (place, other), strict=True)
        ]
        here.elsewhere, there.elsewhere = there.plain, here.plain
        here.together = there.together = together

    def _place(self, engine: str, engines: Engines, name: str) -> Place:
        if engine == "postgresql":
            return Database(engines.server, self._closing.enter_context(engines.server.books()))
        folder = self.folder / name
        folder.mkdir()
        return File(folder)

    def _office(self, code: str, place: Place) -> Office:
        with Ledger.open(place.url, station=code, clock=self.clock) as ledger:
            register_all(ledger)
        return Office(
            code,
            place,
            self.clock,
            self.trace,
            self.order,
            self.tally,
            start_again=lambda: self._start_again(place),
        )

    # --- troubles --------------------------------------------------------------------------------

    def _start_again(self, place: Place) -> None:
        """After a stop everybody there comes back."""
        for office in self._at(place):
            office.leave_all()
        place.tidy()

    def trouble(self, dice: Dice, place: Place) -> None:
        """Something is the matter for some steps."""
        doors = [office.door(number) for office in self._at(place) for number in DOORS]
        name = dice.of(sorted(place.troubles()))
        self.trace.event(name)
        self.tally[name] += 1
        end = place.troubles()[name](doors)

        def over() -> None:
            end()
            self.trace.event("that is over")

        self.over, self.steps_of_trouble = over, dice.number(2, 8)

    def end_trouble(self) -> None:
        """All is well again."""
        if self.over is not None:
            over, self.over = self.over, None
            over()

    def _at(self, place: Place) -> list[Office]:
        return [office for office in self.offices if office.place is place]

    # --- the end ---------------------------------------------------------------------------------

    def check(self) -> None:
        """Every law, on all tables."""
        self.end_trouble()
        laws.check(self.offices)

    def finish(self) -> None:
        """Deliver what is in the post, and look at everything once more."""
        self.end_trouble()
        for office in self.offices:
            for _ in range(2):
                late, office.post = office.post, []
                for asked in late:
                    office.give(asked)
            assert not office.post, "nothing is the matter, yet requests are not answered"
        self.check()
        laws.verify(self.offices)
        recorded_alone(self.offices, self.order, self.folder)

    def close(self) -> None:
        with self._closing:
            if self.over is not None:
                self.over()
            for office in self.offices:
                office.leave_all()


@contextmanager
def world(
    dice: Dice, engine: str, engines: Engines, folder: Path, trace: Trace, tally: Counter[str]
) -> Iterator[World]:
    """Fresh books for some weeks."""
    made = World(dice, engine, engines, folder, trace, tally)
    try:
        yield made
    finally:
        made.close()
