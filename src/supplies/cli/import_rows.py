"""`supplies import …`: record the rows of a spreadsheet."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from supplies.cli.arguments import books_options, json_option
from supplies.cli.click_extensions import Command
from supplies.errors import InvalidField

if TYPE_CHECKING:
    from supplies.imports.import_results import ImportOptions, ImportResult
    from supplies.ledger.ledger import Ledger

_KINDS = (
    "items",
    "donors",
    "households",
    "opening-stock",
    "donations",
    "pledges",
    "needs",
    "distributions",
    "allocations",
)


@click.command("import", cls=Command)
@click.argument("kind", metavar="KIND", type=click.Choice(_KINDS))
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@books_options
@click.option("--by", required=True, metavar="CODE", help="Code of the person who imports.")
@click.option(
    "--saved",
    metavar="NAME",
    help="Use the choices of --column and --value that were saved as NAME.",
)
@click.option(
    "--save", metavar="NAME", help="Save the choices of --column and --value as NAME, for later."
)
@click.option("--sheet", metavar="NAME", help="Import only this sheet. Default: all sheets.")
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="NAME=HEADING",
    help="Read the column NAME from the column with this heading. May be repeated.",
)
@click.option(
    "--columns",
    "mapping",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help='A JSON file with such choices, as in {"quantity": "实收数量"}.',
)
@click.option(
    "--value",
    "values",
    multiple=True,
    metavar="NAME=VALUE",
    help="Use one value for all rows whose column NAME is missing or empty, as in "
    "--value location=store-a. May be repeated.",
)
@click.option("--year", type=click.IntRange(1900, 2200), help="Year of days without a year.")
@click.option("--month", metavar="YYYY-MM", help="Month of days without a month, as in 28日.")
@click.option(
    "--day-first",
    "day_first",
    flag_value=True,
    default=None,
    type=bool,
    help="Read 05/02/2020 as 5 February.",
)
@click.option(
    "--month-first",
    "day_first",
    flag_value=False,
    default=None,
    type=bool,
    help="Read 05/02/2020 as 2 May.",
)
@click.option("--create-items", is_flag=True, help="Register items that are not registered.")
@click.option(
    "--create-people",
    is_flag=True,
    help="Register donors, recipients and their communities that are not registered.",
)
@click.option(
    "--open-missing",
    is_flag=True,
    help="Record goods that were handed out but are not in the books as opening stock.",
)
@click.option("--dry-run", is_flag=True, help="Record nothing. Only print what would be recorded.")
@click.option(
    "--listed",
    metavar="FILE",
    help="Write the rows that were not recorded to this CSV file, with the reason. Correct them "
    "there, and import the file. A list of the same file that nobody has corrected is replaced.",
)
@click.option("--force", is_flag=True, help="Replace the file of --listed if it exists.")
@json_option
def import_file(
    kind: str,
    file: Path,
    database: str,
    station: str | None,
    by: str,
    saved: str | None,
    save: str | None,
    listed: str | None,
    force: bool,
    as_json: bool,
    **choices: Any,
) -> None:
    """Record the rows of a spreadsheet.

    FILE is .csv, .tsv, .xlsx, .ods or .json.

    KIND is one of: items, donors, households, opening-stock, donations, pledges, needs,
    distributions, allocations. Columns are found by their headings, in Chinese or English. Each row
    is recorded, or listed with the reason why not. A file can be imported again: rows that were
    recorded are not recorded twice.

    The exit status is 1 if a row was listed, or a sheet was left out. Ctrl-C stops the import after
    the current group of rows, with the exit status 130.
    """
    from click.exceptions import Exit

    from supplies.cli.opening import open_ledger
    from supplies.cli.paper_files import OutputFile
    from supplies.cli.progress import interrupted, progress_bar
    from supplies.imports.import_results import json_of_result
    from supplies.imports.importer import import_rows
    from supplies.imports.listed_rows import is_uncorrected_list, listed_as_csv
    from supplies.imports.saved_choices import save_choices, with_saved_choices

    options = _options(**choices)
    output = None
    if listed is not None:
        force = force or is_uncorrected_list(Path(listed), kind, file)
        output = OutputFile(listed, database, force=force)
    with open_ledger(database, station) as ledger, _reasons_of_station(ledger) as translate:
        if saved is not None:
            options = with_saved_choices(ledger, saved, kind, options)
        with progress_bar("rows", with_rate=True) as report, interrupted() as stop:
            result = import_rows(
                ledger, kind, file, by=by, options=options, progress=report, stop=stop.is_set
            )
        if save is not None:
            save_choices(ledger, save, kind, options)
        if output is not None and result.listed:
            with output.draft() as draft, draft.open("wb") as written:
                written.writelines(listed_as_csv(result, translate))
    if as_json:
        for part in json_of_result(result):
            sys.stdout.write(part.decode())
        print()
    else:
        _print(result, listed, translate)
    if result.stopped:
        raise Exit(130)
    if result.listed or any(not sheet.columns for sheet in result.sheets):
        raise Exit(1)


def _options(
    columns: tuple[str, ...],
    mapping: Path | None,
    values: tuple[str, ...],
    year: int | None,
    month: str | None,
    **others: Any,
) -> ImportOptions:
    """Return the import options for the options of the command line.

    Raises:
        InvalidField: an option is wrong.
    """
    from supplies.imports.import_results import ImportOptions

    month_number = None
    if month is not None:
        year, month_number = _year_and_month(month)
    return ImportOptions(
        columns={**_mapping(mapping), **_pairs("--column", columns)},
        values=_pairs("--value", values),
        year=year,
        month=month_number,
        **others,
    )


@contextmanager
def _reasons_of_station(ledger: Ledger) -> Iterator[Callable[[str], str]]:
    """Yield a function that translates a reason to the language of the station.

    If the `with` block raises `InvalidField`, its message is translated too.

    Raises:
        InvalidField: the `with` block refused the file.
    """
    from supplies_service.pages.languages import station_language, translate_sentence

    from supplies.stations.paper_settings import paper_settings

    with ledger.reading() as books:
        language = station_language(paper_settings(books).languages)
    try:
        yield lambda reason: translate_sentence(reason, language)
    except InvalidField as error:
        raise InvalidField(translate_sentence(error.detail, language)) from error


def _print(result: ImportResult, listed: str | None, translate: Callable[[str], str]) -> None:
    from supplies.imports.import_results import summary

    for sheet in result.sheets:
        where = f"{result.file}, sheet {sheet.name}" if sheet.name else result.file
        found = ", ".join(f"{name} ← {heading}" for name, heading in sheet.columns.items())
        print(f"{where}: headings in row {sheet.header_row}: {found}" if found else where)
        if sheet.unread:
            print(f"  not read: {', '.join(sheet.unread)}")
        for message in sheet.messages:
            print(f"  {translate(message.sentence())}")
    for line in summary(result, translate):
        print(line)
    if result.listed and listed is None:
        for one in result.listed[:10]:
            where = f"{one.sheet} " if one.sheet else ""
            for problem in one.problems:
                print(f"{where}{problem.cell}: {translate(problem.sentence)}")
        print("add --listed FILE.csv to get all of these rows in a file, to correct them there")
    elif result.listed:
        print(f"the listed rows are in {listed}; correct them there, and import that file")


def _pairs(option: str, texts: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for text in texts:
        name, separator, value = text.partition("=")
        if not separator or not name or not value:
            raise InvalidField(f"invalid {option} {text!r}: write it as NAME=TEXT")
        found[name] = value
    return found


def _mapping(path: Path | None) -> dict[str, str]:
    """Read a JSON file with the heading of each column. Without a file, return {}.

    The keys are the names of columns, as in `ImportOptions.columns`.

    Raises:
        InvalidField: the file cannot be read, or is not a JSON object of texts.
    """
    import msgspec

    if path is None:
        return {}
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except OSError as error:
        raise InvalidField(f"{path} cannot be read ({error.strerror})") from error
    except msgspec.MsgspecError as error:
        raise InvalidField(f'{path} must contain {{"NAME": "HEADING"}}: {error}') from error


def _year_and_month(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{4})-(\d{1,2})", text)
    if found is None or not 1 <= int(found[2]) <= 12:
        raise InvalidField(f"invalid --month {text!r}: write it as 2020-02")
    return int(found[1]), int(found[2])
