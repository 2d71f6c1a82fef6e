"""Verify the hash chain in a file with all entries of a station, without a database.

Each line of the file is a JSON object with the fields `body` and `hash`. The bytes of `body` are
exactly the bytes that were hashed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import msgspec

from supplies.domain.entries import ZERO_HASH, Body, decode_body
from supplies.domain.entry_rows import Receipt
from supplies.errors import BooksBroken, InvalidField
from supplies.signing.checkpoints import Checkpoint
from supplies.verification.earlier_checks import EarlierChecks
from supplies.verification.entry_sequence import EntrySequence
from supplies.verification.verify import VerifiedStation


class EntryLine(msgspec.Struct, frozen=True):
    """One line of an exported file of ledger entries, which are chained by hashes.

    Attributes:
        body: The bytes that were hashed. They are JSON.
        hash: SHA-256 of the previous hash and the body, in hexadecimal.
    """

    body: msgspec.Raw
    hash: str


_decode_line = msgspec.json.Decoder(EntryLine).decode


def verify_lines(
    lines: Iterable[bytes], name: str, *, witnesses: Sequence[Checkpoint] = ()
) -> VerifiedStation:
    """Check the entries in the lines of a file. The use of memory does not grow with the file.

    Every hash must be right, entry numbers must have no gaps, and the entries must not contradict
    one another. Only a checkpoint can show that the last entries are missing.

    Args:
        name: The name of the file, for error messages.
        witnesses: Checkpoints whose signatures were checked. Those of other stations are ignored.

    Raises:
        BooksBroken: an entry is missing or was changed.
        InvalidField: a line is not an entry, or the file is empty.
    """
    sequence: EntrySequence | None = None
    last_hash, transfers, receipts = ZERO_HASH, 0, 0
    for number, line in enumerate(lines, 1):
        content, stated, body = _read_line(line, number, name)
        if sequence is None:
            sequence = EntrySequence(body.station)
            earlier = EarlierChecks(
                body.station, [one for one in witnesses if one.station == body.station]
            )
        last_hash = hashlib.sha256(last_hash + content).digest()
        if last_hash.hex() != stated:
            raise _changed(sequence.station, number, last_hash.hex(), stated)
        sequence.follow([body])
        earlier.follow([(number, last_hash)], 1)
        transfers += len(body.transfers)
        receipts += sum(isinstance(row, Receipt) for row in body.rows)
    if sequence is None:
        raise InvalidField(f"{name} contains no entries")
    earlier.check_end()
    return VerifiedStation(
        station=sequence.station,
        entries=sequence.seq,
        transfers=transfers,
        receipts=receipts,
        hash=last_hash.hex(),
        clock_set_back=sequence.clock_set_back,
    )


def station_of_line(line: bytes, name: str) -> str:
    """Return the code of the station whose entries are in a file.

    Args:
        line: The first line of the file.
        name: The name of the file, for error messages.

    Raises:
        InvalidField: the line is not an entry.
    """
    if not line:
        raise InvalidField(f"{name} contains no entries")
    return _read_line(line, 1, name)[2].station


def _read_line(line: bytes, number: int, name: str) -> tuple[bytes, str, Body]:
    try:
        entry = _decode_line(line)
        content = bytes(entry.body)
        return content, entry.hash, decode_body(content)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InvalidField(f"line {number} of {name} is not an entry: {error}") from error


def _changed(station: str, seq: int, expected: str, found: str) -> BooksBroken:
    return BooksBroken(
        station=station,
        seq=seq,
        table="entries",
        column="hash",
        expected=expected,
        found=found,
        remark="this entry or its hash was changed, or an entry before it is missing",
    )
