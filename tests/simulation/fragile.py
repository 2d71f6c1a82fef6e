"""A store in whose transactions something can happen: before any statement, and about a commit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from supplies.storage.store import Params, Row, Store

T = TypeVar("T")


class Stopped(BaseException):
    """The process is no more. No `except Exception` may go on after it."""


class FragileStore:
    """A store that counts what is done in a transaction, and lets something happen at a count.

    The moments counted lie between the first statement under the station's lock and the answer:
    before each further statement, before the commit, and when the commit is durable and nobody was
    told.

    durable: whether it is that last moment.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._locks = self._locked = self.durable = False
        self._strikes: dict[int, Callable[[], None]] = {}
        self._moments = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    @property
    def engine(self) -> Store:
        """The store itself, in which nothing happens."""
        return self._store

    @contextmanager
    def striking(self, strikes: dict[int, Callable[[], None]]) -> Iterator[None]:
        """Let these happen at these moments, counted from 1, as far as they are reached."""
        self._moments, self._strikes = 0, strikes
        try:
            yield
        finally:
            self._strikes = {}

    def _moment(self) -> None:
        if self._locked:
            self._moments += 1
            strike = self._strikes.pop(self._moments, None)
            if strike is not None:
                strike()

    def _answered(self, answer: T) -> T:
        """A lock may be taken with the statement after it: once that is answered, it is."""
        self._locked = self._locks
        return answer

    # --- what the ledger asks of a store ---------------------------------------------------------

    def all(self, sql: str, params: Params | Sequence[Any] = ()) -> list[Row]:
        self._moment()
        return self._answered(self._store.all(sql, params))

    def one(self, sql: str, params: Params | Sequence[Any] = ()) -> Row | None:
        self._moment()
        return self._answered(self._store.one(sql, params))

    def run(self, sql: str, params: Params | Sequence[Any] = ()) -> int:
        self._moment()
        return self._answered(self._store.run(sql, params))

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        self._moment()
        self._store.run_many(sql, rows)

    def lock(self, station: str) -> None:
        self._store.lock(station)
        self._locks = True

    @contextmanager
    def writing(self) -> Iterator[None]:
        try:
            with self._store.writing():
                yield
                self._moment()
            self.durable = True
            self._moment()
        finally:
            self._locks = self._locked = self.durable = False
