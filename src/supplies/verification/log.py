"""The log of successful verifications, and a check that the database can be written."""

from __future__ import annotations

from datetime import datetime

import msgspec

from supplies.books.reader import Books
from supplies.domain.entries import format_timestamp
from supplies.storage.store import Store
from supplies.verification.verify import Verified


class LastVerification(msgspec.Struct, frozen=True, kw_only=True):
    """The latest successful verification of a station's books.

    Attributes:
        verified_at: When the verification ended.
        seq: Number of the last verified entry.
    """

    verified_at: datetime
    seq: int


def log_verification(store: Store, verified: Verified, now: datetime) -> None:
    """Store that the books of these stations were verified and no difference was found.

    If only the entries after a checkpoint were verified, nothing is stored.

    Args:
        now: When the verification ended.

    Raises:
        StoreError: the database cannot be written.
    """
    with store.writing():
        for each in verified.stations:
            if each.since:
                continue
            store.run(
                "INSERT INTO verifications (station, verified_at, seq, hash) "
                "VALUES (:station, :at, :seq, :hash) ON CONFLICT DO NOTHING",
                {
                    "station": each.station,
                    "at": format_timestamp(now),
                    "seq": each.entries,
                    "hash": each.hash,
                },
            )


def read_last_verification(books: Books) -> LastVerification | None:
    """Return the latest successful verification of a station's books.

    Return None if the books were never verified.
    """
    row = books.one(
        "SELECT verified_at, seq FROM verifications WHERE station = :station "
        "ORDER BY verified_at DESC LIMIT 1"
    )
    return (
        None
        if row is None
        else LastVerification(verified_at=datetime.fromisoformat(row[0]), seq=row[1])
    )


def find_unverified_station(
    books: Books, since: datetime, *, only: str | None
) -> tuple[str, datetime | None] | None:
    """Find a station whose books were not verified after a given time.

    Return the station's code, and the time of its latest verification (None if there was none).
    Return None if the books of all stations were verified after that time.

    Args:
        only: Code of the only station to look at. If None, all stations in the database
            are looked at.
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


def probe_writing(store: Store, station: str, now: datetime) -> None:
    """Check that the database can be written: store the current time in the table `write_probes`.

    This table is not part of the books, so verification does not read it.

    Raises:
        StoreError: the database cannot be written.
    """
    store.run(
        "INSERT INTO write_probes (station, written_at) VALUES (:station, :at) "
        "ON CONFLICT (station) DO UPDATE SET written_at = :at",
        {"station": station, "at": format_timestamp(now)},
    )
