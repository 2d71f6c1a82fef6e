"""Print results as tables for people, or as JSON for programs."""

from __future__ import annotations

import json
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
    """Print a struct, or several structs, as JSON in the format of the REST API.

    Sequences such as tuples are printed as JSON arrays too.
    """
    print(msgspec.json.encode(shape, enc_hook=list).decode())


def print_table(names: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows as a table. Columns of whole numbers are aligned to the right.

    No value is shortened. If the terminal is too narrow for the table, each row is printed as a
    list of names and values. In a file or pipe, the table is as wide as its longest row.
    """
    from rich.table import Table

    texts = [list(map(_text, row)) for row in rows]
    are_numbers = [
        bool(rows) and all(type(row[index]) is int for row in rows) for index in range(len(names))
    ]
    # Texts with line breaks or tabs are left to rich.
    is_simple = all(text.isprintable() for row in texts for text in row)
    widths = [max(map(_width, column)) for column in zip(names, *texts, strict=True)]
    drawn = Table()
    for name, is_number, width in zip(names, are_numbers, widths, strict=True):
        drawn.add_column(
            name,
            justify="right" if is_number else "left",
            min_width=width if is_simple else None,
        )
    for row in [] if is_simple else texts:
        drawn.add_row(*map(_as_text, row))
    console, fits = _console_for(drawn)
    if not fits:
        for each in rows:
            print_pairs(dict(zip(names, each, strict=True)))
            print()
    elif is_simple and rows:
        _print_rows(console, drawn, texts, are_numbers, widths)
    else:
        console.print(drawn)


def _print_rows(
    console: Console,
    drawn: Table,
    texts: Sequence[Sequence[str]],
    are_numbers: Sequence[bool],
    widths: Sequence[int],
) -> None:
    """Print a table: its header with rich, and its rows without.

    The library rich takes 1 ms for a row, because it computes the layout of each cell.

    Args:
        console: Where the rows are printed.
        drawn: The table of rich, with its columns and without rows.
        texts: The text of each cell, row by row.
        are_numbers: For each column, whether it contains numbers.
        widths: For each column, its width in characters.
    """
    box = drawn.box
    assert box is not None, "the default style has one"
    box = box.substitute(console.options)
    drawn.add_row()
    with console.capture() as capture:
        console.print(drawn)
    *lines, _, end = capture.get().splitlines()
    for row in texts:
        cells = [
            f" {' ' * (width - _width(text))}{text} "
            if is_number
            else f" {text}{' ' * (width - _width(text))} "
            for text, is_number, width in zip(row, are_numbers, widths, strict=True)
        ]
        lines.append(f"{box.mid_left}{box.mid_vertical.join(cells)}{box.mid_right}")
    console.file.write("\n".join([*lines, end, ""]))


def _width(text: str) -> int:
    """Return the number of terminal columns that a text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def print_columns(
    columns: Mapping[str, Callable[[_RowType], object]], rows: Iterable[_RowType]
) -> None:
    """Print objects as a table with a row for each object.

    Args:
        columns: For each column name, the function that returns the value of that column for an
            object.
    """
    values = [[value_of(row) for value_of in columns.values()] for row in rows]
    print_table(list(columns), values)


def value_in_words(value: object) -> object:
    """Return a value of a table in a form for people: without the punctuation of JSON.

    >>> value_in_words('{"handed_over":16,"refused":1}')
    'handed_over 16, refused 1'
    >>> value_in_words('{"item":"mask","lot":null}; {"item":"soap","lot":"l_1"}')
    'item mask; item soap, lot l_1'
    """
    if not isinstance(value, str) or not value.startswith(("{", "[")):
        return value
    # The elements of a list are JSON texts with "; " between them.
    found, at, decode = [], 0, json.JSONDecoder().raw_decode
    try:
        while at < len(value):
            element, end = decode(value, at)
            found.append(_in_words(element))
            at = end + len("; ")
    except ValueError:
        return value
    return "; ".join(found)


def _in_words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(
            f"{name} {_in_words(one)}" for name, one in value.items() if one not in (None, [])
        )
    if isinstance(value, list):
        return "; ".join(map(_in_words, value))
    return _text(value)


def print_structs(rows: Sequence[msgspec.Struct]) -> None:
    """Print structs of one class as a table with a column for each field."""
    if rows:
        names = rows[0].__struct_fields__
        print_table(
            [name.replace("_", " ") for name in names],
            [[getattr(row, name) for name in names] for row in rows],
        )


def print_pairs(values: Mapping[str, object]) -> None:
    """Print names and values, each pair on a line. Long values are wrapped."""
    from rich.table import Table

    drawn = Table.grid("name", "value", padding=(0, 2, 0, 0))
    drawn.columns[0].no_wrap, drawn.columns[1].overflow = True, "fold"
    for name, value in values.items():
        drawn.add_row(_as_text(name), _as_text(value))
    console, _ = _console_for(drawn)
    console.print(drawn)


def print_period_report(report: StationReport) -> None:
    """Print the report on a period: its totals, activities and goods."""
    from supplies.papers.station_report import CONTACTS, VISITS, WORKERS

    fields: dict[str, Any] = msgspec.structs.asdict(report)
    figures = [name for name, value in fields.items() if isinstance(value, int)]
    # The first table contains the other activities.
    activities = [one for one in report.activities if one.kind not in (WORKERS, CONTACTS, VISITS)]
    print_table(["figure", "count"], [[name.replace("_", " "), fields[name]] for name in figures])
    print_table(["activity", "count"], [[line.kind, line.count] for line in activities])
    print_structs(report.goods)


def _console_for(drawn: Table) -> tuple[Console, bool]:
    """Return the console for printing a table, and whether the table fits the console's width."""
    from rich.console import Console

    console = Console()
    options = console.options.update(width=_UNLIMITED_WIDTH)
    wanted = console.measure(drawn, options=options).maximum
    if not console.is_terminal:
        console.width = max(wanted, console.width)
    return console, wanted <= console.width


def _as_text(value: object) -> Text:
    """Return a value as text that rich prints unchanged.

    Otherwise rich would interpret a name such as `[bold]` as markup.
    """
    from rich.text import Text

    return Text(_text(value))


def _text(value: object) -> str:
    """Return how a table shows a value: nothing for None, and yes or no for a truth value."""
    if value is None:
        return ""
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)
