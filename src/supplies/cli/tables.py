"""What commands print: tables for people, JSON for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from supplies.papers.station_report import StationReport

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

_AS_WIDE_AS_IT_TAKES = 1_000_000


def as_json(shape: object) -> int:
    """Print a shape as JSON, as the API has it; the exit status."""
    print(msgspec.json.encode(shape).decode())
    return 0


def table(names: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under their names; columns of numbers stand to the right.

    Nothing is shortened: where the terminal is too narrow each row is a list of its own. A file or
    another program gets the whole width.
    """
    from rich.table import Table

    drawn = Table()
    for index, name in enumerate(names):
        numbers = bool(rows) and all(isinstance(row[index], int) for row in rows)
        drawn.add_column(name, justify="right" if numbers else "left")
    for row in rows:
        drawn.add_row(*map(_literally, row))
    console, fits = _room_for(drawn)
    if fits:
        console.print(drawn)
        return
    for row in rows:
        pairs(dict(zip(names, row, strict=True)))
        print()


def pairs(values: Mapping[str, object]) -> None:
    """Print values beside their names, one a line; long ones go on in the next."""
    from rich.table import Table

    drawn = Table.grid("name", "value", padding=(0, 2, 0, 0))
    drawn.columns[0].no_wrap, drawn.columns[1].overflow = True, "fold"
    for name, value in values.items():
        drawn.add_row(_literally(name), _literally(value))
    console, _ = _room_for(drawn)
    console.print(drawn)


def _room_for(drawn: Table) -> tuple[Console, bool]:
    """Where to print a table, and whether it is wide enough there."""
    from rich.console import Console

    console = Console()
    options = console.options.update(width=_AS_WIDE_AS_IT_TAKES)
    wanted = console.measure(drawn, options=options).maximum
    if not console.is_terminal:
        console.width = max(wanted, console.width)
    return console, wanted <= console.width


def _literally(value: object) -> Text:
    """A value as it is: a name may look like rich's markup."""
    from rich.text import Text

    return Text("" if value is None else str(value))


def listed(rows: Sequence[msgspec.Struct]) -> None:
    """Print structs of one kind, a column each field; nothing where there are none."""
    if rows:
        names = rows[0].__struct_fields__
        table(
            [name.replace("_", " ") for name in names],
            [[getattr(row, name) for name in names] for row in rows],
        )


def work(report: StationReport) -> None:
    """Print the figures of a report over a period."""
    fields = msgspec.structs.asdict(report)
    figures = [name for name, value in fields.items() if isinstance(value, int)]
    table(["figure", "count"], [[name.replace("_", " "), fields[name]] for name in figures])
    table(["activity", "count"], [[line.kind, line.count] for line in report.activities])
    listed(report.goods)
