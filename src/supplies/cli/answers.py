"""Options of commands that print a result: --json, --csv and --xlsx.

Without these options, such a command prints a table.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec

import click

from supplies.errors import InvalidField

if TYPE_CHECKING:
    from supplies.exports.tables import Table

P = ParamSpec("P")

LONGEST_CELL = 60
"""Maximum length of the values in a table on the terminal, in characters.

A list on the terminal leaves out a column with a longer value. JSON, CSV, workbooks and `supplies
show` contain the column.
"""

LEFT_OUT = {"entries": ("id", "previous", "hash")}
"""Columns that are left out of tables on the terminal, by the name of the table."""


class Answer(NamedTuple):
    """The result of a command: as JSON, as tables, and as text for people.

    Attributes:
        json: The parts of the JSON text.
        tables: Returns the tables for --csv and --xlsx.
        show: Prints the result for people. If None, the tables are printed.
    """

    json: Iterable[bytes]
    tables: Callable[[], list[Table]]
    show: Callable[[], None] | None = None


def answer_options(function: Callable[P, Answer | None]) -> Callable[..., None]:
    """Add `--json`, `--csv` and `--xlsx` to a command that returns an `Answer`.

    A command that returns None has already printed its result itself.
    """

    @wraps(function)
    def run(*args: Any, as_json: bool, as_csv: bool, xlsx: str | None, **options: Any) -> None:
        is_drawn = options.get("output") is not None
        if as_json + as_csv + (xlsx is not None) + is_drawn > 1:
            forms = "--csv, --xlsx and --pdf" if "output" in options else "--csv and --xlsx"
            raise InvalidField(f"choose one of --json, {forms}")
        force = options["force"] if has_force else options.pop("force")
        file = None
        if xlsx is not None:
            from supplies.cli.paper_files import OutputFile

            file = OutputFile(xlsx, options["database"], force=force)
            if has_force:  # The command itself writes no file.
                options["force"] = False
        answer = function(*args, **options)
        if answer is None:
            return
        if file is not None:
            from supplies.exports.tables import write_xlsx

            with file.draft() as draft, draft.open("wb") as workbook:
                write_xlsx(answer.tables(), workbook)
            print(f"The workbook is in {file}.")
        elif as_csv:
            _print_csv(answer.tables())
        elif as_json:
            for part in answer.json:
                sys.stdout.write(part.decode())
            print()
        else:
            (answer.show or (lambda: print_tables(answer.tables())))()

    has_force = any(one.name == "force" for one in getattr(function, "__click_params__", ()))
    options = [
        click.option("--json", "as_json", is_flag=True, help="Print the result as JSON."),
        click.option("--csv", "as_csv", is_flag=True, help="Print the result as CSV in UTF-8."),
        click.option("--xlsx", metavar="FILE", help="Write the result to this XLSX workbook."),
    ]
    if not has_force:
        options.append(
            click.option("--force", is_flag=True, help="Replace the output file if it exists.")
        )
    for option in reversed(options):
        run = option(run)
    return run


def _print_csv(tables: list[Table]) -> None:
    """Print tables as CSV, with an empty line between two tables.

    The output has no byte order mark, because many programs do not expect one.
    """
    from supplies.exports.tables import csv_parts

    for number, table in enumerate(tables):
        if number:
            sys.stdout.write("\r\n")
        for part in csv_parts(table):
            sys.stdout.write(part.decode("utf-8-sig"))


def print_tables(tables: list[Table], longest: int | None = LONGEST_CELL) -> None:
    """Print tables on the terminal, without the columns in `LEFT_OUT` and those without any value.

    Args:
        longest: A column with a longer value than this is not printed. None sets no limit.
    """
    from supplies.cli.tables import print_table, value_in_words

    for table in tables:
        rows = [[value_in_words(value) for value in row] for row in table.rows]
        used = [
            at
            for at, column in enumerate(table.columns)
            if column.heading not in LEFT_OUT.get(table.name, ())
            if not rows or any(row[at] is not None for row in rows)
            if longest is None or all(len(str(row[at])) <= longest for row in rows)
        ]
        print_table(
            [table.columns[at].heading.replace("_", " ") for at in used],
            [[row[at] for at in used] for row in rows],
        )


def answer_with(
    name: str,
    result: Any,
    show: Callable[[], None] | None = None,
    *,
    kind: type[Any] | None = None,
) -> Answer:
    """Return the `Answer` for a result.

    Args:
        name: The name of the table.
        result: A struct, or a page of structs.
        show: Prints the result for people. If None, the tables are printed.
        kind: The type of the elements of a page. If None, a table is made of each list in the
            result.
    """
    import msgspec

    from supplies.exports.flat_tables import flat_table, tables_of

    def tables() -> list[Table]:
        return tables_of(result) if kind is None else [flat_table(name, kind, result.items)]

    return Answer([msgspec.json.encode(result)], tables, show)
