"""The tables whose rows are sealed: users, their credentials, and the settings of a station.

A seal proves that a row was changed only by a process that has the station's keys. Columns that
change with each use, such as the time of the last use, are not sealed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from supplies.storage.store import Row


class SealedTable(NamedTuple):
    """A table whose rows are sealed.

    Attributes:
        key: The columns of the primary key, without the station.
        columns: The other sealed columns.
        unsealed: Columns that are not sealed, because they change with each use.
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    unsealed: tuple[str, ...] = ()

    @property
    def all_columns(self) -> tuple[str, ...]:
        """Return all sealed columns, beginning with those of the primary key.

        A table with one row for each station has no primary key besides the station.
        """
        return (*self.key, *self.columns)

    def key_of(self, row: Row) -> str:
        """Return the primary key of a row as text. The row must have the columns `all_columns`."""
        return " ".join(_text(value) for value in row[: len(self.key)])

    def digest(self, row: Row) -> bytes:
        """Return the digest of a row. The row must have the columns `all_columns`."""
        return hashlib.sha256(encode_columns(self.all_columns, row)).digest()


def encode_columns(columns: Sequence[str], row: Sequence[Any]) -> bytes:
    """Return a row as JSON, without columns that are NULL.

    So the digests of older rows stay valid when a migration adds a column.
    """
    return msgspec.json.encode(
        {
            name: value.hex() if isinstance(value, bytes) else value
            for name, value in zip(columns, row, strict=True)
            if value is not None
        }
    )


def _text(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


_TABLES = (
    SealedTable(
        "users",
        ("code",),
        ("login", "role", "team", "password", "made_at", "made_by", "disabled_at"),
    ),
    SealedTable(
        "credentials",
        ("id",),
        (
            "kind",
            "role",
            "holder",
            "team",
            "donor",
            "secret",
            "label",
            "made_at",
            "made_by",
            "expires_at",
            "revoked_at",
        ),
        ("used_at",),
    ),
    SealedTable(
        "phones",
        ("id",),
        (
            "team",
            "number",
            "secret",
            "label",
            "joined_by",
            "made_at",
            "made_after",
            "expires_at",
            "revoked_at",
        ),
        (
            "used_at",
            "unsent",
            "oldest_unsent_at",
            "reported_at",
            "version",
            "clock_offset_seconds",
        ),
    ),
    SealedTable(
        "passkeys",
        ("id",),
        ("holder", "public_key", "label", "made_at"),
        ("sign_count", "used_at"),
    ),
    SealedTable(
        "one_time_codes", ("holder",), ("secret", "made_at", "confirmed_at"), ("last_step",)
    ),
    SealedTable("recovery_codes", ("holder", "digest"), ("made_at", "used_at")),
    SealedTable("run_keys", (), ("run_key",)),
    SealedTable("demo_people", ("code",), ()),
    SealedTable("organisations", (), ("head",)),
    SealedTable("station_settings", (), ("settings",)),
    SealedTable("retention", (), ("recipients_days", "donors_days", "access_log_days")),
)

SEALED_TABLES = {table.name: table for table in _TABLES}
"""The tables whose rows are sealed, by name."""

LOG_COLUMNS = (
    "seq",
    "at",
    "who",
    "role",
    "credential",
    "method",
    "route",
    "subject",
    "outcome",
    "address",
    "detail",
)
"""The sealed columns of the access log."""
