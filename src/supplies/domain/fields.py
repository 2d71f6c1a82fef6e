"""Types for the fields of commands and records, with their limits.

The limits apply to JSON, when msgspec decodes it, and to commands made in Python, when
`Ledger.record` checks them.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from supplies.domain.normalization import MONTH_OF_EXPIRY, NORMALIZED

MAX_QUANTITY = 10**12
"""Maximum number of base units in one transfer.

Sums of many such quantities are still far below 2^63, the limit of the database.
"""

MAX_LINES = 500
"""Maximum number of lines in one command."""

_ONE_LINE = r"^[^\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]*$(?!\n)"
_MANY_LINES = r"^[^\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]*$(?!\n)"

Quantity = Annotated[int, Meta(ge=1, le=MAX_QUANTITY, description="base units, or packs")]
Count = Annotated[int, Meta(ge=0, le=MAX_QUANTITY)]

Code = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$(?!\n)",
        description="letters, digits, dot, dash and underscore; never a name",
    ),
]
"""A code or id. It must not contain a person's name, because it is hashed and shown in URLs."""


def is_valid_code(text: str) -> bool:
    """Return whether a text can be a code or id."""
    try:
        msgspec.convert(text, Code)
    except msgspec.ValidationError:
        return False
    return True


Label = Annotated[str, Meta(min_length=1, max_length=200, pattern=_ONE_LINE, extra=NORMALIZED)]
"""The name of a thing or a person: one line, not blank."""

Batch = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=100,
        pattern=_ONE_LINE,
        description="as the maker prints it, or as scanned (GS1); never a name",
        extra=NORMALIZED,
    ),
]
"""The maker's batch number. It must not contain a person's name, because it is hashed."""

BarcodeText = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=100,
        pattern=_ONE_LINE,
        description="a barcode as scanned or as printed under its bars",
        extra=NORMALIZED,
    ),
]
"""The text of a barcode."""

ExpiryDay = Annotated[
    date, Meta(description="the last day of use; a month such as 2027-05 is its last day")
]
"""The last day on which goods may be used."""

Month = Annotated[
    str,
    Meta(
        pattern=r"^[1-9][0-9]{3}-(0[1-9]|1[0-2])$(?!\n)",
        description="a month such as 2027-05, if no day is printed; expires_on is its last day",
        extra=MONTH_OF_EXPIRY,
    ),
]
"""A month of expiry, such as 2027-05, for goods whose label gives no day."""

_FREE_TEXT = {**NORMALIZED, "erasable": True}

Text = Annotated[str, Meta(max_length=2000, pattern=_MANY_LINES, extra=_FREE_TEXT)]
"""Free text, possibly of several lines.

It may name a person, so it is stored outside the hash chain and can be erased.
"""

ShortText = Annotated[str, Meta(min_length=1, max_length=200, pattern=_ONE_LINE, extra=_FREE_TEXT)]
"""One line of free text, not blank, such as the name of a person."""

Reason = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=2000,
        pattern=r"^(?=[\s\S]*\S)[^\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]*$(?!\n)",
        extra=_FREE_TEXT,
    ),
]
"""Free text, not blank, that gives the reason for a decision."""

_KEPT_APART = {"kept_apart": True}
"""Marks a field, such as a signature, that is stored outside the hash chain like free text."""

_Point = tuple[Annotated[int, Meta(ge=0, le=1000)], Annotated[int, Meta(ge=0, le=500)]]
"""A point (x, y) of a signature, on a grid of 1000 × 500 that begins at the top left."""

_Stroke = Annotated[list[_Point], Meta(min_length=1, max_length=400)]
"""A line of a signature, drawn without lifting the finger."""

Strokes = Annotated[
    list[_Stroke],
    Meta(
        min_length=1,
        max_length=100,
        description="strokes of a signature; each is a list of points [x, y] on 1000 × 500",
        extra=_KEPT_APART,
    ),
]
"""A signature as strokes. It identifies a person, so it is stored outside the hash chain."""

SpokenCode = Annotated[
    str,
    Meta(
        max_length=40,
        pattern=_ONE_LINE,
        description="the code that the household told the courier",
        extra={**NORMALIZED, **_KEPT_APART},
    ),
]
"""A code as the courier heard it. Any short text is valid, because wrong codes are counted too."""

PhotoBytes = Annotated[
    bytes, Meta(max_length=2**21, description="a JPEG or WebP file, base64", extra=_KEPT_APART)
]
"""A photo. It may show a person, so it is stored outside the hash chain."""

Hash = Annotated[
    str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)", description="SHA-256, 64 digits of lower hex")
]
"""The hash of an entry, hexadecimal."""

Bytes = Annotated[bytes, Meta(max_length=2**19, description="the exact bytes, base64")]
"""The bytes of an entry, exactly as they were hashed."""

Timestamp = Annotated[datetime, Meta(tz=True)]


MAX_ENTRY_NUMBER = 2**63 - 1
"""The largest number of an entry that the database can store."""

EntryNumber = Annotated[int, Meta(ge=1, le=MAX_ENTRY_NUMBER)]
"""The number of an entry."""


class StrictStruct(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """An immutable struct. Decoding it from JSON with an unknown field is an error."""
