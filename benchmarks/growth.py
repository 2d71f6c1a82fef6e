"""Measure how the CPU time of views and commands grows with the size of the books.

The books contain one year of one station. The numbers of donors and recipients grow with the number
of entries. A quarter of the entries are needs that stay open. On PostgreSQL, the CPU time of the
database server is included.
"""

from __future__ import annotations

import itertools
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import process_time

import click

from benchmarks.bars import bar_text, check_bar, print_missed_bars
from benchmarks.engines import postgresql_server
from benchmarks.workload import STATION
from supplies.domain import commands as c
from supplies.domain.catalogue_records import Donor, Item, Location, Recipient, Station, Team
from supplies.ledger.ledger import Ledger
from supplies.ledger.recorded import Recorded
from supplies.ledger.writer import Request
from supplies.storage.sqlite.store import SqliteStore
from supplies.views.alerts import list_alerts
from supplies.views.allocation_proposal import propose_allocations
from supplies.views.allocations import list_allocations
from supplies.views.donor_statement import build_donor_statement
from supplies.views.station_report import build_station_report
from supplies.views.stock import get_stock

SIZES = (10_000, 100_000)
LIMITED_SIZE = 1_000_000
"""Number of entries in the books for which `bars.toml` has limits."""

FIRST, DAYS = date(2019, 1, 1), 365
LAST = FIRST + timedelta(days=DAYS - 1)

ENTRIES_PER_ROUND, COMMANDS_PER_ROUND = 12, 11
GROUP = 50 * COMMANDS_PER_ROUND

ENTRIES_PER_DONOR, ENTRIES_PER_RECIPIENT = 1_000, 100
ITEMS, STORES, TEAMS = 20, ("store-a", "store-b", "store-c"), 5

STOPS, LINES_OF_A_STOP = 125, 40
"""The largest dispatch: `MAX_DISPATCH_LINES` lines."""

LINES_OF_A_CORRECTION = 500

REPETITIONS = 5

Cpu = Callable[[], float]
"""Function that returns the CPU time used so far, in seconds."""


class Clock:
    """A clock for the ledger, which always shows the same time of a day that can be set."""

    def __init__(self) -> None:
        self.day = FIRST

    def set_day(self, day: date) -> None:
        """Set the day that the clock shows."""
        self.day = day

    def __call__(self) -> datetime:
        """Return the time that the clock shows."""
        return datetime(self.day.year, self.day.month, self.day.day, 4, tzinfo=UTC)


def run(
    sizes: Sequence[int] = SIZES,
    engines: Sequence[str] = ("sqlite", "postgresql"),
    folder: Path | None = None,
) -> None:
    """Print the results of this benchmark, for each engine and each size of the books.

    Args:
        folder: Keep the books on SQLite here, and measure those that it already contains. If None,
            they are recorded in a temporary folder.
    """
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if "sqlite" in engines:
            _print("SQLite", sizes, lambda name: str((folder or place) / f"{name}.db"))
        if "postgresql" in engines:
            _print("PostgreSQL", sizes, stack.enter_context(postgresql_server(place)))


@click.command()
@click.option("--entries", type=int, multiple=True, default=SIZES, help="Size of the books.")
@click.option("--engine", type=click.Choice(["sqlite", "postgresql"]), default="sqlite")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="Keep the books on SQLite here, and measure those that it already contains.",
)
def main(entries: Sequence[int], engine: str, folder: Path | None) -> None:
    """Run this benchmark with the options of the command line."""
    run(entries, [engine], folder)
    print_missed_bars()


def _print(engine: str, sizes: Sequence[int], url: Callable[[str], str]) -> None:
    """Print the results for each size, with their limits in books of `LIMITED_SIZE` entries."""
    smallest: dict[str, float] = {}
    for size in sizes:
        print(f"{engine}, {size:,} entries; limits of {LIMITED_SIZE:,} entries", flush=True)
        for name, figure in _measure(url(f"growth_{size}"), size):
            growth = figure / smallest.setdefault(name, figure)
            limit = bar_text(name, f"{name}, compared with the smallest books")
            print(f"  {name:32}{figure:12,.1f}{growth:10.2f} ×   {limit}", flush=True)
            check_bar(name, figure)
            if size == LIMITED_SIZE:
                check_bar(f"{name}, compared with the smallest books", growth)


def _measure(url: str, size: int) -> Iterator[tuple[str, float]]:
    """Yield the results for books of one size.

    They are CPU milliseconds for views and single commands, and commands per second for bulk
    recording.
    """
    clock = Clock()
    with _open(url, size, clock) as ledger, _cpu_clock(ledger) as cpu:
        if ledger.books.last_entry().seq < size:
            yield "bulk recording, commands/s", 1 / record_entries(ledger, clock.set_day, size, cpu)
        for name, view in views(size).items():
            yield name, 1e3 * _median(ledger, view, cpu)
        yield "Allocate", 1e3 * _time_allocations(ledger, cpu)
        yield "proposal of allocations", 1e3 * _time_proposal(ledger, cpu)
        for name, prepare in COMMANDS.items():
            command = prepare(ledger)
            begin = cpu()
            ledger.record(command, by="u_1")
            yield name, 1e3 * (cpu() - begin)


