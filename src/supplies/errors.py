"""Error classes of the library.

Each error has a message for the user (`detail`), which says what is wrong, where, and what would be
right. Each class has a stable short name for programs (`slug`). If a field of a command is wrong,
the error also has a JSON pointer to this field. The command line prints the message. The REST
service returns message, slug and pointers as problem+json.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

_CONTROLS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Regular expression for the characters that `escape_controls` replaces.

These are characters that control a terminal or change the reading direction of text, and lone
surrogates, which cannot be encoded.
"""


def escape_controls(sentence: str) -> str:
    r"""Replace each control character in a message by its escape, such as `\n` or `\x1b`."""
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), sentence)


class Sentence(str):
    """An English error message that keeps its template and values, so that it can be translated.

    >>> Sentence("unknown {noun} {code}", noun="item", code="mask")
    'unknown item mask'

    Attributes:
        template: The message with names in braces.
        values: The values by name, with control characters escaped. A value that is itself a
            sentence is translated too.
    """

    template: str
    values: Mapping[str, str]

    def __new__(cls, template: str, /, **values: object) -> Sentence:
        """Create the message by filling the values into the template."""
        texts = {
            name: value if isinstance(value, Sentence) else escape_controls(str(value))
            for name, value in values.items()
        }
        made = super().__new__(cls, template.format(**texts))
        made.template, made.values = template, texts
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how to make this message again in another process."""
        return _fill, (self.template, dict(self.values))


def _fill(template: str, values: dict[str, str]) -> Sentence:
    return Sentence(template, **values)


def template(text: str) -> str:
    """Return the text unchanged. The call marks the text as a message that needs a translation."""
    return text


GOODS = template("{quantity} × {item}")
"""How an error message writes a quantity of an item, as in "12 × mask".

The quantity is in base units. Pages replace this part of the message by words that name the unit,
as in "mask 12 pieces".
"""


def _without_controls(sentence: str) -> str:
    """Return a message with its control characters escaped.

    A `Sentence` is returned unchanged, because its values are escaped already.
    """
    return sentence if isinstance(sentence, Sentence) else escape_controls(sentence)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field of a command. An error may contain several faults.

    Attributes:
        pointer: JSON pointer (RFC 6901) to the field, in the command as it was sent; "" is the
            whole command.
        asked, available: The requested and the available quantity in base units, for errors about
            quantities; otherwise None.
        rule: A message that says what the field must be, without the pointer. The default is
            `detail` if `detail` is a `Sentence`, otherwise None.
    """

    pointer: str
    detail: str
    asked: int | None = None
    available: int | None = None
    rule: Sentence | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "detail", _without_controls(self.detail))
        if self.rule is None and isinstance(self.detail, Sentence):
            object.__setattr__(self, "rule", self.detail)


