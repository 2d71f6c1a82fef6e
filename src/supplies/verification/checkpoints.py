"""Sign checkpoints. A checkpoint confirms the number and hash of an entry at a given time.

A station signs checkpoints for its own last entry, and for entries of partner stations.
"""

from __future__ import annotations

from datetime import datetime

from supplies.signing.checkpoints import Checkpoint
from supplies.signing.station_keys import StationKeys
from supplies.storage.store import Store

_CITED = """
SELECT r.sender, r.sent_seq, r.sent_hash FROM shipments_received r
JOIN (SELECT sender, max(sent_seq) AS seq FROM shipments_received
      WHERE station = :station GROUP BY sender) last
ON last.sender = r.sender AND last.seq = r.sent_seq WHERE r.station = :station
UNION
SELECT s.destination, a.received_seq, a.received_hash FROM shipments_acknowledged a
JOIN shipments s ON s.station = a.station AND s.shipment = a.shipment
JOIN (SELECT t.destination, max(b.received_seq) AS seq FROM shipments_acknowledged b
      JOIN shipments t ON t.station = b.station AND t.shipment = b.shipment
      WHERE b.station = :station GROUP BY t.destination) last
ON last.destination = s.destination AND last.seq = a.received_seq WHERE a.station = :station
"""
"""SQL that selects entries of other stations that this station's shipments refer to.

Of each other station, only the last such entry is selected.
"""


def sign_checkpoints(
    store: Store, keys: StationKeys, station: str, seq: int, entry_hash: str, *, at: datetime
) -> list[Checkpoint]:
    """Sign checkpoints for the last entry of a station and for entries of other stations.

    When a station receives a shipment or acknowledges its arrival, it records the number and hash
    of an entry of the other station. So the checkpoints of one station also protect the entries of
    its partners.

    Args:
        seq, entry_hash: Number and hash (hexadecimal) of the station's last entry.
        at: The current time.
    """
    cited = store.all(_CITED, {"station": station})
    return [
        keys.sign_checkpoint(whose, number, found, by=station, at=at)
        for whose, number, found in [(station, seq, entry_hash), *sorted(cited)]
    ]
