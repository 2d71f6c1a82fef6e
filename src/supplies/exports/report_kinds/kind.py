"""The description of a report: title, options, columns, and the function that builds the report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from supplies.exports.report_sources import Source

if TYPE_CHECKING:
    from datetime import date

    from supplies.views.open_documents import OpenNoun


class Period(NamedTuple):
    """The days of a report.

    Attributes:
        first, last: The first and the last day of the period, both included.
        today: States and delays are shown as they were at the end of this day.
    """

    first: date
    last: date
    today: date


class Words(NamedTuple):
    """A text in Chinese and English."""

    zh: str
    en: str


class ReportOption(NamedTuple):
    """An option of a report: a code, another text, or a number of days.

    Attributes:
        name: The name of the option and of the query parameter.
        help: The description of the option in `--help`.
        record: If the option is a code, the table of the catalogue that contains it; otherwise
            None.
        days: If the option is a number of days, its default; otherwise None.
    """

    name: str
    label: Words
    help: str
    record: Literal["items", "recipients", "teams", "campaigns"] | None = None
    required: bool = False
    days: int | None = None


class ReportKind(NamedTuple):
    """A kind of report.

    Attributes:
        name: The name of the report on the command line and in URLs.
        summary: What the report shows, in one sentence.
        result: The module and the name of the struct that contains the report.
        build: Builds the struct from the books, the period, and a keyword argument for each option
            that was given. The function imports the view only when it is called, so that `--help`
            is fast.
        columns: For each table, the columns that people see, in order. The key is the field of the
            struct that has the list of the table.
        sources: For each table, the URLs of the entries behind its figures, by column.
        has_period: True if the report is about a period, False if it is about one day.
        has_names: Whether the struct contains names of people if the reader may see personal data.
        of_organisation: Whether the report is about all stations of the organisation. Then only
            coordinators may read it.
        has_limit: Whether `build` takes a keyword argument `limit`, so that it reads only the first
            documents of the period, at most this many.
        open_noun: The documents of the report that stay open until something happens. The page says
            how many of them are from before the period; None for other reports.
    """

    name: str
    title: Words
    summary: str
    result: str
    build: Callable[..., Any]
    columns: Mapping[str, tuple[str, ...]]
    sources: Mapping[str, Mapping[str, Source]]
    options: tuple[ReportOption, ...] = ()
    has_period: bool = True
    has_names: bool = False
    of_organisation: bool = False
    has_limit: bool = False
    open_noun: OpenNoun | None = None

    @property
    def prints_names(self) -> bool:
        """Whether the PDF and the page name people if the reader may see personal data."""
        columns = {column for table in self.columns.values() for column in table}
        return self.has_names or not columns.isdisjoint(_NAMED_PEOPLE)


_NAMED_PEOPLE = frozenset({"donor", "recipient", "document", "code"})
"""The columns in which the PDF and the page show names of people in place of codes."""

ITEM = ReportOption("item", Words("物资", "Item"), "Code of the item.", "items")
REQUIRED_ITEM = ITEM._replace(required=True)
