"""A station's ordinary work, over and over: a gift, set aside, carried to a door, handed over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from supplies.commands import (
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
from supplies.ledger import Ledger
from supplies.model import Donor, Item, Location, Recipient, Station, Team

STATION = "lx"
HOUSEHOLDS = 50
CYCLE = 7
"""Commands in one round of `work`."""


def clock() -> datetime:
    """The benches' clock stands still."""
    return datetime(2020, 2, 5, 4, tzinfo=UTC)


def open_books(path: Path) -> Ledger:
    """Fresh books with a catalogue."""
    ledger = Ledger.open(str(path), station=STATION, clock=clock)
    ledger.register(Station(code=STATION, name="bench"))
    ledger.register(
        Item(code="mask", name="mask"),
        Donor(code="D-01", name="made up"),
        Location(code="store-a", name="Store A"),
        Team(code="t_1", name="Team 1"),
        *(Recipient(code=f"R-{n}", name="made up") for n in range(HOUSEHOLDS)),
    )
    return ledger


def work(ledger: Ledger) -> Iterator[Command]:
    """Commands without end; each must be recorded before the next is asked for."""
    head = ledger.books.head()[0]
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
