"""`supplies station key …`: make keys for signing receipts, and print the public keys."""

from __future__ import annotations

from contextlib import closing

import click

from supplies.cli.arguments import output_options, whole_database_options
from supplies.cli.click_extensions import Group


@click.group(cls=Group)
def key() -> None:
    """Manage the keys that sign receipts. All stations of a database share them."""


@key.command()
@whole_database_options
def new(database: str) -> None:
    """Make a new key for signing receipts.

    Receipts issued earlier were signed with an older key, and can still be checked.
    """
    from supplies.signing.station_keys import StationKeys, create_first_key, key_file
    from supplies.storage.engines import open_store

    with closing(open_store(database, create=False)) as store, store.writing():
        # The transaction keeps receipts from being issued while the key changes.
        for (code,) in store.all("SELECT code FROM stations ORDER BY code"):
            store.lock(code)
        if create_first_key(database):
            name = "k1"
        else:
            rows = store.all("SELECT station, max(seq) FROM entries GROUP BY station")
            last_entries = {str(code): int(seq) for code, seq in rows}
            name = StationKeys.for_database(database).add(last_entries)
    print(f"Key {name} signs receipts from now on; earlier receipts can still be checked.")
    print("Back up the key file; never give it away together with a copy of the books:")
    print(f"  {key_file(database)}")
    print("Give the public keys to people who check receipts: supplies station key public -o FILE")


@key.command()
@whole_database_options
@output_options("Write the keys to this file, not the screen.")
def public(database: str, output: str | None, force: bool) -> None:
    """Print the public keys, with which `supplies receipt check` checks receipts."""
    from supplies.cli.paper_files import report_output
    from supplies.signing.receipt_signatures import write_public_keys
    from supplies.signing.station_keys import StationKeys

    file = report_output(output, database, force=force)
    text = write_public_keys(StationKeys.for_database(database).public_keys())
    if file is None:
        print(text, end="")
        return
    file.write(text.encode(), is_public=True)
    print(f"The public keys are in {file}; give them to people who check receipts.")
