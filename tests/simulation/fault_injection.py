"""A store that injects faults into transactions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from supplies.storage.store import Params, Row, Store

T = TypeVar("T")


class ProcessStopped(BaseException):
    """The simulated end of the process. It is a `BaseException`, so that no `except Exception`
    catches it.
    """


class FaultInjectingStore:
    """A store that counts injection points in a transaction and calls a function at some of them.

    The points are between the first statement under the station's lock and the answer: before each
    further statement, before the commit, and after a durable commit that was not yet answered.

    Attributes:
        durable: Whether the last of these points was reached.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._locks = self._locked = self.durable = False
        self._faults: dict[int, Callable[[], None]] = {}
        self._points_passed = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    @property
    def inner(self) -> Store:
        """The wrapped store, which injects no faults."""
        return self._store

    @contextmanager
    def injecting(self, faults: dict[int, Callable[[], None]]) -> Iterator[None]:
        """Call these functions at these points, counted from 1. Points that are not reached are
        skipped.
        """
        self._points_passed, self._faults = 0, faults
        try:
            yield
        finally:
            self._faults = {}

    def _pass_point(self) -> None:
        if self._locked:
            self._points_passed += 1
            fault = self._faults.pop(self._points_passed, None)
            if fault is not None:
                fault()

    def _lock_taken_with(self, answer: T) -> T:
        """Note after a statement that the lock is held, because a statement may take it."""
        self._locked = self._locks
        return answer

    # --- interface of the store ------------------------------------------------------------------

    def all(self, sql: str, params: Params | Sequence[Any] = ()) -> list[Row]:
        self._pass_point()
        return self._lock_taken_with(self._store.all(sql, params))

    def one(self, sql: str, params: Params | Sequence[Any] = ()) -> Row | None:
        self._pass_point()
        return self._lock_taken_with(self._store.one(sql, params))

    def run(self, sql: str, params: Params | Sequence[Any] = ()) -> int:
        self._pass_point()
        return self._lock_taken_with(self._store.run(sql, params))

    def run_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        self._pass_point()
        self._store.run_many(sql, rows)

    def lock(self, station: str) -> None:
        self._store.lock(station)
        self._locks = True

    @contextmanager
    def writing(self) -> Iterator[None]:
        try:
            with self._store.writing():
                yield
                self._pass_point()
            self.durable = True
            self._pass_point()
        finally:
            self._locks = self._locked = self.durable = False
