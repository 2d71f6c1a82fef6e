"""`supplies report …`: reports as tables, as JSON in the format of the REST API, or as PDF."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from supplies.cli.answers import Answer, answer_options, answer_with
from supplies.cli.arguments import (
    books_options,
    report_paper_options,
    report_period_options,
)
from supplies.cli.click_extensions import Group
from supplies.cli.period_reports import PERIOD_REPORTS, as_of_option, built_report
from supplies.errors import InvalidField

if TYPE_CHECKING:
    from datetime import date

    from supplies.papers.disclosure import Disclosure
    from supplies.papers.donor_statement import DonorStatement
    from supplies.views.recall import Recall

_organisation_option = click.option(
    "--organisation",
    is_flag=True,
    help="Sum over all stations of the organisation that this station heads.",
)


def _refuse_with_organisation(option: str, value: object) -> None:
    if value is not None:
        raise InvalidField(f"{option} cannot be combined with --organisation")


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


@report.command()
@books_options
@as_of_option
@_organisation_option
@answer_options
@report_paper_options
def stock(
    database: str,
    station: str | None,
    as_of: date | None,
    organisation: bool,
    output: str | None,
    force: bool,
) -> Answer | None:
    """Print the stock of each item and lot at each location."""
    from supplies.cli.opening import open_ledger
    from supplies.cli.organisation_reports import report_organisation_stock
    from supplies.cli.tables import print_columns
    from supplies.domain.expiry import shown_expiry
    from supplies.views.stock import StockRow

    if organisation:
        _refuse_with_organisation("--as-of", as_of)
        _refuse_with_organisation("--output", output)
        with open_ledger(database, station) as ledger:
            return report_organisation_stock(ledger)
    with built_report("stock", database, station, as_of=as_of, output=output, force=force) as built:
        if built is None:
            return None
        page = built.content
    return answer_with(
        "stock",
        page,
        lambda: print_columns(
            {
                "place": lambda line: line.location,
                "item": lambda line: line.name,
                "lot": lambda line: line.lot,
                "expires": shown_expiry,
                "on hand": lambda line: line.on_hand,
                "free": lambda line: line.free,
                "set aside": lambda line: line.allocated,
            },
            page.items,
        ),
        kind=StockRow,
    )


@report.command()
@books_options
@report_period_options
@as_of_option
@answer_options
@report_paper_options
def pledges(database: str, station: str | None, **options: Any) -> Answer | None:
    """Print the pledges of donors, and how much of each has arrived."""
    from supplies.cli.tables import print_columns
    from supplies.views.pledges import PledgeView

    with built_report("pledges", database, station, **options) as built:
        if built is None:
            return None
        page = built.content
    return answer_with(
        "pledges",
        page,
        lambda: print_columns(
            {
                "pledge": lambda pledge: pledge.id,
                "donor": lambda pledge: pledge.donor,
                "due": lambda pledge: pledge.due_on,
                "status": lambda pledge: pledge.status,
                "arrived of promised": lambda pledge: ", ".join(
                    f"{line.arrived}/{line.promised} {line.item}" for line in pledge.lines
                ),
            },
            page.items,
        ),
        kind=PledgeView,
    )


@report.command()
@books_options
@report_period_options
@as_of_option
@_organisation_option
@answer_options
@report_paper_options
def needs(database: str, station: str | None, organisation: bool, **options: Any) -> Answer | None:
    """Print the needs of recipients, and how far each is met."""
    from supplies.cli.opening import open_ledger
    from supplies.cli.organisation_reports import report_organisation_needs
    from supplies.cli.tables import print_columns
    from supplies.views.needs import NeedView

    if organisation:
        named = {"first": "--from", "last": "--to", "as_of": "--as-of", "output": "--output"}
        for name, option in named.items():
            _refuse_with_organisation(option, options[name])
        with open_ledger(database, station) as ledger:
            return report_organisation_needs(ledger)
    with built_report("needs", database, station, **options) as built:
        if built is None:
            return None
        page = built.content
    return answer_with(
        "needs",
        page,
        lambda: print_columns(
            {
                "need": lambda need: need.id,
                "recipient": lambda need: need.recipient,
                "item": lambda need: need.item,
                "urgency": lambda need: need.urgency,
                "asked": lambda need: need.asked,
                "open": lambda need: need.needed,
                "claimed": lambda need: need.claimed,
                "assigned": lambda need: need.assigned,
                "met": lambda need: need.met,
                "status": lambda need: need.status,
            },
            page.items,
        ),
        kind=NeedView,
    )


@report.command()
@books_options
@as_of_option
@answer_options
@report_paper_options
def alerts(database: str, station: str | None, **options: Any) -> Answer | None:
    """Print what needs attention, such as expiring goods and items below their minimum stock."""
    from supplies.cli.tables import print_columns
    from supplies.views.alerts import Alert
    from supplies.views.pagination import Page

    with built_report("alerts", database, station, **options) as built:
        if built is None:
            return None
        page: Page[Alert] = Page(items=built.content.items)
    return answer_with(
        "alerts",
        page,
        lambda: print_columns(
            {
                "alert": lambda alert: alert.what.replace("_", " "),
                "about": lambda alert: alert.code,
                "item": lambda alert: alert.item,
                "quantity": lambda alert: alert.quantity,
                "since": lambda alert: alert.since,
                "due": lambda alert: alert.due,
            },
            page.items,
        ),
        kind=Alert,
    )


@report.command()
@books_options
@report_period_options
@as_of_option
@click.option("--team", metavar="CODE", help="Code of the team.")
@answer_options
@report_paper_options
def deliveries(database: str, station: str | None, **options: Any) -> Answer | None:
    """Print the deliveries with their ids, which `supplies slips` and `run-sheet` take."""
    from supplies.cli.tables import print_columns
    from supplies.views.deliveries import DeliveryView

    with built_report("deliveries", database, station, **options) as built:
        if built is None:
            return None
        page = built.content
    return answer_with(
        "deliveries",
        page,
        lambda: print_columns(
            {
                "delivery": lambda delivery: delivery.id,
                "team": lambda delivery: delivery.team,
                "status": lambda delivery: delivery.status,
                "stops": lambda delivery: len(delivery.present_stops),
            },
            page.items,
        ),
        kind=DeliveryView,
    )


@report.command()
@books_options
@as_of_option
@answer_options
def receipts(database: str, station: str | None, as_of: date | None) -> Answer:
    """Print the receipts with their numbers, which `supplies receipt` takes."""
    from supplies.books.past import books_as_of
    from supplies.cli.opening import open_ledger
    from supplies.cli.tables import print_columns
    from supplies.views.receipts import ReceiptView, list_receipts

    with open_ledger(database, station) as ledger, ledger.reading() as books:
        page = list_receipts(books_as_of(books, as_of), limit=None)
    return answer_with(
        "receipts",
        page,
        lambda: print_columns(
            {
                "receipt": lambda receipt: receipt.number,
                "issued": lambda receipt: receipt.issued_on,
                "donations": lambda receipt: ", ".join(receipt.donations),
                "status": lambda receipt: receipt.status,
                "given back": lambda receipt: (
                    None
                    if not receipt.given_back
                    else "all"
                    if receipt.given_back.all
                    else "in part"
                ),
                "replaced by": lambda receipt: receipt.replaced_by,
            },
            page.items,
        ),
        kind=ReceiptView,
    )


def _period(first: date | None, last: date | None, entries: tuple[date, date]) -> tuple[date, date]:
    """Return the period. A missing first or last day is taken from `entries`."""
    return first or entries[0], last or entries[1]


@report.command("station")
@books_options
@report_period_options
@as_of_option
@_organisation_option
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


@report.command()
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


@report.command()
@books_options
@click.option("--item", metavar="CODE", required=True, help="Code of the item, as in mask.")
@click.option("--batch", metavar="BATCH", required=True, help="Batch number, as in B7.")
@as_of_option
@answer_options
@report_paper_options
def recall(database: str, station: str | None, **options: Any) -> Answer | None:
    """Print where the goods of a batch are, and who received them.

    Goods repacked from the batch are included. `supplies quarantine` moves the unallocated goods.
    """
    with built_report("recall", database, station, **options) as built:
        if built is None:
            return None
        found: Recall = built.content
    return answer_with("recall", found, lambda: _print_recall(found))


def _print_recall(found: Recall) -> None:
    from supplies.cli.tables import print_columns

    print_columns(
        {
            "item": lambda goods: goods.item,
            "lot": lambda goods: goods.lot,
            "where": lambda goods: goods.place.replace("_", " "),
            "location": lambda goods: goods.location,
            "delivery": lambda goods: goods.delivery,
            "recipient": lambda goods: goods.recipient,
            "quantity": lambda goods: goods.quantity,
        },
        found.goods,
    )
    print_columns(
        {
            "reached": lambda one: one.recipient,
            "name": lambda one: one.name,
            "telephone": lambda one: one.phone,
            "address": lambda one: one.address,
            "item": lambda one: one.item,
            "quantity": lambda one: one.quantity,
        },
        found.reached,
    )


@report.command()
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

    Donors are named only as they consented, and recipients are not named.
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


for _command in PERIOD_REPORTS:
    report.add_command(_command)
