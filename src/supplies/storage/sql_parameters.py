"""SQL statements with their parameters, in the form that a driver needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple

ROWS_PER_STATEMENT = (500, 100, 20, 5, 1)
"""How many rows are inserted with one INSERT statement: the largest of these numbers that fits.

SQLite allows at least 32,766 parameters in an SQL statement, and PostgreSQL 65,535.
"""

_TOKEN = re.compile(
    r"""
      (?P<quoted> '(?:[^']|'')*' | "(?:[^"]|"")*" )
    | (?P<comment> --[^\n]* )
    | (?P<cast> :: )
    | : (?P<name> [A-Za-z_]\w* )
    | (?P<mark> \? )
    | (?P<percent> % )
    """,
    re.VERBOSE,
)


@lru_cache(maxsize=2048)
def pyformat(sql: str) -> str:
    """Replace the parameters in an SQL statement: `:name` by `%(name)s`, and `?` by `%s`.

    The character `%` becomes `%%`. Text in quotation marks is not changed.
    """
    return _TOKEN.sub(_pyformat_token, sql)


def _pyformat_token(token: re.Match[str]) -> str:
    if token["name"]:
        return f"%({token['name']})s"
    return "%s" if token["mark"] else token[0].replace("%", "%%")


class Numbered(NamedTuple):
    """An SQL statement with numbered parameters, as in `?1`.

    Attributes:
        values: Returns the values of the parameters from a mapping of names to values.
    """

    sql: str
    values: Callable[[Mapping[str, Any]], Sequence[Any]]


@lru_cache(maxsize=2048)
def numbered(sql: str) -> Numbered:
    """Replace the named parameters in an SQL statement by numbered ones: `:name` by `?1`.

    >>> sql, values = numbered("SELECT 1 FROM t WHERE a = :a OR b IN (:b, :a)")
    >>> sql, values({"a": 7, "b": 8})
    ('SELECT 1 FROM t WHERE a = ?1 OR b IN (?2, ?1)', (7, 8))
    """
    numbers: dict[str, int] = {}

    def number(token: re.Match[str]) -> str:
        name = token["name"]
        return f"?{numbers.setdefault(name, len(numbers) + 1)}" if name else token[0]

    positional = _TOKEN.sub(number, sql)
    if len(numbers) > 1:
        return Numbered(positional, itemgetter(*numbers))  # faster than a loop
    return Numbered(positional, lambda values: [values[name] for name in numbers])


def group_rows(sql: str, rows: Iterable[Sequence[Any]]) -> Iterator[tuple[str, Sequence[Any]]]:
    """Yield SQL statements that insert several rows each, with their parameters.

    Args:
        sql: A statement that inserts one row, `INSERT … VALUES (?, …)`. A single row may also have
            a statement of another form.
    """
    rows = list(rows)
    start = 0
    for count in ROWS_PER_STATEMENT:
        while len(rows) - start >= count:
            part = rows[start : start + count]
            yield (sql, part[0]) if count == 1 else (_for_many(sql, count), [*chain(*part)])
            start += count


@cache
def _for_many(sql: str, count: int) -> str:
    """Turn an INSERT statement for one row into one that inserts `count` rows."""
    insert, values, row = sql.rpartition(" VALUES ")
    return f"{insert}{values}{', '.join([row] * count)}"
