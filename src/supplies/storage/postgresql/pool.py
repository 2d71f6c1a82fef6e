"""A pool of connections to PostgreSQL, shared by all stores of a process on one database.

A store borrows one for the length of a transaction, or of a statement outside any, and gives it
back: as many are open as are used at once, whatever number of stores there is. What is said to a
session is said once, when its connection is made. Another process never uses a connection of this
one: what was forked makes its own.
"""

from __future__ import annotations

import os
import re
import select
import threading
from dataclasses import dataclass
from logging import NullHandler, getLogger
from time import monotonic
from typing import Any

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import StrDumper
from psycopg_pool import ConnectionPool, PoolTimeout

from supplies.errors import Busy, StoreError
from supplies.storage.postgresql.errors import translate_connection_error

Connection = psycopg.Connection[tuple[Any, ...]]

BUSY_TIMEOUT_MS = 20_000
"""How long a writer waits for another transaction before it gives up."""

CONNECT_TIMEOUT_S = 10
"""How long a server may take to answer a connection."""

TCP_USER_TIMEOUT_MS = 15_000
"""How long sent data may stay unconfirmed before the server counts as lost.

A machine that is gone without a word would be waited for a quarter of an hour. One that is at work
confirms, however long its work takes.
"""

_DEFAULTS: dict[str, str | int] = {
    "connect_timeout": CONNECT_TIMEOUT_S,
    "application_name": "supplies",
    "tcp_user_timeout": TCP_USER_TIMEOUT_MS,
    # While an answer is waited for nothing is sent but this.
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
"""Connection parameters, unless the URL sets others."""

CONNECTIONS, CONNECTION_WAIT_S = 8, 5
"""How many connections a process opens to a database, and how long one waits for one of them.

A URL says otherwise with `?connections=16&connection_wait=10`.
"""

MAX_PREPARED = 400
"""Largest number of prepared statements of a connection.

Each is when it comes for the first time: the driver would lose count of one that comes to be
prepared in the wake of a statement that is refused.
"""

_PROBE_TIMEOUT_S = 0.05
"""How often a thread that waits for a connection checks whether the server can be reached."""

# What the driver would say is said, in other words, to whoever asked for something.
getLogger("psycopg").addHandler(NullHandler())

_SESSION = """
SET lock_timeout = {lock_timeout};
-- Each question takes milliseconds; compiling it would take hundreds.
SET jit = off;
-- Every question is answered from an index. A table that is small when it is first asked for would
-- be read whole, and go on being so, as the plan is kept while the table grows.
SET enable_seqscan = off;
-- Whoever turned it off did not think of books: an answer would come before the disk.
SELECT set_config('synchronous_commit', 'on', false)
WHERE current_setting('synchronous_commit') = 'off' AND current_setting('fsync') = 'on'
"""


class _IntegerLoader(Loader):
    """Loads numeric sums of integers as int."""

    def load(self, data: Buffer) -> int:
        return int(bytes(data))


@dataclass(frozen=True, slots=True)
class Address:
    """A database of a server. shown: the URL without its password. wait: seconds."""

    display_url: str
    conninfo: str
    connections: int
    wait: int

    @classmethod
    def parse(cls, url: str) -> Address:
        """The database that a URL names; raises StoreError for what is no such URL."""
        shown = _without_password(url)
        url, ours = _ours(url, shown)
        try:
            given = conninfo_to_dict(url)
        except psycopg.Error:
            # Not in the driver's words: they repeat the part that it stumbled over, the password's.
            raise StoreError(
                f"{shown} is no address of a PostgreSQL database; "
                "write postgresql://USER@HOST/DATABASE, with % @ : / in names as %25 %40 %3A %2F"
            ) from None
        ours_unless_given = {name: _DEFAULTS[name] for name in _DEFAULTS if name not in given}
        conninfo = make_conninfo(url, client_encoding="utf8", **ours_unless_given)
        return cls(shown, conninfo, ours["connections"], ours["connection_wait"])

    def connection_error(self) -> StoreError | None:
        """Return why the server refuses connections; None if it accepts them."""
        try:
            with psycopg.connect(self.conninfo, autocommit=True) as connection:
                _begin_session(connection)
        except psycopg.Error as error:
            kind, sentence = translate_connection_error(str(error))
            return kind(f"{self.display_url}: {sentence}")
        return None


class Pool:
    """The connections of a process to one database. members: number of stores that share them."""

    def __init__(self, address: Address) -> None:
        self.address, self.members, self.pid = address, 0, os.getpid()
        self._lent, self._silent = 0, False
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            address.conninfo,
            kwargs={"autocommit": True},
            min_size=0,
            max_size=address.connections,
            num_workers=1,
            configure=_begin_session,
            check=_is_alive,
            # Tried again when somebody asks again, not by and by.
            reconnect_timeout=0,
            open=True,
        )

    def acquire(self) -> Connection:
        """Borrow a connection for this thread; return it with `give_back`.

        Raises Busy where none is free in time, a StoreError where none can be made. For a server
        that does not answer one waits in vain, and whoever comes after glances at it.
        """
        failures = self._failures()
        until = monotonic() + (0 if self._silent else self.address.wait)
        while True:
            try:
                return self._checked_out(self._pool.getconn(timeout=_PROBE_TIMEOUT_S))
            except PoolTimeout:
                late = monotonic() >= until
                # Where others have one it may be free soon, whatever the server says to more.
                alone = self._lent == 0
                if (late or alone) and self._failures() > failures:
                    refusal = self.address.connection_error()
                    if refusal is not None:
                        raise refusal from None
                if late and alone:
                    self._silent = True
                    raise _timeout_error(self.address) from None
                if late:
                    raise Busy(
                        f"{self.address.display_url}: all {self.address.connections} connections "
                        f"of this program have been in use for {self.address.wait} seconds; "
                        "nothing was recorded, try again, "
                        "or allow more with ?connections= in the URL"
                    ) from None

    def _checked_out(self, connection: Connection) -> Connection:
        self._silent = False
        with _LOCK:
            self._lent += 1
        return connection

    def release(self, connection: Connection) -> None:
        """Return a connection to the pool; a lost one is replaced."""
        with _LOCK:
            self._lent -= 1
        self._pool.putconn(connection)

    def leave(self) -> None:
        """Leave the pool; the last store closes all connections."""
        with _LOCK:
            self.members -= 1
            if self.members:
                return
            _POOLS.pop((self.pid, self.address), None)
        self._pool.close()

    def _failures(self) -> int:
        return self._pool.get_stats().get("connections_errors", 0)


