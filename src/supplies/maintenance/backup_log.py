"""The log of the backups of a database, which is stored in the same database."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec

from supplies.books.reader import Books
from supplies.domain.entries import format_timestamp
from supplies.storage.store import Store
from supplies.verification.verify import Verified


class LastBackup(msgspec.Struct, frozen=True, kw_only=True):
    """The latest backup of a database.

    Attributes:
        made_at: When the backup was complete and verified.
        file: Absolute path of the backup on the computer on which it was made.
        entries: Number of entries of all stations in the backup.
    """

    made_at: datetime
    file: str
    entries: int


def log_backup(store: Store, file: Path, verified: Verified, now: datetime) -> None:
    """Store in a database that it was backed up.

    Args:
        store: The database that was backed up.
        file: The backup.
        verified: What was verified in the backup.
        now: When the backup was complete.

    Raises:
        StoreError: the database cannot be written.
    """
    with store.writing():
        store.run(
            "INSERT INTO backups (made_at, file, entries) VALUES (:at, :file, :entries) "
            "ON CONFLICT DO NOTHING",
            {
                "at": format_timestamp(now),
                "file": str(file.resolve()),
                "entries": verified.entries,
            },
        )


def read_last_backup(books: Books) -> LastBackup | None:
    """Return the latest backup of the database, or None if there is none."""
    row = books.one("SELECT made_at, file, entries FROM backups ORDER BY made_at DESC LIMIT 1")
    if row is None:
        return None
    return LastBackup(made_at=datetime.fromisoformat(row[0]), file=str(row[1]), entries=int(row[2]))
