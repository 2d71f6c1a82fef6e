"""Check goods between stations: sent goods are in transit or arrived; cited entries exist."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from supplies.domain.accounts import DELIVERED, FROM_STATION, SENT, keys_of
from supplies.domain.entries import Body
from supplies.domain.entry_rows import (
    Shipment,
    ShipmentAcknowledged,
    ShipmentArrival,
    ShipmentLine,
    ShipmentReceived,
)
from supplies.verification.balances import Balance, Key
from supplies.verification.reader import Reader
from supplies.verification.records import Rows

_Goods = Counter[tuple[str, str]]
"""Quantities by item and lot."""


@dataclass(slots=True)
class _Sent:
    """A shipment that was sent.

    goods: as sent. acknowledged: an entry of this station cites that of the receiver.
    """

    destination: str
    goods: _Goods = field(default_factory=Counter)
    acknowledged: bool = False


class Shipments:
    """Shipments of the entries checked so far, and their citations of other stations' entries."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._sent: dict[str, _Sent] = {}
        self._received: dict[str, _Goods] = {}

    def take(self, stated: Rows, bodies: Sequence[Body]) -> None:
        """Read the shipments of the next entries, and check the entries that they cite.

        Raises:
            BooksBroken: a shipment is unknown, or a cited hash is wrong.
        """
        for _, shipment, destination, _ in stated[Shipment]:
            self._sent[shipment] = _Sent(destination)
        for seq, shipment, _, item, _, lot, quantity, *_ in stated[ShipmentLine]:
            sent = self._sent.get(shipment)
            if sent is None:
                raise self.reader.broken(
                    "shipment_lines", "shipment", seq, "a shipment that was sent", shipment
                )
            sent.goods[item, lot] += quantity
        for seq, shipment, sender, sent_seq, sent_hash, _ in stated[ShipmentReceived]:
            document = bodies[seq - bodies[0].seq].document
            if shipment != document:
                raise self.reader.broken("shipments_received", "shipment", seq, document, shipment)
            self._received[shipment] = Counter()
            self._check_citation(
                "shipments_received", "sent_hash", seq, sender, sent_seq, sent_hash
            )
        for _, shipment, _, item, _, lot, _, arrived in stated[ShipmentArrival]:
            if lot is not None:
                self._received[shipment][item, lot] += arrived
        for seq, shipment, there, cited in stated[ShipmentAcknowledged]:
            sent = self._sent.get(shipment)
            if sent is None or sent.acknowledged:
                raise self.reader.broken(
                    "shipments_acknowledged", "shipment", seq, "a shipment on its way", shipment
                )
            sent.acknowledged = True
            other = sent.destination
            self._check_citation(
                "shipments_acknowledged", "received_hash", seq, other, there, cited
            )

    def _check_citation(
        self, table: str, column: str, seq: int, station: str, cited: int, found: str
    ) -> None:
        """Check the hash of a cited entry, if the other station is in this database."""
        row = self.reader.store.one(
            "SELECT h.seq, e.hash FROM heads h LEFT JOIN entries e "
            "ON e.station = h.station AND e.seq = :seq WHERE h.station = :other",
            {"other": station, "seq": cited},
        )
        if row is None:
            return
        expected = None if row[1] is None else row[1].hex()
        if expected != found:
            raise self.reader.broken(table, column, seq, expected, found)

    def check(self, balances: Mapping[Key, Balance]) -> None:
        """Compare the balances of shipments with what was stated.

        Until a shipment is acknowledged, all its goods are in transit; afterwards none are, and
        what was delivered equals what the other station received, if that station is in this
        database.

        Raises:
            BooksBroken: a balance differs.
        """
        balances_of = _by_shipment(balances)
        for shipment, sent in self._sent.items():
            on_the_way = balances_of.get(SENT(shipment), Counter())
            delivered = balances_of.get(DELIVERED(shipment), Counter())
            if not sent.acknowledged:
                self._compare(SENT(shipment), sent.goods, on_the_way)
                self._compare(DELIVERED(shipment), Counter(), delivered)
                continue
            self._compare(SENT(shipment), Counter(), on_the_way)
            arrived = self._received_there(shipment, sent)
            if arrived is not None:
                self._compare(DELIVERED(shipment), arrived, delivered)
        for shipment, received in self._received.items():
            origin = balances_of.get(FROM_STATION(shipment), Counter())
            self._compare(
                FROM_STATION(shipment), received, Counter({k: -n for k, n in origin.items()})
            )

    def _received_there(self, shipment: str, sent: _Sent) -> _Goods | None:
        """Return what the other station received, by the sender's items and lots.

        Return None if the other station is not in this database.
        """
        rows = self.reader.store.all(
            "SELECT a.sent_lot, a.arrived FROM shipment_arrivals a "
            "WHERE a.station = :other AND a.shipment = :shipment",
            {"other": sent.destination, "shipment": shipment},
        )
        if not rows:
            return None
        items = {lot: item for item, lot in sent.goods}
        return Counter({(items.get(lot, ""), lot): n for lot, n in rows if n})

    def _compare(self, account: str, expected: _Goods, found: _Goods) -> None:
        for key in sorted(expected.keys() | found.keys()):
            if expected[key] != found[key]:
                item, lot = key
                raise self.reader.broken(
                    "balances",
                    "quantity",
                    None,
                    f"{expected[key]} × {item} of lot {lot} in {account}",
                    found[key],
                )


def _by_shipment(balances: Mapping[Key, Balance]) -> dict[str, _Goods]:
    """Return the balances of shipments, by account, item and lot."""
    kinds = {SENT.name, DELIVERED.name, FROM_STATION.name}
    found: dict[str, _Goods] = {}
    for (account, item, lot), balance in balances.items():
        if balance.kind.name in kinds and balance.quantity and keys_of(account):
            found.setdefault(account, Counter())[item, lot] += balance.quantity
    return found