def shared_pool(address: Address) -> Pool:
    """Return the pool of this process for a database; call `leave` when done."""
    with _LOCK:
        here = os.getpid(), address
        pool = _POOLS.get(here)
        if pool is None:
            pool = _POOLS[here] = Pool(address)
        pool.members += 1
        return pool


_POOLS: dict[tuple[int, Address], Pool] = {}
_LOCK = threading.Lock()


def _timeout_error(address: Address) -> StoreError:
    kind, sentence = translate_connection_error("timeout expired")
    return kind(f"{address.display_url}: {sentence}")


def _begin_session(connection: Connection) -> None:
    connection.prepare_threshold = 0
    connection.prepared_max = MAX_PREPARED
    adapters = connection.adapters
    adapters.register_loader("numeric", _IntegerLoader)
    # One type each, whatever the value: else a statement is prepared for every size anew.
    adapters.register_dumper(int, Int8Dumper)
    adapters.register_dumper(str, StrDumper)
    connection.execute(_SESSION.format(lock_timeout=BUSY_TIMEOUT_MS).encode(), prepare=False)


def _is_alive(connection: Connection) -> None:
    """Raise if the connection was lost while idle.

    The server is asked only where it has said something unasked: mostly that it goes away.
    """
    said = select.poll()
    said.register(connection.fileno(), select.POLLIN)
    if said.poll(0):
        connection.execute(b"", prepare=False)


def _ours(url: str, shown: str) -> tuple[str, dict[str, int]]:
    """Split a URL into the driver's URL and our own parameters."""
    said = {"connections": CONNECTIONS, "connection_wait": CONNECTION_WAIT_S}
    rest, _, query = url.partition("?")
    others = []
    for part in filter(None, query.split("&")):
        name, _, value = part.partition("=")
        if name not in said:
            others.append(part)
        elif value.isascii() and value.isdigit() and 1 <= int(value) <= 1000:
            said[name] = int(value)
        else:
            raise StoreError(f"{shown}: {part} is no number from 1 to 1000")
    return (f"{rest}?{'&'.join(others)}" if others else rest), said


def _without_password(url: str) -> str:
    """Return a URL without its password.

    A password that was not written as a URL wants it may hold any sign: it ends at the last `@`.
    """
    shown = re.sub(r"(?<=://)([^:]*):.*@", r"\1@", url, flags=re.DOTALL)
    return re.sub(r"([?&]\w*password=).*", r"\1…", shown, flags=re.DOTALL)
