"""Send, receive and acknowledge shipments between station lx and station hp."""

from __future__ import annotations

import msgspec

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Item, Location, Station
from supplies.ledger.ledger import Ledger
from supplies.ledger.recorded import Recorded
from supplies.views.shipments import (
    get_shipment,
)
from support.ledger_fixture import Clock, StationLedger


def open_hp(url: str, clock: Clock) -> Ledger:
    ledger = Ledger.open(url, station="hp", clock=clock, new_station=True)
    ledger.register(Station(code="hp", name="黄浦站", zone="Asia/Shanghai", series="HP"))
    ledger.register(
        Item(code="mask", name="口罩"),
        Item(code="KN", name="口罩", unit="bottle"),
        Item(code="gel", name="洗手液", unit="bottle"),
        Location(code="depot", name="Depot"),
    )
    return ledger


def send(station: StationLedger, quantity: int = 10, item: str = "mask", **line: object) -> str:
    lines = [c.LotLine(item=item, quantity=quantity, **line)]  # type: ignore[arg-type]  # fields by name
    return str(station(c.SendShipment(station="hp", location="store", lines=lines)).document)


def citation(station: StationLedger | Ledger, name: str) -> c.CitedEntry:
    """Return a station's entry about a shipment, as the view of the shipment shows it."""
    entry = get_shipment(station.books, name).entry
    assert entry is not None
    return msgspec.convert(msgspec.to_builtins(entry), c.CitedEntry)


def receive(
    sender: StationLedger, other: StationLedger, name: str, *lines: c.ArrivedLine, **more: object
) -> Recorded:
    return other(
        c.ReceiveShipment(
            shipment=name,
            location="depot",
            sent=citation(sender, name),
            lines=list(lines) or None,
            **more,  # type: ignore[arg-type]  # fields by name
        )
    )


def acknowledge(sender: StationLedger, other: StationLedger, name: str, **more: object) -> Recorded:
    command = c.AcknowledgeShipment(shipment=name, received=citation(other, name), **more)  # type: ignore[arg-type]  # fields by name
    return sender(command)
