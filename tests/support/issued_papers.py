"""Receipts issued at a station, and changes that a forger may make to their files."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import pikepdf
from supplies_receipts import check_receipt, draw_signed_receipt
from supplies_receipts.pdf_attachment import attach
from supplies_receipts.signed_receipt import _ATTACHMENT_DESCRIPTION, ATTACHMENT

from supplies.signing.receipt_signatures import NotGenuine, PublicKeys
from supplies.signing.station_keys import StationKeys, create_first_key
from supplies.views.receipt_papers import build_receipt_record
from support.ledger_fixture import StationLedger


def new_keys(database: str) -> StationKeys:
    """Create the first key of a database and return its keys."""
    create_first_key(database)
    return StationKeys.for_database(database)


class IssuingStation(NamedTuple):
    """A station with its signing keys."""

    station: StationLedger
    database: Path
    keys: StationKeys

    def paper(self, number: str, **asked: Any) -> bytes:
        return draw_signed_receipt(
            build_receipt_record(self.station.books, number, self.keys.sign, **asked)
        )

    def give(self, quantity: int = 10, **more: Any) -> bytes:
        """Record a donation and return its original receipt."""
        self.station.give(quantity, **more)
        number = self.station.books.value(
            "SELECT number FROM receipts WHERE station = :station ORDER BY seq DESC LIMIT 1"
        )
        return self.paper(number, original=True)


def check_result(pdf: bytes, keys: PublicKeys | None) -> tuple[str, str]:
    """Return the result of a check: its kind and its message."""
    try:
        record = check_receipt(pdf, keys)
    except NotGenuine as error:
        return error.fault, error.detail
    return "genuine", record.number


def with_change(pdf: bytes, change: Callable[[pikepdf.Pdf], None]) -> bytes:
    """Return the file after a change with a PDF program."""
    with pikepdf.open(BytesIO(pdf)) as paper:
        change(paper)
        out = BytesIO()
        paper.save(out, linearize=True)
    return out.getvalue()


def attached_data(pdf: bytes) -> dict[str, Any]:
    """Return the data that is attached to a paper."""
    with pikepdf.open(BytesIO(pdf)) as paper:
        body: dict[str, Any] = json.loads(paper.attachments[ATTACHMENT].get_file().read_bytes())
    return body


def without_attachment(pdf: bytes) -> bytes:
    def strip(paper: pikepdf.Pdf) -> None:
        del paper.attachments[ATTACHMENT]

    return with_change(pdf, strip)


def with_attached(pdf: bytes, content: bytes) -> bytes:
    """Return the same page with other attached data."""
    return attach(without_attachment(pdf), ATTACHMENT, content, _ATTACHMENT_DESCRIPTION)


def with_fields(pdf: bytes, **fields: Any) -> bytes:
    """Return the same page with changed fields in the attached data."""
    return with_attached(pdf, encoded(attached_data(pdf) | fields))


def encoded(data: dict[str, Any]) -> bytes:
    """Return data encoded exactly as the program encodes it."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
