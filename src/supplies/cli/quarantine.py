"""`supplies quarantine`: move all unallocated goods of a batch to a quarantine."""

from __future__ import annotations

import click

from supplies.cli.arguments import books_options
from supplies.cli.click_extensions import Command


@click.command(cls=Command)
@books_options
@click.option("--item", metavar="CODE", required=True, help="Code of the item, as in mask.")
@click.option("--batch", metavar="BATCH", required=True, help="Batch number, as in B7.")
@click.option(
    "--to", "target", metavar="CODE", required=True, help="Code of a location that is a quarantine."
)
@click.option("--note", help="Why, for example the number of the maker's recall.")
def quarantine(
    database: str, station: str | None, item: str, batch: str, target: str, note: str | None
) -> None:
    """Move all unallocated goods of a batch to a quarantine.

    Goods repacked from the batch are moved too. Goods that are set aside, on the way or handed over
    are not moved. `supplies report recall` lists them.
    """
    from supplies.access.bootstrap import COMMAND_LINE_AUTHOR
    from supplies.cli.opening import open_ledger
    from supplies.domain.commands import QuarantineBatch
    from supplies.domain.normalization import normalize_text
    from supplies.views.recall import build_recall

    command = QuarantineBatch(item=item, batch=batch, target=target, note=note)
    with open_ledger(database, station) as ledger:
        done = ledger.record(command, by=COMMAND_LINE_AUTHOR)
        with ledger.reading() as books:
            found = build_recall(books, item, normalize_text(batch))
    print(f"Entry {done.seq} moved the free goods of batch {batch} to {target}.")
    for one in found.totals:
        print(
            f"{one.name}: {one.quarantined} in quarantine, {one.allocated} set aside, "
            f"{one.in_transit} on the way, {one.received} handed over"
        )
