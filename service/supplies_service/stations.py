"""The stations that a service serves: an office for each, made when it is first asked for.

All offices share what costs: the connections that read, the writers, the keys. Which one a request
is for is settled at the gate, by what the caller shows there, and by nobody else.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from contextlib import ExitStack
from functools import cached_property
from typing import Any, TypeVar
from zlib import crc32

from litestar.connection import ASGIConnection

from supplies.access.access_context import Gate
from supplies.ledger.ledger import Clock, Ledger
from supplies.signing.station_keys import StationKeys
from supplies.stations.organisation import first_station
from supplies.storage import file_of, open_store
from supplies_service.group_commit import MOST_TOGETHER, GroupWriter, Job
from supplies_service.observability.event_loop_watchdog import Watchman
from supplies_service.observability.metrics import Metrics

T = TypeVar("T")

Connection = ASGIConnection[Any, Any, Any, Any]
"""A request, as middlewares see it."""

_KEPT = 1000
"""Offices that are kept; the one that was asked for longest ago is let go first."""

_WRITERS = 4
"""Stations that a process may write for at once, where the engine lets several write."""

_OFFICE = "supplies_office"
"""Where a request's scope holds the office that it is for."""


class Office:
    """One station's: its books, the way to write in them, and the keys.

    ledger: for reading on the event loop, shortly. Whoever writes does it through the writer.
    trial: the last that was made whether the books can be written.
    """

    def __init__(
        self, ledger: Ledger, apart: Ledger, writer: GroupWriter, key: StationKeys
    ) -> None:
        self.station = ledger.station_code
        self.ledger, self.writer, self.key = ledger, writer, key
        self._apart = apart
        self.trial: asyncio.Task[None] | None = None

    @cached_property
    def apart(self) -> Ledger:
        """For what takes longer than the loop may wait: in threads, one after the other.

        Asked for in such a thread: whoever asks first waits there for what others read apart.
        """
        return self._apart.at(self.station)

    async def write(self, job: Job[T]) -> T:
        """Carry out a job of the writer's; its outcome, once that is durable."""
        return await self.writer.run(job, at=self.station)

    async def administer(self, job: Callable[[Gate], T]) -> T:
        """Change rows that no entry states, durably once this returns."""
        return await self.write(lambda ledger: job(Gate(ledger.books, ledger.clock())))


class Offices:
    """All of them. `stop` lets go of the books.

    only: the one station that is served; None: every station of the database.
    """

    def __init__(
        self,
        database: str,
        *,
        only: str | None,
        clock: Clock,
        metrics: Metrics,
        most_together: int = MOST_TOGETHER,
    ) -> None:
        self.metrics, self.only = metrics, only
        first = only or _first(database)
        self._made: OrderedDict[str, Office] = OrderedDict()
        with ExitStack() as opened:

            def open_books() -> Ledger:
                return opened.enter_context(
                    Ledger.open(database, station=first, clock=clock, create=False)
                )

            self._ledger, self._apart = open_books(), open_books()
            self._key = StationKeys.beside(database)
            self._writers = [
                GroupWriter(open_books(), watcher=metrics, most_together=most_together)
                for _ in range(1 if only is not None or file_of(database) else _WRITERS)
            ]
            self._books = opened.pop_all()
        self._watchman = Watchman(self._ledger.store)
        self.home = self._make(self._ledger.station_code)

    async def stop(self) -> None:
        """Carry out what was accepted, and let go of the books."""
        for writer in self._writers:
            await writer.stop()
        await self._watchman.stop()
        self._books.close()

    # --- which one ---------------------------------------------------------------------------

    def find(self, station: str | None) -> Office | None:
        """The office of a station; None where no such station is served.

        station None: what was made before stations were named; it is of the only one there is.
        """
        if station is None:
            return None if self.several() else self.home
        if self.only not in (None, station):
            return None
        made = self._made.get(station)
        if made is not None:
            self._made.move_to_end(station)
            return made
        there = self._asked("SELECT 1 FROM stations WHERE code = :code", code=station)
        return self._make(station) if there else None

    def of_receipt(self, number: str) -> Office | None:
        """The office whose station issued a receipt: numbers are nobody else's."""
        issuer = self._asked("SELECT station FROM receipts WHERE number = :number", number=number)
        return self.find(str(issuer[0][0])) if issuer else None

    def several(self) -> bool:
        """Whether more than one station is served."""
        if self.only is not None:
            return False
        return len(self._asked("SELECT code FROM stations ORDER BY code LIMIT 2")) > 1

    def hosts(self) -> list[str]:
        """The addresses that the papers of all served stations lead to."""
        rows = self._asked(
            "SELECT DISTINCT host FROM stations WHERE :only IN ('', code)", only=self.only or ""
        )
        return [str(host) for (host,) in rows]

    def waiting(self) -> int:
        """How many requests were accepted and are not yet durable."""
        return sum(writer.waiting for writer in self._writers)

    def _asked(self, sql: str, **params: str) -> list[tuple[Any, ...]]:
        with self._ledger.glancing() as books:
            return books.all(sql, **params)

    def _make(self, station: str) -> Office:
        # Always the same writer for a station: what is written for it shares commits.
        writer = self._writers[crc32(station.encode()) % len(self._writers)]
        made = Office(self._ledger.at(station), self._apart, writer, self._key)
        self._made[station] = made
        while len(self._made) > _KEPT:
            self._made.popitem(last=False)
        return made


def _first(database: str) -> str:
    store = open_store(database, create=False)
    try:
        return first_station(store)
    finally:
        store.close()


# --- a request's ---------------------------------------------------------------------------------


def offices_of(connection: Connection) -> Offices:
    """All offices of the service that a request came to."""
    offices: Offices = connection.app.state.offices
    return offices


def office_of(connection: Connection) -> Office:
    """The office that a request is for: the first one, until the gate has said which."""
    scope: Any = connection.scope
    office: Office | None = scope.get(_OFFICE)
    return office or offices_of(connection).home


def lead_to(connection: Connection, office: Office) -> None:
    """Say which office a request is for."""
    scope: Any = connection.scope
    scope[_OFFICE] = office
