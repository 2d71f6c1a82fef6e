"""Codes on run sheets, with which phones join the team of a delivery.

A code contains the delivery and a message authentication code over the delivery's latest assignment
to a team. So the code is valid until the delivery is closed or given to another team, and nothing
is stored for it.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets

from supplies.access.access_context import AccessContext
from supplies.books.reader import Books
from supplies.domain.entry_rows import Delivery, DeliveryEnd
from supplies.stations.public_address import is_local_address

_CODE = re.compile(
    r"supplies\.(?P<station>[A-Za-z0-9][A-Za-z0-9._-]{0,63})\."
    r"(?P<delivery>v_[0-9A-Za-z_-]{1,60})\.(?P<mac>[A-Za-z0-9_-]{22})"
)


def station_of(code: str) -> str | None:
    """Return the station in a code, or None if the text does not have the form of a code."""
    parts = _CODE.fullmatch(code)
    return None if parts is None else parts["station"]


def ensure_key(access: AccessContext) -> None:
    """Make the station's key for codes on run sheets, if it has none."""
    if read_key(access.books) is None:
        access.insert("run_keys", run_key=secrets.token_bytes(32))


def read_key(books: Books) -> bytes | None:
    """Return the station's key for codes on run sheets, or None if it has none."""
    found = books.value("SELECT run_key FROM run_keys WHERE station = :station")
    return None if found is None else bytes(found)


def code_of(books: Books, delivery: str) -> str | None:
    """Return the code for the run sheet of a delivery.

    Return None if the delivery is closed, or if the station has no key yet.
    """
    key, assigned = read_key(books), _assigned(books, delivery)
    if key is None or assigned is None:
        return None
    return f"supplies.{books.station_code}.{delivery}.{_mac(books, key, delivery, assigned[0])}"


def join_address(books: Books, delivery: str) -> str | None:
    """Return the URL at which a phone joins the team of a delivery.

    The run sheet shows the URL as a QR code. Return None if the delivery has no code, or if other
    devices cannot open the URL of the station.
    """
    host, code = books.station.host, code_of(books, delivery)
    if code is None or is_local_address(host):
        return None
    return f"{host.rstrip('/')}/run/join/{code}"


def delivery_of(access: AccessContext, code: str) -> Delivery | None:
    """Return the delivery for a code, with its team. Return None if the code is not valid."""
    parts = _CODE.fullmatch(code)
    if parts is None or parts["station"] != access.station:
        return None
    books, key = access.books, read_key(access.books)
    assigned = _assigned(books, parts["delivery"])
    if key is None or assigned is None:
        return None
    right = _mac(books, key, parts["delivery"], assigned[0])
    return assigned[1] if hmac.compare_digest(right, parts["mac"]) else None


def _assigned(books: Books, delivery: str) -> tuple[int, Delivery] | None:
    """Return the latest entry that gave an open delivery to a team: its number and its row.

    Return None if the delivery is closed or unknown.
    """
    seq = books.latest_seq(Delivery, delivery=delivery)
    if seq is None or books.latest_seq(DeliveryEnd, delivery=delivery) is not None:
        return None
    return seq, books.rows_of_entry(Delivery, seq, delivery=delivery)[0]


def _mac(books: Books, key: bytes, delivery: str, assigned_in: int) -> str:
    text = f"run {books.station_code} {delivery} {assigned_in}"
    code = hmac.digest(key, text.encode(), "sha256")[:16]
    return base64.urlsafe_b64encode(code).decode().rstrip("=")
