"""Invariants of the books of both stations."""

from __future__ import annotations

from collections import Counter

from simulation.station import SimulatedStation
from supplies.domain.entry_rows import (
    Shipment,
    ShipmentAcknowledged,
    ShipmentArrival,
    ShipmentLine,
    ShipmentReceived,
)


def check_invariants(stations: list[SimulatedStation]) -> None:
    """Check that the tables match the entries and that no goods are lost between the stations."""
    for station in stations:
        station.read_new_entries()
        with station.reading():
            station.model.check()
    first, second = stations
    _check_shipments(first, second)
    _check_shipments(second, first)


def _check_shipments(sender: SimulatedStation, receiver: SimulatedStation) -> None:
    """Check that goods sent are in transit, delivered or lost, and arrived at most once."""
    sent: Counter[str] = Counter()
    for _, line in sender.model.rows[ShipmentLine]:
        sent[line.shipment] += line.quantity
    arrived: Counter[str] = Counter()
    for _, row in receiver.model.rows[ShipmentArrival]:
        arrived[row.shipment] += row.arrived
    received = [row.shipment for _, row in receiver.model.rows[ShipmentReceived]]
    done = [row.shipment for _, row in sender.model.rows[ShipmentAcknowledged]]
    assert len(set(received)) == len(received), "a shipment was received twice"
    assert len(set(done)) == len(done), "a shipment was acknowledged twice"
    assert set(done) <= set(received) <= set(sent)
    assert set(sent) == set(sender.model.documents(Shipment, "shipment"))
    for name, quantity in sent.items():
        assert 0 <= arrived[name] <= quantity
        assert -receiver.model.total(f"from_station:{name}") == arrived[name]
        on_the_way = quantity if name not in done else 0
        assert sender.model.total(f"sent:{name}") == on_the_way
        assert sender.model.total(f"delivered:{name}") == (arrived[name] if name in done else 0)


def verify_books(stations: list[SimulatedStation]) -> None:
    """Check that verification succeeds and counts as many entries as the model."""
    for station in stations:
        found = station.connection().ledger.verify()
        assert found.entries == len(station.model.bodies)
