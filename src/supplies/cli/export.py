"""`supplies export …`: write the books in the formats of other programs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

from supplies.cli.arguments import DAY, books_options, output_options, report_period_options
from supplies.cli.click_extensions import Group
from supplies.cli.lists import ALIASES
from supplies.exports.formats import EXPORTED_LISTS, FORMATS, ExportRequest

if TYPE_CHECKING:
    from datetime import date


_Function = TypeVar("_Function", bound=Callable[..., Any])

_NOUNS = (*EXPORTED_LISTS, *(name for name, noun in ALIASES.items() if noun in EXPORTED_LISTS))

_output_options = output_options("Write to this file. Default: print on standard output.")

_personal_option = click.option(
    "--personal",
    is_flag=True,
    help="Write personal data too, such as names of donors and recipients. Only the owner can read "
    "the file.",
)

_as_of_option = click.option(
    "--as-of",
    type=DAY,
    help="Write what was booked until the end of this day, as in 2020-02-13. Default: everything.",
)


@click.group("export", cls=Group)
def export() -> None:
    """Write the books in the formats of other programs.

    Without --personal, the files contain codes of donors and recipients and no other data about
    them.
    """


def _journal_options(function: _Function) -> _Function:
    return books_options(_as_of_option(_personal_option(_output_options(function))))


@export.command()
@_journal_options
def hledger(
    database: str,
    station: str | None,
    as_of: date | None,
    personal: bool,
    output: str | None,
    force: bool,
) -> None:
    """Write all entries as a journal for hledger.

    The journal ends with the balances of the books. `hledger check` compares them with its sums.
    """
    request = ExportRequest(as_of=as_of, personal=personal)
    _export("hledger", request, database, station, output, force=force)


@export.command()
@_journal_options
def beancount(
    database: str,
    station: str | None,
    as_of: date | None,
    personal: bool,
    output: str | None,
    force: bool,
) -> None:
    """Write all entries as a journal for beancount.

    The journal ends with the balances of the books. `bean-check` compares them with its sums.
    """
    request = ExportRequest(as_of=as_of, personal=personal)
    _export("beancount", request, database, station, output, force=force)


@export.command()
@books_options
@_output_options
def jsonl(database: str, station: str | None, output: str | None, force: bool) -> None:
    """Write all entries with their hashes, an entry on each line.

    `supplies verify --jsonl FILE` checks the hash chain of the file without the books. The entries
    contain no personal data.
    """
    _export("jsonl", ExportRequest(), database, station, output, force=force)


@export.command()
@click.argument("file", metavar="FILE")
@books_options
@click.option(
    "--language",
    type=click.Choice(("zh", "en")),
    help="Language of the names of tables, columns and items. Default: that of the station's "
    "papers, Chinese if they have both.",
)
@_personal_option
@click.option("--force", is_flag=True, help="Replace FILE if it is an earlier export.")
def datasette(
    file: str,
    database: str,
    station: str | None,
    language: Literal["zh", "en"] | None,
    personal: bool,
    force: bool,
) -> None:
    """Write flat tables into a SQLite file for Datasette and sqlite-utils.

    The tables are items, donors, recipients, places, gifts, hand-outs, needs, pledges, stock,
    entries and transfers. They contain names instead of codes, and have full-text search.
    """
    from supplies.cli.opening import open_ledger
    from supplies.cli.paper_files import OutputFile
    from supplies.exports.formats import write_flat_tables

    output = OutputFile(file, database, force=force)
    with (
        open_ledger(database, station) as ledger,
        ledger.reading() as books,
        output.draft(is_public=not personal) as draft,
    ):
        write_flat_tables(books, ExportRequest(language=language, personal=personal), draft)
    print(f"The tables are in {file}. Open it with `datasette {file}`.")


_hxl_option = click.option(
    "--hxl", is_flag=True, help="Add a row with tags of the Humanitarian Exchange Language."
)

_noun_argument = click.argument("noun", metavar="NOUN", type=click.Choice(_NOUNS))


@export.command("csv")
@_noun_argument
@books_options
@_hxl_option
@_personal_option
@_output_options
def csv_file(
    noun: str,
    database: str,
    station: str | None,
    hxl: bool,
    personal: bool,
    output: str | None,
    force: bool,
) -> None:
    """Write a list as CSV in UTF-8.

    NOUN is the name of a list, as in `supplies list --help`. A document with lines has a row for
    each line. An apostrophe is put before texts that a spreadsheet program would run as formulas;
    `supplies import` removes it.
    """
    request = ExportRequest(lists=(ALIASES.get(noun, noun),), hxl=hxl, personal=personal)
    _export("csv", request, database, station, output, force=force)


@export.command("xlsx")
@click.argument("nouns", metavar="[NOUN]…", nargs=-1, type=click.Choice(_NOUNS))
@books_options
@_hxl_option
@_personal_option
@output_options("Write the workbook to this file.", required=True)
def xlsx_file(
    nouns: tuple[str, ...],
    database: str,
    station: str | None,
    hxl: bool,
    personal: bool,
    output: str,
    force: bool,
) -> None:
    """Write lists as a workbook, each on a sheet of its own.

    NOUN is the name of a list, as in `supplies list --help`. Without it, all lists are written.
    Texts are written as texts, so that none of them is run as a formula.
    """
    lists = tuple(ALIASES.get(noun, noun) for noun in nouns)
    request = ExportRequest(lists=lists, hxl=hxl, personal=personal)
    _export("xlsx", request, database, station, output, force=force)


@export.command("package")
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@books_options
@_personal_option
@click.option("--force", is_flag=True, help="Replace the files in FOLDER.")
def package(folder: Path, database: str, station: str | None, personal: bool, force: bool) -> None:
    """Write all lists as a Frictionless Data Package.

    FOLDER gets a CSV file for each list, and `datapackage.json` with the types of their columns.
    """
    from supplies.cli.opening import open_ledger
    from supplies.cli.paper_files import OutputFile, make_folder
    from supplies.exports.formats import write_lists_package

    def open_file(name: str) -> AbstractContextManager[Path]:
        file = OutputFile(str(folder / name), database, force=force)
        return file.draft(is_public=not personal)

    make_folder(folder, database)
    with open_ledger(database, station) as ledger, ledger.reading() as books:
        write_lists_package(books, ExportRequest(personal=personal), open_file)
    print(f"The data package is in {folder}.")


@export.command("3w")
@books_options
@report_period_options
@_output_options
def three_w(
    database: str,
    station: str | None,
    first: date | None,
    last: date | None,
    output: str | None,
    force: bool,
) -> None:
    """Write who did what where (OCHA 3W) as CSV with HXL tags.

    There is a row for each community and item that was handed out in the period.
    """
    request = ExportRequest(first=first, last=last)
    _export("3w", request, database, station, output, force=force)


def _export(
    name: str,
    request: ExportRequest,
    database: str,
    station: str | None,
    output: str | None,
    *,
    force: bool,
) -> None:
    """Write an export to a file or to standard output.

    A file is written completely or not at all.

    Raises:
        InvalidField: the file may not be written, or `force` is set without a file.
        AlreadyDone: the file exists, and `force` is False.
    """
    from supplies.cli.opening import open_ledger
    from supplies.cli.paper_files import report_output

    target, write = report_output(output, database, force=force), FORMATS[name].write
    with open_ledger(database, station) as ledger, ledger.reading() as books:
        if target is None:
            write(books, request, sys.stdout.buffer)
            sys.stdout.buffer.flush()
            return
        with target.draft(is_public=not request.personal) as draft, draft.open("wb") as file:
            write(books, request, file)
    print(f"The export is in {target}.")