@contextmanager
def _cpu_clock(ledger: Ledger) -> Iterator[Cpu]:
    """Yield a function that returns the CPU time used so far, in seconds.

    It is the time of this process and of the database server that works for the ledger.
    """
    if isinstance(ledger.store, SqliteStore):
        yield process_time
        return
    servers = _ServerTimes(ledger)
    yield lambda: process_time() + servers.total()


class _ServerTimes:
    """The CPU times of the server processes that work for a ledger, one after another.

    The pool lends the connection that was used last, so one process does the work. After an hour,
    the pool replaces the connection.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._seconds: dict[int, float] = {}
        """The last known CPU time of each process, in seconds."""

    def total(self) -> float:
        """Return the CPU time used so far, in seconds."""
        row = self._ledger.store.one("SELECT pg_backend_pid()")
        assert row is not None
        nanoseconds = Path(f"/proc/{row[0]}/schedstat").read_text().split()[0]
        self._seconds[int(row[0])] = int(nanoseconds) / 1e9
        return sum(self._seconds.values())


# --- the books -----------------------------------------------------------------------------------


def _open(url: str, size: int, clock: Clock) -> Ledger:
    """Open the books of an earlier run, or create new ones.

    Raises:
        click.ClickException: an earlier run did not finish these books.
    """
    if not Path(url).exists():
        return open_books(url, size, clock)
    ledger = Ledger.open(url, station=STATION, clock=clock)
    clock.set_day(LAST)
    if ledger.books.last_entry().seq < size:
        ledger.close()
        raise click.ClickException(f"{url} has fewer than {size:,} entries; delete it")
    return ledger


def open_books(url: str, size: int, clock: Clock) -> Ledger:
    """Create the books of a station, with a catalogue that suits this number of entries."""
    ledger = Ledger.open(url, station=STATION, clock=clock, new_station=True)
    if isinstance(ledger.store, SqliteStore):
        ledger.store.run("PRAGMA synchronous = OFF")
    ledger.register(Station(code=STATION, name="bench", series=STATION.upper()))
    register_catalogue(ledger, size)
    return ledger


def register_catalogue(ledger: Ledger, size: int) -> None:
    """Register items, people, locations and teams that suit this number of entries."""
    ledger.register(
        *(Item(code=f"item-{n}", name="made up") for n in range(ITEMS)),
        *(Donor(code=f"D-{n}", name="made up") for n in range(_donors(size))),
        *(Recipient(code=f"R-{n}", name="made up") for n in range(_recipients(size))),
        *(Location(code=code, name="made up") for code in STORES),
        *(Team(code=f"t_{n}", name="made up") for n in range(TEAMS)),
    )


def _donors(size: int) -> int:
    return max(10, size // ENTRIES_PER_DONOR)


def _recipients(size: int) -> int:
    return max(50, size // ENTRIES_PER_RECIPIENT)


def record_entries(
    ledger: Ledger, set_day: Callable[[date], None], size: int, cpu: Cpu = process_time
) -> float:
    """Record this number of entries. Return the CPU seconds per command in the last tenth.

    Args:
        set_day: Sets the day of the ledger's clock.
    """
    rounds = -(-size // ENTRIES_PER_ROUND)
    commands = _yield_commands(ledger.books.last_entry().seq, size)
    taken: list[float] = []
    for start in range(0, rounds, GROUP // COMMANDS_PER_ROUND):
        set_day(FIRST + timedelta(days=start * DAYS // rounds))
        many = min(GROUP, (rounds - start) * COMMANDS_PER_ROUND)
        requests = [Request(command=each, by="u_1") for each in itertools.islice(commands, many)]
        begin = cpu()
        answers = ledger.record_many(requests)
        taken.append((cpu() - begin) / many)
        assert all(isinstance(answer, Recorded) for answer in answers)
    set_day(LAST)
    return statistics.median(taken[-max(1, len(taken) // 10) :])


def _yield_commands(head: int, size: int) -> Iterator[c.Command]:
    """Yield commands endlessly, in rounds. Three of the four needs of a round stay open."""
    for number in itertools.count():
        item, store = f"item-{number % ITEMS}", STORES[number % len(STORES)]
        donor, recipient = f"D-{number % _donors(size)}", f"R-{number % _recipients(size)}"
        needed_by = LAST + timedelta(days=number % 90)
        for urgency in ("high", "normal", "normal", "low"):
            yield c.NoteNeed(
                recipient=recipient, item=item, quantity=5, urgency=urgency, needed_by=needed_by
            )
        donated = c.DonationLine(item=item, quantity=6)
        yield c.RecordDonation(donor=donor, location=store, handled_by="made up", lines=[donated])
        line = c.AllocationLine(item=item, quantity=5)
        yield c.Allocate(recipient=recipient, location=store, lines=[line])
        # Four needs are an entry each, a donation two (with its receipt), then the allocation.
        allocation, delivery = f"a_{head + 7}", f"v_{head + 8}"
        yield c.Dispatch(team=f"t_{number % TEAMS}", allocations=[allocation])
        yield c.ReportOutcome(delivery=delivery, allocation=allocation, outcome="handed_over")
        yield c.CloseDelivery(delivery=delivery)
        yield c.RecordActivity(kind="visit", count=1)
        yield c.IssueGoods(purpose="gate", location=store, lines=[c.LotLine(item=item, quantity=1)])
        head += ENTRIES_PER_ROUND


# --- what is measured ----------------------------------------------------------------------------


def views(size: int) -> dict[str, Callable[[Ledger], object]]:
    """Return the views to measure, by name."""
    month = date(2019, 6, 1), date(2019, 6, 30)

    def view(
        make: Callable[..., object], *args: object, **options: object
    ) -> Callable[[Ledger], object]:
        def do(ledger: Ledger) -> object:
            with ledger.reading() as books:
                return make(books, *args, **options)

        return do

    return {
        "donor statement, a year": view(build_donor_statement, "D-5", FIRST, LAST),
        "allocations, a page": view(list_allocations),
        "alerts": view(list_alerts, LAST),
        "stock as at an entry": view(get_stock, at_seq=size // 2),
        "stock on a day": view(get_stock, as_of=FIRST + timedelta(days=DAYS // 2)),
        "station report, a month": view(build_station_report, *month),
        "station report, all": view(build_station_report, FIRST, LAST),
    }


def _median(ledger: Ledger, view: Callable[[Ledger], object], cpu: Cpu) -> float:
    view(ledger)
    taken = []
    for _ in range(REPETITIONS):
        begin = cpu()
        view(ledger)
        taken.append(cpu() - begin)
    return statistics.median(taken)


def _time_allocations(ledger: Ledger, cpu: Cpu) -> float:
    lots = [c.ArrivalLine(item="item-0", quantity=1000)]
    ledger.record(c.OpenStock(location="store-a", lines=lots), by="u_1")
    taken = []
    for number in range(20):
        line = c.AllocationLine(item="item-0", quantity=5)
        command = c.Allocate(recipient=f"R-{number}", location="store-a", lines=[line])
        begin = cpu()
        ledger.record(command, by="u_1")
        taken.append(cpu() - begin)
    return statistics.median(taken)


def _time_proposal(ledger: Ledger, cpu: Cpu) -> float:
    lines = [c.ArrivalLine(item=f"item-{number}", quantity=1000) for number in range(ITEMS)]
    for store in STORES:
        ledger.record(c.OpenStock(location=store, lines=lines), by="u_1")

    def propose(ledger: Ledger) -> object:
        with ledger.reading() as books:
            return propose_allocations(books, LAST)

    return _median(ledger, propose, cpu)


def _register_items(ledger: Ledger, prefix: str, count: int) -> list[str]:
    codes = [f"{prefix}-{number}" for number in range(count)]
    ledger.register(*(Item(code=code, name="made up") for code in codes))
    return codes


def _prepare_dispatch(ledger: Ledger) -> c.Command:
    items = _register_items(ledger, "dispatched", LINES_OF_A_STOP)
    goods = [c.ArrivalLine(item=item, quantity=STOPS) for item in items]
    ledger.record(c.OpenStock(location="store-a", lines=goods), by="u_1")
    lines = [c.AllocationLine(item=item, quantity=1) for item in items]
    requests = [
        Request(
            command=c.Allocate(
                recipient=f"R-{n % _recipients(0)}", location="store-a", lines=lines
            ),
            by="u_1",
        )
        for n in range(STOPS)
    ]
    allocations = []
    for answer in ledger.record_many(requests):
        assert isinstance(answer, Recorded)
        allocations.append(str(answer.document))
    return c.Dispatch(team="t_0", allocations=allocations)


def _prepare_correction(ledger: Ledger) -> c.Command:
    items = _register_items(ledger, "corrected", LINES_OF_A_CORRECTION)

    def donation(quantity: int) -> c.RecordDonation:
        lines = [c.DonationLine(item=item, quantity=quantity) for item in items]
        return c.RecordDonation(donor="D-0", location="store-b", handled_by="made up", lines=lines)

    entry = ledger.record(donation(8), by="u_1").seq
    return c.Correct(entry=entry, reason="made up", command=donation(7))


COMMANDS = {
    f"dispatch of {STOPS} x {LINES_OF_A_STOP} lines": _prepare_dispatch,
    f"correction of {LINES_OF_A_CORRECTION} lines": _prepare_correction,
}
