"""Entries: one fact with its transfers and rows, as the exact bytes that are hashed.

The body contains everything that an entry says except personal data. It has only the digests of
free text and of receipts' documents. `hash = SHA-256(previous hash ‖ body)`, with zeros before the
first entry; each station has its own chain. Stored bytes are hashed, never a new encoding.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import date, datetime
from typing import Any, NamedTuple

import msgspec

from supplies.domain.entry_rows import ENTRY_ROWS, TABLES, AnyEntryRow, EntryRow

ZERO_HASH = bytes(32)
"""Previous hash of a station's first entry."""

SALT_BYTES = 16

ENTRY_KINDS = (
    "activity_recorded",
    "allocated",
    "conflict_noted",
    "conflict_resolved",
    "count_opened",
    "delivery_closed",
    "delivery_reassigned",
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
    "taken_back",
    "written_off",
)
"""All kinds of entries that commands make."""


class Transfer(NamedTuple):
    """A positive quantity of one item, in base units, between two accounts. lot "" means no lot."""

    source: str
    target: str
    item: str
    lot: str
    quantity: int


class Body(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The hashed content of an entry. Fields with defaults may be added, but never changed.

    part: 0 for the first entry of a command, 1, 2 … for its further entries. about: the person that
    its texts are about, `donor:CODE` or `recipient:CODE`, or None if they are about nobody.
    request: digest of the command as received; only on part 0. texts: digest of its free text; None
    if it has none. transfers, rows: in the order recorded.
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


def allocation_and_recipient(transfer: Transfer) -> tuple[str | None, str | None]:
    """Return allocation and recipient of a hand-over; otherwise None twice.

    A foreign key checks that they belong together.
    """
    if transfer.source.startswith("in_transit:") and transfer.target.startswith("received:"):
        return transfer.source.rsplit(":", 1)[1], transfer.target.partition(":")[2]
    return None, None


def chain_hash(previous: bytes, body: bytes) -> bytes:
    """Return the hash of an entry from the previous hash and its own bytes."""
    return hashlib.sha256(previous + body).digest()


def new_salt() -> bytes:
    """Return a random salt, so that an erased text cannot be guessed from its digest."""
    return secrets.token_bytes(SALT_BYTES)


def salted_digest(salt: bytes, content: bytes) -> str:
    """Return the digest of erasable content for the hashed body, hexadecimal."""
    return hashlib.sha256(salt + content).hexdigest()


def entry_id(command_id: str, part: int) -> str:
    """Return the id of a command's entry: the command's id, or for part 1, 2 … a UUIDv5 of both."""
    return command_id if part == 0 else str(uuid.uuid5(uuid.UUID(command_id), str(part)))


def format_timestamp(when: datetime) -> str:
    """Format a time as the books store it: UTC with microseconds."""
    return when.isoformat(timespec="microseconds").replace("+00:00", "Z")


_STORED_TYPES = frozenset({str, int, type(None)})
_COLUMNS = {statement: statement.__struct_fields__ for statement in ENTRY_ROWS}


def column_values(statement: EntryRow) -> tuple[Any, ...]:
    """Return the values of a row as stored: dates and times as ISO text."""
    # A list is filled faster than a generator is run.
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
"""INSERT statement of each kind of row."""
