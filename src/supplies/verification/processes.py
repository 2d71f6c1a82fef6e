"""Run parts of a verification in other processes, so that several processors work at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from types import TracebackType
from typing import Any

from supplies.errors import InvalidField
from supplies.storage.engines import open_store
from supplies.storage.store import Store

MAX_PROCESSES = 64

Check = Callable[[], None]
"""A function that checks a part of the books, or waits until another process has checked it.

It raises the error that describes the first difference.
"""


class OtherProcesses:
    """Up to `count` processes, of which this one is the first.

    Each opens the database itself. So it may see entries that were recorded after this process
    began to read, and must only check what is right after each entry.

    Raises:
        InvalidField: `count` is not a number from 1 to `MAX_PROCESSES`.
    """

    def __init__(self, store: Store, count: int) -> None:
        if type(count) is not int or not 1 <= count <= MAX_PROCESSES:
            raise InvalidField(
                f"processes must be a number from 1 to {MAX_PROCESSES}, not {count!r}"
            )
        self._store = store
        # A forked process would share locks of SQLite with this one.
        self._pool = (
            ProcessPoolExecutor(count - 1, mp_context=get_context("spawn")) if count > 1 else None
        )

    def __enter__(self) -> OtherProcesses:
        """Return this object."""
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Wait for checks that have begun. Checks that have not begun are left out."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def begin(self, check: Callable[..., None], *args: Any) -> Check:
        """Begin a check in another process. Return a function that waits for its end.

        With one process, the returned function runs the check itself.

        Args:
            check: A function of a module. Its first argument is the store.
            args: Its further arguments.
        """
        if self._pool is None:
            return partial(check, self._store, *args)
        return self._pool.submit(_check_apart, self._store.address, check, *args).result

    @contextmanager
    def beside(self, check: Callable[..., None], *args: Any) -> Iterator[None]:
        """Run a check in another process during the `with` block, or else before the block.

        If the check finds a difference, its error is raised in place of an error of the block.

        Args:
            check, args: See `begin`.
        """
        wait = self.begin(check, *args)
        if self._pool is None:
            wait()
            yield
            return
        try:
            yield
        finally:
            wait()


def _check_apart(address: str, check: Callable[..., None], *args: Any) -> None:
    store = open_store(address, create=False, guarded=False)
    try:
        with store.reading():
            check(store, *args)
    finally:
        store.close()
