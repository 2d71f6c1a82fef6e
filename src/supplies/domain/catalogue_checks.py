"""Check catalogue records for faults that the limits of single fields do not exclude."""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from typing import TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec

from supplies.domain.accounts import ANONYMOUS
from supplies.domain.barcodes import parse_barcode
from supplies.domain.catalogue_records import (
    Barcode,
    CatalogueRecord,
    Donor,
    Item,
    Recipient,
    Station,
)
from supplies.domain.validation import check_fields
from supplies.errors import InvalidField, Sentence, check_type

N = TypeVar("N", bound=CatalogueRecord)

_HOST = re.compile(
    r"(?:(https?)://)?((?:\w[\w-]*(?:\.\w[\w-]*)*|\[[0-9a-f:.]+\])(?::\d{1,5})?)/?", re.IGNORECASE
)
"""Regular expression for a host: an optional scheme, a name or address, and an optional port."""


def check_catalogue_record(record: N) -> N:
    """Check a catalogue record and return it with its text normalized.

    The host of a station is parsed strictly, because the URLs on papers and in invitations begin
    with it.

    Raises:
        InvalidField: the argument is not a record, or one of its fields is invalid.
    """
    check_type(record, CatalogueRecord, "the record", "a record of the catalogue, such as Item")
    record = check_fields(record)
    if getattr(record, "name", "") is None:
        raise InvalidField.at("/name", Sentence("the name is missing; give a name"))
    if isinstance(record, Donor) and record.code == ANONYMOUS:
        raise InvalidField.at(
            "/code",
            Sentence(
                "{anonymous} is the code for anonymous donors; choose another code",
                anonymous=ANONYMOUS,
            ),
        )
    if isinstance(record, Item):
        _check_larger_unit(record)
        return msgspec.structs.replace(
            record,
            barcodes=_checked_barcodes(record),
            aliases=list(dict.fromkeys(record.aliases)),
        )
    if isinstance(record, Recipient):
        _check_ages(record)
    if not isinstance(record, Station):
        return record
    try:
        ZoneInfo(record.zone)
    except (KeyError, ValueError, OSError):
        raise InvalidField.at(
            "/zone",
            Sentence(
                "{zone} is not a time zone; give one, such as Asia/Shanghai", zone=record.zone
            ),
        ) from None
    return msgspec.structs.replace(record, host=_url_origin(record.host))


def _check_ages(recipient: Recipient) -> None:
    """Check that the age bands of a recipient contain at most `persons` people in total.

    Raises:
        InvalidField: the age bands contain more people.
    """
    counted = sum((recipient.age_bands or {}).values())
    if recipient.persons is not None and counted > recipient.persons:
        raise InvalidField.at(
            "/age_bands",
            Sentence(
                "the age bands count {counted} people, and persons is {persons}; change one of "
                "them",
                counted=counted,
                persons=recipient.persons,
            ),
        )


def _checked_barcodes(item: Item) -> list[Barcode]:
    """Return the barcodes of an item, sorted and reduced to what `parse_barcode` reads from them.

    Raises:
        InvalidField: a barcode cannot be read or is given twice, or its pack is unknown.
    """
    barcodes: dict[str, Barcode] = {}
    for index, barcode in enumerate(item.barcodes):
        pointer = f"/barcodes/{index}"
        if barcode.pack is not None and barcode.pack not in item.packs:
            raise InvalidField.at(
                f"{pointer}/pack",
                Sentence(
                    "{code} has no pack {pack}; its packs are {value}",
                    code=item.code,
                    pack=barcode.pack,
                    value=", ".join(sorted(item.packs)) or "none",
                ),
            )
        try:
            code = parse_barcode(barcode.code).barcode
        except InvalidField as error:
            raise InvalidField.at(f"{pointer}/code", error.detail) from None
        if code in barcodes:
            raise InvalidField.at(
                f"{pointer}/code", Sentence("the barcode {code} is given twice", code=code)
            )
        barcodes[code] = Barcode(code=code, pack=barcode.pack)
    return [barcodes[code] for code in sorted(barcodes)]


def _check_larger_unit(item: Item) -> None:
    """Check that the number of base units in an item's larger unit is a power of ten.

    Raises:
        InvalidField: the number is not a power of ten.
    """
    larger = item.shown_unit
    if larger is not None and (larger.size == 1 or str(larger.size).rstrip("0") != "1"):
        raise InvalidField.at(
            "/shown_unit/size",
            Sentence(
                "{size} is not a power of ten, such as 1000; use packs for other sizes",
                size=larger.size,
            ),
        )


def _url_origin(host: str) -> str:
    """Return the URL origin of a host: scheme, name and port. The default scheme is https."""
    found = _HOST.fullmatch(host)
    if found is None or not _can_be_parsed(f"https://{found[2]}"):
        raise InvalidField.at(
            "/host",
            Sentence(
                "/host must be the address of a host, such as https://example.org, not {host}: "
                "http or https, a name or an address, and a port if needed",
                host=host,
            ),
        )
    return f"{(found[1] or 'https').lower()}://{found[2]}"


def _can_be_parsed(url: str) -> bool:
    """Return whether the usual URL libraries can read the host and the port in a URL."""
    try:
        parts = urlsplit(url)
        if "[" in url:
            IPv6Address(parts.hostname or "")
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
