"""The same commands once more: one after the other, on a fresh file, and nothing goes wrong."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import msgspec
from support.engines import hasty
from support.reference_model import PlainBooks

from simulation.clock import Stands
from simulation.office import Office
from simulation.people import register_all
from supplies.domain import commands as c
from supplies.ledger.ledger import Ledger
from supplies.ledger.rules.shipment_citations import RECEIVED_BY, SENT_BY

_DIGEST = re.compile(rb'"[0-9a-f]{64}"')
"""What follows from salts, which two recordings do not share."""


def recorded_alone(offices: list[Office], order: list[tuple[str, str]], folder: Path) -> None:
    """The books are those of somebody who did all this alone, in this order.

    order: the requests that were recorded, station and id, as they came.
    """
    stations = {office.code: _Alone(office, folder) for office in offices}
    here, there = stations.values()
    here.elsewhere, there.elsewhere = there, here
    try:
        for code, id_ in order:
            stations[code].record(id_)
        for station in stations.values():
            station.compare()
    finally:
        for station in stations.values():
            station.ledger.close()
        for left in folder.glob("alone*"):
            left.unlink()


class _Alone:
    """One station's books, recorded alone."""

    elsewhere: _Alone

    def __init__(self, office: Office, folder: Path) -> None:
        self.office, self.clock = office, Stands()
        name = "alone.db" if office.together else f"alone-{office.code}.db"
        self.ledger = hasty(Ledger.open(str(folder / name), station=office.code, clock=self.clock))
        register_all(self.ledger)
        self.plain = PlainBooks(self.ledger.books)

    def record(self, id_: str) -> None:
        """Give a command at the moment at which it was recorded; the answer is the same."""
        asked, answer = self.office.recorded[id_]
        recorded_at = self.office.plain.bodies[answer.seq - 1].recorded_at
        self.clock.now = datetime.fromisoformat(recorded_at)
        command = self._recited(asked.command)
        assert self.ledger.record(command, by=asked.by, id=asked.id) == answer

    def _recited(self, command: c.Command) -> c.Command:
        """What cites the other station cites its books as they are here: salts differ."""
        elsewhere = self.elsewhere.plain
        if isinstance(command, c.ReceiveShipment) and command.sent is not None:
            elsewhere.absorb()
            entry = elsewhere.cited(SENT_BY, command.shipment)
            return msgspec.structs.replace(command, sent=entry)
        if isinstance(command, c.AcknowledgeShipment) and command.received is not None:
            elsewhere.absorb()
            entry = elsewhere.cited(RECEIVED_BY, command.shipment)
            return msgspec.structs.replace(command, received=entry)
        return command

    def compare(self) -> None:
        """The entries are the same, byte for byte, but for what was salted."""
        self.plain.absorb()
        there, here = self.office.plain.chain, self.plain.chain
        assert len(there) == len(here)
        for (content, _), (alone, _) in zip(there, here, strict=True):
            same = _DIGEST.sub(b'"#"', content) == _DIGEST.sub(b'"#"', alone)
            assert same, f"recorded alone it is another entry: {alone!r}, not {content!r}"
