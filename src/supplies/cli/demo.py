"""`supplies demo`: the scene in fresh books, with its papers."""

from __future__ import annotations

import argparse
from pathlib import Path
from shlex import quote

from supplies.cli.papers import make_folder, receipt_pdf, write_paper
from supplies.cli.words import progress
from supplies.demo.longxue import FIRST, LAST, Scene, book_scene
from supplies.domain.catalogue_records import Donor
from supplies.errors import AlreadyDone
from supplies.signing.station_keys import StationKeys, key_file, make_keys
from supplies.storage.store import file_of, open_store
from supplies.views.catalogue import nouns
from supplies.views.delivery_slips import delivery_slips, run_sheet
from supplies.views.donor_statement import donor_statement_paper
from supplies.views.public_disclosure import disclosure_paper
from supplies.views.receipts import receipts
from supplies.views.station_report import station_report_paper


def demo(arguments: argparse.Namespace) -> int:
    """Book the scene, write its papers and say what to open."""
    keys = key_file(arguments.database)
    file = file_of(arguments.database)
    if file is None:
        database, beside = _fresh_server(arguments.database), Path("demo-papers")
    else:
        if file.exists() and file.stat().st_size:
            raise AlreadyDone(f"{file} exists already; the demonstration wants a new file")
        database, beside = str(file), file.with_name(f"{file.stem}-papers")
    folder = Path(arguments.papers or beside)
    make_folder(folder)
    # Before anything is booked: a scene without its papers would be in the way of the next try.
    make_keys(arguments.database)
    StationKeys.beside(arguments.database)
    with progress("Booking the scene") as told:
        scene = book_scene(arguments.database, told)
    with scene.ledger:
        count = _write_papers(scene, arguments.database, folder)
    print(f"The scene of {FIRST} to {LAST} is booked in {database} (all names are made up).")
    print(f"{count} papers are in {folder}: receipts, slips, run sheets, statements to donors,")
    print("disclosure.pdf and station-report.pdf.")
    print(f"The station's keys are in {keys}, readable by you alone.")
    named = f"--database {quote(database)}"
    print(f"Look at it: supplies report station --from {FIRST} --to {LAST} {named}")
    print(f"Serve it:   supplies serve {named}")
    return 0


def _fresh_server(url: str) -> str:
    """The server's database as a sentence may name it, where no books are kept in it yet."""
    store = open_store(url)
    try:
        if store.one("SELECT 1 FROM stations LIMIT 1") is not None:
            raise AlreadyDone(
                f"{store.url} holds books already; the demonstration wants a new database"
            )
        return store.url
    finally:
        store.close()


def _write_papers(scene: Scene, database: str, folder: Path) -> int:
    from supplies_receipts import (
        draw_delivery_slips,
        draw_donor_statement,
        draw_public_disclosure,
        draw_run_sheet,
        draw_station_report,
    )

    ledger = scene.ledger
    with ledger.reading() as books:
        numbers = [receipt.number for receipt in receipts(books, limit=None).items]
        slips = {delivery: delivery_slips(books, delivery) for delivery in scene.deliveries}
        rounds = {delivery: run_sheet(books, delivery) for delivery in scene.deliveries}
        donors = [donor.code for donor in nouns(books, Donor, limit=None).items]
        now = ledger.clock()
        statements = {
            donor: donor_statement_paper(books, donor, FIRST, LAST, printed_at=now)
            for donor in donors
        }
        public = disclosure_paper(books, FIRST, LAST, printed_at=now)
        report = station_report_paper(books, FIRST, LAST, printed_at=now)
    for number in numbers:
        write_paper(folder / f"{number}.pdf", receipt_pdf(ledger, database, number))
    for delivery, stops in slips.items():
        write_paper(folder / f"slips-{delivery}.pdf", draw_delivery_slips(stops))
    for delivery, sheet in rounds.items():
        write_paper(folder / f"run-sheet-{delivery}.pdf", draw_run_sheet(sheet))
    for donor, statement in statements.items():
        write_paper(folder / f"statement-{donor}.pdf", draw_donor_statement(statement))
    write_paper(folder / "disclosure.pdf", draw_public_disclosure(public))
    write_paper(folder / "station-report.pdf", draw_station_report(report))
    return len(numbers) + len(slips) + len(rounds) + len(statements) + 2
