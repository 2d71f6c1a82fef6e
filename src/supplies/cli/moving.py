"""`supplies copy`: all books of a database, into a new one of either kind."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from pathlib import Path

import msgspec

from supplies.cli.words import progress
from supplies.errors import StoreError
from supplies.maintenance.copy import copy_books
from supplies.signing.station_keys import key_file


def copy(arguments: argparse.Namespace) -> int:
    """Copy all books into a new database, and verify the copy."""
    with _Bars() as told:
        copied = copy_books(arguments.source, arguments.target, told)
    verified, keys = copied.verified, _keys(arguments.source)
    if arguments.json:
        told_json = {
            "rows": sum(copied.rows.values()),
            **msgspec.to_builtins(verified),
            "keys": None if keys is None else str(keys),
        }
        print(msgspec.json.encode(told_json).decode())
        return 0
    count = len(verified.stations)
    print(
        f"{verified.entries} entries and {verified.receipts} receipts of {count} "
        f"station{'' if count == 1 else 's'} are copied, verified."
    )
    wanted = _keys(arguments.target)
    if verified.receipts and not (wanted is not None and wanted.exists()):
        whose = f"keys {keys}" if keys is not None and keys.exists() else "station's keys"
        where = wanted or "the file that SUPPLIES_KEYS is to name"
        print(
            f"The {whose} are not in it: put them where the copy looks for them, {where}, "
            "before serving."
        )
    return 0


def _keys(database: str) -> Path | None:
    """Where the keys of a database are looked for; None where nothing says so."""
    try:
        return key_file(database)
    except StoreError:
        return None


class _Bars(ExitStack):
    """One bar after the other, for what is copied and for what is verified."""

    def __init__(self) -> None:
        super().__init__()
        self._shown = ""

    def __call__(self, what: str, done: int, total: int) -> None:
        if what != self._shown:
            self.pop_all().close()
            self._tell = self.enter_context(progress(what, total))
            self._shown = what
        self._tell(done)
