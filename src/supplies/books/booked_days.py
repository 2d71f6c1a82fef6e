"""Read on which days the books have entries, without reading all entries."""

from __future__ import annotations


def days_with_entries(since: str = "''", until: str = ":last") -> str:
    """Return a WITH clause for the table `booked (day)`: all days with entries in a period.

    Its last row is NULL. The query steps through an index from day to day, which is faster than
    reading all entries.

    Args:
        since: SQL for the first day of the period, such as ":first". By default, there is none.
        until: SQL for the last day of the period.
    """
    return (
        "WITH RECURSIVE booked (day) AS (SELECT max(e.booked_on) FROM entries e "
        f"WHERE e.station = :station AND e.booked_on >= {since} AND e.booked_on <= {until} "
        "UNION ALL SELECT (SELECT max(e.booked_on) FROM entries e WHERE e.station = :station "
        f"AND e.booked_on >= {since} AND e.booked_on < b.day) FROM booked b "
        "WHERE b.day IS NOT NULL)"
    )
