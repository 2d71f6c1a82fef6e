"""Commands about shipments between two stations."""

from __future__ import annotations

from supplies.domain import commands as c
from supplies.domain.entry_rows import (
    Shipment,
    ShipmentAcknowledged,
    ShipmentLine,
    ShipmentReceived,
)
from supplies.ledger.rules.shipment_citations import RECEIVED_BY, SENT_BY
from support.command_generators.base import GeneratorBase


class ShipmentCommands(GeneratorBase):
    """Methods that draw shipments, their arrivals and acknowledgements."""

    def send_shipment(self) -> c.Command:
        place = self.shelf()
        return c.SendShipment(
            station=self.other_model.books.station_code,
            location=place,
            lines=self.lot_lines(f"stock:{place}"),
            happened_on=self.day(),
        )

    def awaited(self) -> list[str]:
        """Return shipments from the other station that this station has not received."""
        received = self.model.documents(ShipmentReceived, "shipment")
        return [
            name
            for name in self.other_model.documents(Shipment, "shipment")
            if name not in received
        ]

    def receive_shipment(self) -> c.Command:
        """Receive an awaited shipment in full, or sometimes one that was received before."""
        sent = self.other_model.latest(Shipment, "shipment")
        name = self.pick((not self.once_in(8) and self.awaited()) or sent)
        lines = None
        if self.once_in(3):
            stated = [row for _, row in self.other_model.rows[ShipmentLine] if row.shipment == name]
            lines = [
                c.ArrivedLine(line=row.line, arrived=max(0, row.quantity - self.choose(0, 0, 1, 9)))
                for row in stated
            ]
        return c.ReceiveShipment(
            shipment=name,
            location=self.place(),
            lines=lines,
            sent=self.cited(SENT_BY, name),
            happened_on=self.day(),
        )

    def arrived(self) -> list[str]:
        """Return shipments that the other station received and this one has not acknowledged."""
        received = self.other_model.documents(ShipmentReceived, "shipment")
        done = self.model.documents(ShipmentAcknowledged, "shipment")
        return [
            name
            for name in self.model.documents(Shipment, "shipment")
            if name in received and name not in done
        ]

    def acknowledge_shipment(self) -> c.Command:
        name = self.pick(self.arrived())
        return c.AcknowledgeShipment(
            shipment=name, received=self.cited(RECEIVED_BY, name), happened_on=self.day()
        )

    def cited(self, kind: str, shipment: str) -> c.CitedEntry | None:
        """Return the entry in the other station's books.

        If both stations share a database, sometimes return None.
        """
        if self.same_database and self.coin():
            return None
        return self.other_model.cited(kind, shipment)
