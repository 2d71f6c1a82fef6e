"""`supplies receipt`: papers as files."""

from __future__ import annotations

import argparse
from pathlib import Path

from supplies.cli.books import open_ledger
from supplies.errors import StoreError
from supplies.keys import StationKeys
from supplies.ledger import Ledger
from supplies.views.receipts import receipt_record


def receipt(arguments: argparse.Namespace) -> int:
    """Write one receipt as PDF."""
    with open_ledger(arguments) as ledger:
        content = receipt_pdf(ledger, arguments.database, arguments.number)
    write_paper(Path(arguments.output), content)
    print(f"Receipt {arguments.number} is in {arguments.output}.")
    return 0


def receipt_pdf(ledger: Ledger, database: str, number: str) -> bytes:
    """A receipt as it stands, drawn from its frozen document, with its proof inside."""
    from supplies_receipts import proven_receipt

    keys = StationKeys.beside(database)
    with ledger.reading() as books:
        record = receipt_record(books, number, keys.seal)
    return proven_receipt(record)


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
