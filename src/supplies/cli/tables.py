"""What commands print: tables for people, JSON for programs."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from supplies.documents import Work


def as_json(shape: object) -> int:
    """Print a shape as JSON, as the API has it; the exit status."""
    print(msgspec.json.encode(shape).decode())
    return 0


def table(names: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under their names; columns of numbers stand to the right."""
    from rich.console import Console
    from rich.table import Table

    drawn = Table()
    for index, name in enumerate(names):
        numbers = bool(rows) and all(isinstance(row[index], int) for row in rows)
        drawn.add_column(name, justify="right" if numbers else "left")
    for row in rows:
        drawn.add_row(*(str(cell) for cell in row))
    Console().print(drawn)


def listed(rows: Sequence[msgspec.Struct]) -> None:
    """Print structs of one kind, a column each field; nothing where there are none."""
    if rows:
        names = rows[0].__struct_fields__
        table(
            [name.replace("_", " ") for name in names],
            [[getattr(row, name) for name in names] for row in rows],
        )


def work(report: Work) -> None:
    """Print the figures of a report over a period."""
    fields = msgspec.structs.asdict(report)
    figures = [name for name, value in fields.items() if isinstance(value, int)]
    table(["figure", "count"], [[name.replace("_", " "), fields[name]] for name in figures])
    table(["activity", "count"], [[line.kind, line.count] for line in report.activities])
    listed(report.goods)
