"""`supplies copy`: copy all books into a new database, from SQLite to PostgreSQL or back."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from supplies.cli.arguments import json_option
from supplies.cli.click_extensions import Command
from supplies.cli.seal_lines import exit_if_changed, print_seals
from supplies.domain.plurals import counted

if TYPE_CHECKING:
    from pathlib import Path


@click.command(cls=Command)
@click.argument("source", metavar="SOURCE")
@click.argument("target", metavar="TARGET")
@json_option
def copy(source: str, target: str, as_json: bool) -> None:
    """Copy all books into a new database, and verify the copy.

    SOURCE is a SQLite file, or a URL such as postgresql://HOST/NAME. TARGET is a new file, or the
    URL of an empty database.
    """
    import msgspec

    from supplies.cli.tables import print_json
    from supplies.maintenance.copy import copy_books

    with _ProgressBars() as report:
        copied = copy_books(source, target, report)
    verified, keys = copied.verified, _key_file(source)
    if as_json:
        print_json(
            {
                "rows": sum(copied.rows.values()),
                **msgspec.to_builtins(verified),
                "keys": None if keys is None else str(keys),
            }
        )
        exit_if_changed(verified)
        return
    print(
        f"{counted(verified.entries, 'entry', 'entries')} and "
        f"{counted(verified.receipts, 'receipt')} of "
        f"{counted(len(verified.stations), 'station')} are copied and verified."
    )
    target_keys = _key_file(target)
    if verified.receipts and not (target_keys is not None and target_keys.exists()):
        which = f"keys {keys}" if keys is not None and keys.exists() else "station's keys"
        where = target_keys or "the file that SUPPLIES_KEYS names"
        print(f"The {which} are not copied: copy them to {where} before serving.")
    print_seals(verified)
    exit_if_changed(verified)


def _key_file(database: str) -> Path | None:
    """Return the path of the key file of a database, or None if the path is not known."""
    from supplies.errors import StoreError
    from supplies.signing.station_keys import key_file

    try:
        return key_file(database)
    except StoreError:
        return None


class _ProgressBars(ExitStack):
    """Shows two progress bars, one after the other: for copying and for verifying."""

    def __init__(self) -> None:
        super().__init__()
        self._label = ""

    def __call__(self, label: str, done: int, total: int) -> None:
        from supplies.cli.progress import progress_bar

        if label != self._label:
            self.pop_all().close()
            self._report = self.enter_context(progress_bar(label, total))
            self._label = label
        self._report(done)
