"""What must hold whenever one looks."""

from __future__ import annotations

from collections import Counter

from simulation.office import Office
from supplies.domain.entry_rows import (
    Shipment,
    ShipmentAcknowledged,
    ShipmentArrival,
    ShipmentLine,
    ShipmentReceived,
)


def check(offices: list[Office]) -> None:
    """The tables are what the entries say, and nothing is lost between the stations."""
    for office in offices:
        office.absorb()
        with office.reading():
            office.plain.check()
    here, there = offices
    _shipments_add_up(here, there)
    _shipments_add_up(there, here)


def _shipments_add_up(sender: Office, receiver: Office) -> None:
    """What left is on the way, or arrived there, or is lost; it arrived once and no more of it."""
    sent: Counter[str] = Counter()
    for _, line in sender.plain.stated[ShipmentLine]:
        sent[line.shipment] += line.quantity
    arrived: Counter[str] = Counter()
    for _, row in receiver.plain.stated[ShipmentArrival]:
        arrived[row.shipment] += row.arrived
    received = [row.shipment for _, row in receiver.plain.stated[ShipmentReceived]]
    done = [row.shipment for _, row in sender.plain.stated[ShipmentAcknowledged]]
    assert len(set(received)) == len(received), "a shipment was received twice"
    assert len(set(done)) == len(done), "a shipment was acknowledged twice"
    assert set(done) <= set(received) <= set(sent)
    assert set(sent) == set(sender.plain.documents(Shipment, "shipment"))
    for name, quantity in sent.items():
        assert 0 <= arrived[name] <= quantity
        assert -receiver.plain.total(f"from_station:{name}") == arrived[name]
        on_the_way = quantity if name not in done else 0
        assert sender.plain.total(f"sent:{name}") == on_the_way
        assert sender.plain.total(f"delivered:{name}") == (arrived[name] if name in done else 0)


def verify(offices: list[Office]) -> None:
    """`supplies verify` finds the books whole, and as many entries as the model has read."""
    for office in offices:
        found = office.door().ledger.verify()
        assert found.entries == len(office.plain.bodies)
