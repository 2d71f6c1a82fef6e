"""Write papers to files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from supplies.errors import StoreError

if TYPE_CHECKING:
    from supplies.ledger.ledger import Ledger


def draw_receipt(ledger: Ledger, database: str, number: str) -> bytes:
    """Draw a receipt from its frozen document, with the signed data attached."""
    from supplies_receipts import draw_signed_receipt

    from supplies.signing.station_keys import StationKeys
    from supplies.views.receipts import build_receipt_record

    keys = StationKeys.for_database(database)
    with ledger.reading() as books:
        record = build_receipt_record(books, number, keys.sign)
    return draw_signed_receipt(record)


def make_folder(path: Path) -> None:
    """Create a folder and its parents, unless it exists.

    Raises:
        StoreError: if it cannot be created.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"{path} cannot be created ({error.strerror}); name another folder"
        ) from error


def write_paper(path: Path, content: bytes) -> None:
    """Write a paper to a file.

    Raises:
        StoreError: if the file cannot be written.
    """
    try:
        path.write_bytes(content)
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written ({error.strerror}); name another file"
        ) from error


def write_report(output: str, name: str, content: bytes) -> None:
    """Write a report's PDF to a file, and print where it is.

    Raises:
        StoreError: if the file cannot be written.
    """
    write_paper(Path(output), content)
    print(f"The {name} is in {output}.")
