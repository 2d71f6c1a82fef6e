"""Write lists as a Frictionless Data Package: CSV files and a description of their columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from supplies.exports.tables import Table, Value, write_csv

DESCRIPTION_FILE = "datapackage.json"

_RECORDS = {
    "item": "items",
    "donor": "donors",
    "recipient": "recipients",
    "location": "locations",
    "team": "teams",
    "campaign": "campaigns",
}
"""For each column that contains codes, the table to which the codes refer.

These columns become foreign keys in the description of the package.
"""

OpenFile = Callable[[str], AbstractContextManager[Path]]
"""Function that takes a file name and returns a context manager with the path to write to.

The file is finished when the `with` block ends.
"""


def write_package(name: str, title: str, tables: Iterable[Table], open_file: OpenFile) -> None:
    """Write tables as CSV files, and the file `datapackage.json` that describes them.

    The types of the columns are determined while the rows are written.

    Args:
        name: Name of the package, in lower-case letters.
        title: Title of the package.
        tables: The tables. Each becomes a file with the name of the table.
        open_file: Opens each file of the package.
    """
    resources = []
    for table in tables:
        kinds = _Kinds(len(table.columns))
        with open_file(f"{table.name}.csv") as path, path.open("wb") as file:
            write_csv(table._replace(rows=kinds.seen(table.rows)), file, mark=False)
        resources.append(_resource(table, kinds.names()))
    described = {one["name"] for one in resources}
    for one in resources:
        one["schema"]["foreignKeys"] = _foreign_keys(one["schema"]["fields"], described)
    package = {
        "profile": "tabular-data-package",
        "name": name,
        "title": title,
        "resources": resources,
    }
    with open_file(DESCRIPTION_FILE) as path:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(package), indent=2))


class _Kinds:
    """Determines the types of the columns of a table from the values in its rows."""

    def __init__(self, count: int) -> None:
        self._types: list[set[type]] = [set() for _ in range(count)]

    def seen(self, rows: Iterable[Sequence[Value]]) -> Iterator[Sequence[Value]]:
        for row in rows:
            for types, value in zip(self._types, row, strict=True):
                if value is not None:
                    types.add(type(value))
            yield row

    def names(self) -> list[str]:
        return [
            _NAMES.get(next(iter(t)), "string") if len(t) == 1 else "string" for t in self._types
        ]


_NAMES: dict[type, str] = {int: "integer", date: "date", bool: "boolean"}


def _resource(table: Table, kinds: Sequence[str]) -> dict[str, Any]:
    fields = [
        {"name": column.heading, "type": kind}
        for column, kind in zip(table.columns, kinds, strict=True)
    ]
    schema: dict[str, Any] = {"fields": fields, "missingValues": [""]}
    if table.name in _RECORDS.values():
        schema["primaryKey"] = ["code"]
    return {
        "profile": "tabular-data-resource",
        "name": table.name,
        "path": f"{table.name}.csv",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": schema,
    }


def _foreign_keys(fields: Sequence[dict[str, str]], tables: set[str]) -> list[dict[str, Any]]:
    return [
        {
            "fields": [field["name"]],
            "reference": {"resource": _RECORDS[field["name"]], "fields": ["code"]},
        }
        for field in fields
        if _RECORDS.get(field["name"]) in tables
    ]
