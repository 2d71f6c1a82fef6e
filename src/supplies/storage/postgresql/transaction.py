"""A transaction on a borrowed connection, with as few network round trips as possible.

An SQL statement that returns nothing is queued, and is sent together with the next query. So an
error of such a statement is raised later: at the latest when its savepoint or transaction ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from supplies.storage.postgresql.pool import Connection
from supplies.storage.store import Params

Cursor = psycopg.Cursor[tuple[Any, ...]]

MAX_QUEUED = 1_000
"""Number of queued SQL statements after which the queue is sent."""

_ROLLED_BACK = (TransactionStatus.INTRANS, TransactionStatus.INERROR)
"""States of a connection in which a transaction must be ended by ROLLBACK.

In these states, the connection works and its transaction is still open.
"""


class Transaction:
    """A transaction, from BEGIN to COMMIT or ROLLBACK."""

    def __init__(self, connection: Connection, begin: str) -> None:
        self.connection = connection
        self._parts = 0
        self._waiting: list[tuple[str, Params | Sequence[Any], bool]] = [(begin, (), True)]

    def execute(
        self, sql: str, params: Params | Sequence[Any] = (), *, prepare: bool = True
    ) -> Cursor:
        """Run an SQL statement and return its result.

        The queued statements are sent first, in the same round trip.

        Args:
            prepare: Whether the server keeps the statement, to run it again more quickly.
        """
        if not self._waiting:
            return self.connection.execute(sql, params, prepare=prepare)
        waiting, self._waiting = self._waiting, []
        with self.connection.pipeline():
            for earlier, of_earlier, prepare_earlier in waiting:
                self.connection.execute(earlier, of_earlier, prepare=prepare_earlier)
            return self.connection.execute(sql, params, prepare=prepare)

    def enqueue(
        self, sql: str, params: Params | Sequence[Any] = (), *, prepare: bool = True
    ) -> None:
        """Queue an SQL statement, as `execute` takes it. It is sent at the next `execute`."""
        self._waiting.append((sql, params, prepare))
        if len(self._waiting) >= MAX_QUEUED:
            self.flush()

    def flush(self) -> None:
        """Run all queued SQL statements."""
        if self._waiting:
            sql, params, prepare = self._waiting.pop()
            self.execute(sql, params, prepare=prepare)

    def savepoint(self) -> None:
        """Set the savepoint for `rollback_to_savepoint`."""
        self._parts += 1
        self.enqueue(f"SAVEPOINT part_{self._parts}")

    def release_savepoint(self) -> None:
        """Run all queued SQL statements, then release the savepoint."""
        self.enqueue(f"RELEASE part_{self._parts}")
        self._parts -= 1

    def rollback_to_savepoint(self) -> None:
        """Roll back to the savepoint.

        If the connection was lost, nothing is done, because the server then rolls back by itself.
        """
        part = f"part_{self._parts}"
        self._parts -= 1
        unsent = [sql for sql, *_ in self._waiting]
        if f"SAVEPOINT {part}" in unsent:
            del self._waiting[unsent.index(f"SAVEPOINT {part}") :]
            return
        self._waiting.clear()
        if self.connection.info.transaction_status in _ROLLED_BACK:
            # Not queued, because the driver discards prepared statements after a ROLLBACK.
            self.connection.execute(f"ROLLBACK TO {part}")
            self.connection.execute(f"RELEASE {part}")

    def commit(self) -> bool:
        """Commit the transaction.

        Return False if the transaction had failed and the server rolled it back instead.
        """
        if self.execute("COMMIT").statusmessage == "COMMIT":
            return True
        # After a failed statement, PostgreSQL rolls back on COMMIT without an error.
        self.connection.close()
        return False

    def end(self) -> None:
        """Roll back what was not committed.

        If the connection was lost, nothing is done, because the server then rolls back by itself.
        """
        self._waiting.clear()
        status = self.connection.info.transaction_status
        if status in _ROLLED_BACK:
            with suppress(psycopg.Error):
                self.connection.execute("ROLLBACK")
        elif status is TransactionStatus.ACTIVE:
            self.connection.close()
