"""Store signed checkpoints of other stations, to notice if those stations rewrite their books.

A person with full access to the books of a station can rewrite its last entries, but not the rows
in the books of its partners. `verify` compares the stored checkpoints with each other, and with the
hashes of partners' entries that shipments contain.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from supplies.domain.entries import format_timestamp
from supplies.errors import BooksBroken, InvalidField
from supplies.signing.checkpoints import Checkpoint
from supplies.storage.store import Row, Store
from supplies.verification.reader import Reader

_COLUMNS = "witnessed, seq, hash, signed_at, key_id, public_key, signature"

_CITED = """
SELECT r.seq, k.witnessed, k.seq, k.hash, r.sent_hash FROM kept_checkpoints k
JOIN shipments_received r ON r.station = k.station AND r.sender = k.witnessed
AND r.sent_seq = k.seq WHERE k.station = :station AND k.hash <> r.sent_hash
UNION ALL
SELECT a.seq, k.witnessed, k.seq, k.hash, a.received_hash FROM kept_checkpoints k
JOIN shipments s ON s.station = k.station AND s.destination = k.witnessed
JOIN shipments_acknowledged a ON a.station = s.station AND a.shipment = s.shipment
AND a.received_seq = k.seq WHERE k.station = :station AND k.hash <> a.received_hash
ORDER BY 1
"""
"""SQL that selects entries that contradict a stored checkpoint.

These entries cite another station's entry with a hash, but the stored checkpoint has a different
hash for the cited entry.
"""

_CONTRADICTIONS = """
SELECT k.witnessed, k.seq, min(k.hash), max(k.hash) FROM kept_checkpoints k
WHERE k.station = :station GROUP BY k.witnessed, k.seq HAVING min(k.hash) <> max(k.hash)
ORDER BY 1, 2
"""


def keep(store: Store, station: str, checkpoints: Iterable[Checkpoint], now: datetime) -> int:
    """Store checkpoints that other stations signed for their own entries. Return how many were new.

    Checkpoints of stations in this database are ignored. Checkpoints that a station signed for an
    entry of another station are ignored too.

    Args:
        checkpoints: Checkpoints whose signatures were checked.
        now: The current time.

    Raises:
        InvalidField: a checkpoint has the same key id as an earlier checkpoint of its station, but
            a different key.
        StoreError: the database cannot be written.
    """
    here = {str(code) for (code,) in store.all("SELECT code FROM stations")}
    with store.writing():
        return sum(
            _keep(store, station, one, now)
            for one in checkpoints
            if one.by == one.station and one.station not in here
        )


def _keep(store: Store, station: str, checkpoint: Checkpoint, now: datetime) -> int:
    before = store.one(
        "SELECT public_key FROM kept_checkpoints WHERE witnessed = :witnessed AND key_id = :key_id",
        {"witnessed": checkpoint.station, "key_id": checkpoint.key_id},
    )
    if before is not None and before[0] != checkpoint.public_key:
        raise InvalidField(
            f"station {checkpoint.by} signed with another key {checkpoint.key_id} than before: "
            "somebody else signed, or its keys were lost; ask the station"
        )
    return store.run(
        f"INSERT INTO kept_checkpoints (station, {_COLUMNS}, kept_at) VALUES (:station, "
        ":witnessed, :seq, :hash, :at, :key_id, :public_key, :signature, :now) "
        "ON CONFLICT DO NOTHING",
        {
            "station": station,
            "witnessed": checkpoint.station,
            "seq": checkpoint.seq,
            "hash": checkpoint.hash,
            "at": format_timestamp(checkpoint.at),
            "key_id": checkpoint.key_id,
            "public_key": checkpoint.public_key,
            "signature": checkpoint.signature,
            "now": format_timestamp(now),
        },
    )


def list_latest(store: Store) -> list[Checkpoint]:
    """Return the latest stored checkpoint of each other station."""
    rows = store.all(
        f"SELECT DISTINCT {_COLUMNS} FROM kept_checkpoints k WHERE k.seq = "
        "(SELECT max(l.seq) FROM kept_checkpoints l WHERE l.witnessed = k.witnessed) "
        "ORDER BY witnessed, hash"
    )
    return [_from_row(row) for row in rows]


def check_kept(reader: Reader) -> None:
    """Check that no other station has shown this station two different histories.

    Raises:
        BooksBroken: two stored checkpoints of a station contain different hashes for the same
            entry, or an entry of this station contains another hash than a stored checkpoint.
    """
    for witnessed, seq, first, second in reader.store.all(
        _CONTRADICTIONS, {"station": reader.station}
    ):
        raise _broken(reader, witnessed, seq, first, second)
    for citing, witnessed, seq, kept, cited in reader.store.all(
        _CITED, {"station": reader.station}
    ):
        raise _broken(reader, witnessed, seq, kept, cited, citing)


def _broken(
    reader: Reader, witnessed: str, seq: int, kept: str, other: str, citing: int | None = None
) -> BooksBroken:
    return BooksBroken(
        station=reader.station,
        seq=citing,
        table="kept_checkpoints",
        column="hash",
        expected=kept,
        found=other,
        remark=(
            f"station {witnessed} showed two different entries {seq}: its books were rewritten, or "
            "an older copy of them was put back"
        ),
    )


def _from_row(row: Row) -> Checkpoint:
    witnessed, seq, entry_hash, at, key_id, public_key, signature = row
    return Checkpoint(
        station=witnessed,
        seq=seq,
        hash=entry_hash,
        by=witnessed,
        at=datetime.fromisoformat(at),
        key_id=key_id,
        public_key=public_key,
        signature=signature,
    )
