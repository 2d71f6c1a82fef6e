"""A simulated world: some weeks at two stations, with their books, clock and outages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from pathlib import Path

from support.command_generators import SeededRandom
from support.engines import Engines

from simulation.clock import SimulatedClock
from simulation.invariants import check_invariants, verify_books
from simulation.serial_replay import compare_with_serial_replay
from simulation.station import RecordedOrder, SimulatedStation
from simulation.storage import PostgresStorage, SqliteStorage, Storage
from simulation.trace import Trace
from simulation.workload import STATIONS, register_all
from supplies.ledger.ledger import Ledger

FIRST_DAY = date(2019, 12, 1)
"""Earliest first day of books. Some books begin weeks later and pass the end of a year."""

CONNECTIONS = (0, 1)
"""Number of connections of each station, for commands that run at once."""


class World:
    """Two stations, in one database or in two.

    Attributes:
        recorded_order: Recorded requests and amended items, in order.
        end_current_outage: Ends the current outage, or None if there is no outage. The outage lasts
            `outage_steps_left` more steps.
    """

    def __init__(
        self,
        random: SeededRandom,
        engine: str,
        engines: Engines,
        folder: Path,
        trace: Trace,
        tally: Counter[str],
    ) -> None:
        self._closing = ExitStack()
        self.folder, self.trace, self.tally = folder, trace, tally
        self.clock = SimulatedClock(FIRST_DAY + timedelta(days=random.number(0, 70)))
        self.recorded_order: RecordedOrder = []
        self.end_current_outage: Callable[[], None] | None = None
        self.outage_steps_left = 0
        same_database = random.choose([True, True, False])
        storage = self._open_storage(engine, engines, "here")
        other = storage if same_database else self._open_storage(engine, engines, "there")
        first, second = self.stations = [
            self._open_station(code, where)
            for code, where in zip(STATIONS, (storage, other), strict=True)
        ]
        first.other_model, second.other_model = second.model, first.model
        first.same_database = second.same_database = same_database

    def _open_storage(self, engine: str, engines: Engines, name: str) -> Storage:
        if engine == "postgresql":
            return PostgresStorage(
                engines.server, self._closing.enter_context(engines.server.books())
            )
        folder = self.folder / name
        folder.mkdir()
        return SqliteStorage(folder)

    def _open_station(self, code: str, storage: Storage) -> SimulatedStation:
        with Ledger.open(storage.url, station=code, clock=self.clock, new_station=True) as ledger:
            register_all(ledger)
        return SimulatedStation(
            code,
            storage,
            self.clock,
            self.trace,
            self.recorded_order,
            self.tally,
            restart=lambda: self._restart(storage),
        )

    # --- outages ---------------------------------------------------------------------------------

    def _restart(self, storage: Storage) -> None:
        """Reconnect all stations after a stop."""
        for station in self._stations_in(storage):
            station.close_connections()
        storage.remove_old_files()

    def begin_outage(self, random: SeededRandom, storage: Storage) -> None:
        """Start an outage that lasts some steps."""
        connections = [
            station.connection(number)
            for station in self._stations_in(storage)
            for number in CONNECTIONS
        ]
        name = random.choose(sorted(storage.outages()))
        self.trace.event(name)
        self.tally[name] += 1
        end = storage.outages()[name](connections)

        def end_and_log() -> None:
            end()
            self.trace.event("that is over")

        self.end_current_outage, self.outage_steps_left = end_and_log, random.number(2, 8)

    def end_outage(self) -> None:
        """End the current outage, if there is one."""
        if self.end_current_outage is not None:
            end, self.end_current_outage = self.end_current_outage, None
            end()

    def _stations_in(self, storage: Storage) -> list[SimulatedStation]:
        return [station for station in self.stations if station.storage is storage]

    # --- checking ---------------------------------------------------------------------------------

    def check(self) -> None:
        """Check all invariants on all tables."""
        self.end_outage()
        check_invariants(self.stations)

    def finish(self) -> None:
        """Deliver pending requests and check everything."""
        self.end_outage()
        for station in self.stations:
            for _ in range(2):
                late, station.pending = station.pending, []
                for request in late:
                    station.submit(request)
            assert not station.pending, "there is no outage, yet requests are not answered"
        self.check()
        verify_books(self.stations)
        compare_with_serial_replay(self.stations, self.recorded_order, self.folder)

    def close(self) -> None:
        with self._closing:
            if self.end_current_outage is not None:
                self.end_current_outage()
            for station in self.stations:
                station.close_connections()


@contextmanager
def open_world(
    random: SeededRandom,
    engine: str,
    engines: Engines,
    folder: Path,
    trace: Trace,
    tally: Counter[str],
) -> Iterator[World]:
    """Yield new books for some weeks. They are closed at the end."""
    made = World(random, engine, engines, folder, trace, tally)
    try:
        yield made
    finally:
        made.close()
