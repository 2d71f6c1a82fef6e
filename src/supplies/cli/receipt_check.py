"""`supplies receipt check`: check a receipt without access to the books."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.exceptions import Exit

from supplies.cli.arguments import json_option
from supplies.cli.click_extensions import Command
from supplies.errors import InvalidField

if TYPE_CHECKING:
    from supplies.papers.receipt import ReceiptRecord
    from supplies.signing.receipt_signatures import PublicKeys


@click.command(cls=Command)
@click.argument("file", metavar="FILE")
@click.option(
    "--key",
    metavar="FILE",
    required=True,
    help="File with the public keys of the station, as the station published them.",
)
@json_option
def receipt_check(file: str, key: str, as_json: bool) -> None:
    """Check whether a receipt is genuine.

    FILE is the PDF of the receipt. The books are not needed. The exit status is 0 only if the
    receipt is genuine.
    """
    from supplies_receipts import check_receipt

    from supplies.cli.tables import print_json
    from supplies.signing.receipt_signatures import NotGenuine

    keys = read_public_key_file(key)
    verdict: str
    try:
        record = check_receipt(read_paper(file), keys)
    except NotGenuine as error:
        verdict, message, details = error.fault, str(error), _NO_DETAILS
    else:
        verdict, message, details = "genuine", _describe(record), _details(record)
    genuine = verdict == "genuine"
    if as_json:
        print_json({"verdict": verdict, "says": message, **details})
    else:
        print(f"{file}: {verdict}: {message}.", file=sys.stdout if genuine else sys.stderr)
    if not genuine:
        raise Exit(1)


_NO_DETAILS = dict.fromkeys(("number", "issued_on", "key_id", "marks"))


def _details(record: ReceiptRecord) -> dict[str, object]:
    return {name: getattr(record, name) for name in _NO_DETAILS}


def _describe(record: ReceiptRecord) -> str:
    marks = record.marks
    message = (
        f"this is receipt {record.number} of {record.issued_on}, signed with key {record.key_id}"
    )
    if marks.copy is not None:
        message += f"; it is copy {marks.copy}"
    if marks.void_on is not None:
        return f"{message}; it is marked as void since {marks.void_on}"
    return f"{message}; only the books show whether it was voided later"


def read_paper(name: str) -> bytes:
    """Return the content of the PDF file of a receipt.

    Raises:
        InvalidField: the file cannot be read.
    """
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise InvalidField(
            f"{name} cannot be read ({error.strerror}); name the receipt's PDF"
        ) from error


def read_public_key_file(name: str) -> PublicKeys:
    """Return the public keys in a file.

    Raises:
        InvalidField: the file cannot be read, or contains no keys.
    """
    from supplies.signing.receipt_signatures import read_public_keys

    try:
        return read_public_keys(Path(name).read_text(encoding="utf-8"), name)
    except UnicodeDecodeError:
        return read_public_keys("", name)
    except OSError as error:
        raise InvalidField(
            f"{name} cannot be read ({error.strerror}); name the file of the station's public keys"
        ) from error
