"""What two stations send to one another."""

from __future__ import annotations

from supplies.domain import commands as c
from supplies.domain.entry_rows import (
    Shipment,
    ShipmentAcknowledged,
    ShipmentLine,
    ShipmentReceived,
)
from supplies.ledger.rules.shipment_citations import RECEIVED_BY, SENT_BY
from support.command_generators.drawing import Drawing


class Shipping(Drawing):
    """Sent here, received there, acknowledged here; `elsewhere` are the other station's books."""

    def send_shipment(self) -> c.Command:
        place = self.shelf()
        return c.SendShipment(
            station=self.elsewhere.books.station_code,
            location=place,
            lines=self.lot_lines(f"stock:{place}"),
            happened_on=self.day(),
        )

    def awaited(self) -> list[str]:
        """What the other station sent and this one has not received."""
        here = self.plain.documents(ShipmentReceived, "shipment")
        return [name for name in self.elsewhere.documents(Shipment, "shipment") if name not in here]

    def receive_shipment(self) -> c.Command:
        """Mostly what is awaited and all of it, now and then something that came before."""
        sent = self.elsewhere.latest(Shipment, "shipment")
        name = self.pick((not self.once_in(8) and self.awaited()) or sent)
        lines = None
        if self.once_in(3):
            stated = [row for _, row in self.elsewhere.stated[ShipmentLine] if row.shipment == name]
            lines = [
                c.ArrivedLine(line=row.line, arrived=max(0, row.quantity - self.of(0, 0, 1, 9)))
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
        """What this station sent, the other received and nobody acknowledged."""
        there = self.elsewhere.documents(ShipmentReceived, "shipment")
        done = self.plain.documents(ShipmentAcknowledged, "shipment")
        return [
            name
            for name in self.plain.documents(Shipment, "shipment")
            if name in there and name not in done
        ]

    def acknowledge_shipment(self) -> c.Command:
        name = self.pick(self.arrived())
        return c.AcknowledgeShipment(
            shipment=name, received=self.cited(RECEIVED_BY, name), happened_on=self.day()
        )

    def cited(self, kind: str, shipment: str) -> c.CitedEntry | None:
        """The entry of the other station's books; None, now and then, where both are in one."""
        if self.together and self.coin():
            return None
        return self.elsewhere.cited(kind, shipment)
