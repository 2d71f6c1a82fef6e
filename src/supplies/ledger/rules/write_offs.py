"""Write goods off, and put goods that were written off and found again back into stock."""

from __future__ import annotations

from supplies.domain.accounts import LOST, STOCK
from supplies.domain.commands import FindAgain, WriteOff
from supplies.ledger.journal import Journal
from supplies.ledger.rules.line_transfers import move_lines

EXPIRED = "expired"
"""The write-off reason for expired goods.

Goods that are written off with this reason may be taken without `allow_expired`.
"""


def write_off(command: WriteOff, journal: Journal) -> None:
    """Write goods off: stock → lost.

    If the reason is `expired`, expired goods are taken even if the line does not set
    `allow_expired`.

    Raises:
        InvalidField: a code is unknown.
        NotEnough: less than requested is unallocated.
    """
    journal.books.location(command.location, "/location")
    draft = journal.entry("written_off", prefix="w")
    move_lines(
        journal,
        draft,
        command.lines,
        STOCK(command.location),
        LOST(command.reason),
        expired="freely" if command.reason == EXPIRED else "if_named",
    )


def find_again(command: FindAgain, journal: Journal) -> None:
    """Put goods that were written off and found again back into stock: lost → stock.

    Raises:
        InvalidField: a code is unknown.
        NotEnough: less was written off for the reason of the command than it puts back.
    """
    journal.books.location(command.location, "/location")
    draft = journal.entry("found_again", prefix="f")
    move_lines(
        journal,
        draft,
        command.lines,
        LOST(command.reason),
        STOCK(command.location),
        expired="freely",
    )
