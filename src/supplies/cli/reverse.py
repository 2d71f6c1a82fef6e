"""`supplies reverse`: undo the command that recorded an entry."""

from __future__ import annotations

import click

from supplies.cli.arguments import ENTRY_NUMBER, books_options
from supplies.cli.click_extensions import Command


@click.command(cls=Command)
@click.argument("number", metavar="NUMBER", type=ENTRY_NUMBER)
@books_options
@click.option("--reason", required=True, help="Why. The reason is kept with the new entry.")
def reverse(database: str, station: str | None, number: int, reason: str) -> None:
    """Undo the command that recorded an entry.

    NUMBER is the number of the entry, as in 12. A new entry takes back what the command moved, and
    nothing is deleted. If the goods were used after the entry, the command is refused, and the
    error names the entries that used them. If the entry has a receipt, the receipt is voided.
    """
    from supplies.access.bootstrap import COMMAND_LINE_AUTHOR
    from supplies.cli.opening import open_ledger
    from supplies.domain.commands import Reverse

    with open_ledger(database, station) as ledger:
        done = ledger.record(Reverse(entry=number, reason=reason), by=COMMAND_LINE_AUTHOR)
    print(f"Entry {done.seq} reverses entry {number}.")
