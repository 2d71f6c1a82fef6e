"""Entries: what happened, with its transfers and rows, as the exact bytes that are hashed.

The bytes contain the whole entry except personal data. In place of free texts and contents of
receipts, they contain digests. `hash = SHA-256(previous hash ‖ bytes)`. The previous hash of the
first entry is all zeros. Each station has a chain of its own. The bytes are stored as they were
hashed, so that verification does not depend on how a later version would encode the entry.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import date, datetime
from typing import Any, NamedTuple

import msgspec

from supplies.domain.entry_rows import ENTRY_ROWS, TABLES, AnyEntryRow, EntryRow
from supplies.domain.uuids import name_based_uuid

ZERO_HASH = bytes(32)
"""The hash that precedes the first entry of each station."""

SALT_BYTES = 16

ENTRY_KINDS = (
    "activity_recorded",
    "allocated",
    "codes_merged",
    "collected",
    "conflict_noted",
    "conflict_resolved",
    "count_opened",
    "delivery_closed",
    "delivery_reassigned",
    "dispatch_undone",
    "dispatched",
    "donation_received",
    "forgotten",
    "found_again",
    "goods_borrowed",
    "goods_bought",
    "goods_converted",
    "goods_issued",
    "goods_lent",
    "goods_made",
    "goods_moved",
    "goods_returned",
    "handed_out",
    "issue_returned",
    "loan_returned",
    "lot_described",
    "need_ended",
    "need_noted",
    "needs_claimed",
    "outcome_reported",
    "period_closed",
    "period_reopened",
    "pledge_cancelled",
    "pledge_lapsed",
    "pledge_made",
    "proof_added",
    "receipt_issued",
    "receipt_reprinted",
    "receipt_voided",
    "released",
    "settled",
    "shipment_acknowledged",
    "shipment_received",
    "shipment_sent",
    "stock_counted",
    "stock_opened",
    "stock_recounted",
    "stops_added",
    "stops_moved",
    "taken_back",
    "written_off",
)
"""All kinds of entry: the possible values of `Body.kind`."""

COLLECTED = "collected"
"""The kind of the entries that record collections of allocated goods at the counter."""


class Transfer(NamedTuple):
    """The move of a quantity of one item from one account to another.

    Attributes:
        lot: The lot that moves; "" for promises and needs, which have no lots.
        quantity: In base units, more than 0.
    """

    source: str
    target: str
    item: str
    lot: str
    quantity: int


class Body(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The content of an entry, which is encoded and hashed.

    Later versions of the program may add fields with a default. A default must never change.

    Attributes:
        part: Position of the entry among the entries of its command, from 0.
        document: Id of the document to which the entry belongs, such as a donation; None if it
            belongs to no document.
        about: The person whom the free texts of the entry are about, as `donor:CODE` or
            `recipient:CODE`; None if they are about no person.
        request: Digest of the command as it was received; None in all entries of the command except
            the first.
        texts: Digest of the free texts of the command; None if it has none.
        transfers, rows: In the order in which they were recorded.
    """

    station: str
    seq: int
    id: str
    part: int
    kind: str
    document: str | None
    happened_on: date
    booked_on: date
    recorded_at: str
    recorded_by: str
    supersedes: int | None
    about: str | None
    request: str | None
    texts: str | None
    transfers: tuple[Transfer, ...]
    rows: tuple[AnyEntryRow, ...]


encode_body = msgspec.json.Encoder().encode
decode_body = msgspec.json.Decoder(Body).decode


def allocation_and_recipient(kind: str, source: str, target: str) -> tuple[str | None, str | None]:
    """Return the allocation and the recipient of a transfer that hands over allocated goods.

    For every other transfer, return (None, None). The database uses the result to check that goods
    go only to the recipient of their allocation.

    Args:
        kind: The kind of the entry.
        source: The account from which the goods move.
        target: The account to which they move.
    """
    if target.startswith("received:"):
        if source.startswith("in_transit:"):
            return source.rsplit(":", 1)[1], target.partition(":")[2]
        # The correction of an outcome may move goods between the same accounts.
        if kind == COLLECTED and source.startswith("allocated:"):
            return source.split(":")[1], target.partition(":")[2]
    return None, None


def chain_hash(previous: bytes, body: bytes) -> bytes:
    """Return the hash of an entry: SHA-256 of the previous entry's hash and the entry's bytes."""
    return hashlib.sha256(previous + body).digest()


def new_salt() -> bytes:
    """Return new random bytes to hash together with a text.

    Without a salt, anybody could guess an erased text and confirm the guess by its digest.
    """
    return secrets.token_bytes(SALT_BYTES)


def salted_digest(salt: bytes, content: bytes) -> str:
    """Return the SHA-256 digest of a salt followed by some content, hexadecimal."""
    return hashlib.sha256(salt + content).hexdigest()


def entry_id(command_id: str, part: int) -> str:
    """Return the id of an entry.

    The first entry of a command has the id of the command. The id of each further entry is the UUID
    of `part` in the namespace of the command's id.

    Raises:
        ValueError: the command's id is not a UUID.
    """
    return command_id if part == 0 else name_based_uuid(command_id, str(part))


def format_timestamp(when: datetime) -> str:
    """Format a time as the database stores it: in UTC, with microseconds."""
    return when.isoformat(timespec="microseconds").replace("+00:00", "Z")


_STORED_TYPES = frozenset({str, int, type(None)})
_COLUMNS = {statement: statement.__struct_fields__ for statement in ENTRY_ROWS}


def column_values(statement: EntryRow) -> tuple[Any, ...]:
    """Return the values of a row as the database stores them. Days and times become ISO text."""
    # Filling a list is faster than running a generator.
    values = [
        v if type(v) in _STORED_TYPES else _text(v) for v in msgspec.structs.astuple(statement)
    ]
    return tuple(values)


def _text(value: Any) -> str:
    return format_timestamp(value) if isinstance(value, datetime) else str(value)


INSERTS = {
    statement: (
        f"INSERT INTO {table} (station, seq, {', '.join(_COLUMNS[statement])}) "
        f"VALUES (?, ?{', ?' * len(_COLUMNS[statement])})"
    )
    for statement, table in TABLES.items()
}
"""The SQL INSERT statement for each type of row."""
