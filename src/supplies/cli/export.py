"""`supplies export …`: write the books in the formats of other programs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import IO, TYPE_CHECKING, Any, Literal, TypeVar

import click

from supplies.cli.arguments import DAY, books_options, output_options
from supplies.cli.click_extensions import Group

if TYPE_CHECKING:
    from datetime import date

    from supplies.cli.paper_files import OutputFile

_Function = TypeVar("_Function", bound=Callable[..., Any])

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
