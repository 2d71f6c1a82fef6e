"""The work that benchmarks record: rounds of a donation, its allocation and its delivery."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from supplies.domain.catalogue_records import Donor, Item, Location, Recipient, Station, Team
from supplies.domain.commands import (
    Allocate,
    AllocationLine,
    CloseDelivery,
    Command,
    Dispatch,
    DonationLine,
    NoteNeed,
    RecordActivity,
    RecordDonation,
    ReportOutcome,
)
from supplies.ledger.ledger import Ledger
from supplies.ledger.recorded import Recorded

STATION = "lx"
HOUSEHOLDS = 50
COMMANDS_PER_ROUND = 7
"""Number of commands in one round of work."""


def clock() -> datetime:
    """Return the current time of the benchmarks, which is always the same."""
    return datetime(2020, 2, 5, 4, tzinfo=UTC)


def open_books(database: Path | str, station: str = STATION) -> Ledger:
    """Create the books of a station, with a catalogue."""
    ledger = Ledger.open(str(database), station=station, clock=clock, new_station=True)
    ledger.register(Station(code=station, name="bench", series=station.upper()))
    ledger.register(
        Item(code="mask", name="mask"),
        Donor(code="D-01", name="made up"),
        Location(code="store-a", name="Store A"),
        Team(code="t_1", name="Team 1"),
        *(Recipient(code=f"R-{n}", name="made up") for n in range(HOUSEHOLDS)),
    )
    return ledger


def record_round(record: Callable[[Command], Recorded], household: int) -> None:
    """Record one round of work for a household. Other clients may record at the same time."""
    recipient, needed = f"R-{household}", 5
    record(NoteNeed(recipient=recipient, item="mask", quantity=needed))
    donated = DonationLine(item="mask", quantity=needed)
    record(RecordDonation(donor="D-01", location="store-a", handled_by="made up", lines=[donated]))
    line = AllocationLine(item="mask", quantity=needed)
    allocation = record(Allocate(recipient=recipient, location="store-a", lines=[line])).document
    assert allocation is not None
    delivery = record(Dispatch(team="t_1", allocations=[allocation])).document
    assert delivery is not None
    record(ReportOutcome(delivery=delivery, allocation=allocation, outcome="handed_over"))
    record(CloseDelivery(delivery=delivery))
    record(RecordActivity(kind="visit", count=1))


def yield_commands(ledger: Ledger) -> Iterator[Command]:
    """Yield the commands of endless rounds. Record each command before asking for the next."""
    head = ledger.books.last_entry().seq
    for number in range(10**9):
        recipient = f"R-{number % HOUSEHOLDS}"
        yield NoteNeed(recipient=recipient, item="mask", quantity=5)
        yield RecordDonation(
            donor="D-01",
            location="store-a",
            handled_by="made up",
            lines=[DonationLine(item="mask", quantity=5)],
        )
        yield Allocate(
            recipient=recipient,
            location="store-a",
            lines=[AllocationLine(item="mask", quantity=5)],
        )
        # A need is one entry, a donation two (with its receipt), then the allocation's own.
        allocation = f"a_{head + 4}"
        yield Dispatch(team="t_1", allocations=[allocation])
        delivery = f"v_{head + 5}"
        yield ReportOutcome(delivery=delivery, allocation=allocation, outcome="handed_over")
        yield CloseDelivery(delivery=delivery)
        yield RecordActivity(kind="visit", count=1)
        head += 8