class SuppliesError(Exception):
    """Base class of all errors of the library.

    If a method raises such an error, it has recorded nothing. The only exception is `Uncertain`:
    then it is unknown whether anything was recorded.

    `str(error)` is the message for the user. Control characters in it are escaped, because a
    message may repeat a value that somebody sent.
    """

    slug: ClassVar[str] = "internal"
    title: ClassVar[str] = template("Something went wrong")

    def __init__(self, detail: str, faults: Sequence[Fault] = ()) -> None:
        self.detail = _without_controls(detail)
        super().__init__(self.detail)
        self.faults = tuple(faults)

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how to make this error again in another process."""
        return _remake, (type(self), self.args, self.__dict__)


def _remake(
    kind: type[SuppliesError], args: tuple[Any, ...], attributes: dict[str, Any]
) -> SuppliesError:
    made = kind.__new__(kind, *args)
    made.__dict__.update(attributes)
    return made


# --- invalid commands ------------------------------------------------------------------------


class InvalidField(SuppliesError):
    """A field has an invalid value: a quantity of zero, an unknown pack, a future date."""

    slug = "invalid-field"
    title = template("A field is not right")

    @classmethod
    def at(cls, pointer: str, detail: str) -> InvalidField:
        """Return the error for a single field, named by its JSON pointer."""
        return cls(detail, [Fault(pointer, detail)])

    @classmethod
    def with_rule(cls, name: str, rule: Sentence) -> InvalidField:
        """Return the error for a single field. The message is the field's name and then `rule`.

        Args:
            name: The name of the field or its JSON pointer.
            rule: What is wrong. A form shows only this part, because it is shown beside the field.
        """
        detail = f"{name} {rule}"
        return cls(detail, [Fault(name, detail, rule=rule)])


class NotFound(SuppliesError):
    """The code or id that a caller names does not exist in the books."""

    slug = "not-found"
    title = template("Not in the books")


class UnknownBarcode(NotFound):
    """No item in the catalogue has the scanned barcode.

    Attributes:
        barcode, batch, expires_on, expires_month: The parts of the scanned code, as in
            `ScannedCode`.
    """

    def __init__(
        self,
        detail: str,
        *,
        barcode: str,
        batch: str | None = None,
        expires_on: date | None = None,
        expires_month: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.barcode, self.batch = barcode, batch
        self.expires_on, self.expires_month = expires_on, expires_month


# --- commands that contradict the books ------------------------------------------------------


class AgainstBooks(SuppliesError):
    """The command is valid in itself, but the current state of the books does not allow it."""


class NotEnough(AgainstBooks):
    """A balance would fall below zero: now, on the command's day, or on a later day.

    Attributes:
        account: The account whose balance is too small; None if the error is about no account or
            about several.
    """

    slug = "not-enough"
    title = template("Not enough goods")

    def __init__(
        self, detail: str, faults: Sequence[Fault] = (), *, account: str | None = None
    ) -> None:
        super().__init__(detail, faults)
        self.account = account


class AlreadyDone(AgainstBooks):
    """The command would repeat something that can be done only once.

    For example, the delivery is closed already, or the new code is already in use.
    """

    slug = "already-done"
    title = template("Already done")


class IdempotencyConflict(AgainstBooks):
    """The id of the request was used before, for another command.

    Attributes:
        location: URL of the resource that the earlier request created; None if it is unknown.
    """

    slug = "idempotency-conflict"
    title = template("The same id with another command")

    def __init__(self, detail: str, *, location: str | None = None) -> None:
        super().__init__(detail)
        self.location = location


class PeriodClosed(AgainstBooks):
    """The command is dated on a day that is closed to further entries.

    Facts, such as a donation or a stock count, are not refused for this reason. They are booked on
    the first open day.
    """

    slug = "period-closed"
    title = template("The period is closed")


class Unaccounted(AgainstBooks):
    """Something must be settled first, such as goods in transit, an open need or a conflict."""

    slug = "unaccounted"
    title = template("Not everything is accounted for")


class Forgotten(AgainstBooks):
    """The requested personal data was erased earlier."""

    slug = "forgotten"
    title = template("Forgotten")


# --- the database ----------------------------------------------------------------------------


class StoreError(SuppliesError):
    """The database failed. Nothing was recorded, unless the error is `Uncertain`."""


class Busy(StoreError):
    """The database is in use by another program. Try again."""

    slug = "busy"
    title = template("The database is busy")


class NotADatabase(StoreError):
    """The file is not a database of this program."""

    title = template("Not a ledger")


class ReadOnly(StoreError):
    """The database file or its directory cannot be written, or the server is read-only."""

    slug = "busy"
    title = template("The database is read-only")


class DiskFull(StoreError):
    """The disk of the database is full."""

    slug = "busy"
    title = template("The disk is full")


class Uncertain(StoreError):
    """The connection to the database broke during a commit, so the result is unknown.

    The command may or may not be recorded. Send it again with the same id: it is recorded only
    once.
    """

    slug = "busy"
    title = template("Whether it was recorded is not known")


class Gone(StoreError):
    """The database file was deleted or replaced while the program was using it."""

    slug = "busy"
    title = template("The database is gone")


class NewerVersion(StoreError):
    """A newer version of this program created or migrated the database."""

    title = template("The database is from a newer version")


class GuardMissing(StoreError):
    """A database trigger or table that protects the books is missing or was changed.

    Attributes:
        guard: What is missing or was changed, without the advice that `detail` adds.
    """

    title = template("The books are not guarded")

    def __init__(self, guard: str) -> None:
        self.guard = guard
        super().__init__(
            f"{guard}; compare all rows with `supplies verify`, and restore the books from a backup"
        )


class BooksBroken(SuppliesError):
    """A stored row differs from the row that was computed from the entries.

    Attributes:
        station, seq: The station, and the number of the entry that contains the difference. seq is
            None if the difference is not in one entry.
        table, column: The table and the column that differ.
        expected: The value computed from the entries.
        found: The stored value.
        remark: A text that is added to the message.
    """

    slug = "books-broken"
    title = template("The books are broken")

    def __init__(
        self,
        *,
        station: str,
        seq: int | None,
        table: str,
        column: str,
        expected: object,
        found: object,
        remark: str = "",
    ) -> None:
        where = "" if seq is None else f"entry {seq}, "
        super().__init__(
            f"station {station}, {where}{table}.{column}: expected {_shortened(expected)}, "
            f"found {_shortened(found)}" + (f"; {remark}" if remark else "")
        )
        self.station, self.seq, self.table, self.column = station, seq, table, column
        self.expected, self.found = _shortened(expected), _shortened(found)


def check_type(
    value: object, expected: type | tuple[type, ...], name: str, description: str
) -> None:
    """Check the type of an argument of a public function.

    A bool is refused where a number is expected, although it is an `int` in Python.

    Args:
        name: The name of the argument.
        description: What the argument must be, for the error.

    Raises:
        InvalidField: the value has another type.
    """
    if not isinstance(value, expected) or (expected is int and isinstance(value, bool)):
        raise _wrong_type(value, name, description)


def check_function(value: object, name: str, description: str) -> None:
    """Check that an argument is callable. The parameters are those of `check_type`.

    Raises:
        InvalidField: the value cannot be called.
    """
    if not callable(value):
        raise _wrong_type(value, name, description)


def _wrong_type(value: object, name: str, description: str) -> InvalidField:
    return InvalidField(f"{name} must be {description}, not {_described(value)}")


def _described(value: object) -> str:
    """Describe an argument of a wrong type for an error message.

    A number is shown. For any other value, only the type is shown, because the value may be
    personal data.
    """
    if value is None or isinstance(value, int | float):
        return repr(value)
    if isinstance(value, type):
        return f"the class {value.__name__}"
    return f"a value of type {type(value).__name__}"


def _shortened(value: object) -> str:
    """Cut a long value short for an error message."""
    if value is None:
        return "nothing"
    text = value.hex() if isinstance(value, bytes) else str(value)
    return text if len(text) <= 80 else f"{text[:77]}…"
