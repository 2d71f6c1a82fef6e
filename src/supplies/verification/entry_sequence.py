"""Check that the contents of a station's entries do not contradict one another."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from supplies.domain.entries import Body, entry_id
from supplies.errors import BooksBroken


class EntrySequence:
    """Compares each entry of a station with the entries before it.

    Attributes:
        seq: Number of the last entry that was checked.
        clock_set_back: Numbers of entries that were recorded at an earlier time than the entry
            before them.
    """

    def __init__(self, station: str) -> None:
        self.station, self.seq = station, 0
        self.clock_set_back: list[int] = []
        self._command, self._part, self._recorded_at = "", -1, ""
        self._superseded: set[int] = set()

    def continue_after(
        self, seq: int, command: str, part: int, recorded_at: str, superseded: set[int]
    ) -> None:
        """Continue after an entry, as if it and all entries before it had been checked.

        Args:
            seq: Number of this entry.
            command: The id of the first entry of the command to which this entry belongs.
            part: Number of this entry within its command.
            recorded_at: When this entry was recorded.
            superseded: Numbers of all entries that were superseded so far.
        """
        self.seq, self._command, self._part, self._recorded_at = seq, command, part, recorded_at
        self._superseded = superseded

    def follow(self, bodies: Sequence[Body]) -> None:
        """Check the next batch of entries.

        Station, entry number, id and part (the number of the entry within its command) must be
        right. No entry may be superseded twice.

        Raises:
            BooksBroken: an entry contradicts an earlier one.
        """
        for body in bodies:
            seq = self.seq + 1
            if body.seq != seq or body.station != self.station:
                expected, found = f"{self.station} {seq}", f"{body.station} {body.seq}"
                raise self._broken("body", seq, expected, found)
            self._check_part(body, seq)
            if body.supersedes is not None:
                self._supersede(body.supersedes, seq)
            if body.recorded_at < self._recorded_at:
                self.clock_set_back.append(seq)
            self._recorded_at, self.seq = body.recorded_at, seq

    def _check_part(self, body: Body, seq: int) -> None:
        if body.part == 0:
            self._command = body.id
        elif body.part != self._part + 1:
            raise self._broken("part", seq, f"0 or {self._part + 1}", body.part)
        elif body.id != _further_id(self._command, body.part):
            raise self._broken("id", seq, f"{self._command} and part", body.id)
        self._part = body.part
        if (body.request is None) is (body.part == 0):
            raise self._broken("body", seq, "a request digest on part 0 alone", body.request)

    def _supersede(self, old: int, seq: int) -> None:
        if not 1 <= old < seq or old in self._superseded:
            raise self._broken("supersedes", seq, "an earlier entry, superseded once", old)
        self._superseded.add(old)

    def _broken(self, column: str, seq: int, expected: object, found: object) -> BooksBroken:
        return BooksBroken(
            station=self.station,
            seq=seq,
            table="entries",
            column=column,
            expected=expected,
            found=found,
        )


def _further_id(command: str, part: int) -> str | None:
    """Return the id of a further entry of a command; None if the command's id is not a UUID."""
    with suppress(ValueError):
        return entry_id(command, part)
    return None
