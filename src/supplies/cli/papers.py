"""`supplies receipt`, `supplies slips`, `supplies run-sheet`: papers as files."""

from __future__ import annotations

import argparse
from pathlib import Path

from supplies.cli.books import open_ledger
from supplies.cli.words import period, progress
from supplies.errors import InvalidField, StoreError
from supplies.ledger.ledger import Ledger
from supplies.signing.station_keys import StationKeys
from supplies.views.delivery_slips import delivery_slips, run_sheet
from supplies.views.receipt_batches import receipt_papers
from supplies.views.receipts import issued, receipt_record


def receipt(arguments: argparse.Namespace) -> int:
    """Write one receipt as PDF, or all that were issued in a period as one document."""
    if arguments.number is None:
        return _batch(arguments)
    if arguments.first or arguments.last:
        raise InvalidField("name one receipt, or a period with --from and --to; not both")
    with open_ledger(arguments) as ledger:
        content = receipt_pdf(ledger, arguments.database, arguments.number)
    write_paper(Path(arguments.output), content)
    print(f"Receipt {arguments.number} is in {arguments.output}.")
    return 0


def _batch(arguments: argparse.Namespace) -> int:
    from supplies_receipts import draw_receipts

    first, last = period(arguments)
    keys = StationKeys.beside(arguments.database)
    with open_ledger(arguments) as ledger, ledger.reading() as books:
        papers = receipt_papers(
            books, first, last, lambda one: keys.seal(issued(books, one)).check_code
        )
    with progress("Drawing receipts", len(papers)) as told:
        content = draw_receipts(papers, told)
    write_paper(Path(arguments.output), content)
    print(f"{len(papers)} receipts of {first} to {last} are in {arguments.output}.")
    return 0


def slips(arguments: argparse.Namespace) -> int:
    """Write all slips of a delivery as one document."""
    from supplies_receipts import draw_delivery_slips

    with open_ledger(arguments) as ledger, ledger.reading() as books:
        found = delivery_slips(books, arguments.delivery)
    with progress("Drawing slips", len(found)) as told:
        content = draw_delivery_slips(found, arguments.paper, told)
    write_paper(Path(arguments.output), content)
    print(f"{len(found)} slips of delivery {arguments.delivery} are in {arguments.output}.")
    return 0


def round_sheet(arguments: argparse.Namespace) -> int:
    """Write a delivery's run sheet."""
    from supplies_receipts import draw_run_sheet

    with open_ledger(arguments) as ledger, ledger.reading() as books:
        found = run_sheet(books, arguments.delivery)
    write_paper(Path(arguments.output), draw_run_sheet(found))
    print(f"The run sheet of delivery {arguments.delivery} is in {arguments.output}.")
    return 0


def receipt_pdf(ledger: Ledger, database: str, number: str) -> bytes:
    """A receipt as it stands, drawn from its frozen document, with its proof inside."""
    from supplies_receipts import draw_signed_receipt

    keys = StationKeys.beside(database)
    with ledger.reading() as books:
        record = receipt_record(books, number, keys.seal)
    return draw_signed_receipt(record)


def make_folder(path: Path) -> None:
    """A folder for papers, or why it cannot be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{path} cannot be made ({error.strerror}); name another") from error


def write_paper(path: Path, content: bytes) -> None:
    """Put a paper into a file, or say why it cannot be."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written ({error.strerror}); name another file"
        ) from error


def report_written(output: str, called: str, content: bytes) -> int:
    """Put the paper of a report into a file, and say where it is; the exit status."""
    write_paper(Path(output), content)
    print(f"The {called} is in {output}.")
    return 0
