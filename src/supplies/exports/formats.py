"""The export formats. The command line, the REST API and the web pages use these descriptions.

The views that an export needs are imported only when the export is written, so that `--help` is
fast.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal, NamedTuple

from supplies.errors import InvalidField, Sentence

if TYPE_CHECKING:
    from datetime import date

    from supplies.books.reader import Books
    from supplies.exports.data_package import OpenFile
    from supplies.exports.tables import Table

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
    "campaigns",
    "merges",
)
"""The lists that can be exported.

These are all lists of `supplies.exports.lists` except those that need an account as argument.
"""

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ExportRequest(NamedTuple):
    """What to export.

    Attributes:
        personal: Whether to include personal data, which is names of people and free texts.
        as_of: Leave out entries booked after this day. None means no limit.
        first, last: The period of a 3W table. None means the day of the first or last entry.
        lists: The names of the lists to write. If empty, all lists are written.
        hxl: Whether to write a row with tags of the Humanitarian Exchange Language (HXL).
        language: The language of a file for Datasette. None means the language of the station's
            papers.
    """

    personal: bool = False
    as_of: date | None = None
    first: date | None = None
    last: date | None = None
    lists: tuple[str, ...] = ()
    hxl: bool = False
    language: Literal["zh", "en"] | None = None


Write = Callable[["Books", ExportRequest, IO[bytes]], None]
"""Function that writes an export to a binary file, which must be open for writing and reading."""


class ExportFormat(NamedTuple):
    """A format of exports.

    Attributes:
        takes: The names of the fields of `ExportRequest` that have an effect on this format.
        write: The function that writes the export.
        suffix: The end of the names of exported files.
    """

    name: str
    suffix: str
    media_type: str
    takes: tuple[str, ...]
    write: Write


def list_table(books: Books, noun: str, request: ExportRequest) -> Table:
    """Return a list as a table. The rows are read from the books while the table is written."""
    from supplies.exports.flat_tables import flat_table
    from supplies.exports.hxl import with_hxl_tags
    from supplies.exports.lists import LISTS, read_list
    from supplies.views.pseudonyms import pseudonymize

    rows = read_list(books, noun)
    shown = rows if request.personal else map(pseudonymize, rows)
    table = flat_table(noun, LISTS[noun].kind, shown)
    return with_hxl_tags(table) if request.hxl else table


def list_tables(books: Books, request: ExportRequest) -> Iterator[Table]:
    """Yield each list of the request as a table.

    Raises:
        InvalidField: the request names an unknown list.
    """
    for noun in request.lists:
        if noun not in EXPORTED_LISTS:
            raise InvalidField.at(
                "/lists",
                Sentence(
                    "unknown list {noun} (lists: {known})",
                    noun=repr(noun[:64]),
                    known=", ".join(EXPORTED_LISTS),
                ),
            )
    return (list_table(books, noun, request) for noun in request.lists or EXPORTED_LISTS)


def _lines(file: IO[bytes], lines: Iterable[str]) -> None:
    file.writelines(line.encode() for line in lines)


def _hledger(books: Books, request: ExportRequest, file: IO[bytes]) -> None:
    from supplies.exports.hledger import hledger_journal

    _lines(file, hledger_journal(books, as_of=request.as_of, personal=request.personal))


def _beancount(books: Books, request: ExportRequest, file: IO[bytes]) -> None:
    from supplies.exports.beancount import beancount_journal

    _lines(file, beancount_journal(books, as_of=request.as_of, personal=request.personal))


def _jsonl(books: Books, request: ExportRequest, file: IO[bytes]) -> None:
    from supplies.exports.json_lines import entry_lines

    file.writelines(entry_lines(books))


def _csv(books: Books, request: ExportRequest, file: IO[bytes]) -> None:
    from supplies.exports.tables import write_csv

    if len(request.lists) != 1:
        raise InvalidField.at(
            "/lists", Sentence("a CSV file has one list: name it, as in lists=donations")
        )
    (table,) = list_tables(books, request)
    write_csv(table, file, hxl=request.hxl)


def _xlsx(books: Books, request: ExportRequest, file: IO[bytes]) -> None:
    from supplies.exports.tables import write_xlsx

    write_xlsx(list_tables(books, request), file, hxl=request.hxl)


def _package(books: Books, request: ExportRequest, file: IO[bytes]) -> None:
    """Write a data package as a ZIP archive."""
    import tempfile
    from zipfile import ZIP_DEFLATED, ZipFile

    with (
        tempfile.TemporaryDirectory(prefix="supplies-") as folder,
        ZipFile(file, "w", ZIP_DEFLATED) as archive,
    ):

        @contextmanager
        def open_file(name: str) -> Iterator[Path]:
            path = Path(folder, name)
            yield path
            archive.write(path, name)
            path.unlink()

        write_lists_package(books, request, open_file)


def write_lists_package(books: Books, request: ExportRequest, open_file: OpenFile) -> None:
    """Write the lists of the request as a Frictionless Data Package.

    Args:
        open_file: Opens a file of the package for writing, as in `data_package.write_package`.
    """
    from supplies.exports.data_package import write_package

    name, title = f"supplies-{books.station_code.lower()}", books.station.name
    write_package(name, title, list_tables(books, request), open_file)


def _three_w(books: Books, request: ExportRequest, file: IO[bytes]) -> None:
    from supplies.exports.tables import write_csv
    from supplies.exports.three_w import three_w_table
    from supplies.views.periods import get_period_of_entries

    first, last = request.first, request.last
    if first is None or last is None:
        earliest, latest = get_period_of_entries(books)
        first, last = first or earliest, last or latest
    write_csv(three_w_table(books, first, last), file, hxl=True)


def _datasette(books: Books, request: ExportRequest, file: IO[bytes]) -> None:
    import shutil
    import tempfile

    with tempfile.TemporaryDirectory(prefix="supplies-") as folder:
        path = Path(folder, "flat.db")
        write_flat_tables(books, request, path)
        with path.open("rb") as written:
            shutil.copyfileobj(written, file)


def write_flat_tables(books: Books, request: ExportRequest, path: Path) -> None:
    """Write the books as a SQLite file for Datasette. The file must be empty or missing."""
    from supplies.exports.datasette import write_datasette
    from supplies.stations.paper_settings import paper_settings

    languages = paper_settings(books).languages
    language = request.language or ("en" if languages == "en" else "zh")
    write_datasette(books, path, language, personal=request.personal)


_JOURNAL = ("as_of", "personal")
_LISTS = ("lists", "hxl", "personal")
_TEXT = "text/plain; charset=utf-8"

FORMATS: Mapping[str, ExportFormat] = {
    one.name: one
    for one in (
        ExportFormat("hledger", "journal", _TEXT, _JOURNAL, _hledger),
        ExportFormat("beancount", "beancount", _TEXT, _JOURNAL, _beancount),
        ExportFormat("jsonl", "jsonl", "application/jsonl", (), _jsonl),
        ExportFormat("csv", "csv", CSV_TYPE, _LISTS, _csv),
        ExportFormat("xlsx", "xlsx", XLSX_TYPE, _LISTS, _xlsx),
        ExportFormat("package", "zip", "application/zip", ("lists", "personal"), _package),
        ExportFormat("3w", "csv", CSV_TYPE, ("first", "last"), _three_w),
        ExportFormat(
            "datasette",
            "db",
            "application/vnd.sqlite3",
            ("language", "personal"),
            _datasette,
        ),
    )
}
"""The export formats by name, such as csv for the command `supplies export csv`."""
