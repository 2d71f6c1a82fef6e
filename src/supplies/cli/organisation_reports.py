"""Reports over all stations of an organisation, for `supplies report … --organisation`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplies.books.past import books_as_of
from supplies.cli.answers import Answer, answer_with
from supplies.cli.paper_files import write_report
from supplies.cli.progress import progress_bar
from supplies.cli.tables import print_period_report, print_structs
from supplies.stations.organisation import stations
from supplies.views.organisation_report import (
    build_organisation_report,
    build_organisation_report_paper,
    build_station_part,
)
from supplies.views.periods import get_period_of_stations

if TYPE_CHECKING:
    from datetime import date

    from supplies.cli.paper_files import OutputFile
    from supplies.ledger.ledger import Ledger


def report_organisation_period(
    ledger: Ledger,
    first: date | None,
    last: date | None,
    *,
    as_of: date | None,
    output: OutputFile | None,
) -> Answer | None:
    """Return or write the report on a period for this station and all stations under it.

    Args:
        first, last: The first and the last day of the period. None means the day of the earliest or
            latest entry of all stations.
        as_of: Leave out entries booked after this day. None means now.
        output: The PDF file to write; the function then returns None. If None, the report is
            returned.
    """
    with ledger.reading() as books:
        each = [books_as_of(books.for_station(one.code), as_of) for one in stations(books)]
        parts = []
        if first is None or last is None:
            entries = get_period_of_stations(each)
            first, last = first or entries[0], last or entries[1]
        with progress_bar("Reading stations", len(each)) as report_progress:
            for number, own in enumerate(each, 1):
                parts.append(build_station_part(own, first, last))
                report_progress(number)
        if output is not None:
            from supplies_receipts import draw_organisation_report

            paper = build_organisation_report_paper(
                books, first, last, parts, printed_at=ledger.clock()
            )
            write_report(output, "organisation's report", draw_organisation_report(paper))
            return None
        report = build_organisation_report(books.station_code, first, last, parts)

    def show() -> None:
        print_period_report(report)
        print_structs(report.stations)

    return answer_with("organisation", report, show)
