"""`supplies report station`, `statement` and `disclosure`, which have papers of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from supplies.cli.answers import Answer, answer_options, answer_with
from supplies.cli.arguments import books_options, report_paper_options, report_period_options
from supplies.cli.click_extensions import Command
from supplies.cli.period_reports import as_of_option, organisation_option

if TYPE_CHECKING:
    from datetime import date

    from supplies.papers.disclosure import Disclosure
    from supplies.papers.donor_statement import DonorStatement


def _period(first: date | None, last: date | None, entries: tuple[date, date]) -> tuple[date, date]:
    """Return the period. If its first or last day is None, take the day from `entries`."""
    return first or entries[0], last or entries[1]


@click.command("station", cls=Command)
@books_options
@report_period_options
@as_of_option
@organisation_option
@answer_options
@report_paper_options
def station_report(
    database: str,
    station: str | None,
    first: date | None,
    last: date | None,
    as_of: date | None,
    organisation: bool,
    output: str | None,
    force: bool,
) -> Answer | None:
    """Print what a station received, handed over and used in a period."""
    from supplies.books.past import books_as_of
    from supplies.cli.opening import open_ledger
    from supplies.cli.organisation_reports import report_organisation_period
    from supplies.cli.paper_files import report_output, write_report
    from supplies.cli.tables import print_period_report
    from supplies.views.periods import get_period_of_entries
    from supplies.views.station_report import build_station_report, build_station_report_paper

    file = report_output(output, database, force=force)
    with open_ledger(database, station) as ledger:
        if organisation:
            return report_organisation_period(ledger, first, last, as_of=as_of, output=file)
        with ledger.reading() as present:
            books = books_as_of(present, as_of)
            first, last = _period(first, last, get_period_of_entries(books))
            if file is not None:
                from supplies_receipts import draw_station_report

                paper = build_station_report_paper(books, first, last, printed_at=ledger.clock())
                write_report(file, "station report", draw_station_report(paper))
                return None
            result = build_station_report(books, first, last)
    return answer_with("station", result, lambda: print_period_report(result))


@click.command(cls=Command)
@books_options
@report_period_options
@as_of_option
@click.option("--donor", metavar="CODE", required=True, help="Code of the donor, as in D-01.")
@answer_options
@report_paper_options
def statement(
    database: str,
    station: str | None,
    first: date | None,
    last: date | None,
    as_of: date | None,
    donor: str,
    output: str | None,
    force: bool,
) -> Answer | None:
    """Print where the goods of a donor are now: the donor statement of a period.

    Without --from, the period begins with the donor's first donation. Without --to, it ends with
    the latest day of all entries.
    """
    from supplies.books.past import books_as_of
    from supplies.cli.opening import open_ledger
    from supplies.cli.paper_files import report_output, write_report
    from supplies.views.donor_statement import build_donor_statement, build_donor_statement_paper
    from supplies.views.periods import get_period_of_donor

    file = report_output(output, database, force=force)
    with open_ledger(database, station) as ledger, ledger.reading() as present:
        books = books_as_of(present, as_of)
        first, last = _period(first, last, get_period_of_donor(books, donor))
        if file is not None:
            from supplies_receipts import draw_donor_statement

            paper = build_donor_statement_paper(
                books, donor, first, last, printed_at=ledger.clock()
            )
            write_report(file, "statement", draw_donor_statement(paper))
            return None
        result = build_donor_statement(books, donor, first, last)
    return answer_with("statement", result, lambda: _print_statement(result))


def _print_statement(statement: DonorStatement) -> None:
    from supplies.cli.tables import print_columns, print_table
    from supplies.domain.accounts import PLACES

    used = {place for line in statement.goods for place in line.places}
    places = [place for place in PLACES if place in used]
    fetched = any(line.collected for line in statement.goods)
    print_table(
        [
            *("item", "received", "repacked"),
            *(place.replace("_", " ") for place in places),
            *(["of it collected"] if fetched else []),
        ],
        [
            [
                *(line.item, line.received, line.repacked),
                *(line.places.get(p, 0) for p in places),
                *([line.collected or 0] if fetched else []),
            ]
            for line in statement.goods
        ],
    )
    print_columns(
        {
            "month": lambda line: line.month,
            "community": lambda line: line.community_name or line.community,
            "reached": lambda line: line.who,
            "count": lambda line: line.count,
            "hand-outs without headcount": lambda line: line.uncounted or "",
        },
        statement.served,
    )


@click.command(cls=Command)
@books_options
@report_period_options
@as_of_option
@answer_options
@report_paper_options
def disclosure(
    database: str,
    station: str | None,
    first: date | None,
    last: date | None,
    as_of: date | None,
    output: str | None,
    force: bool,
) -> Answer | None:
    """Print the public disclosure (公示) of a period: goods received and handed over.

    Donors are named only as far as they agreed. Recipients are not named.
    """
    from supplies.books.past import books_as_of
    from supplies.cli.opening import open_ledger
    from supplies.cli.paper_files import report_output, write_report
    from supplies.views.periods import get_period_of_entries
    from supplies.views.public_disclosure import build_disclosure, build_disclosure_paper

    file = report_output(output, database, force=force)
    with open_ledger(database, station) as ledger, ledger.reading() as present:
        books = books_as_of(present, as_of)
        first, last = _period(first, last, get_period_of_entries(books))
        if file is not None:
            from supplies_receipts import draw_public_disclosure

            paper = build_disclosure_paper(books, first, last, printed_at=ledger.clock())
            write_report(file, "disclosure", draw_public_disclosure(paper), is_public=True)
            return None
        result = build_disclosure(books, first, last)
    return answer_with("disclosure", result, lambda: _print_disclosure(result))


def _print_disclosure(disclosure: Disclosure) -> None:
    from supplies.cli.tables import print_columns

    print_columns(
        {
            "source": lambda line: line.source,
            "name": lambda line: line.name,
            "item": lambda line: line.item,
            "quantity": lambda line: line.quantity,
        },
        disclosure.received,
    )
    print_columns(
        {
            "community": lambda line: line.community_name or line.community,
            "reached": lambda line: line.who,
            "item": lambda line: line.item,
            "quantity": lambda line: line.quantity,
            "count": lambda line: line.count,
            "hand-outs without headcount": lambda line: line.uncounted or "",
        },
        disclosure.handed_over,
    )
