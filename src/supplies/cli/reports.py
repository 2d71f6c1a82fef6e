"""`supplies report …`: reports as tables, as JSON in the format of the REST API, or as PDF."""

from __future__ import annotations

import click

from supplies.cli.click_extensions import Group
from supplies.cli.period_reports import PERIOD_REPORTS
from supplies.cli.reports_on_paper import disclosure, statement, station_report
from supplies.cli.reports_on_records import (
    alerts,
    deliveries,
    needs,
    pledges,
    recall,
    receipts,
    stock,
)


class ReportGroup(Group):
    """The command group `report`.

    Options may also stand before the name of the report, as in `supplies report --json stock`.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Move the name of the report to the front, then parse the arguments."""
        if args and args[0] not in self.commands:
            names = [name for name in args if name in self.commands]
            if len(names) == 1:
                args = [*names, *(arg for arg in args if arg not in names)]
        return super().parse_args(ctx, args)


@click.group(cls=ReportGroup)
def report() -> None:
    """Print lists of stock, pledges and needs, and other reports.

    With --json the output has the format of the REST API.
    """


for _command in (
    *(stock, pledges, needs, alerts, deliveries, receipts),
    *(station_report, statement, recall, disclosure),
    *PERIOD_REPORTS,
):
    report.add_command(_command)
