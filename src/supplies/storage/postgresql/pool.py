"""A pool of connections to a PostgreSQL database, shared by all stores of a process.

A store borrows a connection for one transaction, or for a single SQL statement. So the number of
connections depends on how many are used at the same time, not on the number of stores. Each
connection is configured once, when it is opened. A forked process has a pool of its own.
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
"""How long a writer waits for the transaction of another writer, in milliseconds."""

CONNECT_TIMEOUT_S = 10
"""How long a server may take to accept a connection, in seconds."""

TCP_USER_TIMEOUT_MS = 15_000
"""How long a server may take to acknowledge sent data, in milliseconds.

After this time, the connection is closed. The default of the operating system is a quarter of an
hour. A working server acknowledges data at once, even if the SQL statement takes long.
"""

_DEFAULTS: dict[str, str | int] = {
    "connect_timeout": CONNECT_TIMEOUT_S,
    "application_name": "supplies",
    "tcp_user_timeout": TCP_USER_TIMEOUT_MS,
    # While the program waits for a result, only keepalive packets are sent.
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
"""Connection parameters that are used unless the URL sets others."""

CONNECTIONS, CONNECTION_WAIT_S = 8, 5
"""Maximum number of connections to a database, and how many seconds to wait for a free one.

The URL can set other values: `?connections=16&connection_wait=10`.
"""

MAX_PREPARED = 400
"""Maximum number of prepared SQL statements of a connection.

Every SQL statement is prepared when it is used for the first time. With the driver's default
maximum, the driver may lose track of a statement that was prepared after another statement failed.
"""

_PROBE_TIMEOUT_S = 0.05
"""How many seconds to wait for a free connection before checking whether the server answers."""

# The driver need not log its errors, because they are raised as StoreError.
getLogger("psycopg").addHandler(NullHandler())

_SESSION = """
SET lock_timeout = {lock_timeout};
-- Each query takes milliseconds; compiling it would take hundreds.
SET jit = off;
-- Every query uses an index. A plan made while a table is small would read the whole table, and the
-- plan is kept while the table grows.
SET enable_seqscan = off;
-- Queries name their tables in the order in which to read them, each by an index. The server would
-- read a whole table for a join where it expects too many rows.
SET join_collapse_limit = 1;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
-- If it is off, a commit would be confirmed before it is on the disk.
SELECT set_config('synchronous_commit', 'on', false)
WHERE current_setting('synchronous_commit') = 'off' AND current_setting('fsync') = 'on'
"""


class _IntegerLoader(Loader):
    """Converts SQL values of the type numeric, such as sums of integers, to int."""

    def load(self, data: Buffer) -> int:
        return int(bytes(data))


@dataclass(frozen=True, slots=True)
class Address:
    """The address of a database on a server.

    Attributes:
        display_url: The URL without its password.
        wait: How long to wait for a free connection, in seconds.
    """

    display_url: str
    conninfo: str
    connections: int
    wait: int

    @classmethod
    def parse(cls, url: str) -> Address:
        """Parse the URL of a database.

        Raises:
            StoreError: the URL is not the URL of a PostgreSQL database.
        """
        shown = _without_password(url)
        url, ours = _split_parameters(url, shown)
        try:
            given = conninfo_to_dict(url)
        except psycopg.Error:
            # The driver's message may contain the password.
            raise StoreError(
                f"{shown} is not the address of a PostgreSQL database; "
                "write postgresql://USER@HOST/DATABASE, with % @ : / in names as %25 %40 %3A %2F"
            ) from None
        ours_unless_given = {name: _DEFAULTS[name] for name in _DEFAULTS if name not in given}
        conninfo = make_conninfo(url, client_encoding="utf8", **ours_unless_given)
        return cls(shown, conninfo, ours["connections"], ours["connection_wait"])

    def connection_error(self) -> StoreError | None:
        """Try to connect. Return the error if connecting fails, otherwise None."""
        try:
            with psycopg.connect(self.conninfo, autocommit=True) as connection:
                _begin_session(connection)
        except psycopg.Error as error:
            kind, sentence = translate_connection_error(str(error))
            return kind(f"{self.display_url}: {sentence}")
        return None


class Pool:
    """The connections of a process to one database.

    Attributes:
        members: Number of stores that use the pool.
    """

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
            check=_check_alive,
            # The pool connects again at the next request, not in the background.
            reconnect_timeout=0,
            open=True,
        )

    def acquire(self) -> Connection:
        """Borrow a connection for this thread. Give it back with `release`.

        If the server did not answer an earlier call, later calls wait only briefly, until the
        server answers again.

        Raises:
            Busy: no connection became free within `Address.wait`.
            StoreError: no connection can be opened.
        """
        failures = self._failures()
        until = monotonic() + (0 if self._silent else self.address.wait)
        while True:
            try:
                return self._checked_out(self._pool.getconn(timeout=_PROBE_TIMEOUT_S))
            except PoolTimeout:
                late = monotonic() >= until
                # A connection in use may become free soon, even if the server refuses new ones.
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
        """Give a connection back to the pool. If the connection is lost, the pool replaces it."""
        with _LOCK:
            self._lent -= 1
        self._pool.putconn(connection)

    def leave(self) -> None:
        """Stop using the pool. When the last store has stopped, all connections are closed."""
        with _LOCK:
            self.members -= 1
            if self.members:
                return
            _POOLS.pop((self.pid, self.address), None)
        self._pool.close()

    def _failures(self) -> int:
        return self._pool.get_stats().get("connections_errors", 0)


def shared_pool(address: Address) -> Pool:
    """Return the pool of this process for a database.

    The caller counts as a user of the pool until it calls `Pool.leave`.
    """
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
    # Each Python type has one SQL type. Otherwise the driver chooses a type by the size of a value,
    # and prepares the statement again for each.
    adapters.register_dumper(int, Int8Dumper)
    adapters.register_dumper(str, StrDumper)
    connection.execute(_SESSION.format(lock_timeout=BUSY_TIMEOUT_MS).encode(), prepare=False)


def _check_alive(connection: Connection) -> None:
    """Check that an idle connection was not lost.

    If it was lost, raise the error of the driver. A query is sent only if the server has sent data
    since the last use of the connection. Such data usually means that the server closes the
    connection.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if poll.poll(0):
        connection.execute(b"", prepare=False)


def _split_parameters(url: str, shown: str) -> tuple[str, dict[str, int]]:
    """Return the URL for the driver, and the values of this program's own parameters in the URL.

    Raises:
        StoreError: a parameter of this program is not a number from 1 to 1000.
    """
    settings = {"connections": CONNECTIONS, "connection_wait": CONNECTION_WAIT_S}
    rest, _, query = url.partition("?")
    others = []
    for part in filter(None, query.split("&")):
        name, _, value = part.partition("=")
        if name not in settings:
            others.append(part)
        elif value.isascii() and value.isdigit() and 1 <= int(value) <= 1000:
            settings[name] = int(value)
        else:
            raise StoreError(f"{shown}: {part} is not a number from 1 to 1000")
    return (f"{rest}?{'&'.join(others)}" if others else rest), settings


def _without_password(url: str) -> str:
    """Return a URL without its password.

    A password that is not percent-encoded may contain any character, even `@`. So the password is
    assumed to end at the last `@`.
    """
    shown = re.sub(r"(?<=://)([^:]*):.*@", r"\1@", url, flags=re.DOTALL)
    return re.sub(r"([?&]\w*password=).*", r"\1…", shown, flags=re.DOTALL)
