"""SQL queries about the books of one station."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from supplies.books.written import NOTHING_WRITTEN, Written, WrittenEntry
from supplies.storage.store import Row, Store

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
        self._asked: list[tuple[str, str, dict[str, Any]]] | None = None
        self.written = NOTHING_WRITTEN

    def all(self, sql: str, **params: Any) -> list[Row]:
        """Return all rows of an SQL query. The query can use the parameter `:station`."""
        return list(self._query("all", sql, params))

    def one(self, sql: str, **params: Any) -> Row | None:
        """Return the first row of an SQL query, or None. It can use the parameter `:station`."""
        row: Row | None = self._query("one", sql, params)
        return row

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

    def read_together(self, calls: Iterable[Callable[[], object]]) -> bool:
        """Read what several calls of methods will ask for, with few queries.

        The calls are made here only to learn their queries, as if nothing was found. When they are
        made again within the same `cache_queries`, their queries are answered from memory.

        Return False, and read nothing, if results are not cached or queries need no round trip.
        """
        if self._answered is None or self.store.in_process:
            return False
        asked: list[tuple[str, str, dict[str, Any]]] = []
        self._asked = asked
        try:
            for call in calls:
                call()
        finally:
            self._asked = None
        by_query: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        for way, sql, params in asked:
            by_query[way, sql].append(params)
        for (way, sql), several in by_query.items():
            if len(several) < 2:
                continue
            for params, rows in zip(several, self.store.all_of_each(sql, several), strict=True):
                answer = rows if way == "all" else rows[0] if rows else None
                self._answered[way, sql, *params.items()] = answer
        return True

    def _query(self, way: Literal["all", "one"], sql: str, params: dict[str, Any]) -> Any:
        params["station"] = self.station_code
        ask = self.store.all if way == "all" else self.store.one
        if self._answered is None:
            return ask(sql, params)
        question = (way, sql, *params.items())
        if self._asked is not None:
            if question not in self._answered:
                self._asked.append((way, sql, params))
            return [] if way == "all" else None
        if question not in self._answered:
            self._answered[question] = ask(sql, params)
        return self._answered[question]


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
