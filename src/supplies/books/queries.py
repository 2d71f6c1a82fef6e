"""SQL queries about the books of one station."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from supplies.books.written import NOTHING_WRITTEN, Written, WrittenEntry
from supplies.storage.store import Params, Row, Store

A = TypeVar("A")

MAX_IDS = 2000
"""Maximum number of ids in one query.

PostgreSQL has a parameter for each, and limits their number.
"""


class Queries:
    """SQL queries about the books of one station.

    Attributes:
        written: The entries that the current command has written. Views use them instead of reading
            them from the database. Empty outside of `cache_queries`.
    """

    def __init__(self, store: Store, station: str) -> None:
        self.store, self.station_code = store, station
        self._answered: dict[tuple[Any, ...], Any] | None = None
        self.written = NOTHING_WRITTEN

    def all(self, sql: str, **params: Any) -> list[Row]:
        """Return all rows of an SQL query. The query can use the parameter `:station`."""
        return list(self._query(self.store.all, sql, params))

    def one(self, sql: str, **params: Any) -> Row | None:
        """Return the first row of an SQL query, or None. It can use the parameter `:station`."""
        return self._query(self.store.one, sql, params)

    def value(self, sql: str, **params: Any) -> Any:
        """Return the first column of the first row of an SQL query, or None if there is no row."""
        row = self.one(sql, **params)
        return None if row is None else row[0]

    @contextmanager
    def cache_queries(self, written: Sequence[WrittenEntry] = ()) -> Iterator[None]:
        """Cache query results within the `with` block. Nothing may be written in the block.

        A rule reads the same need or balance several times, and each query may have to cross a
        network.

        Args:
            written: The entries that a command has just written, so that they need not be read from
                the database.
        """
        self._answered = {}
        self.written = Written(written) if written else NOTHING_WRITTEN
        try:
            yield
        finally:
            self._answered, self.written = None, NOTHING_WRITTEN

    def _query(self, way: Callable[[str, Params], A], sql: str, params: dict[str, Any]) -> A:
        params["station"] = self.station_code
        if self._answered is None:
            return way(sql, params)
        question = (way.__name__, sql, *params.items())
        if question not in self._answered:
            self._answered[question] = way(sql, params)
        answer: A = self._answered[question]
        return answer


def query_ids(books: Queries, ids: Iterable[str | int], sql: str, **params: Any) -> list[Row]:
    """Run an SQL query about many ids, and return its rows.

    The SQL can read the ids from the column `id` of the table `wanted`. If there are more than
    `MAX_IDS` ids, the query is run several times. `ORDER BY` then sorts only within each run.
    """
    wanted = list(dict.fromkeys(ids))
    rows: list[Row] = []
    for start in range(0, len(wanted), MAX_IDS):
        table, parameters = books.store.wanted_ids(wanted[start : start + MAX_IDS])
        rows += books.all(table + sql, **parameters, **params)
    return rows
