"""`supplies report stock`, `pledges`, `needs` and others: tables of records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import click

from supplies.cli.answers import Answer, answer_options, answer_with
from supplies.cli.arguments import books_options, report_paper_options, report_period_options
from supplies.cli.click_extensions import Command
from supplies.cli.period_reports import as_of_option, built_report, organisation_option

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from supplies.views.recall import Recall


def _print_list(
    name: str,
    kind: type[Any],
    columns: Mapping[str, Callable[[Any], Any]],
    database: str,
    station: str | None,
    **options: Any,
) -> Answer | None:
    """Return the answer of a command that prints a report with one list.

    If a file is named in the options, write the report to the file as a PDF and return None.

    Args:
        kind: The type of the elements of the list.
        columns: The columns that people see, each with the function that reads its value.
    """
    from supplies.cli.tables import print_columns

    with built_report(name, database, station, **options) as built:
        if built is None:
            return None
        result = built.content
    return answer_with(name, result, lambda: print_columns(columns, result.items), kind=kind)


def _print_organisation(
    noun: Literal["stock", "needs"], database: str, station: str | None, **options: Any
) -> Answer | None:
    """Return the answer of a command that prints the totals of an organisation by item.

    If a file is named in the options, write the whole report to the file as a PDF and return None.
    """
    from supplies.cli.tables import print_structs
    from supplies.views.organisation_report import NeedOfItem, StockOfItem
    from supplies.views.pagination import Page

    with built_report(f"organisation-{noun}", database, station, **options) as built:
        if built is None:
            return None
        page = Page(items=built.content.items)
    kind = StockOfItem if noun == "stock" else NeedOfItem
    return answer_with(noun, page, lambda: print_structs(page.items), kind=kind)


@click.command(cls=Command)
@books_options
@as_of_option
@organisation_option
@answer_options
@report_paper_options
def stock(database: str, station: str | None, organisation: bool, **options: Any) -> Answer | None:
    """Print the stock of each item and lot at each location."""
    from supplies.domain.expiry import shown_expiry
    from supplies.views.stock import StockRow

    if organisation:
        return _print_organisation("stock", database, station, **options)
    return _print_list(
        "stock",
        StockRow,
        {
            "place": lambda line: line.location,
            "item": lambda line: line.name,
            "lot": lambda line: line.lot,
            "expires": shown_expiry,
            "on hand": lambda line: line.on_hand,
            "free": lambda line: line.free,
            "set aside": lambda line: line.allocated,
        },
        database,
        station,
        **options,
    )


@click.command(cls=Command)
@books_options
@report_period_options
@as_of_option
@answer_options
@report_paper_options
def pledges(database: str, station: str | None, **options: Any) -> Answer | None:
    """Print the pledges of donors, and how much of each has arrived."""
    from supplies.views.document_reports import ReportedPledge

    return _print_list(
        "pledges",
        ReportedPledge,
        {
            "pledge": lambda pledge: pledge.id,
            "donor": lambda pledge: pledge.donor,
            "name": lambda pledge: pledge.donor_name,
            "due": lambda pledge: pledge.due_on,
            "status": lambda pledge: pledge.status,
            "arrived of promised": lambda pledge: ", ".join(
                f"{line.arrived}/{line.promised} {line.item}" for line in pledge.lines
            ),
        },
        database,
        station,
        **options,
    )


@click.command(cls=Command)
@books_options
@report_period_options
@as_of_option
@organisation_option
@answer_options
@report_paper_options
def needs(database: str, station: str | None, organisation: bool, **options: Any) -> Answer | None:
    """Print the needs of recipients, and how far each is met."""
    from supplies.views.needs import NeedView

    if organisation:
        return _print_organisation("needs", database, station, **options)
    return _print_list(
        "needs",
        NeedView,
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
        database,
        station,
        **options,
    )


@click.command(cls=Command)
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


@click.command(cls=Command)
@books_options
@report_period_options
@as_of_option
@click.option("--team", metavar="CODE", help="Code of the team.")
@answer_options
@report_paper_options
def deliveries(database: str, station: str | None, **options: Any) -> Answer | None:
    """Print the deliveries with their ids, which `supplies slips` and `run-sheet` take."""
    from supplies.views.deliveries import DeliveryView

    return _print_list(
        "deliveries",
        DeliveryView,
        {
            "delivery": lambda delivery: delivery.id,
            "team": lambda delivery: delivery.team,
            "status": lambda delivery: delivery.status,
            "stops": lambda delivery: len(delivery.present_stops),
        },
        database,
        station,
        **options,
    )


@click.command(cls=Command)
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


@click.command(cls=Command)
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
    import msgspec

    from supplies.exports.reports import report_tables

    with built_report("recall", database, station, **options) as built:
        if built is None:
            return None
        found: Recall = built.content
    return Answer(
        [msgspec.json.encode(found)],
        lambda: report_tables("recall", found),
        lambda: _print_recall(found),
    )


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
