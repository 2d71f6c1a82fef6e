"""The public web address of a station, `Station.host`, to which the QR codes on receipts lead."""

from __future__ import annotations

from functools import cache
from urllib.parse import urlsplit

from supplies.books.reader import Books
from supplies.domain.catalogue_records import Station
from supplies.domain.network_addresses import Reach, reach_of


def is_local_address(host: str) -> bool:
    """Return whether an address works on this computer only, such as `http://127.0.0.1:8000`."""
    return _reach(host) == "machine"


@cache
def _reach(host: str) -> Reach:
    try:
        return reach_of(urlsplit(host).hostname or "")
    except ValueError:  # Old books may contain an invalid address.
        return "anywhere"


def local_address_warning(station: Station) -> str | None:
    """Return a warning if the QR codes of a station's receipts lead to a local address.

    A local address works only on this computer or in one network. Return None if the address is
    public. A receipt keeps the address that the station had on issue.
    """
    match _reach(station.host):
        case "machine":
            remedy = "which only this computer can open. Set the public address"
        case "network":
            remedy = (
                "which only devices in the same network can open. This is right if receipts are "
                "checked there only. If not, set the public address"
            )
        case "anywhere":
            return None
    return (
        f"The QR code of each receipt of {station.name} ({station.code}) will lead to "
        f"{station.host}, {remedy} before you issue receipts: "
        f"supplies station set --host https://… --station {station.code}"
    )


def first_receipt_warning(books: Books, first: int, last: int) -> tuple[str, str] | None:
    """Return a warning if a command issued the station's first receipt with a local address.

    The result is the number of the receipt and the message. Return None if the command did not
    issue the station's first receipt, or if the address is public.

    Args:
        first: Number of the command's first entry.
        last: Number of the command's last entry.
    """
    station = books.station
    if not is_local_address(station.host):
        return None
    number = books.value(
        "SELECT document FROM entries WHERE station = :station AND seq BETWEEN :first AND :last "
        "AND kind = 'receipt_issued' ORDER BY seq LIMIT 1",
        first=first,
        last=last,
    )
    if number is None or books.value(
        "SELECT 1 FROM entries WHERE station = :station AND kind = 'receipt_issued' "
        "AND seq < :first LIMIT 1",
        first=first,
    ):
        return None
    return number, (
        f"the QR code of receipt {number} leads to {station.host}, which only this computer can "
        f"open. Set the public address with supplies station set --host https://… --station "
        f"{station.code}, then replace the receipt"
    )
