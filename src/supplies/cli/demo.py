"""`supplies demo`: create books with demonstration data, and their papers."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

from supplies.cli.arguments import LOCAL_HOST, whole_database_options
from supplies.cli.click_extensions import Command
from supplies.errors import AlreadyDone

if TYPE_CHECKING:
    from supplies.demo.longxue import Scene


@click.command(cls=Command)
@whole_database_options
@click.option(
    "--papers",
    metavar="DIRECTORY",
    help="Folder for the papers. By default it is created beside the database.",
)
@click.option(
    "--host",
    default=LOCAL_HOST,
    show_default=True,
    help="Address that the QR codes of the papers lead to.",
)
def demo(database: str, papers: str | None, host: str) -> None:
    """Create demonstration books, and write their papers as PDF.

    All names are made up. The database must be a new file, or an empty database on a server.
    """
    from supplies.cli.paper_files import make_folder
    from supplies.cli.progress import progress_bar
    from supplies.demo.longxue import FIRST, LAST, book_scene
    from supplies.signing.station_keys import StationKeys, create_first_key, key_file

    keys = key_file(database)
    shown, default_folder = _check_is_new(database)
    folder = Path(papers or default_folder)
    make_folder(folder, database)
    if any(folder.iterdir()):
        raise AlreadyDone(f"{folder} is not empty; name another folder with --papers")
    # The keys are made first. If that fails there are no books yet, and the demo can be repeated.
    create_first_key(database)
    StationKeys.for_database(database)
    with progress_bar("Recording the demonstration") as report:
        scene = book_scene(database, report, with_people=True, host=host)
    with scene.ledger:
        count = _write_papers(scene, database, folder)
    print(f"The demonstration of {FIRST} to {LAST} is in {shown} (all names are made up).")
    print(f"{count} papers are in {folder}: receipts, slips, run sheets, donor statements,")
    print("disclosure.pdf and station-report.pdf.")
    print(f"The station's keys are in {keys}, readable by you alone.")
    option = f"--database {quote(database)}"
    print(f"Look at it: supplies report station --from {FIRST} --to {LAST} {option}")
    print(f"Serve it:   supplies serve {option}")


def _check_is_new(database: str) -> tuple[str, Path]:
    """Check that the database does not exist or is empty.

    Return its path or its URL without the password, and the default folder for the papers.

    Raises:
        AlreadyDone: the database is already in use.
    """
    from supplies.storage.engines import database_file, open_store

    file = database_file(database)
    if file is not None:
        if file.exists() and file.stat().st_size:
            raise AlreadyDone(f"{file} exists already; name a new file for the demonstration")
        return str(file), file.with_name(f"{file.stem}-papers")
    with closing(open_store(database)) as store:
        if store.one("SELECT 1 FROM stations LIMIT 1") is not None:
            raise AlreadyDone(
                f"{store.url} contains books already; name a new database for the demonstration"
            )
        return store.url, Path("demo-papers")


def _write_papers(scene: Scene, database: str, folder: Path) -> int:
    """Write all papers of the demonstration. Return the number of papers."""
    from supplies_receipts import (
        draw_delivery_slips,
        draw_donor_statement,
        draw_public_disclosure,
        draw_run_sheet,
        draw_station_report,
    )

    from supplies.cli.paper_files import OutputFile, draw_receipt
    from supplies.demo.longxue import FIRST, LAST
    from supplies.domain.catalogue_records import Donor
    from supplies.views.catalogue import list_records
    from supplies.views.delivery_slips import build_delivery_slips, build_run_sheet
    from supplies.views.donor_statement import build_donor_statement_paper
    from supplies.views.public_disclosure import build_disclosure_paper
    from supplies.views.receipts import list_receipts
    from supplies.views.station_report import build_station_report_paper

    ledger = scene.ledger
    with ledger.reading() as books:
        numbers = [receipt.number for receipt in list_receipts(books, limit=None).items]
        slips = {delivery: build_delivery_slips(books, delivery) for delivery in scene.deliveries}
        run_sheets = {delivery: build_run_sheet(books, delivery) for delivery in scene.deliveries}
        donors = [donor.code for donor in list_records(books, Donor, limit=None).items]
        now = ledger.clock()
        statements = {
            donor: build_donor_statement_paper(books, donor, FIRST, LAST, printed_at=now)
            for donor in donors
        }
        disclosure = build_disclosure_paper(books, FIRST, LAST, printed_at=now)
        report = build_station_report_paper(books, FIRST, LAST, printed_at=now)

    def write(name: str, content: bytes) -> None:
        OutputFile(str(folder / name), database).write(content)

    for number in numbers:
        write(f"{number}.pdf", draw_receipt(ledger, database, number))
    for delivery, stops in slips.items():
        write(f"slips-{delivery}.pdf", draw_delivery_slips(stops))
    for delivery, sheet in run_sheets.items():
        write(f"run-sheet-{delivery}.pdf", draw_run_sheet(sheet))
    for donor, statement in statements.items():
        write(f"statement-{donor}.pdf", draw_donor_statement(statement))
    write("disclosure.pdf", draw_public_disclosure(disclosure))
    write("station-report.pdf", draw_station_report(report))
    return len(numbers) + len(slips) + len(run_sheets) + len(statements) + 2
