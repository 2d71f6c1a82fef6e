"""The errors of the library, with the fields that a caller needs to translate them.

Each error names what, where and what would be right, in a sentence for a person (`detail`), and
carries a stable `slug` and, where a field of the command is at fault, JSON pointers to it. The
command line prints the sentence; the service turns slug and pointers into problem+json.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Fault:
    """One field at fault.

    pointer: RFC 6901 pointer into the command as sent ("" is the whole command).
    asked, available: base units, where quantities are compared; None otherwise.
    """

    pointer: str
    detail: str
    asked: int | None = None
    available: int | None = None


class SuppliesError(Exception):
    """A refusal. `str(error)` is the sentence; nothing was recorded."""

    slug: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong"

    def __init__(self, detail: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = tuple(faults)


# --- what was asked is not a well-formed command --------------------------------------------


class InvalidField(SuppliesError):
    """An invalid value: quantity zero, an unknown pack, a date in the future."""

    slug = "invalid-field"
    title = "A field is not right"

    @classmethod
    def at(cls, pointer: str, detail: str) -> InvalidField:
        """Return the error for a single field, named by its JSON pointer."""
        return cls(detail, [Fault(pointer, detail)])


class NotFound(SuppliesError):
    """A code or id that is not in the books."""

    slug = "not-found"
    title = "Not in the books"


# --- what was asked contradicts the books ---------------------------------------------------


class AgainstBooks(SuppliesError):
    """A valid command that the present books do not allow."""


class NotEnough(AgainstBooks):
    """A balance is too small, now or at the end of some day since."""

    slug = "not-enough"
    title = "Not enough goods"


class AlreadyDone(AgainstBooks):
    """It was done before: a second dispatch, correction or closing, or a code already in use."""

    slug = "already-done"
    title = "Already done"


class IdempotencyConflict(AgainstBooks):
    """The same id came with another command."""

    slug = "idempotency-conflict"
    title = "The same id with another command"


class PeriodClosed(AgainstBooks):
    """A plan dated on a day that is closed."""

    slug = "period-closed"
    title = "The period is closed"


class Unaccounted(AgainstBooks):
    """Something is still open: goods in transit, unexplained differences, unresolved conflicts."""

    slug = "unaccounted"
    title = "Not everything is accounted for"


class Forgotten(AgainstBooks):
    """The requested personal data was erased."""

    slug = "forgotten"
    title = "Forgotten"


# --- the store cannot do it -----------------------------------------------------------------


class StoreError(SuppliesError):
    """The database refuses or is unusable; nothing was recorded, unless it is `Uncertain`."""


class Busy(StoreError):
    """Another program holds the database; try again."""

    slug = "busy"
    title = "The database is busy"


class NotADatabase(StoreError):
    """The file is not a ledger of this program."""

    title = "Not a ledger"


class ReadOnly(StoreError):
    """The file or its directory may not be written, or the server takes no writes."""

    slug = "busy"
    title = "The database is read-only"


class DiskFull(StoreError):
    """No room left to write."""

    slug = "busy"
    title = "The disk is full"


class Uncertain(StoreError):
    """The database went away while a commit was made durable: it may be recorded, or may not."""

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
    """Verification found a row that is not what the entries say it must be.

    station, seq: the entry at fault; seq is None where no entry is concerned.
    table, column: where the difference stands; expected, found: what it should be and is.
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
    """Shorten a value for an error sentence."""
    if value is None:
        return "nothing"
    text = value.hex() if isinstance(value, bytes) else str(value)
    return text if len(text) <= 80 else f"{text[:77]}…"
