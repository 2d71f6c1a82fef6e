"""Fixed statistics, from which SQLite chooses the index for a query.

Without statistics, SQLite assumes ten rows per station. SQLite then reads all rows of a station
even if an index would find the few rows that a query needs. Statistics measured by `ANALYZE` would
depend on the content of the file at that time, and so would the choice of indexes. See "Fixed
Results Of ANALYZE" in the manual of SQLite: https://sqlite.org/lang_analyze.html
"""

from __future__ import annotations

from collections import defaultdict

from supplies.storage.store import Store

ROWS = 4_000_000_000
"""The number of rows that SQLite's query planner assumes for every table.

It is the largest number that SQLite allows. With so many rows, the planner never reads a whole
table to build a temporary index or a Bloom filter for one query.
"""

ROWS_OF_STATION = 100_000

ROWS_WITH_SAME_VALUE = {
    "station": ROWS_OF_STATION,
    **dict.fromkeys(("kind", "noun", "origin", "series", "year"), ROWS_OF_STATION // 10),
    **dict.fromkeys(("item", "location", "team"), ROWS_OF_STATION // 100),
    **dict.fromkeys(("booked_on", "day", "about", "donor", "party", "recipient"), 1_000),
    **dict.fromkeys(("account", "source", "target"), 100),
}
"""How many rows of a station are assumed to have the same value, for columns with few values."""

ROWS_WITH_SAME_ID = 10
"""How many rows of a station are assumed to have the same value, for all other columns.

These columns contain ids and entry numbers.
"""

PARTIAL_INDEX = 100
"""Assumed number of rows in a table for each row in a partial index on it.

An example of a partial index is the index of the balances that are not zero.
"""

Statistics = dict[tuple[str, str], str]
"""The statistics of each index, by table and index, in the form in which SQLite stores them.

The first number is the number of rows. The next numbers say how many rows have the same value in
the first column of the index, in the first two columns, and so on.
"""


def fixed_statistics(store: Store) -> Statistics:
    """Return statistics of each index whose first column is the station.

    The statistics are not measured, but computed from the columns of the index.
    """
    columns = defaultdict[tuple[str, str, bool, bool], list[str]](list)
    for table, index, unique, partial, column in store.all(
        'SELECT t.name, i.name, i."unique", i.partial, c.name FROM sqlite_master t '
        "JOIN pragma_index_list(t.name) i JOIN pragma_index_info(i.name) c "
        "WHERE t.type = 'table' ORDER BY i.name, c.seqno"
    ):
        columns[table, index, bool(unique), bool(partial)].append(column)
    return {
        (table, index): _statistic(names, unique=unique, partial=partial)
        for (table, index, unique, partial), names in columns.items()
        if names[0] == "station"
    }


def _statistic(columns: list[str], *, unique: bool, partial: bool) -> str:
    part = PARTIAL_INDEX if partial else 1
    counts = [ROWS // part]
    for column in columns:
        many = ROWS_WITH_SAME_VALUE.get(column, ROWS_WITH_SAME_ID)
        counts.append(max(1, min(counts[-1], many // part)))
    if unique:
        counts[-1] = 1
    # noskipscan: never search an index once for each value of its first columns.
    return f"{' '.join(str(count) for count in counts)} noskipscan"


def fix_statistics(store: Store) -> None:
    """Replace the statistics in the file with the fixed ones. Call within a transaction."""
    # Any ANALYZE creates the table of statistics.
    store.run("ANALYZE migrations")
    store.run("DELETE FROM sqlite_stat1")
    store.run_many(
        "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)",
        [(*key, stat) for key, stat in fixed_statistics(store).items()],
    )
    # Make this connection read the new statistics. Others read them when they are opened.
    store.run("ANALYZE sqlite_master")
