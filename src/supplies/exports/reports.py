"""The reports by name. The command line, the REST API and the web pages use these descriptions.

A description contains the function that builds the struct of the report, the options of the report,
and the columns that people see. JSON, CSV and workbooks have all columns. The PDF and the web page
have only the columns for people.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from supplies.errors import InvalidField, Sentence
from supplies.exports.report_kinds.attention import ATTENTION_REPORTS
from supplies.exports.report_kinds.donors import DONOR_REPORTS
from supplies.exports.report_kinds.kind import Period, ReportKind
from supplies.exports.report_kinds.organisation import ORGANISATION_REPORTS
from supplies.exports.report_kinds.recipients import RECIPIENT_REPORTS
from supplies.exports.report_kinds.stock import STOCK_REPORTS

if TYPE_CHECKING:
    from datetime import date

    from supplies.books.reader import Books
    from supplies.exports.tables import Table

MAX_RATE_DAYS = 3650
"""Maximum number of days over which a rate, such as the daily use of an item, is measured."""


REPORTS: Mapping[str, ReportKind] = {
    kind.name: kind
    for kind in (
        *STOCK_REPORTS,
        *DONOR_REPORTS,
        *RECIPIENT_REPORTS,
        *ATTENTION_REPORTS,
        *ORGANISATION_REPORTS,
    )
}
"""The kinds of report by name."""


def result_type(kind: ReportKind) -> Any:
    """Return the struct type of a report."""
    module, _, name = kind.result.partition(":")
    return getattr(import_module(module), name)


def report_period(
    books: Books, kind: ReportKind, first: date | None, last: date | None, today: date
) -> Period:
    """Return the days of a report.

    A day that is None is replaced by the day of the first or last entry, or by `today` if there are
    no entries.

    Args:
        today: States and delays are shown as they were at the end of this day.

    Raises:
        InvalidField: the report is about one day, but a first or last day is given.
    """
    if not kind.has_period:
        for name, day in (("from", first), ("to", last)):
            if day is not None:
                raise InvalidField.at(
                    f"/{name}",
                    Sentence(
                        "the report {kind} has no period; use as_of to choose its day",
                        kind=kind.name,
                    ),
                )
        return Period(today, today, today)
    if first is None or last is None:
        from supplies.views.periods import get_period_of_entries

        has_entries = books.last_entry().seq > 0
        earliest, latest = get_period_of_entries(books) if has_entries else (today, today)
        first, last = first or earliest, last or latest
    return Period(first, last, today)


class BuiltReport(NamedTuple):
    """A report, with the books and the days for which it was built.

    Attributes:
        books: The books from which the report was built, as they are now or as they were at the end
            of a past day.
        options: The options that were given, by name.
    """

    kind: ReportKind
    content: Any
    period: Period
    books: Books
    options: Mapping[str, Any]


def build_report(
    books: Books,
    kind: ReportKind,
    today: date,
    *,
    first: date | None = None,
    last: date | None = None,
    as_of: date | None = None,
    limit: int | None = None,
    **options: Any,
) -> BuiltReport:
    """Return a report, as the books are now or as they were at the end of a past day.

    Args:
        books: The books as they are now.
        kind: The kind of report.
        today: The date at the station.
        first, last: The period, both days included. None means the day of the first or last entry.
        as_of: Leave out entries booked after this day, and show states and delays of this day. None
            means now.
        limit: Read only the first documents, at most this many, if the report lists documents. None
            means all.
        options: The options of the report. An option that is None counts as not given.

    Raises:
        InvalidField: a day or an option is invalid, is missing, or does not belong to this report.
        NotFound: a code in an option is unknown.
        Forgotten: the personal data of the recipient that an option names was erased.
    """
    given = {name: value for name, value in options.items() if value not in (None, "")}
    names = [option.name for option in kind.options]
    for name in given:
        if name not in names:
            raise InvalidField.at(
                f"/{name}", Sentence("the report {kind} has no {name}", kind=kind.name, name=name)
            )
    for option in kind.options:
        if option.required and option.name not in given:
            raise InvalidField.at(
                f"/{option.name}",
                Sentence("the report {kind} needs {name}", kind=kind.name, name=option.name),
            )
    days = given.get("days")
    if days is not None and not 1 <= days <= MAX_RATE_DAYS:
        raise InvalidField.at(
            "/days",
            Sentence("days is {days}; it goes from 1 to {most}", days=days, most=MAX_RATE_DAYS),
        )
    if as_of is not None and as_of < today:
        from supplies.books.past import books_as_of

        books, today = books_as_of(books, as_of), as_of
    from supplies.views.periods import end_of_period

    limits = {"limit": limit} if kind.has_limit else {}
    period = report_period(books, kind, first, last, today)
    period = period._replace(last=end_of_period(books, period.first, period.last))
    content = kind.build(books, period, **given, **limits)
    return BuiltReport(kind, content, period, books, given)


def report_tables(name: str, content: Any) -> list[Table]:
    """Return a table with all columns for each list in a report.

    Args:
        name: The name of the report. If there is only one table, it gets this name.
        content: The struct of the report.
    """
    from supplies.exports.flat_tables import tables_of

    tables = [table for table in tables_of(content) if table.name != "report"]
    return [tables[0]._replace(name=name)] if len(tables) == 1 else tables
