"""Read the structure of the tables, with sqlite-utils.

The same migrations create the tables in SQLite and in PostgreSQL. So the structure is read from an
empty SQLite database in memory, also for PostgreSQL. This takes about 0.2 seconds. The structure is
needed to copy books, to grant rights and in tests, but not to open books.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from sqlite_utils import Database

from supplies.storage import schema


class Table(NamedTuple):
    """The structure of a table.

    Attributes:
        columns, primary_key: Names of columns, in order.
        unique_keys: The columns of each unique index, including the primary key.
        refers_to: Names of the tables to which the foreign keys of this table refer.
    """

    columns: list[str]
    primary_key: list[str]
    unique_keys: set[tuple[str, ...]]
    refers_to: set[str]


@cache
def tables() -> dict[str, Table]:
    """Return the structure of all tables by name. A table comes after the ones it refers to."""
    database = Database(memory=True, execute_plugins=False)
    try:
        database.executescript(schema.all_scripts())
        return {
            table.name: Table(
                columns=[column.name for column in table.columns],
                primary_key=table.pks,
                unique_keys={
                    tuple(table.pks),
                    *(tuple(index.columns) for index in table.indexes if index.unique),
                },
                refers_to={key.other_table for key in table.foreign_keys},
            )
            for table in database.tables
        }
    finally:
        database.close()
