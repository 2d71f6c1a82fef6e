"""Commands for most reports in `supplies.exports.reports`, such as losses and stock cover."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from supplies.cli.answers import Answer, answer_options
from supplies.cli.arguments import DAY, books_options, report_paper_options, report_period_options
from supplies.cli.click_extensions import Command
from supplies.exports.report_kinds.kind import ReportKind, ReportOption
from supplies.exports.reports import MAX_RATE_DAYS, REPORTS, build_report

if TYPE_CHECKING:
    from supplies.exports.reports import BuiltReport

_Function = TypeVar("_Function", bound=Callable[..., Any])

as_of_option = click.option(
    "--as-of",
    type=DAY,
    help="Leave out what is booked after this day, as in 2020-02-13. Default: now.",
)

organisation_option = click.option(
    "--organisation",
    is_flag=True,
    help="Sum over all stations of the organisation that this station heads.",
)


@contextmanager
def built_report(
    name: str,
    database: str,
    station: str | None,
    *,
    output: str | None,
    force: bool,
    **options: Any,
) -> Iterator[BuiltReport | None]:
    """Build a report and yield it. The books stay open within the `with` block.

    If `output` names a file, write the report there as a PDF, and yield None.
    """
    from supplies.cli.opening import open_ledger
    from supplies.cli.paper_files import report_output, write_report

    kind, file = REPORTS[name], report_output(output, database, force=force)
    with open_ledger(database, station) as ledger, ledger.reading() as books:
        built = build_report(books, kind, ledger.today(), **options)
        if file is None:
            yield built
            return
        from supplies_receipts import draw_report

        from supplies.exports.report_papers import build_report_paper

        paper = build_report_paper(built, built.content, printed_at=ledger.clock(), personal=True)
        write_report(file, "report", draw_report(paper), is_public=not kind.prints_names)
        yield None


def _command(kind: ReportKind) -> click.Command:
    @answer_options
    @report_paper_options
    def command(database: str, station: str | None, **options: Any) -> Answer | None:
        import msgspec

        from supplies.exports.reports import report_tables

        with built_report(kind.name, database, station, **options) as built:
            if built is None:
                return None
            content = built.content
        return Answer([msgspec.json.encode(content)], lambda: report_tables(kind.name, content))

    decorated: Any = command
    for option in reversed(kind.options):
        decorated = _option(option)(decorated)
    decorated = as_of_option(decorated)
    if kind.has_period:
        decorated = report_period_options(decorated)
    summary = kind.summary.replace("Report", "Print", 1)
    return click.command(kind.name, cls=Command, help=summary)(books_options(decorated))


def _option(option: ReportOption) -> Callable[[_Function], _Function]:
    if option.days is not None:
        return click.option(
            f"--{option.name}",
            type=click.IntRange(1, MAX_RATE_DAYS),
            default=option.days,
            show_default=True,
            help=option.help,
        )
    metavar = "CODE" if option.record else option.name.upper()
    return click.option(
        f"--{option.name}", metavar=metavar, required=option.required, help=option.help
    )


OTHER_FORMS = ("stock", "recall", "alerts", "pledges", "needs", "deliveries")
"""The reports whose commands are in `supplies.cli.reports_on_records`.

Their tables have another form than those of the other reports.
"""

PERIOD_REPORTS = tuple(_command(kind) for name, kind in REPORTS.items() if name not in OTHER_FORMS)
"""The commands for all reports but `OTHER_FORMS`, in the order of `supplies report --help`."""
