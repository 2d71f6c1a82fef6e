"""Measure commands of three sizes: one line, a quarter of the maximum, and the maximum of lines.

The times are seconds of CPU, on PostgreSQL with those of the server process, because other programs
on the machine delay the commands but use CPU of their own. The growth is the time at the maximum
divided by the time at a quarter of it: 4 means linear, 16 means quadratic.
`tests/ledger/test_command_limits.py` counts the work of the same commands.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from time import process_time

from benchmarks.engines import postgresql_server
from benchmarks.large_commands import PREPARATIONS, prepare
from benchmarks.workload import open_books
from supplies.domain.fields import MAX_LINES
from supplies.storage.sqlite.store import SqliteStore
from supplies.storage.store import Store

SIZES = (1, MAX_LINES // 4, MAX_LINES)


def run() -> None:
    """Print the CPU seconds and the growth for each command, on SQLite and PostgreSQL."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        _print("SQLite", lambda name: str(place / f"{name}.db"))
        with postgresql_server(place) as database:
            _print("PostgreSQL", database)


def _print(engine: str, url: Callable[[str], str]) -> None:
    sizes = "".join(f"{size:>9}" for size in SIZES)
    for same_item in (False, True):
        items = "lines of one item" if same_item else "lines of different items"
        print(f"{f'{engine}, {items}':40}{sizes}  growth")
        for name in PREPARATIONS:
            database = f"{name}_{same_item}".replace(" ", "_").replace("-", "_").lower()
            seconds = [
                _seconds(url(f"{database}_{size}"), name, size, same_item=same_item)
                for size in SIZES
            ]
            figures = "".join(f"{taken:9.3f}" for taken in seconds)
            print(f"  {name:38}{figures} {seconds[2] / seconds[1]:7.1f}", flush=True)


def _seconds(url: str, name: str, size: int, *, same_item: bool) -> float:
    with open_books(url) as ledger:
        if isinstance(ledger.store, SqliteStore):
            ledger.store.run("PRAGMA synchronous = OFF")
        command = prepare(ledger, name, size, same_item=same_item)
        server = _server_process(ledger.store)
        begin = _cpu(server)
        ledger.record(command, by="u_1")
        return _cpu(server) - begin


def _server_process(store: Store) -> int | None:
    """Return the process of the server that works for a connection; None on SQLite."""
    if isinstance(store, SqliteStore):
        return None
    (pid,) = store.one("SELECT pg_backend_pid()") or (None,)
    return pid


def _cpu(server: int | None) -> float:
    """Return the CPU seconds of this process and of the server process, if there is one."""
    seconds = process_time()
    if server is not None:
        nanoseconds = Path(f"/proc/{server}/schedstat").read_text().split()[0]
        seconds += int(nanoseconds) / 1e9
    return seconds
