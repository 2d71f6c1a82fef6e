"""Read scanned barcodes. A GS1 code can contain an item number, a batch and an expiry."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

import msgspec

from supplies.domain.expiry import last_day
from supplies.domain.normalization import normalize_text
from supplies.errors import InvalidField, Sentence

if TYPE_CHECKING:
    from biip.gs1_element_strings import GS1ElementString, GS1ElementStrings
    from biip.gtin import Gtin

MAX_SCANNED = 2000
"""Maximum number of characters in a scanned code."""

_SEPARATOR = "␝"  # as `normalize_text` writes it
_SYMBOLOGY = re.compile(r"\][A-Za-z][0-9]")  # sent by some scanners before the code

_ITEM_NUMBERS = ("01", "02")
"""GS1 application identifiers of the trade item number, in order of preference.

01 is the number of the scanned pack, and 02 the number of the items in the pack.
"""

_EXPIRIES = ("17", "15")
"""GS1 application identifiers of the last day of use, in order of preference.

17 is the expiry date, and 15 the best-before date.
"""


class ScannedCode(msgspec.Struct, frozen=True, kw_only=True):
    """What a scanned barcode contains.

    Attributes:
        barcode: The trade item number (GTIN) as printed under the bars. If the code has no such
            number, the whole text of the code.
        batch, expires_on: The batch and expiry in a GS1 code; None if the code does not contain
            them.
        expires_month: The month of expiry, if the code names no day; otherwise UNSET. If a month is
            given, `expires_on` is its last day.
    """

    barcode: str
    batch: str | None = None
    expires_on: date | None = None
    expires_month: str | msgspec.UnsetType = msgspec.UNSET


def parse_barcode(text: str) -> ScannedCode:
    """Read a scanned barcode. Any text on one line is accepted.

    A GS1 code is accepted as a scanner sends it, as printed with brackets, or as a URL.

    Raises:
        InvalidField: the text is blank or too long.

    >>> scanned = parse_barcode("(01)06901234567892(17)270500(10)B7")
    >>> scanned.barcode, scanned.batch, scanned.expires_month
    ('6901234567892', 'B7', '2027-05')
    """
    code = _SYMBOLOGY.sub("", normalize_text(text[: MAX_SCANNED + 1]), count=1).strip(_SEPARATOR)
    if not code or len(code) > MAX_SCANNED:
        raise InvalidField.at(
            "/code",
            Sentence("a barcode has 1 to {max_scanned} characters", max_scanned=MAX_SCANNED),
        )
    elements = _elements(code)
    number = None if elements is None else _first(elements, _ITEM_NUMBERS)
    if elements is None or number is None or number.gtin is None:
        gtin = _item_number(code)
        return ScannedCode(barcode=code if gtin is None else _printed(gtin))
    batch, expiry = elements.get(ai="10"), _first(elements, _EXPIRIES)
    day = None if expiry is None else expiry.date
    month = msgspec.UNSET if expiry is None or day is None else f"{day:%Y-%m}"
    if month and expiry is not None and not expiry.value.endswith("00"):
        month = msgspec.UNSET
    return ScannedCode(
        barcode=_printed(number.gtin),
        batch=None if batch is None else batch.value,
        expires_on=last_day(month) if month else day,
        expires_month=month,
    )


def _elements(code: str) -> GS1ElementStrings | None:
    """Return the values in a GS1 code by application identifier; None for other texts."""
    from biip import ParseError
    from biip.gs1_digital_link_uris import GS1DigitalLinkURI
    from biip.gs1_messages import GS1Message

    try:
        if code.lower().startswith(("http://", "https://")):
            return GS1DigitalLinkURI.parse(code).element_strings
        if code.startswith("("):
            return GS1Message.parse_hri(code).element_strings
        return GS1Message.parse(code.replace(_SEPARATOR, "\x1d")).element_strings
    except (ParseError, ValueError):  # ValueError: urllib cannot read the link
        return None


def _first(elements: GS1ElementStrings, identifiers: tuple[str, ...]) -> GS1ElementString | None:
    found = (elements.get(ai=identifier) for identifier in identifiers)
    return next((one for one in found if one is not None), None)


def _item_number(code: str) -> Gtin | None:
    """Return the trade item number (GTIN) in a text; None if there is no valid one."""
    from biip import ParseError
    from biip.gtin import Gtin

    try:
        return Gtin.parse(code)
    except ParseError:
        return None


def _printed(number: Gtin) -> str:
    """Return a trade item number as printed, with 8, 12, 13 or 14 digits."""
    return number.as_gtin_14()[-number.format.length :]
