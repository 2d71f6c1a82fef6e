"""Check shipments between stations.

The goods that a station sent must be in transit or delivered. The entries of other stations to
which its own entries refer must exist.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from supplies.domain.accounts import DELIVERED, FROM_STATION, SENT
from supplies.domain.entries import Body
from supplies.domain.entry_rows import (
    Shipment,
    ShipmentAcknowledged,
    ShipmentArrival,
    ShipmentLine,
    ShipmentReceived,
)
from supplies.verification.balances import stored_balances
from supplies.verification.reader import Reader
from supplies.verification.records import Rows

_Goods = Counter[tuple[str, str]]


@dataclass(slots=True)
class _Sent:
    """A shipment that this station sent.

    Attributes:
        acknowledged: Whether this station has recorded that the goods arrived at the other station.
    """

    destination: str
    goods: _Goods = field(default_factory=Counter)
    acknowledged: bool = False


class Shipments:
    """Checks the shipments that a station sent and received."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._sent: dict[str, _Sent] = {}
        self._received: dict[str, _Goods] = {}

    def add(self, recorded: Rows, bodies: Sequence[Body]) -> None:
        """Read the shipments in the next batch of entries. Check the foreign entries they cite.

        A foreign entry is an entry of another station. If that station is in this database, the
        hash of the entry is checked.

        Raises:
            BooksBroken: an entry names a shipment that does not exist, or cites a foreign entry
                with a wrong hash.
        """
        for _, shipment, destination, _ in recorded[Shipment]:
            self._sent[shipment] = _Sent(destination)
        for seq, shipment, _, item, _, lot, quantity, *_ in recorded[ShipmentLine]:
            sent = self._sent.get(shipment)
            if sent is None:
                raise self.reader.broken(
                    "shipment_lines", "shipment", seq, "a shipment that was sent", shipment
                )
            sent.goods[item, lot] += quantity
        for seq, shipment, sender, sent_seq, sent_hash, _ in recorded[ShipmentReceived]:
            document = bodies[seq - bodies[0].seq].document
            if shipment != document:
                raise self.reader.broken("shipments_received", "shipment", seq, document, shipment)
            self._received[shipment] = Counter()
            self._check_citation(
                "shipments_received", "sent_hash", seq, sender, sent_seq, sent_hash
            )
        for _, shipment, _, item, _, lot, _, arrived in recorded[ShipmentArrival]:
            if lot is not None:
                self._received[shipment][item, lot] += arrived
        for seq, shipment, there, cited in recorded[ShipmentAcknowledged]:
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
        """Check the hash that an entry of this station contains for an entry of another station.

        If the other station is not in this database, nothing can be checked.
        """
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

    def check(self) -> None:
        """Compare the balances of the shipment accounts with the recorded shipments.

        All goods of a shipment are in transit until its arrival is acknowledged. After that,
        nothing is in transit, and the delivered goods are the goods that the other station recorded
        as received. The delivered goods are compared only if the other station is in this database.

        Raises:
            BooksBroken: a balance differs.
        """
        balances_of = _by_shipment(self.reader)
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
        """Return the goods that the other station received, by item and lot of the sender.

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


def _by_shipment(reader: Reader) -> dict[str, _Goods]:
    """Return the goods in the account of each shipment. Empty accounts are left out."""
    found: dict[str, _Goods] = {}
    for _, (account, item, lot, quantity) in stored_balances(reader, SENT, DELIVERED, FROM_STATION):
        found.setdefault(account, Counter())[item, lot] += quantity
    return found
