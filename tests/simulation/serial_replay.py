"""Record all commands again in a new file, one after the other and without faults, and compare."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import msgspec
from support.engines import without_fsync
from support.reference_model import ReferenceModel

from simulation.clock import FixedClock
from simulation.station import RecordedOrder, SimulatedStation
from simulation.workload import register_all
from supplies.domain import commands as c
from supplies.domain.catalogue_records import Item
from supplies.ledger.ledger import Ledger
from supplies.ledger.rules.shipment_citations import RECEIVED_BY, SENT_BY

_DIGEST = re.compile(rb'"[0-9a-f]{64}"')
"""Pattern of digests. They depend on salts, which differ between two recordings."""


def compare_with_serial_replay(
    stations: list[SimulatedStation], order: RecordedOrder, folder: Path
) -> None:
    """Check that the same requests, recorded one after the other, give the same entries.

    Args:
        order: The recorded requests and the amended items, in their order, each with its station.
    """
    replays = {station.code: _SerialReplay(station, folder) for station in stations}
    first, second = replays.values()
    first.other, second.other = second, first
    try:
        for code, recorded in order:
            if isinstance(recorded, Item):
                replays[code].ledger.amend(recorded)
            else:
                replays[code].record(recorded)
        for replay in replays.values():
            replay.compare()
    finally:
        for replay in replays.values():
            replay.ledger.close()
        for left in folder.glob("alone*"):
            left.unlink()


class _SerialReplay:
    """The requests of one station, recorded one after the other."""

    other: _SerialReplay

    def __init__(self, station: SimulatedStation, folder: Path) -> None:
        self.station, self.clock = station, FixedClock()
        name = "alone.db" if station.same_database else f"alone-{station.code}.db"
        self.ledger = without_fsync(
            Ledger.open(
                str(folder / name), station=station.code, clock=self.clock, new_station=True
            )
        )
        register_all(self.ledger)
        self.model = ReferenceModel(self.ledger.books)

    def record(self, id_: str) -> None:
        """Record a request at its original time and check that the answer is the same."""
        request, answer = self.station.recorded[id_]
        recorded_at = self.station.model.bodies[answer.seq - 1].recorded_at
        self.clock.now = datetime.fromisoformat(recorded_at)
        command = self._with_own_citations(request.command)
        assert self.ledger.record(command, by=request.by, id=request.id) == answer

    def _with_own_citations(self, command: c.Command) -> c.Command:
        """Replace citations by those of the replayed entries, because salts differ."""
        other = self.other.model
        if isinstance(command, c.ReceiveShipment) and command.sent is not None:
            other.read_new_entries()
            entry = other.cited(SENT_BY, command.shipment)
            return msgspec.structs.replace(command, sent=entry)
        if isinstance(command, c.AcknowledgeShipment) and command.received is not None:
            other.read_new_entries()
            entry = other.cited(RECEIVED_BY, command.shipment)
            return msgspec.structs.replace(command, received=entry)
        return command

    def compare(self) -> None:
        """Check that the entries are the same byte for byte, except digests."""
        self.model.read_new_entries()
        first_chain, second_chain = self.station.model.chain, self.model.chain
        assert len(first_chain) == len(second_chain)
        for (content, _), (replayed, _) in zip(first_chain, second_chain, strict=True):
            same = _DIGEST.sub(b'"#"', content) == _DIGEST.sub(b'"#"', replayed)
            assert same, f"recorded alone it is another entry: {replayed!r}, not {content!r}"
