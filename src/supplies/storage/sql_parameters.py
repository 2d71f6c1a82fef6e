"""SQL statements with their parameters, in the form that a driver needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple

ROWS_PER_STATEMENT = (500, 100, 20, 5)
"""How many rows are inserted with one INSERT statement: the largest of these numbers that fits.

The rest, less than the smallest number, is inserted row by row.
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


@lru_cache(maxsize=256)
def query_of_each(sql: str) -> tuple[tuple[str, ...], str]:
    """Turn a query into one that runs it once for each of several sets of parameters.

    Return the names of its parameters, and the new query for PostgreSQL. The parameters of the new
    query are arrays: the values of each parameter in all sets. The first column of its rows is the
    number of the set, from 1.
    """
    found = (token["name"] for token in _TOKEN.finditer(sql))
    names = tuple(dict.fromkeys(filter(None, found)))
    query = _TOKEN.sub(lambda token: f"each.of_{token['name']}" if token["name"] else token[0], sql)
    arrays = ", ".join(f":{name}" for name in names)
    columns = ", ".join(f"of_{name}" for name in names)
    return names, (
        f"SELECT each.number, found.* FROM unnest({arrays}) WITH ORDINALITY "
        f"AS each ({columns}, number) CROSS JOIN LATERAL ({query}) AS found"
    )


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
            yield _for_many(sql, count), [*chain(*rows[start : start + count])]
            start += count
    for row in rows[start:]:
        yield sql, row


@cache
def _for_many(sql: str, count: int) -> str:
    """Turn an INSERT statement for one row into one that inserts `count` rows."""
    insert, values, row = sql.rpartition(" VALUES ")
    return f"{insert}{values}{', '.join([row] * count)}"
