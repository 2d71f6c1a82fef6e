"""Print results: tables for people, JSON for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from supplies.papers.station_report import StationReport

_UNLIMITED_WIDTH = 1_000_000

_RowType = TypeVar("_RowType")


def print_json(shape: object) -> None:
    """Print a struct, or structs, as JSON in the shape of the REST API."""
    print(msgspec.json.encode(shape).decode())


def print_table(names: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows as a table; columns of whole numbers are aligned to the right.

    Nothing is shortened: if the terminal is too narrow, each row is printed as a list. Output to a
    file or another program is as wide as the table.
    """
    from rich.table import Table

    drawn = Table()
    for index, name in enumerate(names):
        numbers = bool(rows) and all(isinstance(row[index], int) for row in rows)
        drawn.add_column(name, justify="right" if numbers else "left")
    for row in rows:
        drawn.add_row(*map(_as_text, row))
    console, fits = _console_for(drawn)
    if fits:
        console.print(drawn)
        return
    for row in rows:
        print_pairs(dict(zip(names, row, strict=True)))
        print()


def print_columns(
    columns: Mapping[str, Callable[[_RowType], object]], rows: Iterable[_RowType]
) -> None:
    """Print a table of objects.

    columns: by the name of each column, the function that takes its value from an object.
    """
    values = [[value_of(row) for value_of in columns.values()] for row in rows]
    print_table(list(columns), values)


def print_structs(rows: Sequence[msgspec.Struct]) -> None:
    """Print structs of one class, with a column for each field; nothing if there are none."""
    if rows:
        names = rows[0].__struct_fields__
        print_table(
            [name.replace("_", " ") for name in names],
            [[getattr(row, name) for name in names] for row in rows],
        )


def print_pairs(values: Mapping[str, object]) -> None:
    """Print a name and its value on each line; long values are wrapped."""
    from rich.table import Table

    drawn = Table.grid("name", "value", padding=(0, 2, 0, 0))
    drawn.columns[0].no_wrap, drawn.columns[1].overflow = True, "fold"
    for name, value in values.items():
        drawn.add_row(_as_text(name), _as_text(value))
    console, _ = _console_for(drawn)
    console.print(drawn)


def print_period_report(report: StationReport) -> None:
    """Print the figures, the activities and the goods of a report over a period."""
    fields: dict[str, Any] = msgspec.structs.asdict(report)
    figures = [name for name, value in fields.items() if isinstance(value, int)]
    print_table(["figure", "count"], [[name.replace("_", " "), fields[name]] for name in figures])
    print_table(["activity", "count"], [[line.kind, line.count] for line in report.activities])
    print_structs(report.goods)


def _console_for(drawn: Table) -> tuple[Console, bool]:
    """Return the console to print a table on, and whether the table fits into its width."""
    from rich.console import Console

    console = Console()
    options = console.options.update(width=_UNLIMITED_WIDTH)
    wanted = console.measure(drawn, options=options).maximum
    if not console.is_terminal:
        console.width = max(wanted, console.width)
    return console, wanted <= console.width


def _as_text(value: object) -> Text:
    """Return a value as plain text: rich would take a name such as `[bold]` for markup."""
    from rich.text import Text

    return Text("" if value is None else str(value))
