"""Commands about shipments from one station to another."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, field

from supplies.domain.commands.base import LINE_LIMITS, Command, LotLine
from supplies.domain.fields import Bytes, Code, Count, Hash, StrictStruct, Text


class SendShipment(Command, frozen=True, kw_only=True):
    """Send unallocated goods to another station.

    Attributes:
        station ("to" in JSON): Code of the receiving station.
    """

    station: Code = field(name="to")
    location: Code
    lines: Annotated[list[LotLine], LINE_LIMITS]
    note: Text | None = None


class CitedEntry(StrictStruct, frozen=True, kw_only=True):
    """A copy of an entry in the books of another station, as proof of what that station recorded.

    Attributes:
        previous: Hash of the preceding entry of that station, hexadecimal.
        body: The bytes of the entry, exactly as they were hashed.
        hash: SHA-256 of `previous` and `body`, hexadecimal.
    """

    previous: Hash
    body: Bytes
    hash: Hash


class ArrivedLine(StrictStruct, frozen=True, kw_only=True):
    """The quantity of a shipment line that arrived, in base units; 0 if nothing arrived.

    Attributes:
        item: Code of the item at this station; None means that it equals the sender's code.
    """

    line: Annotated[int, Meta(ge=1)]
    arrived: Count
    item: Code | None = None


class ReceiveShipment(Command, frozen=True, kw_only=True):
    """Record the arrival of a shipment from another station. A shipment can be received only once.

    Attributes:
        lines: One line for each line of the shipment. None means that everything arrived and that
            the items have the same codes as at the sender.
        sent: The entry with which the other station sent the shipment. None if the books of that
            station are in the same database.
    """

    shipment: Code  # by path
    location: Code
    lines: Annotated[list[ArrivedLine], LINE_LIMITS] | None = None
    sent: CitedEntry | None = None
    note: Text | None = None


class AcknowledgeShipment(Command, frozen=True, kw_only=True):
    """Record what arrived of a shipment at the other station. The rest is booked as lost.

    A shipment can be acknowledged only once.

    Attributes:
        received: The entry with which the other station received the shipment. None if the books of
            that station are in the same database.
    """

    shipment: Code  # by path
    received: CitedEntry | None = None
