"""Move goods from one location of the station to another."""

from __future__ import annotations

from supplies.domain.accounts import STOCK
from supplies.domain.commands import Move
from supplies.errors import InvalidField
from supplies.ledger.journal import Journal
from supplies.ledger.rules.line_transfers import move_lines


def move_stock(command: Move, journal: Journal) -> None:
    """Move goods from one location to another: stock → stock.

    Into a quarantine, expired goods can be moved without `allow_expired`.

    Raises:
        InvalidField: a code is unknown, or both locations are the same.
        NotEnough: less than requested is free.
    """
    journal.books.location(command.source, "/from")
    target = journal.books.location(command.target, "/to")
    if command.source == command.target:
        raise InvalidField.at("/to", f"the goods are in {command.target} already")
    draft = journal.entry("goods_moved", prefix="m")
    move_lines(
        journal,
        draft,
        command.lines,
        STOCK(command.source),
        STOCK(command.target),
        expired="freely" if target.quarantine else "if_named",
    )
