"""`supplies receipt`, `slips`, `run-sheet` and `count-sheet`: papers as PDF files."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Literal

import click

from supplies.cli.arguments import books_options, check_period, paper_options, period_options
from supplies.cli.click_extensions import Command
from supplies.domain.plurals import counted
from supplies.errors import InvalidField

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from supplies.cli.paper_files import OutputFile
    from supplies.papers.receipt import DonationReceipt

_delivery_argument = click.argument("delivery", metavar="DELIVERY")


@click.command(
    cls=Command, epilog="To check a receipt that somebody presents: supplies receipt check --help"
)
@click.argument("number", required=False)
@books_options
@period_options
@paper_options
def receipt(
    database: str,
    station: str | None,
    number: str | None,
    first: date | None,
    last: date | None,
    output: str,
    force: bool,
) -> None:
    """Write a receipt, or all receipts of a period, as PDF.

    Give either the NUMBER of a receipt, as in JZ-2020-000001, or --from and --to. A period gives
    one PDF with all receipts issued in it.
    """
    from supplies.cli.opening import open_ledger
    from supplies.cli.paper_files import OutputFile, draw_receipt
    from supplies.views.receipts import get_receipt

    if number is None:
        period = check_period(first, last)
        _write_batch(database, station, *period, OutputFile(output, database, force=force))
        return
    if first or last:
        raise InvalidField("name one receipt, or a period with --from and --to; not both")
    file = OutputFile(output, database, force=force)
    with open_ledger(database, station) as ledger:
        content = draw_receipt(ledger, database, number)
        with ledger.reading() as books:
            document = get_receipt(books, number).document
    file.write(content)
    print(f"Receipt {number} is in {file}.")
    _warn_of_local_addresses([] if document is None else [document])


def _write_batch(
    database: str, station: str | None, first: date, last: date, file: OutputFile
) -> None:
    from supplies_receipts import draw_receipts

    from supplies.cli.opening import open_ledger
    from supplies.cli.progress import progress_bar
    from supplies.signing.station_keys import StationKeys
    from supplies.views.receipt_batches import build_receipt_papers
    from supplies.views.receipt_papers import issued_receipt

    keys = StationKeys.for_database(database)
    with open_ledger(database, station) as ledger, ledger.reading() as books:
        papers = build_receipt_papers(
            books, first, last, lambda number: keys.sign(issued_receipt(books, number)).check_code
        )
    with progress_bar("Drawing receipts", len(papers)) as report:
        content = draw_receipts(papers, report)
    file.write(content)
    receipts = counted(len(papers), "receipt")
    print(f"{receipts} of {first} to {last} {'is' if len(papers) == 1 else 'are'} in {file}.")
    _warn_of_local_addresses([paper.document for paper in papers])


def _warn_of_local_addresses(documents: Sequence[DonationReceipt]) -> None:
    """Print a warning if the QR code of a receipt works on this computer only."""
    from supplies.stations.public_address import is_local_address

    local = [one for one in documents if is_local_address(one.station.host)]
    if local:
        print(
            f"supplies: warning: the QR code of receipt {local[0].number} leads to "
            f"{local[0].station.host}, which only this computer can open. Set the public address "
            "with supplies station set --host https://…, then replace the receipt",
            file=sys.stderr,
        )


@click.command(cls=Command)
@_delivery_argument
@books_options
@paper_options
@click.option(
    "--paper",
    type=click.Choice(["roll", "a5"]),
    default="roll",
    show_default=True,
    help="Paper size: a roll 80 mm wide, or A5.",
)
def slips(
    database: str,
    station: str | None,
    delivery: str,
    output: str,
    force: bool,
    paper: Literal["roll", "a5"],
) -> None:
    """Write the slips of a delivery as PDF.

    DELIVERY is the id of the delivery, as in v_12; `supplies report deliveries` lists the ids. All
    slips are in one PDF.
    """
    from supplies_receipts import draw_delivery_slips

    from supplies.cli.opening import open_ledger
    from supplies.cli.paper_files import OutputFile
    from supplies.cli.progress import progress_bar
    from supplies.views.delivery_slips import build_delivery_slips

    file = OutputFile(output, database, force=force)
    with open_ledger(database, station) as ledger, ledger.reading() as books:
        found = build_delivery_slips(books, delivery)
    with progress_bar("Drawing slips", len(found)) as report:
        content = draw_delivery_slips(found, paper, report)
    file.write(content)
    slips = counted(len(found), "slip")
    print(f"{slips} of delivery {delivery} {'is' if len(found) == 1 else 'are'} in {file}.")


@click.command("run-sheet", cls=Command)
@_delivery_argument
@books_options
@paper_options
def run_sheet(database: str, station: str | None, delivery: str, output: str, force: bool) -> None:
    """Write the run sheet of a delivery as PDF.

    DELIVERY is the id of the delivery, as in v_12; `supplies report deliveries` lists the ids.
    """
    from supplies_receipts import draw_run_sheet

    from supplies.access.access_context import AccessContext
    from supplies.access.run_codes import ensure_key, join_address
    from supplies.cli.opening import open_ledger
    from supplies.cli.paper_files import OutputFile
    from supplies.views.delivery_slips import build_run_sheet

    file = OutputFile(output, database, force=force)
    with open_ledger(database, station) as ledger:
        with ledger.reading() as books:
            found = build_run_sheet(books, delivery)
        with ledger.admin_transaction() as books:
            ensure_key(AccessContext(books, ledger.clock()))
            join = join_address(books, delivery)
    file.write(draw_run_sheet(found, join))
    print(f"The run sheet of delivery {delivery} is in {file}.")


@click.command("count-sheet", cls=Command)
@click.argument("sheet", metavar="SHEET")
@books_options
@paper_options
@click.option(
    "--figures",
    is_flag=True,
    help="Also print the quantities in the books. By default they are left out.",
)
def count_sheet(
    database: str, station: str | None, sheet: str, output: str, force: bool, figures: bool
) -> None:
    """Write the count sheet of a location as PDF.

    SHEET is the id of the count sheet, as in c_12.
    """
    from supplies_receipts import draw_count_sheet

    from supplies.cli.opening import open_ledger
    from supplies.cli.paper_files import OutputFile
    from supplies.views.count_sheets import build_count_sheet_paper

    file = OutputFile(output, database, force=force)
    with open_ledger(database, station) as ledger, ledger.reading() as books:
        found = build_count_sheet_paper(books, sheet, blind=not figures)
    file.write(draw_count_sheet(found))
    print(f"Count sheet {sheet} is in {file}.")
