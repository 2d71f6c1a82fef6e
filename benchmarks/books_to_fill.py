"""Books with short methods that record what the commands of `benchmarks.large_commands` need."""

from __future__ import annotations

import uuid
from datetime import date

from benchmarks.workload import clock
from supplies.domain import commands as c
from supplies.domain.entries import Body, chain_hash, encode_body, format_timestamp
from supplies.domain.entry_rows import AnyEntryRow
from supplies.ledger.ledger import Ledger

FIRST_DAY = date(2020, 2, 1)
"""The day on which the stock begins, some days before the day of `clock`."""


class BooksToFill:
    """A ledger with short methods that record what the measured commands need.

    Args:
        same_item: As in `large_commands.prepare`.
    """

    def __init__(self, ledger: Ledger, *, same_item: bool) -> None:
        self.ledger, self.same_item = ledger, same_item

    def record(self, command: c.Command) -> str:
        """Record a command and return the id of its document."""
        return str(self.ledger.record(command, by="u_1").document)

    def seq(self, command: c.Command) -> int:
        """Record a command and return the number of its entry."""
        return self.ledger.record(command, by="u_1").seq

    def item(self, number: int) -> str:
        """Return the item of a line."""
        return "i-0" if self.same_item else f"i-{number}"

    def items(self, size: int) -> list[str]:
        """Return the items of `size` lines."""
        return [self.item(number) for number in range(size)]

    def arrivals(
        self, size: int, quantity: int = 10, expires_on: date | None = None
    ) -> list[c.ArrivalLine]:
        """Return the lines of an arrival of `size` lots."""
        return [
            c.ArrivalLine(item=item, quantity=quantity, expires_on=expires_on)
            for item in self.items(size)
        ]

    def stock(self, size: int, quantity: int = 10, expires_on: date | None = None) -> None:
        """Record `size` lots of opening stock."""
        lines = self.arrivals(size, quantity, expires_on)
        self.record(c.OpenStock(location="store-b", lines=lines, happened_on=FIRST_DAY))

    def lots(self, size: int, quantity: int = 5) -> list[c.LotLine]:
        """Return lines that take goods from a location."""
        return [c.LotLine(item=item, quantity=quantity) for item in self.items(size)]

    def handed(self, size: int) -> list[c.RecipientLine]:
        """Return the lines of a hand-out."""
        return [c.RecipientLine(item=item, quantity=5) for item in self.items(size)]

    def needs(self, size: int, day: date | None = None) -> list[str]:
        """Record `size` needs of one recipient, of a day or of today. Return their ids."""
        return [
            self.record(c.NoteNeed(recipient="H-0", item=item, quantity=5, happened_on=day))
            for item in self.items(size)
        ]

    def pledge(self, size: int) -> str:
        """Record a pledge of `size` lines, and claim each of them for a need. Return its id."""
        return self.record(self.promise(size))

    def promise(self, size: int, day: date | None = None) -> c.MakePledge:
        """Record `size` needs. Return a pledge that they claim, with one line for each item.

        Args:
            day: The day of the needs and the pledge. None means today.
        """
        claims = [c.Claim(need=need, quantity=5) for need in self.needs(size, day)]
        if self.same_item:
            lines = [c.PledgeLine(item="i-0", quantity=10 * size, claims=claims)]
        else:
            lines = [
                c.PledgeLine(item=self.item(n), quantity=10, claims=[claim])
                for n, claim in enumerate(claims)
            ]
        return c.MakePledge(donor="D-01", lines=lines, happened_on=day)

    def donation(
        self, size: int, quantity: int, *, pledge: str | None = None, wish: bool = False
    ) -> c.RecordDonation:
        """Return a donation of `size` lines.

        Args:
            pledge: The pledge that all lines fulfil.
            wish: Whether the donor wishes each line for a recipient of its own.
        """
        lines = [
            c.DonationLine(
                item=self.item(n),
                quantity=quantity,
                pledge=pledge,
                recipient=f"H-{n}" if wish else None,
            )
            for n in range(size)
        ]
        return c.RecordDonation(donor="D-01", location="store-b", handled_by="made up", lines=lines)

    def allocate(self, size: int, recipient: str = "H-0") -> c.Allocate:
        """Return a command that sets goods of `size` lines aside."""
        lines = [c.AllocationLine(item=item, quantity=5) for item in self.items(size)]
        return c.Allocate(recipient=recipient, location="store-b", lines=lines)

    def stop(self, size: int) -> tuple[str, str]:
        """Dispatch an allocation of `size` lines. Return the ids of delivery and allocation."""
        self.stock(size, 5)
        allocation = self.record(self.allocate(size))
        return self.record(c.Dispatch(team="t_1", allocations=[allocation])), allocation

    def cited(self, kind: str, shipment: str, *rows: AnyEntryRow) -> c.CitedEntry:
        """Return an entry of another station about a shipment, as this station cites it."""
        content = encode_body(
            Body(
                station="other",
                seq=1,
                id=str(uuid.uuid4()),
                part=0,
                kind=kind,
                document=shipment,
                happened_on=FIRST_DAY,
                booked_on=FIRST_DAY,
                recorded_at=format_timestamp(clock()),
                recorded_by="u_1",
                supersedes=None,
                about=None,
                request=None,
                texts=None,
                transfers=(),
                rows=rows,
            )
        )
        previous = bytes(32)
        return c.CitedEntry(
            previous=previous.hex(), body=content, hash=chain_hash(previous, content).hex()
        )
