"""`supplies station witness`: store the checkpoints of other stations."""

from __future__ import annotations

from contextlib import closing

import click

from supplies.cli.arguments import books_options
from supplies.cli.click_extensions import Command
from supplies.domain.plurals import counted


@click.command(cls=Command)
@click.argument("sources", metavar="FILE_OR_ADDRESS...", nargs=-1, required=True)
@books_options
def witness(database: str, station: str | None, sources: tuple[str, ...]) -> None:
    """Store the checkpoints of other stations, so that they cannot rewrite their books unnoticed.

    Run this command once a day for each partner station. The address is that of the partner's
    service, as in https://example.org/api/witness. `supplies verify` compares the stored
    checkpoints.
    """
    from supplies.cli.opening import find_station
    from supplies.ledger.clock import system_clock
    from supplies.storage.engines import open_store
    from supplies.verification.checkpoint_sources import read_witnesses
    from supplies.verification.kept_checkpoints import keep

    with closing(open_store(database, create=False)) as store:
        code = find_station(store, station)
        found = read_witnesses((), sources, None)
        stored = keep(store, code, found, system_clock())
    print(
        f"{counted(stored, 'checkpoint')} of other stations {'was' if stored == 1 else 'were'} new."
    )
