"""The log of successful verifications, and a test whether the database can be written."""

from __future__ import annotations

from datetime import datetime

import msgspec

from supplies.books.reader import Books
from supplies.domain.entries import format_timestamp
from supplies.storage.store import Store
from supplies.verification.verify import Verified


class Sound(msgspec.Struct, frozen=True, kw_only=True):
    """A successful verification. seq: the last entry that it covered."""

    verified_at: datetime
    seq: int


def note_sound(store: Store, verified: Verified, now: datetime) -> None:
    """Log that all entries of these stations were verified."""
    with store.writing():
        for each in verified.stations:
            store.run(
                "INSERT INTO verifications (station, verified_at, seq, hash) "
                "VALUES (:station, :at, :seq, :hash) ON CONFLICT DO NOTHING",
                {
                    "station": each.station,
                    "at": format_timestamp(now),
                    "seq": each.entries,
                    "hash": each.head,
                },
            )


def last_found_sound(books: Books) -> Sound | None:
    """The last successful verification of these books; None if there was none."""
    row = books.one(
        "SELECT verified_at, seq FROM verifications WHERE station = :station "
        "ORDER BY verified_at DESC LIMIT 1"
    )
    return None if row is None else Sound(verified_at=datetime.fromisoformat(row[0]), seq=row[1])


def not_found_sound_since(
    books: Books, since: datetime, *, only: str | None
) -> tuple[str, datetime | None] | None:
    """A station whose books were not verified since a moment, and when they last were.

    None: all were. only: check this station alone; None: all in the database.
    """
    row = books.one(
        "SELECT s.code, (SELECT max(v.verified_at) FROM verifications v WHERE v.station = s.code) "
        "FROM stations s WHERE :only IN ('', s.code) AND NOT EXISTS (SELECT 1 FROM verifications v "
        "WHERE v.station = s.code AND v.verified_at > :since) ORDER BY s.code LIMIT 1",
        only=only or "",
        since=format_timestamp(since),
    )
    if row is None:
        return None
    return str(row[0]), None if row[1] is None else datetime.fromisoformat(row[1])


def try_writing(store: Store, station: str, now: datetime) -> None:
    """Write a row outside of the chain, within a transaction, to test that writing works."""
    store.run(
        "INSERT INTO write_probes (station, written_at) VALUES (:station, :at) "
        "ON CONFLICT (station) DO UPDATE SET written_at = :at",
        {"station": station, "at": format_timestamp(now)},
    )
