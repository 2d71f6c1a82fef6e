"""`supplies export …`: write the books in the formats of other programs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, TypeVar

import click

from supplies.cli.arguments import DAY, books_options, output_options, report_period_options
from supplies.cli.click_extensions import Group

if TYPE_CHECKING:
    from datetime import date

    from supplies.books.reader import Books
    from supplies.cli.paper_files import OutputFile
    from supplies.exports.tables import Table

_Function = TypeVar("_Function", bound=Callable[..., Any])

EXPORTED_LISTS = (
    "donations",
    "needs",
    "pledges",
    "allocations",
    "deliveries",
    "stock",
    "openings",
    "arrivals",
    "moves",
    "issues",
    "loans",
    "write-offs",
    "found",
    "take-backs",
    "returns",
    "hand-outs",
    "conversions",
    "settlements",
    "count-sheets",
    "shipments",
    "receipts",
    "activities",
    "entries",
    "conflicts",
    "donors",
    "recipients",
    "items",
    "locations",
    "teams",
    "communities",
    "merges",
)
"""The lists of `supplies.exports.lists` that need no account. Importing that module is slow."""

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

    Without --personal, the files contain codes of donors and recipients and no other data of them.
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

    The journal ends with the balances of the books, which `hledger check` compares.
    """
    from supplies.cli.opening import open_ledger
    from supplies.exports.hledger import hledger_journal

    target = _Target(output, database, force=force, personal=personal)
    with open_ledger(database, station) as ledger, ledger.reading() as books:
        target.write_lines(hledger_journal(books, as_of=as_of, personal=personal))


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

    The journal ends with the balances of the books, which `bean-check` compares.
    """
    from supplies.cli.opening import open_ledger
    from supplies.exports.beancount import beancount_journal

    target = _Target(output, database, force=force, personal=personal)
    with open_ledger(database, station) as ledger, ledger.reading() as books:
        target.write_lines(beancount_journal(books, as_of=as_of, personal=personal))


@export.command()
@books_options
@_output_options
def jsonl(database: str, station: str | None, output: str | None, force: bool) -> None:
    """Write all entries with their hashes, an entry on each line.

    `supplies verify --jsonl FILE` checks the hash chain of the file without the books. The entries
    contain no personal data.
    """
    from supplies.cli.opening import open_ledger
    from supplies.exports.json_lines import entry_lines

    target = _Target(output, database, force=force, personal=False)
    with open_ledger(database, station) as ledger, ledger.reading() as books:
        target.write(lambda file: file.writelines(entry_lines(books)))


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
    from supplies.exports.datasette import write_datasette
    from supplies.stations.paper_settings import paper_settings

    output = OutputFile(file, database, force=force)
    with open_ledger(database, station) as ledger, ledger.reading() as books:
        languages = paper_settings(books).languages
        chosen = language or ("en" if languages == "en" else "zh")
        with output.draft(is_public=not personal) as draft:
            write_datasette(books, draft, chosen, personal=personal)
    print(f"The tables are in {file}. Open it with `datasette {file}`.")


_hxl_option = click.option(
    "--hxl", is_flag=True, help="Add a row with tags of the Humanitarian Exchange Language."
)

_noun_argument = click.argument("noun", metavar="NOUN", type=click.Choice(EXPORTED_LISTS))


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
    `supplies import` takes it away.
    """
    from supplies.cli.opening import open_ledger
    from supplies.exports.tables import write_csv

    target = _Target(output, database, force=force, personal=personal)
    with open_ledger(database, station) as ledger, ledger.reading() as books:
        table = _table(books, noun, personal=personal, hxl=hxl)
        target.write(lambda file: write_csv(table, file, hxl=hxl))


@export.command("xlsx")
@click.argument("nouns", metavar="[NOUN]…", nargs=-1, type=click.Choice(EXPORTED_LISTS))
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
    from supplies.cli.opening import open_ledger
    from supplies.exports.tables import write_xlsx

    target = _Target(output, database, force=force, personal=personal)
    with open_ledger(database, station) as ledger, ledger.reading() as books:
        chosen = nouns or EXPORTED_LISTS
        tables = (_table(books, noun, personal=personal, hxl=hxl) for noun in chosen)
        target.write(lambda file: write_xlsx(tables, file, hxl=hxl))


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
    from supplies.exports.data_package import write_package

    def open_file(name: str) -> AbstractContextManager[Path]:
        file = OutputFile(str(folder / name), database, force=force)
        return file.draft(is_public=not personal)

    make_folder(folder)
    with open_ledger(database, station) as ledger, ledger.reading() as books:
        tables = (_table(books, noun, personal=personal, hxl=False) for noun in EXPORTED_LISTS)
        title = books.station.name
        write_package(f"supplies-{books.station_code.lower()}", title, tables, open_file)
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
    from supplies.cli.opening import open_ledger
    from supplies.exports.tables import write_csv
    from supplies.exports.three_w import three_w_table
    from supplies.views.periods import get_period_of_entries

    target = _Target(output, database, force=force, personal=False)
    with open_ledger(database, station) as ledger, ledger.reading() as books:
        if first is None or last is None:
            earliest, latest = get_period_of_entries(books)
            first, last = first or earliest, last or latest
        table = three_w_table(books, first, last)
        target.write(lambda file: write_csv(table, file, hxl=True))


def _table(books: Books, noun: str, *, personal: bool, hxl: bool) -> Table:
    """Return a list as a table.

    Args:
        personal: Whether to keep names of people and free texts.
        hxl: Whether to add HXL tags to the columns.
    """
    from supplies.exports.flat_tables import flat_table
    from supplies.exports.hxl import with_hxl_tags
    from supplies.exports.lists import LISTS, read_list
    from supplies.views.pseudonyms import pseudonymize

    rows = read_list(books, noun)
    table = flat_table(noun, LISTS[noun].kind, rows if personal else map(pseudonymize, rows))
    return with_hxl_tags(table) if hxl else table


class _Target:
    """The place to which an export is written: a file, or standard output.

    Raises:
        InvalidField: the file may not be written, or `force` is set without a file.
        AlreadyDone: the file exists, and `force` is False.
    """

    def __init__(self, output: str | None, database: str, *, force: bool, personal: bool) -> None:
        from supplies.cli.paper_files import report_output

        self._file: OutputFile | None = report_output(output, database, force=force)
        self._is_public = not personal

    def write_lines(self, lines: Iterable[str]) -> None:
        """Write lines of text as UTF-8."""
        self.write(lambda file: file.writelines(line.encode() for line in lines))

    def write(self, write_to: Callable[[IO[bytes]], object]) -> None:
        """Call a function with the open file. A file appears complete or not at all."""
        if self._file is None:
            write_to(sys.stdout.buffer)
            sys.stdout.buffer.flush()
            return
        with self._file.draft(is_public=self._is_public) as draft, draft.open("wb") as file:
            write_to(file)
        print(f"The export is in {self._file}.")
