"""The public address of a station, `Station.host`, to which the QR codes of its receipts lead."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from supplies.domain.catalogue_records import Station


def is_local_address(host: str) -> bool:
    """Return whether an address, such as `http://127.0.0.1:8000`, works on this computer only."""
    name = urlsplit(host).hostname or ""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


def local_address_warning(station: Station) -> str | None:
    """Return a warning if the QR codes of a station's receipts work on this computer only.

    Otherwise return None. A receipt keeps the address with which it was issued.
    """
    if not is_local_address(station.host):
        return None
    return (
        f"The QR code of each receipt of {station.name} ({station.code}) will lead to "
        f"{station.host}, which only this computer can open. Set the public address before you "
        f"issue receipts: supplies station set --host https://… --station {station.code}"
    )
