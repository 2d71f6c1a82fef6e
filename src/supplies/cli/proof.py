"""`supplies receipt check`, `supplies station key …`: papers checked, keys made and given out."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path
from typing import Literal

import msgspec

from supplies.cli.papers import write_paper
from supplies.errors import InvalidField
from supplies.papers.receipt import Marks, ReceiptRecord
from supplies.signing.receipt_signatures import (
    Fault,
    NotGenuine,
    PublicKeys,
    read_public_keys,
    write_public_keys,
)
from supplies.signing.station_keys import StationKeys, key_file, make_keys
from supplies.storage.store import open_store


class _Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What `--json` prints of a paper; number and what follows only where it is genuine."""

    verdict: Literal["genuine"] | Fault
    says: str
    number: str | None = None
    issued_on: date | None = None
    key_id: str | None = None
    marks: Marks | None = None


def receipt_check(arguments: argparse.Namespace) -> int:
    """Say whether a paper is genuine, asking no books; 0 only where it is."""
    from supplies_receipts import check_receipt

    keys = _public_keys(arguments.key)
    try:
        record = check_receipt(read_paper(arguments.file), keys)
        checked = _genuine(record)
    except NotGenuine as error:
        checked = _Checked(verdict=error.fault, says=error.detail)
    genuine = checked.verdict == "genuine"
    if arguments.json:
        print(msgspec.json.encode(checked).decode())
    else:
        says = f"{arguments.file}: {checked.verdict}: {checked.says}."
        print(says, file=sys.stdout if genuine else sys.stderr)
    return 0 if genuine else 1


def _genuine(record: ReceiptRecord) -> _Checked:
    marks = record.marks
    says = f"this is receipt {record.number} of {record.issued_on}, signed with key {record.key_id}"
    if marks.copy is not None:
        says += f"; it is copy {marks.copy}"
    if marks.void_on is not None:
        says += f"; it is marked as void since {marks.void_on}"
    else:
        says += "; whether it was voided since only the books know"
    return _Checked(
        verdict="genuine",
        says=says,
        number=record.number,
        issued_on=record.issued_on,
        key_id=record.key_id,
        marks=marks,
    )


def read_paper(name: str) -> bytes:
    """A file that somebody wants to have checked."""
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise InvalidField(
            f"{name} cannot be read ({error.strerror}); name the receipt's PDF"
        ) from error


def _public_keys(name: str) -> PublicKeys:
    try:
        return read_public_keys(Path(name).read_text(encoding="utf-8"), name)
    except UnicodeDecodeError:
        return read_public_keys("", name)
    except OSError as error:
        raise InvalidField(
            f"{name} cannot be read ({error.strerror}); name the file of the station's public keys"
        ) from error


def key_new(arguments: argparse.Namespace) -> int:
    """Make a further key; what was issued before keeps the key it was signed with."""
    store = open_store(arguments.database, create=False)
    try:
        # While this transaction lasts nothing is issued: each receipt has one key, not two.
        with store.writing():
            for (station,) in store.all("SELECT code FROM stations ORDER BY code"):
                store.lock(station)
            if make_keys(arguments.database):
                made = "k1"
            else:
                rows = store.all("SELECT station, max(seq) FROM entries GROUP BY station")
                after = {str(station): int(seq) for station, seq in rows}
                made = StationKeys.beside(arguments.database).add(after)
    finally:
        store.close()
    print(f"Key {made} signs the receipts issued from now on; earlier ones stay checkable.")
    print("Back its file up, beside the books but never with a copy that leaves the house:")
    print(f"  {key_file(arguments.database)}")
    print("Give its public key to whoever checks papers: supplies station key public -o FILE")
    return 0


def key_public(arguments: argparse.Namespace) -> int:
    """Print the public keys, or write them into a file."""
    text = write_public_keys(StationKeys.beside(arguments.database).public())
    if arguments.output is None:
        print(text, end="")
        return 0
    write_paper(Path(arguments.output), text.encode())
    print(f"The public keys are in {arguments.output}; give it to whoever checks papers.")
    return 0
