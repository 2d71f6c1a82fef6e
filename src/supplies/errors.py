"""The errors of the library, with the fields that a caller needs to translate them.

The message of an error (`detail`) says what is wrong, where, and what would be right. Each class
has a stable `slug`. If a field of the command is wrong, the error has a JSON pointer to it. The
command line prints the message; the service returns slug and pointers as problem+json.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Fault:
    """A field that is wrong.

    pointer: JSON pointer (RFC 6901) into the command as sent; "" is the whole command. asked,
    available: quantities in base units, for errors about quantities; otherwise None.
    """

    pointer: str
    detail: str
    asked: int | None = None
    available: int | None = None


class SuppliesError(Exception):
    """Base class of all errors of the library. Nothing was recorded, except for `Uncertain`.

    `str(error)` is the message for the user.
    """

    slug: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong"

    def __init__(self, detail: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = tuple(faults)


# --- invalid commands ------------------------------------------------------------------------


class InvalidField(SuppliesError):
    """An invalid value, such as a quantity of zero, an unknown pack or a date in the future."""

    slug = "invalid-field"
    title = "A field is not right"

    @classmethod
    def at(cls, pointer: str, detail: str) -> InvalidField:
        """Return the error for a single field, named by its JSON pointer."""
        return cls(detail, [Fault(pointer, detail)])


class NotFound(SuppliesError):
    """A code or id does not exist in the books."""

    slug = "not-found"
    title = "Not in the books"


# --- commands that contradict the books ------------------------------------------------------


class AgainstBooks(SuppliesError):
    """A valid command that contradicts the present books."""


class NotEnough(AgainstBooks):
    """A balance is too small, now or at the end of an earlier day."""

    slug = "not-enough"
    title = "Not enough goods"


class AlreadyDone(AgainstBooks):
    """It was done before, such as a second dispatch or correction, or the code is in use."""

    slug = "already-done"
    title = "Already done"


class IdempotencyConflict(AgainstBooks):
    """The id of the command was used before, for another command."""

    slug = "idempotency-conflict"
    title = "The same id with another command"


class PeriodClosed(AgainstBooks):
    """The command is dated on a closed day.

    A fact that happened on a closed day is not refused. It is booked on the first open day.
    """

    slug = "period-closed"
    title = "The period is closed"


class Unaccounted(AgainstBooks):
    """Something is still open: goods in transit, unexplained differences or conflicts."""

    slug = "unaccounted"
    title = "Not everything is accounted for"


class Forgotten(AgainstBooks):
    """The requested personal data was erased."""

    slug = "forgotten"
    title = "Forgotten"


# --- the database ----------------------------------------------------------------------------


class StoreError(SuppliesError):
    """The database failed. Nothing was recorded, except for `Uncertain`."""


class Busy(StoreError):
    """The database is in use by another program. Try again."""

    slug = "busy"
    title = "The database is busy"


class NotADatabase(StoreError):
    """The file is not a ledger of this program."""

    title = "Not a ledger"


class ReadOnly(StoreError):
    """The file or its directory cannot be written, or the server is read-only."""

    slug = "busy"
    title = "The database is read-only"


class DiskFull(StoreError):
    """The disk is full."""

    slug = "busy"
    title = "The disk is full"


class Uncertain(StoreError):
    """The connection was lost during a commit. The command may or may not be recorded.

    Send the command again with the same id: it is recorded only once.
    """

    slug = "busy"
    title = "Whether it was recorded is not known"


class Gone(StoreError):
    """The file was deleted or replaced while it was in use."""

    slug = "busy"
    title = "The database is gone"


class NewerVersion(StoreError):
    """The database was made by a newer version of this program."""

    title = "The database is from a newer version"


class GuardMissing(StoreError):
    """A trigger or table that protects the books is missing or was changed."""

    title = "The books are not guarded"


class BooksBroken(SuppliesError):
    """A stored row differs from what the entries give.

    station, seq: the entry concerned; seq is None if no single entry is concerned. table, column:
    where the difference is. expected: the value computed from the entries. found: the stored value.
    """

    slug = "books-broken"
    title = "The books are broken"

    def __init__(
        self,
        *,
        station: str,
        seq: int | None,
        table: str,
        column: str,
        expected: object,
        found: object,
    ) -> None:
        where = "" if seq is None else f"entry {seq}, "
        super().__init__(
            f"station {station}, {where}{table}.{column}: expected {_short(expected)}, "
            f"found {_short(found)}"
        )
        self.station, self.seq, self.table, self.column = station, seq, table, column
        self.expected, self.found = _short(expected), _short(found)


def _short(value: object) -> str:
    """Shorten a value for an error message."""
    if value is None:
        return "nothing"
    text = value.hex() if isinstance(value, bytes) else str(value)
    return text if len(text) <= 80 else f"{text[:77]}…"
